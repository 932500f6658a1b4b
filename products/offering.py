"""Quotes (коммерческие предложения): an order that the client has not said yes to yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import IllegalMove, move, move_many, record
from billing_site.journal.series import next_number
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.secrets import token_hash
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client, Payer
from products import actions, pricing
from products.models import MONTHS, Cycle, Order, OrderLine, Promotion, Quote, QuoteLine, WantedLine
from products.promotions import promotion_for
from products.quoting import Quoted, Wanted, catalogue_prices, quote_lines, quote_order

VALID_DAYS = 14  # a new quote stands so long
SERIES = "quotes"
CHUNK = 500
OPEN = (Quote.Status.DRAFT, Quote.Status.SENT)


@dataclass(frozen=True)
class Terms:
    """What a quote offers beside its lines. `comment` is for the client and is printed."""

    starts_on: date
    valid_until: date
    payer: Payer | None = None
    comment: str = ""
    promo: str = ""


@transaction.atomic
def make_quote(client: Client, wanted: Sequence[Wanted], terms: Terms, *, by: User | None) -> Quote:
    """A draft of a quote at the prices of the day it starts on; they stay as offered.

    Raises Refused as `create_order` does, and for a quote that would be over before it is read.
    """
    lock(client.pk)
    promotion, quoted = _priced(client, wanted, terms, by)
    quote = Quote.objects.create(
        number=next_number(SERIES), client=client, payer=terms.payer, promotion=promotion,
        valid_until=terms.valid_until, starts_on=terms.starts_on, comment=terms.comment,
        total=_total(quoted), author=by,
    )  # fmt: skip
    _keep_lines(quote, quoted)
    record("products.quote_made", quote, by=by, total=f"{quote.total:.2f}", lines=len(quoted))
    return quote


@transaction.atomic
def change_quote(quote: Quote, wanted: Sequence[Wanted], terms: Terms, *, by: User) -> Quote:
    """The draft says something else. Raises Refused as `make_quote`, and for one that left the house."""
    client = lock(quote.client_id)
    row = _locked(quote)
    if row.status != Quote.Status.DRAFT:
        raise Refused(_("Only a draft can be changed: take the quote back first."))
    row.promotion, quoted = _priced(client, wanted, terms, by)
    row.payer, row.comment = terms.payer, terms.comment
    row.valid_until, row.starts_on = terms.valid_until, terms.starts_on
    row.total = _total(quoted)
    row.save()
    row.lines.all().delete()
    _keep_lines(row, quoted)
    record("products.quote_changed", row, by=by, total=f"{row.total:.2f}")
    return row


def _priced(
    client: Client, wanted: Sequence[Wanted], terms: Terms, by: User | None
) -> tuple[Promotion | None, list[Quoted]]:
    if not wanted:
        raise Refused(_("The quote has no lines."))
    if terms.valid_until < clock.today():
        raise Refused(_("This day is over."), "valid_until")
    actions.refuse_doubles(client, wanted, by)
    promotion = promotion_for(terms.promo, client, clock.today()) if terms.promo.strip() else None
    return promotion, quote_order(client, wanted, starts_on=terms.starts_on, promotion=promotion)


def _total(quoted: Iterable[Quoted]) -> Decimal:
    return sum((one.total for one in quoted), Decimal(0))


def _keep_lines(quote: Quote, quoted: Iterable[Quoted]) -> None:
    QuoteLine.objects.bulk_create(QuoteLine(quote=quote, **_wanted(one.line)) for one in quoted)


def _wanted(line: WantedLine) -> dict[str, Any]:
    """Everything that a line of an order and a line of a quote have in common."""
    return {field.name: getattr(line, field.name) for field in WantedLine._meta.fields}


def _locked(quote: Quote) -> Quote:
    rows = Quote.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("client", "promotion").get(pk=quote.pk)


def lines_of(quote: Quote) -> list[QuoteLine]:
    return list(quote.lines.select_related("product__seller", "option", "choice").order_by("pk"))


def start_of(quote: Quote, today: date) -> date:
    """What is accepted late starts that day, not before; what is accepted already started when it did."""
    if quote.status == Quote.Status.ACCEPTED and quote.order:
        return quote.order.starts_on
    return max(quote.starts_on, today) if quote.status in OPEN else quote.starts_on


def quote_again(quote: Quote, lines: Sequence[WantedLine], starts_on: date) -> list[Quoted]:
    """What the offered lines come to when they start on a day, at the offered prices. Raises Refused."""
    return quote_lines(quote.client, lines, starts_on=starts_on, promotion=quote.promotion)


def per_cycle(lines: Iterable[WantedLine]) -> dict[Cycle, Decimal]:
    """What the lines cost in each later cycle, when a promo code holds no more; the shortest cycle first."""
    sums: dict[Cycle, Decimal] = {}
    for line in lines:
        if MONTHS[line.cycle]:
            cycle = Cycle(line.cycle)
            amount = pricing.line_amount(line.quantity, line.price, line.discount)
            sums[cycle] = sums.get(cycle, Decimal(0)) + amount
    return dict(sorted(sums.items(), key=lambda pair: MONTHS[pair[0]]))


def is_over(quote: Quote, today: date) -> bool:
    """Whether a sent quote may no longer be accepted by its link; the clock only writes it down."""
    return quote.status == Quote.Status.EXPIRED or (
        quote.status == Quote.Status.SENT and quote.valid_until < today
    )


def find_quote(token: str) -> Quote | None:
    """The quote of a link; None for wrong links and for those of a quote that was taken back."""
    rows = Quote.objects.select_related("client__account_manager", "payer", "promotion", "order")
    return rows.filter(token_hash=token_hash(token)).first() if token else None


@transaction.atomic
def accept_quote(quote: Quote, *, by: User | None) -> Order:
    """A pending order with the very lines and prices that were offered (`by` None: the client's click).

    What was to start before today starts today. Raises IllegalMove for a quote that is not open, Refused
    for one that is over when the client accepts it, and for lines that fit the client no more.
    """
    lock(quote.client_id)
    row = _locked(quote)
    if row.status not in OPEN:
        raise IllegalMove(row, Quote.Status.ACCEPTED)
    today = clock.today()
    if by is None and (row.status != Quote.Status.SENT or is_over(row, today)):
        raise Refused(_("This quote is over: ask your manager for a new one."))
    lines, starts_on = lines_of(row), start_of(row, today)
    total = _total(quote_again(row, lines, starts_on))
    order = Order.objects.create(
        client=row.client, payer=row.payer, promotion=row.promotion, starts_on=starts_on, total=total,
        author=by,
    )  # fmt: skip
    offered = _as_offered(row, lines, starts_on)
    OrderLine.objects.bulk_create(OrderLine(order=order, **terms) for terms in offered)
    move(row, Quote.Status.ACCEPTED, by=by, facts=_told(by), accepted_at=clock.now(), order=order)
    record("products.order_made", order, by=by, total=f"{total:.2f}", lines=len(lines), quote=row.number)
    return order


def _as_offered(quote: Quote, lines: Sequence[QuoteLine], starts_on: date) -> list[dict[str, Any]]:
    """The offered terms; a price that the catalogue has left behind says where it comes from."""
    terms = [_wanted(line) for line in lines]
    listed = catalogue_prices(lines, starts_on, quote.client.currency)
    for one, price in zip(terms, listed, strict=True):
        if one["price"] != price and not one["own_price_because"]:
            one["own_price_because"] = _("offered in quote No. %(no)s") % {"no": quote.number}
    return terms


def _told(by: User | None, because: str = "") -> dict[str, str]:
    told = {"because": because.strip()} if because.strip() else {}
    return told if by else {**told, "who": "client"}


@transaction.atomic
def decline_quote(quote: Quote, *, by: User | None, because: str) -> Quote:
    """The client doesn't want it (`by` None: said by the link). Staff must say why. Raises Refused."""
    if by and not because.strip():
        raise Refused(_("Say why."), "because")
    lock(quote.client_id)
    return move(quote, Quote.Status.DECLINED, by=by, facts=_told(by, because[:500]))


@transaction.atomic
def reopen_quote(quote: Quote, *, by: User) -> Quote:
    """Back to a draft: its link tells nothing any more, and it may be changed and sent anew."""
    lock(quote.client_id)
    return move(quote, Quote.Status.DRAFT, by=by, token_hash="", sent_at=None)


def expire_quotes(today: date) -> int:
    """Sent quotes whose last day is over, chunk by chunk; how many. Run twice it finds nothing more."""
    expired = 0
    late = Quote.objects.filter(status=Quote.Status.SENT, valid_until__lt=today).order_by("pk")
    while rows := list(late[:CHUNK]):
        moved = move_many(rows, Quote.Status.EXPIRED, by=None)
        if not moved:
            break
        expired += len(moved)
    return expired


def first_valid_until(today: date) -> date:
    return today + timedelta(days=VALID_DAYS)
