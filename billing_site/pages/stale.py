"""A save that came too late: who was quicker and what differs; nothing typed is lost (SCREENS habit 8)."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from billing_site.journal.moves import Stale


class StaleSave:
    """Goes before a FormPage whose form posts the `version` it was read at; see pages/_difference.html.

    The page says `store(form, by)`, the verb that raises Stale, and `stored(row)`, the form as it would be
    opened on `row` now.
    """

    object: Any
    request: Any
    stale: Stale | None = None
    typed: forms.BaseForm
    uncompared: Collection[str] = ()  # secrets, and what says why: nothing of it is stored in the row

    def store(self, form: Any, by: Any) -> Any:
        raise NotImplementedError

    def stored(self, row: Any) -> forms.BaseForm:
        raise NotImplementedError

    def perform(self, form: Any, by: Any) -> Any:
        try:
            return self.store(form, by)
        except Stale as stale:
            self.stale, self.typed = stale, form
            raise

    def get_context(self, obj: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(obj)  # type: ignore[misc]
        if self.stale is None:
            return {**context, "version": self.request.POST.get("version", obj.version)}
        return {**context, **overtaken(self.stale, self.stored(self.stale.row), self.typed, self.uncompared)}


def overtaken(
    stale: Stale, stored: forms.BaseForm, typed: forms.BaseForm, uncompared: Collection[str] = ()
) -> dict[str, Any]:
    """What pages/_difference.html shows. `version` is the one the next save will be measured by."""
    return {
        "version": stale.row.version,
        "stale": stale,
        "diff": difference(stored, typed, uncompared),
    }


def difference(
    stored: forms.BaseForm, typed: forms.BaseForm, uncompared: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Fields where the stored row and the typed form differ: label, what stands there, what was typed."""
    differing = []
    for name, field in typed.fields.items():
        if name in uncompared or field.widget.is_hidden or isinstance(field, forms.FileField):
            continue
        theirs, mine = (_said(form, name) for form in (stored, typed))
        if theirs != mine:
            differing.append({"label": typed[name].label, "theirs": theirs, "typed": mine})
    return differing


def _said(form: forms.BaseForm, name: str) -> str:
    """The value of a field as people read it."""
    value, choices = form[name].value(), getattr(form.fields[name], "choices", None)
    if choices is not None:
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value or ""])}
        return ", ".join(str(word) for key, word in choices if str(key) in chosen)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str("" if value is None else value).replace("\r\n", "\n")
