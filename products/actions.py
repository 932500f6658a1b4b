"""Verbs about orders and services that know nothing of money received."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, move_many, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period, add_months, first_period, period_containing
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client, Payer
from products import pricing
from products.models import MONTHS, Batch, Cycle, Handover, Option, Order, OrderLine, Price, Product, Service


@dataclass(frozen=True)
class Wanted:
    """One line of a new order. `price` None = the catalogue's; an own price needs a reason."""

    product: Product
    cycle: str
    quantity: int = 1
    option: Option | None = None
    price: Decimal | None = None
    own_price_because: str = ""
    discount: Decimal = Decimal(0)
    doubled_because: str = ""


def price_of(product: Product, option: Option | None, cycle: str, on: date, currency: str = "RUB") -> Decimal:
    """Catalogue price of one unit for one cycle on a day. Raises Refused when there is none."""
    which = {"option": option} if option else {"product": product}
    found = Price.objects.on(on).filter(cycle=cycle, currency=currency, **which).first()
    if found is None:
        raise _no_price(option or product, on)
    return found.amount


def _no_price(thing: Product | Option, on: date) -> Refused:
    return Refused(
        _("“%(what)s” has no price for this cycle on %(day)s.")
        % {"what": thing, "day": on.strftime("%d.%m.%Y")},
        "cycle",
    )


def _prices(wanted: Sequence[Wanted], on: date, currency: str) -> dict[tuple[bool, int, str], Decimal]:
    """Catalogue prices of all that is wanted, in one query: (an option?, id, cycle) → amount."""
    products = Q(product__in=[line.product for line in wanted if not line.option])
    options = Q(option__in=[line.option for line in wanted if line.option])
    rows = Price.objects.on(on).filter(products | options, currency=currency)
    return {
        (row.option_id is not None, row.option_id or row.product_id or 0, row.cycle): row.amount
        for row in rows
    }


@dataclass(frozen=True)
class Quoted:
    """A line of an order with its first period (None for what is sold once) and what that costs.

    `joins` is the service the client has already, when an option is bought for it.
    """

    line: OrderLine
    period: Period | None
    charge: pricing.Charge
    joins: Service | None


def quote_order(client: Client, wanted: Sequence[Wanted], *, starts_on: date) -> list[Quoted]:
    """What an order would hold and cost: the very lines that `create_order` writes. Writes nothing.

    Raises Refused for a missing price, an own price without a reason, an option without its product.
    """
    order = Order(client=client, starts_on=starts_on)
    prices = _prices(wanted, starts_on, client.currency)
    return quote_lines(client, [_order_line(order, line, prices) for line in wanted], starts_on=starts_on)


def quote_lines(client: Client, lines: Sequence[OrderLine], *, starts_on: date) -> list[Quoted]:
    """The same for order lines that are there already."""
    hosts = {line.product_id: line for line in lines if line.option_id is None}
    quoted = []
    for line in lines:
        host = hosts.get(line.product_id)
        joins = None if host else existing(client, line, starts_on)
        cycle = joins.cycle if joins else host.cycle if host else line.cycle
        if line.cycle != cycle:
            raise Refused(
                _("“%(option)s” is bought for the cycle of its service: %(cycle)s.")
                % {"option": line.option, "cycle": Cycle(cycle).label},
                "cycle",
            )
        quoted.append(_quoted(line, starts_on, joins))
    return quoted


def _quoted(line: OrderLine, starts_on: date, joins: Service | None) -> Quoted:
    """What the first period of an order line costs, by its seller's rule (R4.1, R4.3)."""
    months = MONTHS[line.cycle]
    if not months:
        return Quoted(line, None, pricing.one_time(line.quantity, line.price, line.discount), joins)
    product = line.product
    period = first_billed(product, line.cycle, starts_on, joins)
    anchor = joins.anchor if joins else anchor_of(product, starts_on)
    charge = pricing.charge(
        quantity=line.quantity,
        cycle_price=line.price,
        months=months,
        period=period,
        full_cycle=period_containing(anchor, months, starts_on),
        rule=product.seller.proration_rule,
        discount=line.discount,
    )
    return Quoted(line, period, charge, joins)


def anchor_of(product: Product, start: date) -> date:
    """What the periods of a new service are counted from: the 1st of its starting month (R4.1)."""
    return start if product.own_year else start.replace(day=1)


def first_billed(product: Product, cycle: str, start: date, joins: Service | None = None) -> Period:
    """The first period of what is bought on `start` (R4.1).

    What joins a service ends with it: where it is paid until, else with its cycle. What is sold once has
    its own day.
    """
    if not MONTHS[cycle]:
        return Period(start, start + timedelta(days=1))
    if joins:
        until = joins.paid_until
        return Period(start, until if until and until > start else next_due_after(joins, start))
    return first_period(start, cycle, own_year=product.own_year)


