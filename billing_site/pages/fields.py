"""Form fields that several rooms need."""

from decimal import Decimal
from typing import Any

from django import forms

from billing_site.kit.money import format_number, parse_amount


class AmountField(forms.CharField):
    """A sum of money as people type it: «12 500,00», «12500.5». Clean value: Decimal ≥ 0, or None."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return format_number(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = parse_amount(text)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        if amount < 0 or amount >= Decimal(10) ** 12:
            raise forms.ValidationError(str(self.error_messages["invalid"]))
        return amount

    default_error_messages = {"invalid": forms.DecimalField.default_error_messages["invalid"]}


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files, at least one where it is required. Clean value: a list of uploaded files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = [file for file in data or () if file]
        return [super(FilesField, self).clean(file, initial) for file in given or self._nothing()]

    def _nothing(self) -> list[None]:
        return [None] if self.required else []
