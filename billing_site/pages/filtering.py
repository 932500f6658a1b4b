"""Filters of a list: the most used in the bar, the others behind one button, the set ones as chips."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import django_filters
from django.db.models import Model, Q, QuerySet
from django.forms import BoundField
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.pages import formats
from billing_site.pages.addresses import from_start

Text = str | Promise
Conditions = Mapping[str, tuple[Text, Callable[[], Any]]]
DECLARED = "base_filters"  # django-filter keeps there what the class declares
MORE = "more"  # the parameter that opens the filters behind the button


class Cases(django_filters.ChoiceFilter):
    """A choice of conditions: value → (word, what makes the condition). Rows of all chosen ones are kept."""

    def __init__(self, label: Text, cases: Conditions):
        self.cases = dict(cases)
        words = [(value, word) for value, (word, _condition) in self.cases.items()]
        super().__init__(label=label, choices=words, empty_label=_("any"))

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.filter(self.cases[value][1]()) if value else qs


class Switch(Cases):
    """A tick of the model: on or off."""

    def __init__(self, label: Text, field: str):
        super().__init__(
            label,
            {
                "yes": (_("yes"), lambda: Q(**{field: True})),
                "no": (_("no"), lambda: Q(**{field: False})),
            },
        )


class PanelFilter(django_filters.FilterSet):
    """`bar` names the filters that stand in the bar, `more` the others by sections with a title.

    Only filters that are shown or set are made: a list with fifty of them opens as fast as one with five.
    """

    bar: Sequence[str] = ()
    more: Sequence[tuple[Text, Sequence[str]]] = ()

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any):
        asked = data if data is not None else QueryDict()
        if MORE not in asked:
            everything: dict[str, django_filters.Filter] = getattr(type(self), DECLARED)
            self.base_filters: dict[str, django_filters.Filter] = {
                name: one for name, one in everything.items() if name in self.bar or name in asked
            }
        super().__init__(data, *args, **kwargs)

    @property
    def opened(self) -> bool:
        return MORE in self.data

    def in_bar(self) -> list[BoundField]:
        return [self.form[name] for name in self.bar]

    def sections(self) -> list[tuple[Text, list[BoundField]]]:
        """The filters behind the button; those that are made."""
        return [(title, [self.form[name] for name in names if name in self.filters])
                for title, names in self.more]  # fmt: skip

    def kept(self) -> list[tuple[str, str]]:
        """What is set behind the button, to be sent along while that is closed."""
        return [(name, self.data[name]) for name in self.filters if name not in self.bar and self.data[name]]

    def chips(self, query: QueryDict) -> list[dict[str, Any]]:
        """Every filter that is set, in words, with the address of the list without it.

        One that can't be understood narrows nothing; it is there with its `error`.
        """
        wrong = {name: " ".join(errors) for name, errors in self.form.errors.items()}
        words = {
            name: _word(self.form[name], value)
            for name, value in self.form.cleaned_data.items()
            if value not in (None, "")
        }
        words |= {name: self.data[name] for name in wrong if name in self.data}
        return [
            {
                "label": self.form.fields[name].label,
                "value": words[name],
                "url": from_start(query, **{name: None}),
                "hidden": name not in self.bar,
                "error": wrong.get(name, ""),
            }
            for name in self.filters
            if name in words
        ]


def _word(bound: BoundField, value: Any) -> str:
    """A clean value as the reader chose it."""
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Model):
        return str(value)
    words = {str(key): word for key, word in getattr(bound.field, "choices", ())}
    return str(words.get(str(value), value))
