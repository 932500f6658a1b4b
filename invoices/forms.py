import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import Seller
from billing_site.pages.fields import AmountField, FilesField
from clients.models import Client, Payer
from invoices.models import BankLine, Invoice
from products.models import Companion, Option, OptionChoice, Service

AMOUNT = re.compile(r"amount-(\d{1,18})")
ZERO = Decimal("0.00")
FILE_LIMIT = 20 * 1024 * 1024  # bytes


class StatementForm(forms.Form):
    """Statements to load."""

    files = FilesField(  # type: ignore[assignment]
        label=_("Statement files"),
        help_text=_(
            "1CClientBankExchange (kl_to_1c.txt), one or several, 20 MB together at most. "
            "A file that was loaded before changes nothing."
        ),
    )

    def clean_files(self) -> list[Any]:
        files = self.cleaned_data["files"]
        for file in files:
            if file.size > FILE_LIMIT:
                raise forms.ValidationError(_("“%(name)s” is larger than 20 MB."), params={"name": file.name})
        return files


class AccountForm(forms.Form):
    """Which statement of account: a period, one payer or seller or all."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To"))
    payer = forms.ModelChoiceField(
        Payer.objects.none(), label=_("Payer"), required=False, empty_label=_("all")
    )
    seller = forms.ModelChoiceField(
        Seller.objects.all(), label=_("Seller"), required=False, empty_label=_("all")
    )

    def __init__(self, *args: Any, client: Client, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["payer"].queryset = client.payers.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The period ends before it begins."))
        return data


class BecauseForm(forms.Form):
    """Why."""

    because = forms.CharField(
        label=_("Why"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class SeenForm(forms.Form):
    """The fingerprint of what a person has looked at."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class RepairForm(SeenForm):
    """The button under a previewed repair: what was looked at."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)


class ProlongForm(BecauseForm):
    """Until when an unpaid invoice is waited for, and why."""

    until = forms.DateField(label=_("New due date"))
    field_order = ("until", "because")


class TakeBackForm(BecauseForm):
    """Why units are taken back, and whose logins support shall remove."""

    logins = forms.CharField(
        label=_("Logins or names to remove"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The hand-over prints them."),
    )


class VoidForm(BecauseForm):
    """Why an invoice is voided, and its number typed by hand."""

    typed = forms.CharField(
        label=_("Number of the invoice"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, number: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.number = number
        self.fields["typed"].help_text = _("Type %(number)s to confirm.") % {"number": number}

    def clean_typed(self) -> str:
        typed = self.cleaned_data["typed"].strip().lstrip("#№ ")
        if typed != self.number:
            wrong = _("This is not the number of the invoice: %(number)s.") % {"number": self.number}
            raise forms.ValidationError(wrong)
        return typed


class SplitForm(forms.Form):
    """Where a payment goes: an amount for each offered invoice, the rest to a payer's credit."""

    credit = forms.DecimalField(
        label=_("To credit"), required=False, min_value=ZERO, max_digits=14, decimal_places=2
    )
    payer = forms.ModelChoiceField(
        Payer.objects.none(),
        label=_("Whose credit"),
        required=False,
        empty_label=_("the payer of the invoice"),
    )
    learn = forms.BooleanField(label=_("Remember this account for the client"), required=False)

    def __init__(
        self,
        *args: Any,
        line: BankLine,
        invoices: Sequence[Invoice],
        payers: Sequence[Payer] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.line, self.invoices = line, invoices
        choice = self.fields["payer"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Payer.objects.filter(pk__in=[payer.pk for payer in payers])
        for invoice in invoices:
            self.fields[f"amount-{invoice.pk}"] = forms.DecimalField(
                label=_("Amount for invoice %(no)s") % {"no": invoice.number},
                required=False,
                min_value=ZERO,
                max_digits=14,
                decimal_places=2,
                widget=forms.NumberInput(attrs={"data-share": str(invoice.open_amount), "step": "0.01"}),
            )
        self.fields["credit"].widget.attrs["data-share"] = str(line.amount)

    def rows(self) -> list[tuple[Invoice, forms.BoundField]]:
        """Each offered invoice with its field."""
        return [(invoice, self[f"amount-{invoice.pk}"]) for invoice in self.invoices]

    def shares(self) -> list[tuple[int, Decimal]]:
        """What was typed: (invoice id, amount), empty ones left out."""
        typed = self.cleaned_data
        found = [(i.pk, typed.get(f"amount-{i.pk}")) for i in self.invoices]
        return [(invoice_id, amount) for invoice_id, amount in found if amount]


def typed_invoices(data: Any) -> set[int]:
    """Invoices that a posted split names."""
    return {int(found.group(1)) for key in data if (found := AMOUNT.fullmatch(key)) and data[key]}


@dataclass(frozen=True)
class Answer:
    """A line of the select *What*: an option, with one of its answers where it is a choice."""

    option: Option
    choice: OptionChoice | None = None

    @property
    def name(self) -> str:
        return f"{self.option.name}: {self.choice}" if self.choice else self.option.name


def answers(options: Sequence[Option]) -> dict[str, Answer]:
    """What options of a service can be asked for, by the value of the select; `choices` are loaded."""
    found = {}
    for option in options:
        if option.kind != Option.Kind.CHOICE:
            found[str(option.pk)] = Answer(option)
            continue
        for choice in option.choices.all():
            found[f"{option.pk}-{choice.pk}"] = Answer(option, choice)
    return found


def limits_of(options: Sequence[Option]) -> str:
    """In what quantities options are sold, where they have limits: «Диск: от 2, до 20, по 2»."""
    told = []
    for option in options:
        limits = [
            _t("from %(n)s") % {"n": option.minimum} if option.minimum > 1 else "",
            _t("up to %(n)s") % {"n": option.maximum} if option.maximum else "",
            _t("by %(n)s") % {"n": option.step} if option.step > 1 else "",
        ]
        if option.kind == Option.Kind.QUANTITY and any(limits):
            told.append(f"{option.name}: {', '.join(filter(None, limits))}")
    return "; ".join(told)


def way_field() -> forms.ChoiceField:
    """Where the next period goes when its invoice is sent and unpaid (R3.3)."""
    ways = [
        ("addon", _("into an additional invoice")),
        ("revise", _("revise the unpaid invoice, same number")),
    ]
    return forms.ChoiceField(label=_("The next period"), choices=ways, required=False)


def offer_way(form: forms.Form, unpaid: Invoice | None) -> None:
    """The field `way` stays only where there is something to choose."""
    if unpaid is None:
        del form.fields["way"]
        return
    form.fields["way"].help_text = _t("Invoice %(no)s for the next period is sent and unpaid.") % {
        "no": unpaid
    }


class ChangeForm(forms.Form):
    """What a service shall hold: its own units or packs of an option, as a new total from a day on."""

    what = forms.ChoiceField(label=_("What"), required=False)
    becomes = forms.IntegerField(label=_("New total"), min_value=1, max_value=100_000, required=False)
    on = forms.DateField(label=_("From"))
    discount = forms.DecimalField(
        label=_("Discount, %"), min_value=0, max_value=100, decimal_places=2, required=False
    )
    price = AmountField(label=_("Own price of one for a cycle"), required=False)
    because = forms.CharField(label=_("Why an own price"), max_length=200, required=False)
    promo = forms.CharField(label=_("Promo code"), max_length=40, required=False)
    way = way_field()
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)

    def __init__(
        self,
        *args: Any,
        service: Service,
        options: Sequence[Option],
        unpaid: Invoice | None = None,
        companions: Sequence[Companion] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.companions = companions
        for one in companions:
            label = _t("Together with “%(what)s”") % {"what": one}
            self.fields[f"with-{one.pk}"] = forms.BooleanField(label=label, required=False, initial=True)
        if companions:
            self.fields["without"] = forms.CharField(
                label=_("Why without it"), max_length=200, required=False
            )
        offer_way(self, unpaid)
        self.answers = answers(options)
        choices = [("", service.product.name), *((key, one.name) for key, one in self.answers.items())]
        self.fields["what"] = forms.ChoiceField(label=_("What"), choices=choices, required=False)
        self.fields["becomes"].widget.attrs.update(autofocus=True, autocomplete="off")
        self.fields["becomes"].help_text = limits_of([one.option for one in self.answers.values()])
        self.fields["discount"].widget.attrs.update(step="any", placeholder=_t("as before"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "what" not in data:
            return data
        one = self.answers.get(data["what"])
        data["what"], data["choice"] = (one.option, one.choice) if one else (None, None)
        if one and one.option.kind != Option.Kind.QUANTITY:
            data["becomes"] = 1
        elif data.get("becomes") is None and "becomes" not in self.errors:
            self.add_error("becomes", _t("Type the new total."))
        return data

    def together(self) -> list[forms.BoundField]:
        """The ticks of companions."""
        return [self[f"with-{one.pk}"] for one in self.companions]

    def left(self, together: Sequence[Any]) -> list[Any]:
        """Of needed companions (billing.Together), those that can be had and are not ticked."""
        return [
            one for one in together if one.change and not self.cleaned_data.get(f"with-{one.companion.pk}")
        ]

    def ticked(self, together: Sequence[Any]) -> list[Any]:
        """The changes of the ticked ones."""
        left = self.left(together)
        return [one.change for one in together if one.change and one not in left]

    @property
    def told_more(self) -> bool:
        """Whether the folded part says something."""
        return any(self[name].value() or self[name].errors for name in ("price", "because", "promo"))
