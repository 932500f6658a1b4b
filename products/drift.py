"""Services whose sums or dates drifted from what their parts say (R3.6): found, never corrected silently.

Pure functions of values: `invoices.billing.drifting` loads what they read and does the repairs.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from billing_site.kit.money import format_number
from products import pricing
from products.models import MONTHS, Batch, Companion, Price, Service

Thing = tuple[int, int | None, int | None]  # product, option, choice
Held = tuple[int, int | None]  # service, option


class Kind(TextChoices):
    """What is wrong."""

    AMOUNT = "amount", _("sum differs from the catalogue")
    CYCLE = "cycle", _("price of another cycle")
    STORED = "stored", _("stored sum differs from the composition")
    ENDS = "ends", _("ends before the others")
    DOUBLED = "doubled", _("doubled family")
    UNPAID = "unpaid", _("no paid period")  # it is active, and nothing covers today
    COMPANIONS = "companions", _("companions are not as many")


SUMS = (Kind.AMOUNT, Kind.CYCLE, Kind.STORED)  # kinds that a sum shows


@dataclass(frozen=True)
class Expected:
    """A batch beside what the same units should cost: catalogue price of its date, the client's discount."""

    batch: Batch
    price: Decimal
    discount: Decimal
    other_cycle: str = ""  # the cycle whose price the batch has by mistake
    agreed: Decimal | None = None  # what a promotion or an announced price makes it, as it is

    @property
    def stored(self) -> Decimal:
        if self.agreed is not None:
            return self.agreed
        return pricing.line_amount(self.batch.quantity, self.batch.price, self.batch.discount)

    @property
    def amount(self) -> Decimal:
        if self.agreed is not None:
            return self.agreed
        return pricing.line_amount(self.batch.quantity, self.price, self.discount)

    @property
    def differs(self) -> Decimal:
        return self.stored - self.amount


@dataclass(frozen=True)
class Drift:
    """One finding. Sums are for a full cycle; `sibling` is the other service it is about.

    Of an unequal `companion`: `has` units in the sibling (None: there is no such service), `needs` of them.
    """

    kind: Kind
    service: Service
    stored: Decimal
    expected: Decimal
    parts: tuple[Expected, ...] = ()
    sibling: Service | None = None
    companion: Companion | None = None
    has: int = 0
    needs: int = 0

    @property
    def difference(self) -> Decimal:
        return self.stored - self.expected


