from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.pages.choosing import TYPED, Chooser
from billing_site.pages.fields import AmountField
from clients.models import Client, Payer
from products import domains
from products.actions import Wanted
from products.models import Cycle, Domain, WantedLine
from products.queries import Thing, things_of

EMPTY_LINES = 1  # lines an empty order form shows
LONGEST = 50  # lines of one order


class LineForm(forms.Form):
    """One line of an order; `n` is its place in the names of its fields."""

    thing = forms.ChoiceField(label=_("Product or option"))
    cycle = forms.ChoiceField(label=_("Cycle"), choices=Cycle.choices, initial=Cycle.HALF_YEAR)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=100_000, initial=1)
    discount = forms.DecimalField(
        label=_("Discount, %"), min_value=0, max_value=100, decimal_places=2, initial=0, required=False
    )
    price = AmountField(label=_("Own price of one for a cycle"), required=False)
    because = forms.CharField(label=_("Why an own price"), max_length=200, required=False)
    doubled = forms.CharField(
        label=_("Why a second service"),
        max_length=200,
        required=False,
        help_text=_("Only if the client shall have two services of one kind side by side."),
    )

    domain = forms.CharField(
        label=_("Domain name"), max_length=253, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "example.ru"}),
    )  # fmt: skip
    domain_how = forms.ChoiceField(
        label=_("What to do with the domain"), choices=Domain.How.choices, initial=Domain.How.REGISTER,
        required=False,
    )  # fmt: skip

    def __init__(self, data: Any, *, n: int, things: Mapping[str, Thing], **kwargs: Any):
        super().__init__(data, prefix=f"line-{n}", **kwargs)
        self.n, self.things = n, things
        self.fields["thing"] = forms.ChoiceField(
            label=_("Product or option"),
            choices=[(key, str(thing)) for key, thing in things.items()],
            widget=Chooser("order-things"),
            error_messages={"invalid_choice": _("Choose it in the list that opens while you type.")},
        )
        self.fields["discount"].widget.attrs["step"] = "any"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("price") is not None and not data.get("because"):
            self.add_error("because", _t("Say why the price differs from the catalogue."))
        thing = self.things.get(data.get("thing", ""))
        if thing and thing.option is None and domains.is_domain(thing.product):
            self._check_domain(data)
        return data

    def _check_domain(self, data: dict[str, Any]) -> None:
        try:
            data["domain"] = domains.named(data.get("domain", ""))
        except Refused as refused:
            self.add_error("domain", refused.message)

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        thing = self.things[data["thing"]]
        return Wanted(
            product=thing.product,
            option=thing.option,
            choice=thing.choice,
            cycle=data["cycle"],
            quantity=data["quantity"],
            price=data["price"],
            own_price_because=data["because"],
            discount=data["discount"] or Decimal(0),
            doubled_because=data["doubled"],
            domain=data["domain"],
            domain_how=data["domain_how"],
        )

    @property
    def told_more(self) -> bool:
        """Whether the folded part of the line says something."""
        return any(
            self[name].value() or self[name].errors for name in ("price", "because", "doubled", "domain")
        )


class OrderForm(forms.Form):
    """An order with its lines; one without a product is left out. Unbound, it begins with lines `given`."""

    starts_on = forms.DateField(label=_("Starts on"), initial=clock.today)
    payer = forms.ModelChoiceField(Payer.objects.none(), label=_("Payer"), required=False)
    promo = forms.CharField(label=_("Promo code"), max_length=40, required=False)
    comment = forms.CharField(
        label=_("Comment, for us only"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        client: Client,
        given: Sequence[WantedLine] = (),
        **kwargs: Any,
    ):
        super().__init__(data, **kwargs)
        payers = client.payers.live(clock.today())
        default = next((payer for payer in payers if payer.is_default), None)
        self.fields["payer"] = forms.ModelChoiceField(
            payers,
            label=_("Payer"),
            required=False,
            empty_label=default.name if default else _("no payer yet"),
        )
        self.things = things_of(_keys(data, given))
        self.lines = list(self._lines(data, given))

    def _lines(self, data: Any, given: Sequence[WantedLine]) -> Iterator[LineForm]:
        if data is None and given:
            for place, line in enumerate(given):
                yield LineForm(None, n=place, things=self.things, initial=as_typed(line))
            return
        if data is None:
            yield from (LineForm(None, n=n, things=self.things) for n in range(EMPTY_LINES))
            return
        places = sorted(int(n) for key in data if (n := _place(key)))[:LONGEST]
        for place in places:
            if data.get(f"line-{place}-thing") or data.get(f"line-{place}-thing-{TYPED}", "").strip():
                yield LineForm(data, n=place, things=self.things)

    @property
    def next_place(self) -> int:
        return max((line.n for line in self.lines), default=-1) + 1

    def is_valid(self) -> bool:
        lines = [line.is_valid() for line in self.lines]
        if not all(lines) and super().is_valid():
            self.add_error(None, _t("Some lines are not complete: look at the marked fields."))
        return super().is_valid()

    def wanted(self) -> list[Wanted]:
        return [line.wanted() for line in self.lines if line.is_valid()]


def as_typed(line: WantedLine) -> dict[str, Any]:
    """A line as values of LineForm; a price of the catalogue is not repeated."""
    return {
        "thing": _key(line),
        "cycle": line.cycle,
        "quantity": line.quantity,
        "discount": line.discount,
        "price": line.price if line.own_price_because else None,
        "because": line.own_price_because,
        "doubled": line.doubled_because,
        "domain": line.domain,
        "domain_how": line.domain_how,
    }


def _keys(data: Any, given: Sequence[WantedLine]) -> list[str]:
    """Keys of what the lines hold (products.queries.Thing)."""
    if data is None:
        return [_key(line) for line in given]
    return [data[name] for name in data if _place(name)]


def _key(line: WantedLine) -> str:
    return "-".join(str(part) for part in (line.product_id, line.option_id, line.choice_id) if part)


def _place(key: str) -> str:
    """ "line-3-thing" → "3"; anything else → ""."""
    start, _dash, rest = key.partition("-")
    number, _dash, name = rest.partition("-")
    return number if start == "line" and name == "thing" and number.isdecimal() and len(number) < 6 else ""


class AccessForm(forms.Form):
    """How a service is reached. An empty password keeps the stored one; an empty login forgets both."""

    domain = forms.CharField(label=_("Domain or host"), max_length=200, required=False)
    ip = forms.GenericIPAddressField(label=_("Dedicated IP"), required=False)
    username = forms.CharField(label=_("Login"), max_length=80, required=False)
    password = forms.CharField(
        label=_("Password"), max_length=200, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty keeps what is stored. It is kept encrypted and shown on demand only."),
    )  # fmt: skip
    sections = [("", [("domain", "ip"), ("username", "password")])]

    def clean(self) -> dict[str, Any]:
        got = super().clean() or {}
        if got.get("password") and not got.get("username"):
            self.add_error("username", _t("Fill this in as well: alone the secret says nothing."))
        return got

    def values(self) -> dict[str, Any]:
        """Arguments of products.running.change_access."""
        got = dict(self.cleaned_data)
        password = got.pop("password")
        return {
            **got,
            "ip": got["ip"] or None,
            **({"password": password} if password or not got["username"] else {}),
        }
