"""Planned changes (R3.4): less, another cycle, another package, from the first unpaid day on."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from billing_site.office.models import User, VatTable
from clients.actions import lock
from invoices import totals
from invoices.billing.receiving import settle_paid_until
from invoices.billing.renewing import renew_clients
from invoices.drafting import charge_line
from invoices.models import Invoice, Line
from invoices.redrawing import drop
from products import actions as products
from products import handing, provisioning
from products.models import MONTHS, Batch, Handover, Option, OptionChoice, PlannedChange, Product, Service
from products.planning import as_planned, leaving, planned_for, prices_of

RUNNING = (Service.Status.ACTIVE, Service.Status.SUSPENDED)
BILLED = (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS, Invoice.Status.PAID)


@dataclass(frozen=True)
class Planned:
    """What a planned change would do: `future` and `batches` from `plan.on`, lines of the period it opens."""

    plan: PlannedChange
    was: int
    future: Service
    batches: tuple[Batch, ...]
    gone: tuple[tuple[Batch, int], ...]
    lines: tuple[Line, ...]
    recurring: Decimal
    draft: Invoice | None
    draft_total: Decimal
    handover: Handover | None
    warnings: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """What the first period after the change costs."""
        return totals.total(self.lines).gross

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        lines = [(line.text, str(line.period), str(line.gross)) for line in self.lines]
        draft = (self.draft.pk, str(self.draft_total)) if self.draft else None
        shown = repr((self.was, str(self.plan.on), str(self.recurring), lines, draft))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def first_free_day(service: Service) -> date | None:
    """The first day of a service that no issued invoice bills: the earliest day of a planned change."""
    lines = Line.objects.filter(batch__service=service, live=True).filter(
        Q(kind=Line.Kind.OPENING) | Q(kind=Line.Kind.CHARGE, revision__invoice__status__in=BILLED)
    )
    last = lines.order_by("-period__endswith").values_list("period", flat=True).first()
    return last.upper if last else service.paid_until


def quote_plan(
    service: Service,
    *,
    on: date | None = None,
    option: Option | None = None,
    becomes: int | None = None,
    cycle: str = "",
    product: Product | None = None,
    order: str = PlannedChange.Leaving.DEAREST,
    because: str = "",
    choice: OptionChoice | None = None,
) -> Planned:
    """What is planned for a service would do from `on` (default: its first unbilled day). Writes nothing.

    Raises Refused at the field that can't be so.
    """
    plan = PlannedChange(
        service=service, option=option, becomes=becomes, cycle=cycle if cycle != service.cycle else "",
        product=product if product != service.product else None, leaving=order, because=because,
        choice=choice,
    )  # fmt: skip
    was = products.units(service, option)
    plan.on = _day(service, on)
    batches = _counted(service)
    _refuse(plan, was)
    if choice:
        _refuse_answer(plan, choice, batches)
    same = [batch for batch in batches if batch.option_id == plan.option_id]
    gone = leaving(same, was - becomes, order) if becomes is not None else {}
    before = [*planned_for([service]).get(service.pk, ()), plan]
    future, held = as_planned(service, batches, before, plan.on, prices_of([service], before))
    period = Period(plan.on, products.next_due_after(future, plan.on))
    vat, seller = VatTable(), future.product.seller
    lines = tuple(charge_line(batch, period, seller=seller, vat=vat) for batch in held)
    draft, old = _drafted(service, plan.on)
    return Planned(
        plan=plan,
        was=was,
        future=future,
        batches=tuple(held),
        gone=tuple((batch, gone[batch.pk]) for batch in batches if batch.pk in gone),
        lines=lines,
        recurring=products.recurring_of(held),
        draft=draft,
        draft_total=draft.total - old + totals.total(lines).gross if draft else Decimal(0),
        handover=_handover(plan, was, batches),
        warnings=tuple(_warnings(batches, plan)),
    )


def _counted(service: Service) -> list[Batch]:
    counted = service.batches.counted().select_related("option", "choice", "promotion").order_by("pk")
    batches = list(counted)
    for batch in batches:
        batch.service = service
    return batches


def _day(service: Service, on: date | None) -> date:
    """The day of the change: a boundary of the service's periods that nothing issued bills."""
    if service.status not in RUNNING or not MONTHS[service.cycle]:
        raise Refused(_("Only a renewing service that stands can be planned for."))
    free = first_free_day(service)
    if free is None:
        raise Refused(_("Nothing is paid for this service yet."))
    if on is None or on == free:
        return free
    day = free
    while day < on:
        day = products.next_due_after(service, day)
    if day != on:
        raise Refused(
            _("A planned change starts with a period: %(free)s or %(day)s.")
            % {"free": f"{free:%d.%m.%Y}", "day": f"{max(day, free):%d.%m.%Y}"},
            "on",
        )
    return day