@dataclass
class Prices:
    """The catalogue as it was on any day."""

    rows: Iterable[Price]
    by_thing: dict[tuple[Thing, str, str], list[tuple[date, Decimal]]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_thing = {}
        for row in self.rows:
            key = (thing_of(row), row.cycle, row.currency)
            self.by_thing.setdefault(key, []).append((row.valid_from, row.amount))
        for found in self.by_thing.values():
            found.sort()

    def on(self, thing: Thing, cycle: str, currency: str, day: date) -> Decimal | None:
        """The price in force on a day; None when there is none."""
        found = [amount for since, amount in self.by_thing.get((thing, cycle, currency), ()) if since <= day]
        return found[-1] if found else None


def thing_of(row: Price) -> Thing:
    """What a row of the catalogue prices: a product by itself, or an option of whatever product."""
    return (row.product_id or 0, row.option_id, row.choice_id)


def expected(
    service: Service,
    batches: Sequence[Batch],
    prices: Prices,
    discounts: Mapping[Held, Decimal],
    agreed: Mapping[int, Decimal],
) -> tuple[Expected, ...]:
    """Each batch beside its expected price (R3.6).

    An own price with a reason counts as it is. `discounts`: what the client was billed with, by service and
    option; without it the batch's own discount counts. `agreed`: sums of batches with a promotion or an
    announced price, which count as they are.
    """
    return tuple(
        Expected(batch, batch.price, batch.discount, agreed=agreed[batch.pk])
        if batch.pk in agreed
        else _expected(service, batch, prices, discounts)
        for batch in batches
    )


def _expected(service: Service, batch: Batch, prices: Prices, discounts: Mapping[Held, Decimal]) -> Expected:
    if batch.own_price_because:
        return Expected(batch, batch.price, batch.discount)
    thing: Thing = (
        (0, batch.option_id, batch.choice_id) if batch.option_id else (service.product_id, None, None)
    )
    currency = service.client.currency
    price = prices.on(thing, service.cycle, currency, batch.since)
    if price is None:
        return Expected(batch, batch.price, batch.discount)
    discount = discounts.get((service.pk, batch.option_id), batch.discount)
    other = ""
    if price != batch.price:
        others = (
            cycle for cycle, months in MONTHS.items()
            if months
            and cycle != service.cycle
            and prices.on(thing, cycle, currency, batch.since) == batch.price
        )  # fmt: skip
        other = next(others, "")
    return Expected(batch, price, discount, other)


def sums(service: Service, parts: tuple[Expected, ...]) -> Iterable[Drift]:
    """What is wrong with the sums of one service."""
    stored = sum((part.stored for part in parts), Decimal(0))
    wanted = sum((part.amount for part in parts), Decimal(0))
    if service.recurring != stored:
        yield Drift(Kind.STORED, service, service.recurring, stored, parts)
    wrong = tuple(part for part in parts if part.differs)
    if not wrong:
        return
    kind = Kind.CYCLE if any(part.other_cycle for part in wrong) else Kind.AMOUNT
    yield Drift(kind, service, stored, wanted, wrong)


def doubled(services: Sequence[Service]) -> Iterable[Drift]:
    """Live services of one client and family that stand side by side and both go on."""
    first: dict[tuple[int, str, int | None], Service] = {}
    for service in services:
        if service.ends:
            continue
        elder = first.setdefault((service.client_id, service.family, service.host_id), service)
        if elder is not service:
            yield Drift(Kind.DOUBLED, service, service.recurring, Decimal(0), sibling=elder)
            yield Drift(Kind.DOUBLED, elder, elder.recurring, elder.recurring, sibling=service)


def unequal_ends(services: Sequence[Service]) -> Iterable[Drift]:
    """Services of one client, seller and cycle that end before their longest sibling (R4.2)."""
    longest: dict[tuple[int, int, str], Service] = {}
    alike = [s for s in services if s.paid_until and MONTHS[s.cycle] and not s.product.own_year]
    for service in alike:
        key = (service.client_id, service.product.seller_id, service.cycle)
        there = longest.setdefault(key, service)
        if _end(service) > _end(there):
            longest[key] = service
    for service in alike:
        sibling = longest[(service.client_id, service.product.seller_id, service.cycle)]
        if _end(service) < _end(sibling):
            yield Drift(Kind.ENDS, service, service.recurring, service.recurring, sibling=sibling)


def unequal(
    services: Sequence[Service],
    held: Mapping[Held, int],
    companions: Mapping[int, Sequence[Companion]],
    renting: Container[int],
) -> Iterable[Drift]:
    """Products whose companions are fewer or, where as many are wanted, more (R3.5).

    `held`: counted units by service and option; `companions` by product; `renting`: clients who rent.
    """
    there = {(service.client_id, service.product_id): service for service in services}
    for service in services:
        units = held.get((service.pk, None), 0)
        for one in companions.get(service.product_id, ()) if units else ():
            if one.only_rent and service.client_id not in renting:
                continue
            option = one.companion_option
            product = option.product_id if option else one.companion_product_id
            sibling = there.get((service.client_id, product or 0))
            has = held.get((sibling.pk, option.pk if option else None), 0) if sibling else 0
            same = one.rule == Companion.Rule.SAME
            needs = units if same else one.minimum or 0
            if has < needs or (same and has > needs):
                yield Drift(
                    Kind.COMPANIONS, service, service.recurring, service.recurring, sibling=sibling,
                    companion=one, has=has, needs=needs,
                )  # fmt: skip


def _end(service: Service) -> date:
    assert service.paid_until
    return service.paid_until


def told(part: Expected) -> str:
    """Expected arithmetic of a batch in words: «6 × 4 800,00 − 5 %»."""
    off = f" − {part.discount.normalize():f} %".replace(".", ",") if part.discount else ""
    return f"{part.batch.quantity} × {format_number(part.price)}{off}"
