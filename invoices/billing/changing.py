"""Changing what a service holds: the preview is the very function that the change writes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from billing_site.office.models import User, VatTable
from clients.actions import lock
from clients.models import Payer
from invoices import totals
from invoices.billing.following import joined, main_invoice, next_billed, open_addition, under_minimum
from invoices.billing.sending import hand_over
from invoices.drafting import ADDON_DAYS, Plan, add_lines, charge_line, default_payers, make_drafts, payer_of
from invoices.models import Invoice, Line
from invoices.revising import revise
from products import actions as products
from products import handing, promotions
from products.models import Batch, Cycle, Handover, Option, OptionChoice, Product, Promotion, Service
from products.promotions import holds


class Way(StrEnum):
    """Where the next period goes when it is billed already and unpaid (R3.3)."""

    ADDITION = "addon"  # an additional invoice with two lines
    REVISION = "revise"  # the same number says more


@dataclass(frozen=True)
class Change:
    """What a change would do: the very values that `change_service` writes.

    `homes` says where each of `lines` goes: a draft that is there, an issued invoice that is revised, or
    (None) a new additional draft. `asked` are the arguments that this was quoted with.
    """

    service: Service
    option: Option | None
    was: int
    becomes: int
    batch: Batch
    payer: Payer | None
    main: Invoice | None
    period: Period
    lines: tuple[Line, ...]
    homes: tuple[Invoice | None, ...]
    following: Invoice | None
    total: Decimal
    recurring: Decimal
    warnings: tuple[str, ...]
    asked: dict[str, Any]

    @property
    def added(self) -> int:
        return self.becomes - self.was

    @property
    def draft(self) -> Invoice | None:
        """The drafted renewal that the new units join."""
        return self.following if self.following and self.following.status == Invoice.Status.DRAFT else None

    @property
    def revised(self) -> Invoice | None:
        """The issued invoice that will have another revision."""
        return next((home for home in self.homes if home and home.status != Invoice.Status.DRAFT), None)

    @property
    def revised_total(self) -> Decimal:
        """What that invoice will come to."""
        more = [line for line, home in zip(self.lines, self.homes, strict=True) if home == self.revised]
        return (self.revised.total if self.revised else Decimal(0)) + totals.total(more).gross

    @property
    def placed(self) -> list[tuple[Line, Invoice | None]]:
        """Lines with their homes."""
        return list(zip(self.lines, self.homes, strict=True))

    @property
    def handover(self) -> Handover | None:
        """What support will be asked to do, unsaved; None for a product without hand-overs."""
        if self.service.product.handover_rule == Product.HandoverRule.NEVER:
            return None
        return handing.handover_for(self.batch, self.was)

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        lines = [(line.text, str(line.period), str(line.gross)) for line in self.lines]
        homes = [row.pk if row else None for row in (self.payer, self.main, *self.homes)]
        shown = repr((self.was, self.becomes, lines, homes, str(self.recurring)))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def quote_change(
    service: Service,
    becomes: int,
    *,
    on: date,
    option: Option | None = None,
    price: Decimal | None = None,
    because: str = "",
    discount: Decimal | None = None,
    way: str = Way.ADDITION,
    choice: OptionChoice | None = None,
    promo: str = "",
) -> Change:
    """Price a growth of a service to `becomes` units from the day `on` (MISSION row 11).

    The end is co-terminated with the client's main paid invoice of that seller (R4.2), the sum is the
    seller's rule (R4.3). A next period that is billed already is charged too: into its draft, by a revision
    of its unpaid invoice or as a second line, as `way` says (R3.3); a rest under the office minimum joins
    its line. An option that is a yes-no or a choice is bought once, with its answer; `promo` is a typed code.
    Writes nothing. Raises Refused for what can't be changed so.
    """
    asked = {
        "option": option, "price": price, "because": because, "discount": discount, "way": way,
        "choice": choice, "promo": promo,
    }  # fmt: skip
    was = products.units(service, option)
    refuse_change(service, option, on, price, because)
    if option:
        _refuse_quantity(option, choice, was, becomes)
    if becomes <= was:
        raise Refused(
            _("The new total must be more than %(was)s; less is a planned change (R3.4).") % {"was": was},
            "becomes",
        )
    batch = _new_batch(service, option, choice, becomes - was, on, price, because, discount)
    with_code(batch, promo)
    main, end = main_invoice(service, on)
    period = Period(on, end)
    payer = payer_of(service, default_payers([service.client_id]))
    after, following = next_billed(service, end)
    lines = lines_of(batch, period, after)
    homes = homes_of(lines, open_addition(service, payer), following, way)
    return Change(
        service=service, option=option, was=was, becomes=becomes, batch=batch, payer=payer, main=main,
        period=period, lines=lines, homes=homes, following=following, total=totals.total(lines).gross,
        recurring=products.recurring_of([*service.batches.counted(), batch]),
        warnings=tuple(warnings_of(lines, period, following, homes, payer)), asked=asked,
    )  # fmt: skip


def lines_of(batch: Batch, period: Period, after: Period | None) -> tuple[Line, ...]:
    """The rest of this period, and the whole next one when it is billed already."""
    seller, vat = batch.service.product.seller, VatTable()
    rest = charge_line(batch, period, seller=seller, vat=vat)
    if after is None:
        return (rest,)
    whole = charge_line(batch, after, seller=seller, vat=vat)
    return (joined(rest, whole),) if under_minimum(rest) else (rest, whole)


def homes_of(
    lines: Sequence[Line], addition: Invoice | None, following: Invoice | None, way: str
) -> tuple[Invoice | None, ...]:
    """Where each line goes: the last one to the invoice of the next period if that is still open."""
    if following is None or following.status == Invoice.Status.PAID:
        return (addition,) * len(lines)
    takes = following.status == Invoice.Status.DRAFT or way == Way.REVISION
    return (*(addition,) * (len(lines) - 1), following if takes else addition)


def with_code(batch: Batch, promo: str) -> None:
    """Units to be bought get the promotion of a typed code. Raises Refused at "promo"."""
    if not promo.strip():
        return
    service = batch.service
    batch.promotion = promotions.promotion_for(promo, service.client, clock.today())
    promotions.refuse_unfit(batch.promotion, service.product, batch.option)
    batch.promo_until = promotions.until(batch.promotion, service.cycle, service.anchor, batch.since)


def _new_batch(
    service: Service,
    option: Option | None,
    choice: OptionChoice | None,
    quantity: int,
    on: date,
    price: Decimal | None,
    because: str,
    discount: Decimal | None,
) -> Batch:
    """The units to be bought: at the catalogue's price and the discount of the last ones unless told.

    A promotion of all units, also those added later, goes along while it holds; an own price has none.
    """
    last = (
        service.batches.standing().filter(option=option).select_related("promotion").order_by("-id").first()
    )
    served = None if last is None or price is not None else last.promotion
    if last and served and (served.scope != Promotion.Scope.ALL or not holds(last, on)):
        served = None
    if price is None:
        price = products.price_of(service.product, option, service.cycle, on, service.client.currency, choice)
    if discount is None:
        discount = last.discount if last else Decimal(0)
    return Batch(
        service=service,
        option=option,
        choice=choice,
        quantity=quantity,
        price=price,
        own_price_because=because,
        discount=discount,
        promotion=served,
        promo_until=last.promo_until if last and served else None,
        since=on,
    )


def refuse_change(
    service: Service, option: Option | None, on: date, price: Decimal | None, because: str
) -> None:
    if option and option.product_id != service.product_id:
        raise Refused(
            _("“%(option)s” is no option of “%(service)s”.")
            % {"option": option.name, "service": service.product.name},
            "option",
        )
    if service.status not in (Service.Status.ACTIVE, Service.Status.SUSPENDED):
        raise Refused(
            _("Only a service that stands can be changed; this one is “%(status)s”.")
            % {"status": service.get_status_display()}
        )
    if service.cycle in (Cycle.FREE, Cycle.ONE_TIME):
        raise Refused(_("The service has no renewal cycle."))
    if on < service.starts_on:
        raise Refused(
            _("“%(service)s” starts on %(day)s only.")
            % {"service": service.product.name, "day": f"{service.starts_on:%d.%m.%Y}"},
            "on",
        )
    closed = service.product.seller.closed_until
    if closed and on <= closed:
        raise Refused(
            _("The books of the seller are closed until %(day)s.") % {"day": f"{closed:%d.%m.%Y}"}, "on"
        )
    if price is not None and not because.strip():
        raise Refused(_("Say why the price differs from the catalogue."), "because")


def _refuse_quantity(option: Option, choice: OptionChoice | None, was: int, becomes: int) -> None:
    """Raise Refused when the option can't stand so in the service, or is answered already."""
    if option.kind != Option.Kind.QUANTITY and was:
        raise Refused(
            _("“%(option)s” is in the service already: another answer is planned from the next period.")
            % {"option": option.name},
            "option",
        )
    products.refuse_quantity(option, becomes, choice)


