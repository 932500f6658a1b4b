"""What an order would cost: prices of a day, first periods, promotions. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period, first_period, period_containing
from billing_site.kit.proration import Step
from clients.models import Client
from products import domains, pricing
from products.models import (
    MONTHS,
    Cycle,
    Domain,
    Option,
    OptionChoice,
    OrderLine,
    Price,
    Product,
    Promotion,
    Service,
    WantedLine,
)
from products.promotions import fits


@dataclass(frozen=True)
class Wanted:
    """One line of a new order. `price` None = the catalogue's; an own price needs a reason."""

    product: Product
    cycle: str
    quantity: int = 1
    option: Option | None = None
    choice: OptionChoice | None = None
    price: Decimal | None = None
    own_price_because: str = ""
    discount: Decimal = Decimal(0)
    doubled_because: str = ""
    domain: str = ""
    domain_how: str = ""


Thing = tuple[str, int, str]  # "product" | "option" | "choice", its id, cycle


def price_of(
    product: Product,
    option: Option | None,
    cycle: str,
    on: date,
    currency: str = "RUB",
    choice: OptionChoice | None = None,
) -> Decimal:
    """Catalogue price of one unit for one cycle on a day. Raises Refused when there is none."""
    which = {"option": option, "choice": choice} if option else {"product": product}
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


def _prices(wanted: Sequence[Wanted | WantedLine], on: date, currency: str) -> dict[Thing, Price]:
    """Catalogue prices of all that is wanted, in one query."""
    products = Q(product__in=[line.product for line in wanted if not line.option])
    options = Q(option__in=[line.option for line in wanted if line.option])
    rows = Price.objects.on(on).filter(products | options, currency=currency)
    return {_key(row.product_id, row.option_id, row.choice_id, row.cycle): row for row in rows}


def catalogue_prices(lines: Sequence[WantedLine], on: date, currency: str = "RUB") -> list[Decimal | None]:
    """The catalogue's price of each line on a day, None where there is none; one query."""
    prices = _prices(lines, on, currency)
    found = (prices.get(_key(x.product_id, x.option_id, x.choice_id, x.cycle)) for x in lines)
    return [price.amount if price else None for price in found]


def _key(product: int | None, option: int | None, choice: int | None, cycle: str) -> Thing:
    if choice:
        return "choice", choice, cycle
    return ("option", option, cycle) if option else ("product", product or 0, cycle)


@dataclass(frozen=True)
class Quoted:
    """A line of an order with its first period (None for what is sold once) and what that costs.

    `charge` is what is billed; `full` the same without the promotion; `fee` the set-up fee. `joins` is the
    service the client has already, when an option is bought for it; `host` the line an addon belongs to.
    """

    line: WantedLine
    period: Period | None
    charge: pricing.Charge
    full: pricing.Charge
    promotion: Promotion | None = None
    joins: Service | None = None
    host: WantedLine | None = None

    @property
    def before(self) -> Decimal:
        """Before the line's own discount, which is the last step of its arithmetic."""
        return self.full.amount - (self.full.steps[-1].amount if self.line.discount else 0)

    @property
    def off(self) -> Decimal:
        return self.full.amount - self.charge.amount

    @property
    def steps(self) -> tuple[Step, ...]:
        """The arithmetic as the invoice will tell it."""
        if self.promotion is None or self.promotion.shown == Promotion.Shown.NET:
            return self.charge.steps
        return *self.full.steps, Step(_("promo code %(code)s") % {"code": self.promotion.code}, -self.off)

    @property
    def fee(self) -> Decimal:
        return self.line.setup_fee * self.line.quantity

    @property
    def total(self) -> Decimal:
        return self.charge.amount + self.fee

    @property
    def cashback(self) -> Decimal:
        return pricing.cashback(self.charge.amount, self.line.product.cashback)


def quote_order(
    client: Client, wanted: Sequence[Wanted], *, starts_on: date, promotion: Promotion | None = None
) -> list[Quoted]:
    """What an order would hold and cost: the very lines that `create_order` writes. Writes nothing.

    Raises Refused for a missing price, an own price without a reason, a quantity the option doesn't
    allow, an option or addon without its product.
    """
    prices = _prices(wanted, starts_on, client.currency)
    lines = [_order_line(line, prices, starts_on) for line in wanted]
    return quote_lines(client, lines, starts_on=starts_on, promotion=promotion)


def quote_lines(
    client: Client, lines: Sequence[WantedLine], *, starts_on: date, promotion: Promotion | None = None
) -> list[Quoted]:
    """The same for lines that are there already."""
    own = {line.product_id: line for line in lines if line.option_id is None}
    hosts = hosts_of(lines)
    quoted = []
    for place, line in enumerate(lines):
        home = own.get(line.product_id) if line.option_id else hosts.get(place)
        joins = existing(client, line, starts_on) if line.option_id and not home else None
        cycle = joins.cycle if joins else home.cycle if home else line.cycle
        if line.cycle != cycle and (line.option_id or MONTHS[line.cycle]):
            raise Refused(
                _("“%(option)s” is bought for the cycle of its service: %(cycle)s.")
                % {"option": line.option or line.product, "cycle": Cycle(cycle).label},
                "cycle",
            )
        quoted.append(_quoted(line, starts_on, joins, hosts.get(place), promotion))
    return quoted


