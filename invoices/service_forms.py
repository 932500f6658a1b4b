"""What dialogs about a running service ask."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.pages.fields import AmountField
from clients.contact_forms import ProofFields
from clients.models import Client
from invoices.forms import Answer, BecauseForm, answers, offer_way, way_field
from invoices.models import Invoice
from products.models import MONTHS, Cycle, Option, PlannedChange, Product, Service

RENEWING = [(cycle.value, cycle.label) for cycle in Cycle if MONTHS[cycle.value]]


class PlanForm(forms.Form):
    """Less units, another answer, cycle or package, from a day on. `options`: what the service holds."""

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
        self.options = {str(option.pk): Answer(option) for option in options} | answers(options)
        choices = [("", service.product.name), *((key, one.name) for key, one in self.options.items())]
        self.fields["what"] = forms.ChoiceField(label=_("What"), choices=choices, required=False)
        self.fields["product"].queryset = packages  # type: ignore[attr-defined]
        self.fields["becomes"].widget.attrs.update(autofocus=True, autocomplete="off")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        one = self.options.get(data.get("what", ""))
        data["what"], data["choice"] = (one.option, one.choice) if one else (None, None)
        if data["choice"]:
            data["becomes"] = None
        return data

    def clean_leaving(self) -> str:
        return self.cleaned_data["leaving"] or PlannedChange.Leaving.DEAREST

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for yet."""
        asked = any(self[name].value() for name in ("cycle", "product")) or "-" in (
            self["what"].value() or ""
        )
        return not asked and self["becomes"].value() in ("", None)


class AddonForm(forms.Form):
    """Which addon, how many, from what day; an own price, a code."""

    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Addon"), empty_label=_("choose an addon")
    )
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=100_000, initial=1)
    on = forms.DateField(label=_("From"))
    discount = forms.DecimalField(
        label=_("Discount, %"), min_value=0, max_value=100, decimal_places=2, required=False
    )
    price = AmountField(label=_("Own price of one for a cycle"), required=False)
    because = forms.CharField(label=_("Why an own price"), max_length=200, required=False)
    promo = forms.CharField(label=_("Promo code"), max_length=40, required=False)
    way = way_field()
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)

    def __init__(self, *args: Any, addons: QuerySet[Product], unpaid: Invoice | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = addons  # type: ignore[attr-defined]
        self.fields["discount"].widget.attrs["step"] = "any"
        offer_way(self, unpaid)

    @property
    def told_more(self) -> bool:
        """Whether the folded part says something."""
        return any(self[name].value() or self[name].errors for name in ("price", "because", "promo"))


class HoldForm(forms.Form):
    """Until when a service is not suspended, and why."""

    until = forms.DateField(label=_("Do not suspend until"), required=False)
    because = forms.CharField(label=_("Why"), max_length=200, required=False)


class TerminateForm(ProofFields):
    """Why a service is terminated, what proves that the client wants it, and its number typed by hand."""

    ticket = forms.IntegerField(
        label=_("Asked in ticket"),
        required=False,
        min_value=1,
        max_value=10**9,
        widget=forms.TextInput,
        help_text=_("Its number: somebody who may ask for it wrote there from a known address."),
    )
    logins = forms.CharField(
        label=_("Logins or names to remove"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    typed = forms.IntegerField(label=_("Number of the service"), widget=forms.TextInput)

    sections = [
        ("", ["because", "logins"]),
        (_("Proof"), ["ticket", ("called", "whom"), "paper"]),
        ("", ["typed"]),
    ]

    def __init__(self, *args: Any, number: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.number = number
        because = self.fields["because"]
        because.label, because.help_text, because.required = _t("Why"), "", True
        del self.fields["version"]
        self.fields["ticket"].widget.attrs["autocomplete"] = "off"
        self.fields["typed"].help_text = _t("Type %(number)s to confirm.") % {"number": number}
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> int:
        if self.cleaned_data["typed"] != self.number:
            wrong = _t("This is not the number of the service: %(number)s.") % {"number": self.number}
            raise forms.ValidationError(wrong)
        return self.number


class TransferForm(BecauseForm):
    """To whom a service goes, and why."""

    to = forms.IntegerField(label=_("Number of the client"), min_value=1, max_value=10**9)
    field_order = ("to", "because")

    def __init__(self, *args: Any, clients: QuerySet[Client], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.clients = clients
        self.fields["to"].widget.attrs["autocomplete"] = "off"

    def clean_to(self) -> Client:
        found = self.clients.filter(pk=self.cleaned_data["to"]).first()
        if found is None:
            raise forms.ValidationError(_t("There is no such client among yours."))
        return found