def warnings_of(
    lines: Sequence[Line],
    period: Period,
    following: Invoice | None,
    homes: Sequence[Invoice | None],
    payer: Payer | None,
) -> Iterable[str]:
    if payer is None:
        yield _("The client has no payer: add one first.")
    if not lines[0].gross:
        yield _("By the rule the rest of this period costs nothing.")
    if following and len(lines) == 1:
        yield _("The rest up to %(day)s is under the office minimum: it joins the next period's line.") % {
            "day": f"{period.last_day:%d.%m.%Y}"
        }
    if following is None:
        return
    if following.status == Invoice.Status.DRAFT:
        yield _("The renewal is drafted already: the new units join draft %(id)s.") % {"id": following.pk}
    elif following in homes:
        yield _("Invoice %(no)s for the next period is unpaid: it gets a revision under the same number.") % {
            "no": following
        }
    else:
        yield _("The next period is billed already: it is charged here too.")


@transaction.atomic
def change_service(change: Change, *, by: User, seen: str | None = None) -> Invoice:
    """Do what `quote_change` showed: the batch is ordered, its lines stand where they were shown.

    Nothing is mailed; the letter with a revision is held. Returns the draft, or the revised invoice when no
    line needs a draft. `seen` is the `fingerprint` of what the person looked at. Raises Refused when that is
    not what would be done now, or when the service or what is billed for it has changed since the quote.
    """
    if seen is not None and seen != change.fingerprint:
        raise Refused(_("Look at what will happen now, then press again."))
    lock(change.service.client_id)
    promotions.locked(change.asked["promo"])
    service = (
        Service.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "payer", "product__seller")
        .get(pk=change.service.pk)
    )
    now = quote_change(service, change.becomes, on=change.period.start, **change.asked)
    if now.fingerprint != change.fingerprint:
        raise Refused(_("The service has been changed meanwhile: look at the new sum."))
    now.batch.save()
    if change.asked["promo"].strip():
        promotions.write_use(now.batch, sum((line.off for line in now.lines), Decimal(0)))
    touched = [place(now, home, by) for home in dict.fromkeys(now.homes)]
    record(
        "products.changed",
        service,
        by=by,
        was=now.was,
        becomes=now.becomes,
        batch=now.batch.pk,
        draft=touched[0].pk,
    )
    return touched[0]