def hosts_of(lines: Sequence[WantedLine]) -> dict[int, WantedLine]:
    """Place of each addon among `lines` → the line it belongs to: the nearest product above it."""
    hosts: dict[int, WantedLine] = {}
    above: WantedLine | None = None
    for place, line in enumerate(lines):
        if line.option_id is not None:
            continue
        if line.product.kind != Product.Kind.ADDON:
            above = line
            continue
        if above is None:
            raise Refused(
                _("“%(addon)s” belongs to a product: put it below that product's line.")
                % {"addon": line.product},
                "thing",
            )
        hosts[place] = above
    return hosts


def _quoted(
    line: WantedLine,
    starts_on: date,
    joins: Service | None,
    host: WantedLine | None,
    promotion: Promotion | None,
) -> Quoted:
    """What the first period of a line costs, by its seller's rule (R4.1, R4.3)."""
    period = first_billed(line.product, line.cycle, starts_on, joins) if MONTHS[line.cycle] else None
    full = _charge(line, period, starts_on, joins, line.price, line.discount)
    if promotion is None or not fits(promotion, line.product, line.option):
        return Quoted(line, period, full, full, joins=joins, host=host)
    price, discount = pricing.promoted(line.price, line.discount, kind=promotion.kind, value=promotion.value)
    charge = _charge(line, period, starts_on, joins, price, discount)
    return Quoted(line, period, charge, full, promotion, joins, host)


def _charge(
    line: WantedLine,
    period: Period | None,
    starts_on: date,
    joins: Service | None,
    price: Decimal,
    discount: Decimal,
) -> pricing.Charge:
    if period is None:
        return pricing.one_time(line.quantity, price, discount)
    months = MONTHS[line.cycle]
    anchor = joins.anchor if joins else anchor_of(line.product, starts_on)
    return pricing.charge(
        quantity=line.quantity,
        cycle_price=price,
        months=months,
        period=period,
        full_cycle=period_containing(anchor, months, starts_on),
        rule=line.product.seller.proration_rule,
        discount=discount,
    )


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


def _order_line(line: Wanted, prices: Mapping[Thing, Price], on: date) -> OrderLine:
    if domains.is_own(line):
        line = replace(
            line, cycle=Cycle.FREE, price=Decimal(0), own_price_because=_("the client's own domain")
        )
    thing = line.option or line.product
    if line.option:
        refuse_quantity(line.option, line.quantity, line.choice)
    option, choice = (one.pk if one else None for one in (line.option, line.choice))
    listed = prices.get(_key(line.product.pk, option, choice, line.cycle))
    price = line.price
    if price is None and listed is not None:
        price = listed.amount
    if price is None:
        raise _no_price(thing, on)
    if line.price is not None and not line.own_price_because.strip():
        raise Refused(_("Say why the price differs from the catalogue."), "own_price_because")
    return OrderLine(
        product=line.product,
        option=line.option,
        choice=line.choice,
        cycle=line.cycle,
        quantity=line.quantity,
        price=price,
        setup_fee=listed.setup_fee if listed else Decimal(0),
        own_price_because=line.own_price_because,
        discount=line.discount,
        doubled_because=line.doubled_because,
        **_named(line),
    )


def _named(line: Wanted) -> dict[str, str]:
    """The domain of a line that buys one."""
    if line.option or not domains.is_domain(line.product):
        return {}
    if line.quantity != 1:
        raise Refused(_("A domain is bought once: one line for each name."), "quantity")
    return {"domain": domains.named(line.domain), "domain_how": line.domain_how or Domain.How.REGISTER}


def refuse_quantity(option: Option, quantity: int, choice: OptionChoice | None) -> None:
    """Raise Refused when an option isn't sold in this quantity, or its answer is missing."""
    what = {"option": option.name}
    if option.kind != Option.Kind.QUANTITY and quantity != 1:
        raise Refused(_("“%(option)s” is bought once.") % what, "quantity")
    if quantity < option.minimum:
        raise Refused(
            _("“%(option)s” is sold from %(minimum)s on.") % {**what, "minimum": option.minimum}, "quantity"
        )
    if option.maximum is not None and quantity > option.maximum:
        raise Refused(
            _("“%(option)s” is sold up to %(maximum)s.") % {**what, "maximum": option.maximum}, "quantity"
        )
    if quantity % option.step:
        raise Refused(_("“%(option)s” is sold by %(step)s.") % {**what, "step": option.step}, "quantity")
    if option.kind == Option.Kind.CHOICE and (choice is None or choice.option_id != option.pk):
        raise Refused(_("Choose one of the answers of “%(option)s”.") % what, "thing")


def existing(client: Client, line: WantedLine, starts_on: date) -> Service:
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


def next_due_after(service: Service, day: date) -> date:
    """First boundary of the service's cycle after `day`, counted from the anchor (never from an end)."""
    months = MONTHS[service.cycle]
    if not months:
        raise Refused(_("The service has no renewal cycle."))
    return service.anchor if day < service.anchor else period_containing(service.anchor, months, day).end
