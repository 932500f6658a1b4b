"""Statements of account: what a payer was charged and paid to one of our sellers, day by day. Reads only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from billing_site.office.models import Seller
from clients.models import Client, Payer
from invoices.models import Invoice, Payment

MOVEMENTS_LIMIT = 2000  # more in one paper nobody reads; the page asks for a shorter period
STATES = Invoice.Status
# A refunded invoice stays charged: until refunds are rows of their own, it is what the returned money closed.
CHARGED = (STATES.ISSUED, STATES.PAID, STATES.COLLECTIONS, STATES.REFUNDED)
ZERO = Decimal("0.00")
Pair = tuple[int, int]  # payer, seller
Row = tuple[date, str, str, int, Decimal, Decimal]  # a Movement without its balance


@dataclass(frozen=True)
class Movement:
    """An invoice or a payment of a day, and what the payer owed after it (below zero: we owe)."""

    on: date
    what: str
    url_name: str
    pk: int
    charged: Decimal
    received: Decimal
    balance: Decimal


@dataclass
class Account:
    """How one payer stands with one seller over a period; `opening` and `closing`: what the payer owes."""

    payer: Payer
    seller: Seller
    opening: Decimal
    movements: list[Movement] = field(default_factory=list)
    charged: Decimal = ZERO
    received: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        return self.opening + self.charged - self.received

    @property
    def advance(self) -> Decimal:
        """What we owe, for words: never below zero."""
        return max(-self.closing, ZERO)


@dataclass(frozen=True)
class Wanted:
    """Which account is asked for: both days belong to it; without payer or seller of every one."""

    since: date
    until: date
    payer: Payer | None = None
    seller: Seller | None = None


class TooLong(ValueError):
    """More movements than MOVEMENTS_LIMIT."""


def accounts_of(client: Client, wanted: Wanted) -> list[Account]:
    """An account for each payer and seller that moved or owed something. Raises TooLong.

    An invoice counts from the day of its issue, a voided one not at all. Money whose payer nobody knows
    is the default payer's.
    """
    invoices, payments = _invoices(client, wanted), _payments(client, wanted)
    opening: dict[Pair, Decimal] = defaultdict(lambda: ZERO)
    for payer, seller, amount in _sums(invoices.filter(issued_on__lt=wanted.since), "total"):
        opening[payer, seller] += amount
    for payer, seller, amount in _sums(payments.filter(received_on__lt=wanted.since), "amount"):
        opening[payer, seller] -= amount
    rows = _rows(invoices, payments, wanted)
    payers = {payer.pk: payer for payer in client.payers.all()}
    pairs = {pair for pair, owed in opening.items() if owed} | set(rows)
    sellers = Seller.objects.in_bulk({seller for _payer, seller in pairs})
    found = [
        _account(
            Account(payers[payer], sellers[seller], opening[payer, seller]), rows.get((payer, seller), [])
        )
        for payer, seller in pairs
        if payer in payers
    ]
    return sorted(found, key=lambda one: (one.seller.name, not one.payer.is_default, one.payer.name))


def _invoices(client: Client, wanted: Wanted) -> QuerySet[Invoice]:
    of = {name: one for name, one in (("payer", wanted.payer), ("seller", wanted.seller)) if one}
    return Invoice.objects.filter(client=client, status__in=CHARGED, issued_on__lte=wanted.until, **of)


def _payments(client: Client, wanted: Wanted) -> QuerySet[Any]:
    default = client.payers.filter(is_default=True).values("pk")[:1]
    found = Payment.objects.filter(client=client, received_on__lte=wanted.until)
    found = found.alias(whose=Coalesce("payer_id", default))
    if wanted.payer:
        found = found.filter(whose=wanted.payer.pk)
    return found.filter(seller=wanted.seller) if wanted.seller else found


def _sums(rows: QuerySet[Any], column: str) -> Iterable[tuple[int, int, Decimal]]:
    payer = "whose" if rows.model is Payment else "payer_id"
    summed = rows.order_by().values(of=F(payer), by=F("seller_id")).annotate(amount=Sum(column))
    return summed.values_list("of", "by", "amount")


def _rows(invoices: QuerySet[Invoice], payments: QuerySet[Any], wanted: Wanted) -> dict[Pair, list[Row]]:
    """Movements of the period by payer and seller, as they followed each other."""
    found: dict[Pair, list[Row]] = defaultdict(list)
    issued = invoices.filter(issued_on__gte=wanted.since).order_by("issued_on", "pk")
    received = payments.filter(received_on__gte=wanted.since).order_by("received_on", "pk")
    if issued.count() + received.count() > MOVEMENTS_LIMIT:
        raise TooLong
    for invoice in issued:
        what = _("Invoice No. %(number)s") % {"number": invoice.number}
        assert invoice.issued_on is not None  # that is what was asked for
        row: Row = (invoice.issued_on, what, "invoice-detail", invoice.pk, invoice.total, ZERO)
        found[invoice.payer_id, invoice.seller_id].append(row)
    for payment in received.annotate(payer_no=F("whose")).select_related("bank_line"):
        number = payment.bank_line.number if payment.bank_line else ""
        what = _("Payment by order No. %(number)s") % {"number": number} if number else _("Payment")
        row = (payment.received_on, what, "payment-detail", payment.pk, ZERO, payment.amount)
        found[payment.payer_no, payment.seller_id].append(row)
    return found


def _account(account: Account, rows: list[Row]) -> Account:
    balance = account.opening
    for on, what, url_name, pk, charged, received in sorted(rows, key=lambda row: (row[0], row[4] == ZERO)):
        balance += charged - received
        account.movements.append(Movement(on, what, url_name, pk, charged, received, balance))
    account.charged = sum((one.charged for one in account.movements), ZERO)
    account.received = sum((one.received for one in account.movements), ZERO)
    return account
