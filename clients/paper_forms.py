"""Forms of contracts, 1C products and 1C's services (R1.3, R1.4)."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.letters.actions import FilePart
from billing_site.office.models import Seller
from clients.contact_forms import PAPER_LIMIT, PAPERS
from clients.forms import DigitsField, NameField
from clients.models import Client, ClientOption, Contract, LicenceItem, Payer

ONE_DAY = timedelta(days=1)
Sections = list[tuple[Any, list[str | tuple[str, ...]]]]


class LastDayField(forms.DateField):
    """A last day, as people say it; stored, and clean, is the first day that is no more."""

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(value - ONE_DAY if isinstance(value, date) else value)

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        return day + ONE_DAY if day else None


def check_order(form: forms.Form, first: str, last: str, told: str) -> None:
    """An error at `last` when it stands before `first`."""
    begins, ends = form.cleaned_data.get(first), form.cleaned_data.get(last)
    if begins and ends and ends <= begins:
        form.add_error(last, told)


class ContractForm(forms.Form):
    """A contract of one of the client's payers with one of our sellers."""

    payer = forms.ModelChoiceField(Payer.objects.none(), label=_("Payer"), empty_label=None)
    seller = forms.ModelChoiceField(
        Seller.objects.filter(active=True), label=_("Our legal entity"), empty_label=None
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Contract.Kind.choices)
    number = NameField(label=_("Number"), max_length=40)
    date = forms.DateField(label=_("Date"))
    until = forms.DateField(
        label=_("Until"), required=False, help_text=_("The last day. Empty: without a term.")
    )
    prolongs = forms.BooleanField(label=_("Prolongs itself"), required=False)
    state = forms.ChoiceField(label=_("State"), choices=Contract.State.choices)
    signatory_post = NameField(label=_("Signatory's post"), max_length=120, required=False)
    signatory = NameField(label=_("Signatory"), max_length=120, required=False)
    basis = NameField(
        label=_("Acts on the basis of"), max_length=120, required=False,
        help_text=_("The charter, a power of attorney with its number and date."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("File"), required=False, help_text=_("A scan of the contract, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ",".join(PAPERS)}),
    )  # fmt: skip
    sections: Sections = [
        ("", [("payer", "seller"), ("kind", "number"), ("date", "until"), ("state", "prolongs")]),
        (_("Signed for the client by"), [("signatory_post", "signatory"), "basis"]),
        (_("Scan"), ["file"]),
    ]

    def __init__(self, *args: Any, client: Client, **kwargs: Any):
        super().__init__(*args, **kwargs)
        payer: Any = self.fields["payer"]
        payer.queryset = client.payers.all()

    def clean_file(self) -> FilePart | None:
        file = self.cleaned_data["file"]
        if not file:
            return None
        if file.size > PAPER_LIMIT:
            raise forms.ValidationError(_t("The file is larger than 10 MB: make a smaller scan."))
        if not file.name.lower().endswith(PAPERS):
            raise forms.ValidationError(_t("A scan or a photo of the letter: PDF, JPEG, PNG, TIFF or Word."))
        return FilePart(file.name, file.content_type or "application/octet-stream", file.read())

    def clean(self) -> dict[str, Any]:
        got = self.cleaned_data
        if got.get("date") and got.get("until") and got["until"] < got["date"]:
            self.add_error("until", _t("A contract can't end before its own date."))
        return got


class LicenceForm(forms.Form):
    """A 1C product at the client."""

    product = NameField(label=_("1C product"), max_length=120)
    ownership = forms.ChoiceField(
        label=_("Licence"), choices=LicenceItem.Ownership.choices, widget=forms.RadioSelect
    )
    registration_number = DigitsField(
        label=_("Registration number"), max_length=40, required=False,
        help_text=_("As printed on the card of the product; the search finds it."),
    )  # fmt: skip
    portal_login = NameField(label=_("Login on the 1C portal"), max_length=80, required=False)
    its_until = forms.DateField(label=_("ITS until"), required=False)
    active_from = forms.DateField(label=_("Active from"), initial=clock.today)
    active_until = LastDayField(
        label=_("Active until"), required=False, help_text=_("The last day. Empty: without a term.")
    )
    sections: Sections = [
        ("", ["product", "ownership", ("registration_number", "portal_login")]),
        (_("Dates"), [("active_from", "active_until"), ("its_until",)]),
    ]

    def clean(self) -> dict[str, Any]:
        check_order(self, "active_from", "active_until", _t("It ends after it begins: choose a later day."))
        return self.cleaned_data


class OptionForm(forms.Form):
    """What becomes of one of 1C's services, and from which day."""

    state = forms.ChoiceField(label=_("State"), choices=ClientOption.State.choices)
    since = forms.DateField(
        label=_("Since"), initial=clock.today, help_text=_("An earlier state stays in the history.")
    )
    until = LastDayField(label=_("Paid until"), required=False, help_text=_("The last paid day."))
    note = NameField(label=_("Remark"), max_length=200, required=False)
    sections: Sections = [("", ["state", ("since", "until"), "note"])]

    def clean(self) -> dict[str, Any]:
        check_order(self, "since", "until", _t("It ends after it begins: choose a later day."))
        return self.cleaned_data
