"""What dialogs about a running service ask."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from products.models import MONTHS, Cycle, Option, PlannedChange, Product, Service

RENEWING = [(cycle.value, cycle.label) for cycle in Cycle if MONTHS[cycle.value]]


class PlanForm(forms.Form):
    """Less units, another cycle, another package, from a day on."""

    what = forms.ChoiceField(label=_("What"), required=False)
    becomes = forms.IntegerField(label=_("How many stay"), min_value=0, max_value=100_000, required=False)
    leaving = forms.ChoiceField(
        label=_("Which leave"), choices=PlannedChange.Leaving.choices, required=False, initial="dearest"
    )
    cycle = forms.ChoiceField(
        label=_("Another cycle"), choices=[("", _("as it is")), *RENEWING], required=False
    )
    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Another package"), required=False, empty_label=_("as it is")
    )
    on = forms.DateField(
        label=_("From"), required=False, help_text=_("Empty: the first day that is not billed yet.")
    )
    because = forms.CharField(label=_("Why"), max_length=200, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)

    def __init__(
        self,
        *args: Any,
        service: Service,
        options: Sequence[Option],
        packages: QuerySet[Product],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.options = {str(option.pk): option for option in options}
        choices = [("", service.product.name), *((key, option.name) for key, option in self.options.items())]
        self.fields["what"] = forms.ChoiceField(label=_("What"), choices=choices, required=False)
        self.fields["product"].queryset = packages  # type: ignore[attr-defined]
        self.fields["becomes"].widget.attrs.update(autofocus=True, autocomplete="off")

    def clean_what(self) -> Option | None:
        return self.options.get(self.cleaned_data["what"])

    def clean_leaving(self) -> str:
        return self.cleaned_data["leaving"] or PlannedChange.Leaving.DEAREST

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for yet."""
        return not any(self[name].value() for name in ("cycle", "product")) and self["becomes"].value() in (
            "",
            None,
        )
