"""How edit forms are laid out: one plain way for all of them.

A form may say `sections = [(title or "", ["field", ("left", "right"), …]), …]`: a tuple stands in one row.
Without it all fields stand one under another. `helper` of the form wins over both.
"""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Div, Fieldset, Layout, Row
from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from billing_site.pages.formats import escaped

Item = str | tuple[str, ...]


def _placed(item: Item) -> str | Row:
    if isinstance(item, str):
        return item
    return Row(*(Column(name) for name in item), css_class="form-row")


def _section(title: str, items: list[Item]) -> Div | Fieldset:
    placed = [_placed(item) for item in items]
    if not title:
        return Div(*placed, css_class="form-section")
    return Div(HTML(format_html("<h2>{}</h2>", title)), *placed, css_class="form-section")


def native_dates(form: forms.BaseForm) -> forms.BaseForm:
    """Give the form's days the browser's own calendar; it sends ISO dates, which Django reads."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.DateInput) and field.widget.input_type == "text":
            field.widget.input_type, field.widget.format = "date", "%Y-%m-%d"
    return form


class QuickSelect(forms.Select):
    """Prints its choices at once. Django's own has a template for each: 500 managers cost 50 ms a page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        printed = []
        for key, label in self.choices:
            if isinstance(label, list | tuple):
                inside = "".join(_option(one, word, chosen) for one, word in label)
                printed.append(f'<optgroup label="{escape(key)}">{inside}</optgroup>')
            else:
                printed.append(_option(key, label, chosen))
        told = {**self.build_attrs(self.attrs, attrs), "multiple": self.allow_multiple_selected}
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(told), SafeString("".join(printed))
        )  # each part is escaped


class QuickSelectMultiple(QuickSelect, forms.SelectMultiple):
    """The same for several choices."""


QUICK = {forms.Select: QuickSelect, forms.SelectMultiple: QuickSelectMultiple}


def _option(value: Any, label: Any, chosen: set[str]) -> str:
    text = "" if value is None else str(value)
    mark = " selected" if text in chosen else ""
    return f'<option value="{escaped(text)}"{mark}>{escaped(label)}</option>'


def quick_selects(form: forms.BaseForm) -> forms.BaseForm:
    """Plain selects of the form become quick ones."""
    for field in form.fields.values():
        quick = QUICK.get(type(field.widget))
        if quick:
            field.widget = quick(field.widget.attrs, field.widget.choices)
    return form


def helper_of(form: forms.BaseForm) -> FormHelper:
    """Crispy's helper of a form, without the form tag and without its media (base.html has all of it)."""
    helper = getattr(form, "helper", None)
    if helper is None:
        helper = FormHelper(form)
        sections = getattr(form, "sections", None)
        if sections:
            helper.layout = Layout(*(_section(title, items) for title, items in sections))
    helper.form_tag = False
    helper.disable_csrf = True
    helper.include_media = False
    return helper