def place(change: Change, home: Invoice | None, by: User) -> Invoice:
    """Put the lines of one home there."""
    lines = [line for line, where in change.placed if where == home]
    for line in lines:
        line.batch = change.batch
    if home is None:
        return _addition(change, lines, by)
    if home.status == Invoice.Status.DRAFT:
        return add_lines(home, lines, by=by)
    because = _("%(what)s: %(was)s → %(becomes)s") % {
        "what": change.option or change.service.product, "was": change.was, "becomes": change.becomes,
    }  # fmt: skip
    revise(home, by=by, because=because, more=lines)
    if len(change.lines) == 1:  # the only paper that sells these units has left already
        hand_over([home.pk], Product.HandoverRule.ON_SENT)
    return home


def _addition(change: Change, lines: list[Line], by: User) -> Invoice:
    """The additional draft. Raises Refused when it has nothing to pay: it could never be sent."""
    if not any(line.gross for line in lines):
        raise Refused(
            _("By the rule the rest of this period costs nothing: start on %(day)s.")
            % {"day": f"{change.period.end:%d.%m.%Y}"},
            "on",
        )
    if change.payer is None:
        raise Refused(_("The client has no payer: add one first."))
    plan = Plan(
        change.service.client,
        change.payer,
        change.service.product.seller,
        clock.today() + timedelta(days=ADDON_DAYS),
        role=Invoice.Role.ADDON,
        lines=lines,
    )
    (draft,) = make_drafts([plan], by=by)
    return draft