def _refuse(plan: PlannedChange, was: int) -> None:
    if plan.becomes is None and not plan.cycle and not plan.product and not plan.choice:
        raise Refused(_("Nothing would change."), "becomes")
    if plan.becomes is not None and plan.becomes >= was:
        raise Refused(
            _("It must be less than %(was)s: more is a change from today on.") % {"was": was}, "becomes"
        )
    if plan.becomes is not None and plan.becomes < (0 if plan.option else 1):
        raise Refused(_("To give up all units, end the service with its paid period."), "becomes")
    if plan.becomes and plan.option:
        products.refuse_quantity(plan.option, plan.becomes, None)
    if plan.product and plan.product.seller_id != plan.service.product.seller_id:
        raise Refused(_("The package is sold by another seller: that is a new order."), "product")
    same = plan.service.planned.filter(status=PlannedChange.Status.PLANNED)
    if same.filter(option=plan.option).exists():
        raise Refused(_("A change of this is planned already: withdraw it first."), "what")
    if plan.product:
        family = Service.objects.live().filter(client=plan.service.client_id, family=plan.product.family)
        if family.exclude(pk=plan.service.pk).exists():
            raise Refused(_("The client has a service of this family already."), "product")


def _refuse_answer(plan: PlannedChange, choice: OptionChoice, batches: Sequence[Batch]) -> None:
    """Raise Refused when the service can't have this answer instead of the one it has."""
    there = [batch for batch in batches if batch.option_id == choice.option_id]
    what = {"option": choice.option, "choice": choice}
    if plan.option is None or choice.option_id != plan.option.pk or not there:
        raise Refused(_("“%(option)s” is not in the service yet: it is a change.") % what, "what")
    if all(batch.choice_id == choice.pk for batch in there):
        raise Refused(_("“%(option)s” is “%(choice)s” already.") % what, "what")


def _drafted(service: Service, on: date) -> tuple[Invoice | None, Decimal]:
    """The renewal's draft that bills the service from `on`, and what it charges for it now."""
    lines = list(_draft_lines(service, on).select_related("revision__invoice"))
    if not lines:
        return None, Decimal(0)
    return lines[0].revision.invoice, sum((line.gross for line in lines), Decimal(0))


def _draft_lines(service: Service, on: date):
    return Line.objects.filter(
        batch__service=service, live=True, kind=Line.Kind.CHARGE, period__startswith__gte=on,
        revision__invoice__status=Invoice.Status.DRAFT, revision__invoice__role=Invoice.Role.MAIN,
    ).order_by("pk")  # fmt: skip


def _handover(plan: PlannedChange, was: int, batches: Sequence[Batch]) -> Handover | None:
    """What support will be asked on the day, unsaved."""
    if plan.service.product.handover_rule == Product.HandoverRule.NEVER:
        return None
    if plan.becomes is not None:
        return handing.reduction(plan.service, plan.option, was, plan.becomes)
    if plan.choice and plan.option:
        former = next((batch.choice for batch in batches if batch.option_id == plan.option_id), None)
        return handing.another_answer(plan.service, plan.option, former, plan.choice)
    return handing.another_package(plan.service, plan.product, was) if plan.product else None


def _warnings(batches: Sequence[Batch], plan: PlannedChange) -> Iterable[str]:
    if (plan.cycle or plan.product) and any(batch.own_price_because for batch in batches):
        yield _("Own prices become those of the catalogue.")


