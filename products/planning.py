"""What a service will be from a day on (R3.4): arithmetic of planned changes, and reading them for many."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.kit.errors import Refused
from products import domains, pricing
from products.drift import Prices, Thing
from products.models import Batch, Cycle, Option, OptionChoice, PlannedChange, Price, Product, Service


def leaving(batches: Sequence[Batch], fewer: int, order: str) -> dict[int, int]:
    """Which units leave: batch → how many of it; the dearest for a client first, or the newest."""

    def rank(batch: Batch) -> tuple[Decimal, int]:
        dear = pricing.discounted(1, batch.price, batch.discount)
        return (dear if order == PlannedChange.Leaving.DEAREST else Decimal(0), batch.pk)

    gone: dict[int, int] = {}
    for batch in sorted(batches, key=rank, reverse=True):
        part = min(fewer, batch.quantity)
        if part:
            gone[batch.pk] = part
            fewer -= part
    return gone


def as_planned(
    service: Service, batches: Sequence[Batch], plans: Iterable[PlannedChange], day: date, prices: Prices
) -> tuple[Service, list[Batch]]:
    """Copies of a service and its batches as they will be on a day; batches that leave whole are left out.

    `plan.product.options` are read. Raises Refused when the catalogue has no price for what is planned.
    """
    future, held = copy(service), [copy(batch) for batch in batches]
    for plan in plans:
        if plan.on > day:
            continue
        if plan.becomes is not None:
            held = _reduced(held, plan, plan.becomes)
        if plan.choice:
            _answered(future, held, plan, prices)
        if plan.cycle or plan.product:
            _moved(future, held, plan, prices)
    for batch in held:
        batch.service = future
    return future, held


def _reduced(held: Sequence[Batch], plan: PlannedChange, becomes: int) -> list[Batch]:
    same = [batch for batch in held if batch.option_id == plan.option_id]
    gone = leaving(same, max(0, sum(batch.quantity for batch in same) - becomes), plan.leaving)
    for batch in held:
        batch.quantity -= gone.get(batch.pk, 0)
    return [batch for batch in held if batch.quantity]


def _moved(future: Service, held: Sequence[Batch], plan: PlannedChange, prices: Prices) -> None:
    """Another cycle or package: catalogue prices of the day, periods counted from it."""
    if plan.product:
        future.product, future.family = plan.product, domains.family_like(future, plan.product)
    future.cycle, future.anchor = plan.cycle or future.cycle, plan.on
    for batch in held:
        if plan.product and batch.option:
            batch.option = option_like(batch.option, plan.product)
            batch.choice = choice_like(batch.choice, batch.option) if batch.choice else None
        _priced(future, batch, plan, prices)


def _answered(future: Service, held: Sequence[Batch], plan: PlannedChange, prices: Prices) -> None:
    """Another answer to an option, at the catalogue's price of the day."""
    for batch in held:
        if batch.option_id == plan.option_id:
            batch.choice = plan.choice
            _priced(future, batch, plan, prices)


def _priced(future: Service, batch: Batch, plan: PlannedChange, prices: Prices) -> None:
    thing: Thing = (0, batch.option_id, batch.choice_id) if batch.option else (future.product_id, None, None)
    price = prices.on(thing, future.cycle, future.client.currency, plan.on)
    if price is None:
        raise Refused(
            _("“%(what)s” has no price for this cycle on %(day)s.")
            % {"what": batch.choice or batch.option or future.product, "day": f"{plan.on:%d.%m.%Y}"},
            "cycle",
        )
    batch.price, batch.own_price_because = price, ""
    batch.next_price = batch.next_price_from = None


def option_like(option: Option, product: Product) -> Option:
    """The option of the same name in another package. Raises Refused when it has none."""
    for other in product.options.all():
        if other.name == option.name:
            return other
    raise Refused(
        _("“%(package)s” has no option “%(option)s”: take it out first.")
        % {"package": product.name, "option": option.name},
        "product",
    )


def choice_like(choice: OptionChoice, option: Option) -> OptionChoice:
    """The answer of the same name in another package's option. Raises Refused when it has none."""
    for other in option.choices.all():
        if other.name == choice.name:
            return other
    raise Refused(
        _("“%(option)s” has no answer “%(choice)s” in the other package: take it out first.")
        % {"option": option.name, "choice": choice.name},
        "product",
    )


def words(plan: PlannedChange, unit: str) -> str:
    """A planned change in words: «останется 5 польз., цикл «год»»."""
    said = []
    if plan.becomes is not None:
        said.append(_("%(n)s %(unit)s will stay") % {"n": plan.becomes, "unit": unit})
    if plan.choice:
        said.append(str(plan.choice))
    if plan.product:
        said.append(_("package “%(package)s”") % {"package": plan.product.name})
    if plan.cycle:
        said.append(_("cycle: %(cycle)s") % {"cycle": Cycle(plan.cycle).label})
    return ", ".join(said)


def planned_for(services: Sequence[Service]) -> Mapping[int, list[PlannedChange]]:
    """Service → its planned changes by day, in one query."""
    found: dict[int, list[PlannedChange]] = defaultdict(list)
    rows = PlannedChange.objects.filter(service__in=services, status=PlannedChange.Status.PLANNED)
    for plan in (
        rows.select_related("product__seller", "option", "choice")
        .prefetch_related("product__options__choices")
        .order_by("on", "pk")
    ):
        found[plan.service_id].append(plan)
    return found


def prices_of(services: Sequence[Service], plans: Sequence[PlannedChange]) -> Prices:
    """The catalogue of what planned changes may price."""
    things = {service.product_id for service in services} | {p.product_id for p in plans if p.product_id}
    return Prices(Price.objects.filter(Q(product__in=things) | Q(option__product__in=things)))
