"""Verbs about orders and services that know nothing of money received."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, move_many, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client, Payer
from products import domains, promotions, provisioning
from products.models import Batch, Handover, Option, Order, OrderLine, Product, Promotion, Service
from products.promotions import whole_cycle as whole_cycle
from products.quoting import Quoted as Quoted
from products.quoting import Wanted, anchor_of, existing, hosts_of, quote_order
from products.quoting import first_billed as first_billed
from products.quoting import next_due_after as next_due_after
from products.quoting import price_of as price_of
from products.quoting import quote_lines as quote_lines
from products.quoting import refuse_quantity as refuse_quantity


@transaction.atomic
def create_order(
    client: Client,
    wanted: Sequence[Wanted],
    *,
    starts_on: date,
    by: User | None,
    payer: Payer | None = None,
    comment: str = "",
    promo: str = "",
) -> Order:
    """A pending order. Raises Refused for a product the client already has (use a change instead, R3.5)
    or that stands in the order twice, for a promo code that can't be used, and as `quote_order`.
    """
    if not wanted:
        raise Refused(_("The order has no lines."))
    lock(client.pk)
    refuse_doubles(client, wanted, by)
    promotion = promotions.promotion_for(promo, client, clock.today()) if promo.strip() else None
    quoted = quote_order(client, wanted, starts_on=starts_on, promotion=promotion)
    total = sum((one.total for one in quoted), Decimal(0))
    order = Order.objects.create(
        client=client, payer=payer, starts_on=starts_on, comment=comment, author=by, total=total,
        promotion=promotion,
    )  # fmt: skip
    lines = [one.line for one in quoted if isinstance(one.line, OrderLine)]
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)
    record("products.order_made", order, by=by, total=str(total), lines=len(quoted))
    return order


def doubles(client: Client, products: Iterable[Product]) -> list[Service]:
    """Live services of the client in the families of these products (R3.5), in one query."""
    families = {product.family for product in products}
    there = Service.objects.live().filter(client=client, family__in=families)
    return list(there.select_related("product").order_by("pk"))


def refuse_doubles(client: Client, wanted: Sequence[Wanted], by: User | None) -> None:
    """Raise Refused for a product the client has or that is wanted twice, and a second one without the right
    (R3.5).
    """
    _refuse_second_of_family(wanted, by)
    _refuse_doubled(client, [line for line in wanted if line.option is None])


def _refuse_second_of_family(wanted: Sequence[Wanted], by: User | None) -> None:
    """A second service of a family is the right of few, whatever the reason."""
    if by and any(line.doubled_because for line in wanted) and not by.has_perm("products.double_family"):
        raise Refused(_("You lack the right to sell a second service of one kind."), "doubled_because")


def _refuse_doubled(client: Client, lines: Sequence[Wanted | OrderLine]) -> None:
    """One live service of a family, unless a person says why there shall be a second one (R3.5)."""
    domains.refuse_taken(lines)
    others = [line for line in lines if not domains.is_domain(line.product)]
    single = [line.product for line in others if not line.doubled_because]
    there = [one for one in doubles(client, single) if one.host_id is None]
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


@transaction.atomic
def close_order(order: Order, to: str, *, by: User, because: str = "") -> Order:
    """Cancel, refuse, call it fraud, or bring it back to pending: then its promo code is free again."""
    lock(order.client_id)
    move(order, to, by=by, facts={"because": because} if because else None)
    promotions.take_back_uses(order)
    return order


def make_services(order: Order, *, by: User | None) -> list[tuple[Service, list[Batch]]]:
    """Services of an accepted order with their batches: one per product line, options join it, addons
    hang on it.

    Called by the verb that accepts the order, inside its transaction. Raises Refused when the client
    has got a service of the family since the order was made.
    """
    lines = list(order.lines.select_related("product__seller", "option", "choice").order_by("id"))
    own = [line for line in lines if line.option_id is None]
    _refuse_doubled(order.client, own)
    promotion = _promotion_of(order)
    made: dict[int, tuple[Service, list[Batch]]] = {}
    homes: dict[int, int] = {}  # product → the line that options of it join
    hosts = {lines[place].pk: host.pk for place, host in hosts_of(lines).items()}
    for line in own:
        host = made[hosts[line.pk]][0] if line.pk in hosts else None
        service = _service(order, line, host)
        made[line.pk] = service, [_batch(order, line, service, promotion)]
        homes.setdefault(line.product_id, line.pk)
    domains.attach([(made[line.pk][0], line) for line in own if domains.is_domain(line.product)])
    for line in lines:
        if line.option_id is None:
            continue
        if line.product_id not in homes:
            made[line.pk] = existing(order.client, line, order.starts_on), []
            homes[line.product_id] = line.pk
        service, batches = made[homes[line.product_id]]
        batches.append(_batch(order, line, service, promotion))
    Batch.objects.bulk_create(batch for _service_made, batches in made.values() for batch in batches)
    return list(made.values())


def _promotion_of(order: Order) -> Promotion | None:
    """The order's promotion with what it serves, its limits asked again. Raises Refused."""
    if order.promotion_id is None:
        return None
    found = Promotion.objects.select_for_update(no_key=True, of=("self",)).get(pk=order.promotion_id)
    promotions.refuse_used_up(found, order.client, order=order)
    return found


def _batch(order: Order, line: OrderLine, service: Service, promotion: Promotion | None) -> Batch:
    served = promotion if promotions.fits(promotion, line.product, line.option) else None
    last = promotions.until(served, service.cycle, service.anchor, order.starts_on) if served else None
    return Batch(
        service=service,
        option=line.option,
        choice=line.choice,
        promotion=served,
        promo_until=last,
        quantity=line.quantity,
        price=line.price,
        own_price_because=line.own_price_because,
        discount=line.discount,
        since=order.starts_on,
    )


def _service(order: Order, line: OrderLine, host: Service | None) -> Service:
    return Service.objects.create(
        client=order.client,
        payer=order.payer,
        order_line=line,
        product=line.product,
        family=domains.family_of(line.product, line.domain) if line.domain else line.product.family,
        domain=line.domain,
        host=host,
        cycle=line.cycle,
        anchor=anchor_of(line.product, order.starts_on),
        starts_on=order.starts_on,
        doubled_because=line.doubled_because,
    )


def settle_recurring(service_ids: Iterable[int]) -> None:
    """Store the recurring amount: the sum of the batches R3.1 counts, for the next full cycle each."""
    sums: dict[int, Decimal] = dict.fromkeys(service_ids, Decimal(0))
    for batch in Batch.objects.counted().filter(service__in=sums).select_related("service", "promotion"):
        sums[batch.service_id] += promotions.whole_cycle(batch)
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
    domains.carried_out(handover)
    settle_recurring([service.pk])
    return handover


@transaction.atomic
def take_back(batches: Sequence[Batch], *, by: User | None) -> None:
    """Units that were ordered and never given nor paid leave the composition (R3.2)."""
    loose = [b for b in batches if b.given_at is None and b.paid_at is None and b.taken_back_at is None]
    Batch.objects.filter(pk__in=[b.pk for b in loose]).update(taken_back_at=clock.now())
    promotions.take_back_uses_of(loose)
    provisioning.withdraw(Handover.objects.filter(batch__in=loose, status=Handover.Status.WAITING), by=by)
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


def recurring_of(batches: Iterable[Batch]) -> Decimal:
    """Sum of batches for the next full cycle, each rounded once."""
    return sum((promotions.whole_cycle(batch) for batch in batches), Decimal(0))