@transaction.atomic
def create_order(
    client: Client,
    wanted: Sequence[Wanted],
    *,
    starts_on: date,
    by: User | None,
    payer: Payer | None = None,
    comment: str = "",
) -> Order:
    """A pending order. Raises Refused for a product the client already has (use a change instead, R3.5)
    or that stands in the order twice, and as `quote_order`.
    """
    if not wanted:
        raise Refused(_("The order has no lines."))
    lock(client.pk)
    _refuse_doubled(client, [line for line in wanted if line.option is None])
    quoted = quote_order(client, wanted, starts_on=starts_on)
    total = sum((one.charge.amount for one in quoted), Decimal(0))
    order = Order.objects.create(
        client=client, payer=payer, starts_on=starts_on, comment=comment, author=by, total=total
    )
    for one in quoted:
        one.line.order = order
    OrderLine.objects.bulk_create(one.line for one in quoted)
    record("products.order_made", order, by=by, total=str(total), lines=len(quoted))
    return order


def doubles(client: Client, products: Iterable[Product]) -> list[Service]:
    """Live services of the client in the families of these products (R3.5), in one query."""
    families = {product.family for product in products}
    there = Service.objects.live().filter(client=client, family__in=families)
    return list(there.select_related("product").order_by("pk"))


def _refuse_doubled(client: Client, lines: Sequence[Wanted | OrderLine]) -> None:
    """One live service of a family, unless a person says why there shall be a second one (R3.5)."""
    single = [line.product for line in lines if not line.doubled_because]
    there = doubles(client, single)
    if there:
        raise Refused(
            _("The client already has “%(service)s”: change the existing service instead.")
            % {"service": there[0].product.name},
            "product",
        )
    families = [product.family for product in single]
    if twice := [product for product in single if families.count(product.family) > 1]:
        raise Refused(
            _("“%(product)s” stands in the order twice: put the quantities into one line.")
            % {"product": twice[0].name},
            "product",
        )


def _order_line(order: Order, line: Wanted, prices: Mapping[tuple[bool, int, str], Decimal]) -> OrderLine:
    thing = line.option or line.product
    price = line.price
    if price is None:
        price = prices.get((line.option is not None, thing.pk, line.cycle))
    elif not line.own_price_because.strip():
        raise Refused(_("Say why the price differs from the catalogue."), "own_price_because")
    if price is None:
        raise _no_price(thing, order.starts_on)
    return OrderLine(
        order=order,
        product=line.product,
        option=line.option,
        cycle=line.cycle,
        quantity=line.quantity,
        price=price,
        own_price_because=line.own_price_because,
        discount=line.discount,
        doubled_because=line.doubled_because,
    )


@transaction.atomic
def close_order(order: Order, to: str, *, by: User) -> Order:
    """Cancel, refuse, call it fraud, or bring it back to pending."""
    return move(order, to, by=by)


def make_services(order: Order, *, by: User | None) -> list[tuple[Service, list[Batch]]]:
    """Services of an accepted order with their batches: one per product line, options join it.

    Called by the verb that accepts the order, inside its transaction. Raises Refused when the client
    has got a service of the family since the order was made.
    """
    lines = list(order.lines.select_related("product__seller", "option").order_by("id"))
    own = [line for line in lines if line.option_id is None]
    _refuse_doubled(order.client, own)
    made: list[tuple[Service, list[Batch]]] = []
    hosts: dict[int, tuple[Service, list[Batch]]] = {}
    for line in own:
        made.append((_service(order, line), []))
        made[-1][1].append(_batch(order, line, made[-1][0]))
        hosts.setdefault(line.product_id, made[-1])
    for line in lines:
        if line.option_id is None:
            continue
        if line.product_id not in hosts:
            made.append((existing(order.client, line, order.starts_on), []))
            hosts[line.product_id] = made[-1]
        service, batches = hosts[line.product_id]
        batches.append(_batch(order, line, service))
    Batch.objects.bulk_create(batch for _service_made, batches in made for batch in batches)
    return made


def _batch(order: Order, line: OrderLine, service: Service) -> Batch:
    return Batch(
        service=service,
        option=line.option,
        quantity=line.quantity,
        price=line.price,
        own_price_because=line.own_price_because,
        discount=line.discount,
        since=order.starts_on,
    )


def _service(order: Order, line: OrderLine) -> Service:
    return Service.objects.create(
        client=order.client,
        payer=order.payer,
        order_line=line,
        product=line.product,
        family=line.product.family,
        cycle=line.cycle,
        anchor=anchor_of(line.product, order.starts_on),
        starts_on=order.starts_on,
        doubled_because=line.doubled_because,
    )


