"""What the dialogs ask that correct an unpaid invoice by another paper."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext_lazy as _

from clients.models import Payer
from invoices.forms import BecauseForm, VoidForm
from invoices.models import Line


class ReissueForm(VoidForm):
    """Who gets the new invoice and until when; why, and the old number typed by hand."""

    payer = forms.ModelChoiceField(Payer.objects.none(), label=_("Payer"), empty_label=None)
    due_on = forms.DateField(label=_("Due"))
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    field_order = ("payer", "due_on", "because", "typed")

    def __init__(self, *args: Any, payers: QuerySet[Payer], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["payer"].queryset = payers  # type: ignore[attr-defined]


class SplitForm(BecauseForm):
    """Which lines go into a new draft, and why."""

    lines = forms.TypedMultipleChoiceField(
        label=_("Into a new draft"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose the lines that go into a new draft.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    field_order = ("lines", "because")

    def __init__(self, *args: Any, lines: Sequence[Line], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.rows = {line.pk: line for line in lines}
        self.fields["lines"].choices = [(line.pk, line.text) for line in lines]  # type: ignore[attr-defined]

    def boxes(self) -> list[tuple[BoundWidget, Line]]:
        """The box of each line with the line."""
        return list(zip(self["lines"].subwidgets, self.rows.values(), strict=True))
