"""One harmless field of an object, edited where it stands."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from billing_site.kit.errors import Refused
from billing_site.pages.page import ObjectPage
from billing_site.pages.requests import PanelRequest


def shown_value(obj: Any, name: str) -> str:
    """A field as people read it."""
    word = getattr(obj, f"get_{name}_display", None)
    value = word() if word else getattr(obj, name)
    return "" if value is None else str(value)


class InlineField(ObjectPage):
    """GET answers the field as a form, POST calls the verb, ?show=1 (Esc) the value as it stands.

    `fields` are names that may be edited so, with widgets and checks of `form_class`; `perform` is the verb.
    The address ends with the field's name.
    """

    form_class: type[forms.Form] | type[forms.ModelForm]
    fields: Sequence[str] = ()

    def perform(self, obj: Any, name: str, value: Any, by: Any) -> Any:
        raise NotImplementedError

    def get(self, request: PanelRequest, pk: int, name: str) -> HttpResponse:
        self.object = self.get_object()
        if "show" in request.GET:
            return self.value(self.object, name)
        return self.answer(self.build_form(name))

    def post(self, request: PanelRequest, pk: int, name: str) -> HttpResponse:
        self.object = obj = self.get_object()
        form = self.build_form(name, request.POST)
        if not form.is_valid():
            return self.answer(form)
        if form.cleaned_data["was"] != shown_value(obj, name):
            told = _("Somebody has changed it meanwhile, now it is: %(value)s. Save again to store yours.")
            form.add_error("value", told % {"value": shown_value(obj, name) or "—"})
            return self.answer(form)
        try:
            return self.value(self.perform(obj, name, form.cleaned_data["value"], request.user), name)
        except Refused as refused:
            form.add_error("value", refused.message)
            return self.answer(form)

    def build_form(self, name: str, data: Any = None) -> forms.Form:
        if name not in self.fields:
            raise Http404
        form = forms.Form(data, auto_id=f"inline-{name}-%s")
        form.fields["value"] = deepcopy(self.form_class.base_fields[name])
        form.fields["value"].help_text = ""
        form.fields["value"].widget.attrs["autofocus"] = True
        stored = getattr(self.object, self.object._meta.get_field(name).attname)
        form.fields["value"].initial = stored
        form.fields["was"] = forms.CharField(required=False, strip=False)
        return form

    def answer(self, form: forms.Form) -> HttpResponse:
        context = {"form": form, "object": self.object, **self.about(self.object, self.kwargs["name"])}
        return render(self.request, "pages/_inline_form.html", context)

    def value(self, obj: Any, name: str) -> HttpResponse:
        if name not in self.fields:
            raise Http404
        return render(self.request, "pages/_inline_value.html", {**self.about(obj, name), "focus": True})

    def about(self, obj: Any, name: str) -> dict[str, Any]:
        label = self.form_class.base_fields[name].label
        return {"name": name, "url": self.request.path, "label": label, "shown": shown_value(obj, name)}