@transaction.atomic
def plan_change(quoted: Planned, *, by: User, seen: str | None = None) -> PlannedChange:
    """Do what `quote_plan` showed: the change stands on the service, the next draft is drawn with it.

    Raises Refused when that is not what would be planned now.
    """
    if seen is not None and seen != quoted.fingerprint:
        raise Refused(_("Look at what will happen now, then press again."))
    plan = quoted.plan
    lock(plan.service.client_id)
    now = quote_plan(
        plan.service, on=plan.on, option=plan.option, becomes=plan.becomes, cycle=plan.cycle,
        product=plan.product, order=plan.leaving, because=plan.because, choice=plan.choice,
    )  # fmt: skip
    if now.fingerprint != quoted.fingerprint:
        raise Refused(_("The service has been changed meanwhile: look at the new sum."))
    plan.by = by
    plan.save()
    _draw_anew(plan, by)
    record("products.change_planned", plan.service, by=by, plan=plan.pk, on=f"{plan.on:%d.%m.%Y}")
    return plan


@transaction.atomic
def withdraw_plan(plan: PlannedChange, *, by: User) -> PlannedChange:
    """The change will not happen; the next draft is drawn without it."""
    lock(plan.service.client_id)
    row = PlannedChange.objects.select_for_update(no_key=True, of=("self",)).get(pk=plan.pk)
    if row.status != PlannedChange.Status.PLANNED:
        raise Refused(_("This change is “%(status)s” already.") % {"status": row.get_status_display()})
    billed = first_free_day(row.service)
    if billed and billed > row.on:
        raise Refused(_("The next period is billed with this change already: change the service instead."))
    row.status, row.done_at = PlannedChange.Status.WITHDRAWN, clock.now()
    row.save(update_fields=["status", "done_at"])
    _draw_anew(row, by)
    record("products.plan_withdrawn", row.service, by=by, plan=row.pk, on=f"{row.on:%d.%m.%Y}")
    return row


def _draw_anew(plan: PlannedChange, by: User) -> None:
    """The drafted renewal bills what the service will be."""
    lines = _draft_lines(plan.service, plan.on)
    if lines.exists():
        drop(lines, by=by)
        renew_clients([plan.service.client_id], clock.today(), by=by)


def carry_out_planned(today: date) -> int:
    """Planned changes whose day has come; how many. One that can't be carried out stays and is told."""
    due = PlannedChange.objects.filter(status=PlannedChange.Status.PLANNED, on__lte=today)
    return sum(_carry_out(pk) for pk in due.order_by("on", "pk").values_list("pk", flat=True))


@transaction.atomic
def _carry_out(pk: int) -> bool:
    found = PlannedChange.objects.select_related("service", "product", "option", "choice").get(pk=pk)
    client = lock(found.service.client_id)
    service = (
        Service.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "product__seller")
        .get(pk=found.service_id, client=client)
    )
    plan = (
        PlannedChange.objects.select_for_update(no_key=True, of=("self",))
        .select_related("product", "option", "choice")
        .get(pk=pk)
    )
    if plan.status != PlannedChange.Status.PLANNED:
        return False
    plan.service = service
    was, batches = products.units(service, plan.option), _counted(service)
    try:
        future, held = as_planned(service, batches, [plan], plan.on, prices_of([service], [plan]))
    except Refused as why:
        record("products.plan_stuck", service, by=None, plan=plan.pk, because=why.message)
        return False
    if service.status in RUNNING:
        _write(future, held, batches)
        handover = _handover(plan, was, batches)
        if handover:
            provisioning.hand_over([handover])
    plan.status, plan.done_at = PlannedChange.Status.DONE, clock.now()
    plan.save(update_fields=["status", "done_at"])
    settle_paid_until([service.pk])
    products.settle_recurring([service.pk])
    record("products.plan_done", service, by=None, plan=plan.pk, on=f"{plan.on:%d.%m.%Y}")
    return True


def _write(future: Service, held: Sequence[Batch], batches: Sequence[Batch]) -> None:
    future.save(update_fields=["product", "family", "cycle", "anchor"])
    Batch.objects.bulk_update(
        held, ["quantity", "price", "own_price_because", "option", "choice", "next_price", "next_price_from"]
    )
    stays = {batch.pk for batch in held}
    left = [batch.pk for batch in batches if batch.pk not in stays]
    Batch.objects.filter(pk__in=left).update(taken_back_at=clock.now())
