"""A choice found by typing, for lists too long to be a select: the widget and the page that answers it.

A ChoiceField or ModelChoiceField gets it by `widget=Chooser("url-name")`; js/chooser.js opens the list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from billing_site.kit.text import tidy
from billing_site.pages.page import Page

SHOWN = 30
UNCHOSEN = "?"  # before a text that was typed and nothing chosen for it: no key begins so
TYPED = "typed"


@dataclass(frozen=True)
class Choice:
    """What stands in the list: its key goes to the server, its name into the field."""

    key: str
    name: str
    group: str = ""


class Chooser(forms.Select):
    """A text field over a hidden key. What is typed and not chosen is refused by the field, and kept."""

    def __init__(self, url_name: str, attrs: Any = None, choices: Any = ()):
        super().__init__(attrs, choices)
        self.url_name = url_name

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        typed = data.get(f"{name}-{TYPED}") or ""
        return data.get(name) or (UNCHOSEN + typed if typed.strip() else "")

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # the browser would ask a hidden field for it

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        key = "" if value is None else str(value)
        called = self.called(key)
        told = self.build_attrs(self.attrs, attrs)
        context = {
            "name": name,
            "key": key if called else "",
            "text": called or key.removeprefix(UNCHOSEN),
            "list": f"{told.get('id', name)}_list",
            "attrs": flatatt(told),
            "address": reverse(self.url_name),
        }
        return render_to_string("pages/_chooser.html", context)

    def called(self, key: str) -> str:
        """The name of the chosen one, "" for a key that is none; reads one row at most."""
        if not key or key.startswith(UNCHOSEN):
            return ""
        if isinstance(self.choices, ModelChoiceIterator):
            field: Any = self.choices.field
            row = field.queryset.filter(pk=key).first() if key.isdecimal() else None
            return field.label_from_instance(row) if row else ""
        return next((str(label) for known, label in self.choices if str(known) == key), "")


class ChoicesPage(Page):
    """What can be chosen, by the words typed so far (?q=); `find` returns up to `limit`, in groups."""

    def get(self, request: HttpRequest) -> HttpResponse:
        words = tidy(request.GET.get("q", "")[:200]).split()
        found = list(self.find(words, SHOWN + 1))
        groups = [(name, list(rows)) for name, rows in groupby(found[:SHOWN], lambda one: one.group)]
        context = {"groups": groups, "more": len(found) > SHOWN, "shown": SHOWN}
        return render(request, "pages/_choices.html", context)

    def find(self, words: Sequence[str], limit: int) -> Iterable[Choice]:
        raise NotImplementedError