def existing(client: Client, line: OrderLine, starts_on: date) -> Service:
    """The service an option is bought for. Raises Refused when the client has none on that day."""
    found = Service.objects.live().filter(client=client, product=line.product)
    there = found.select_related("product__seller").order_by("pk").first()
    if there is None:
        raise Refused(
            _("“%(option)s” needs the product “%(product)s” in the order.")
            % {"option": line.option, "product": line.product}
        )
    if there.starts_on > starts_on:
        raise Refused(
            _("“%(service)s” starts on %(day)s only.")
            % {"service": there.product.name, "day": f"{there.starts_on:%d.%m.%Y}"},
            "starts_on",
        )
    return there


def settle_recurring(service_ids: Iterable[int]) -> None:
    """Store the recurring amount: the sum of the batches R3.1 counts, for one full cycle each."""
    sums: dict[int, Decimal] = dict.fromkeys(service_ids, Decimal(0))
    for batch in Batch.objects.counted().filter(service__in=sums):
        sums[batch.service_id] += pricing.line_amount(batch.quantity, batch.price, batch.discount)
    services = [Service(pk=pk, recurring=amount) for pk, amount in sums.items()]
    Service.objects.bulk_update(services, ["recurring"])


@transaction.atomic
def carry_out(handover: Handover, *, by: User | None) -> Handover:
    """Support has done it: the units are given, the service stands, its recurring amount follows (R3.1)."""
    client = lock(handover.service.client_id)
    service = Service.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=handover.service_id, client=client
    )
    now = clock.now()
    move(handover, Handover.Status.DONE, by=by, done_at=now, done_by=by)
    if handover.batch_id:
        Batch.objects.filter(pk=handover.batch_id, given_at__isnull=True).update(given_at=now)
    if service.status == Service.Status.PENDING:
        move(service, Service.Status.ACTIVE, by=by)
    settle_recurring([service.pk])
    return handover


@transaction.atomic
def take_back(batches: Sequence[Batch], *, by: User | None) -> None:
    """Units that were ordered and never given nor paid leave the composition (R3.2)."""
    loose = [b for b in batches if b.given_at is None and b.paid_at is None and b.taken_back_at is None]
    Batch.objects.filter(pk__in=[b.pk for b in loose]).update(taken_back_at=clock.now())
    waiting = list(Handover.objects.filter(batch__in=loose, status=Handover.Status.WAITING))
    move_many(waiting, Handover.Status.WITHDRAWN, by=by)
    empty = [
        service
        for service in Service.objects.filter(
            pk__in={b.service_id for b in loose}, status=Service.Status.PENDING
        )
        if not service.batches.standing().exists()
    ]
    move_many(empty, Service.Status.CANCELLED, by=by)


def held(service: Service) -> dict[int | None, int]:
    """How many units the client has or has ordered: of the service itself (None) and of its options."""
    units: dict[int | None, int] = {}
    for option, quantity in service.batches.standing().values_list("option", "quantity"):
        units[option] = units.get(option, 0) + quantity
    return units


def units(service: Service, option: Option | None = None) -> int:
    """The same of one thing."""
    return held(service).get(option.pk if option else None, 0)


def next_due_after(service: Service, day: date) -> date:
    """First boundary of the service's cycle after `day`, counted from the anchor (never from an end)."""
    months, n = MONTHS[service.cycle], 0
    if not months:
        raise Refused(_("The service has no renewal cycle."))
    while (boundary := add_months(service.anchor, n * months)) <= day:
        n += 1
    return boundary


def recurring_of(batches: Iterable[Batch]) -> Decimal:
    """Sum of batches for one full cycle, each rounded once."""
    return sum((pricing.line_amount(b.quantity, b.price, b.discount) for b in batches), Decimal(0))


@transaction.atomic
def change_product(product: Product, *, by: User, **fields: Any) -> Product:
    """Change what the catalogue says of a product; what is sold already keeps its price and family."""
    for name, value in fields.items():
        setattr(product, name, value)
    product.save(update_fields=list(fields))
    record("products.product_changed", product, by=by, name=product.name)
    return product


@transaction.atomic
def set_price(
    product: Product, option: Option | None, *, cycle: str, amount: Decimal, valid_from: date, by: User
) -> Price:
    """A price from a date on; the price of the same day is corrected, older rows stay."""
    thing = {"option": option} if option else {"product": product}
    price, made = Price.objects.update_or_create(
        cycle=cycle, currency="RUB", valid_from=valid_from, defaults={"amount": amount}, **thing
    )
    facts = {"what": str(option or product), "amount": str(amount), "from": valid_from.isoformat()}
    record("products.price_set", product, by=by, cycle=cycle, made=made, **facts)
    return price
