"""Making drafts: many at once, always the same way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing_site.journal.moves import move, record_many
from billing_site.kit.copying import copy_in, fresh_keys
from billing_site.kit.money import format_number, vat_inside
from billing_site.kit.periods import Period, period_containing
from billing_site.kit.proration import Step
from billing_site.office.models import Seller, User, VatTable
from clients.actions import lock
from clients.models import Client, Payer
from invoices import totals
from invoices.models import Invoice, Line, Revision, SkippedPeriod
from products import actions as products
from products import domains, pricing, promotions
from products.models import MONTHS, Batch, Cycle, Order, Product, Promotion, Service, WantedLine
from products.working import open_works, take_works

ADDON_DAYS = 7  # add-ons and first invoices are due in a week (R5.1)


@dataclass
class Plan:
    """One draft to be: whom, from whom, for what. `lines` are unsaved."""

    client: Client
    payer: Payer
    seller: Seller
    due_on: date
    role: str = Invoice.Role.MAIN
    order: Order | None = None
    renewal_key: str = ""
    lines: list[Line] = field(default_factory=list)


def full_cycle(service: Service, day: date) -> Period:
    """The whole cycle of a service that contains `day`, counted from its anchor."""
    return period_containing(service.anchor, MONTHS[service.cycle], day)


def _text(batch: Batch) -> str:
    """What a line charges: an option with its answer, a domain by its name."""
    if batch.option is None and domains.is_domain(batch.service.product):
        return f"{batch.service.product.line_text} {batch.service.domain}"
    thing = batch.option or batch.service.product
    return f"{thing.line_text}: {batch.choice}" if batch.choice else thing.line_text


def charge_line(batch: Batch, period: Period, *, seller: Seller, vat: VatTable) -> Line:
    """An unsaved line that charges one batch for one period, priced by the seller's rule (R4.3).

    `batch.service.product`, `batch.option`, `batch.choice` and `batch.promotion` are read: load them before.
    The price of a batch holds VAT inside. The rate is that of the period's last day. A promotion shown as
    a line of its own leaves price and discount as they were and comes off below (`off`, `off_text`).
    """
    service, thing = batch.service, batch.option or batch.service.product
    sold = _charge(batch, period, seller, promotions.terms(batch, period.start))
    full, discount, off, off_text = sold, batch.discount, Decimal(0), ""
    steps = list(sold.steps)
    if promotions.holds(batch, period.start):
        assert batch.promotion is not None
        full = _charge(batch, period, seller, promotions.base_terms(batch, period.start))
        off = full.amount - sold.amount
        if batch.promotion.shown == Promotion.Shown.LINE:
            off_text = f"Скидка по промокоду {batch.promotion.code}"
            steps = [*full.steps, Step(off_text, -off)]
        else:
            _price, discount = promotions.terms(batch, period.start)
    shown = full if off_text else sold
    return Line(
        kind=Line.Kind.CHARGE,
        batch=batch,
        period=DateRange(period.start, period.end),
        text=_text(batch),
        quantity=batch.quantity,
        unit=thing.unit,
        price=shown.unit_price,
        month_price=shown.month_price,
        discount=discount,
        off=off,
        off_text=off_text,
        rule=seller.proration_rule,
        why=[{"text": str(step.text), "amount": f"{step.amount:.2f}"} for step in steps],
        shares=[[month.isoformat(), f"{share:.2f}"] for month, share in sold.shares],
        **taxed(sold.amount, service.product, period.last_day, vat),
    )


def _charge(batch: Batch, period: Period, seller: Seller, terms: promotions.Terms) -> pricing.Charge:
    service, (price, discount) = batch.service, terms
    if service.cycle in (Cycle.FREE, Cycle.ONE_TIME):
        return pricing.one_time(batch.quantity, price, discount)
    return pricing.charge(
        quantity=batch.quantity,
        cycle_price=price,
        months=MONTHS[service.cycle],
        period=period,
        full_cycle=full_cycle(service, period.start),
        rule=seller.proration_rule,
        discount=discount,
    )


def taxed(amount: Decimal, product: Product, day: date, vat: VatTable) -> dict[str, Any]:
    """Net, VAT and gross of a line about `product`; `amount` holds the VAT of that day."""
    rate = vat.rate(product.vat_treatment, day)
    tax = vat_inside(amount, rate) if rate else Decimal(0)
    return {
        "net": amount - tax,
        "vat_treatment": product.vat_treatment,
        "vat_rate": rate,
        "vat": tax,
        "gross": amount,
    }


def fee_line(ordered: WantedLine, day: date, *, vat: VatTable) -> Line:
    """An unsaved line of the set-up fee of what was ordered, taken once."""
    thing = ordered.option or ordered.product
    amount = ordered.setup_fee * ordered.quantity
    step = {"text": f"{ordered.quantity} × {format_number(ordered.setup_fee)}", "amount": f"{amount:.2f}"}
    return Line(
        kind=Line.Kind.FEE,
        recurring=False,
        text=f"Подключение: {thing.line_text}",
        quantity=ordered.quantity,
        unit=thing.unit,
        price=ordered.setup_fee,
        why=[step],
        **taxed(amount, ordered.product, day, vat),
    )


def make_drafts(plans: Sequence[Plan], *, by: User | None) -> list[Invoice]:
    """Insert the drafts of `plans` with their first revisions and lines: the same few queries for any number.

    Called inside the transaction of the verb that planned them; the clients are locked.
    """
    if not plans:
        return []
    keys = zip(fresh_keys(Invoice, len(plans)), fresh_keys(Revision, len(plans)), strict=True)
    invoices, lines = [], []
    for plan, (key, revision_key) in zip(plans, keys, strict=True):
        invoice = _invoice(plan, by)
        invoice.pk = key
        invoice.current = revision = Revision(pk=revision_key, invoice=invoice)
        invoices.append(invoice)
        for position, line in enumerate(plan.lines, 1):
            line.revision, line.position = revision, position
            lines.append(line)
    for line, key in zip(lines, fresh_keys(Line, len(lines)), strict=True):
        line.pk = key
    copy_in(invoices)
    copy_in([invoice.revision for invoice in invoices])
    copy_in(lines)
    take_works_of(lines, by=by)
    record_many(
        "invoices.drafted",
        [(i, {"total": str(i.total), "role": i.role, "due_on": i.due_on.isoformat()}) for i in invoices],
        by=by,
    )
    return invoices


def _invoice(plan: Plan, by: User | None) -> Invoice:
    return Invoice(
        client=plan.client,
        payer=plan.payer,
        seller=plan.seller,
        order=plan.order,
        series=plan.seller.series,
        role=plan.role,
        renewal_key=plan.renewal_key,
        currency=plan.client.currency,
        due_on=plan.due_on,
        total=totals.total(plan.lines).gross,
        manager_id=plan.client.account_manager_id,
        author=by,
    )


def take_works_of(lines: Sequence[Line], *, by: User | None) -> None:
    """Works whose lines have just been written are invoiced (billing.working.work_line)."""
    works = {line.why[0]["work"]: line.pk for line in lines if line.batch_id is None and line.why
             and "work" in line.why[0]}  # fmt: skip
    take_works(works, by=by)


def add_lines(invoice: Invoice, lines: Sequence[Line], *, by: User | None) -> Invoice:
    """More lines for a draft; its total follows. The client is locked by the caller."""
    there = list(invoice.revision.lines.all())
    for position, line in enumerate(lines, len(there) + 1):
        line.revision, line.position = invoice.revision, position
    Line.objects.bulk_create(lines)
    take_works_of(lines, by=by)
    invoice.total = totals.total([*there, *lines]).gross
    invoice.save(update_fields=["total"])
    record_many("invoices.lines_added", [(invoice, {"total": str(invoice.total)})], by=by)
    return invoice


@transaction.atomic
def discard(invoice: Invoice, *, by: User) -> Invoice:
    """Throw a draft away. Its periods are remembered, so the renewal run doesn't bring it back; units
    that only this draft sold leave the composition.
    """
    lock(invoice.client_id)
    move(invoice, Invoice.Status.DISCARDED, by=by)
    lines = list(
        Line.objects.filter(revision__invoice=invoice, kind=Line.Kind.CHARGE, live=True).select_related(
            "batch"
        )
    )
    Line.objects.filter(revision__invoice=invoice).update(live=False)
    charged = [(line.batch, line.period) for line in lines if line.batch]
    SkippedPeriod.objects.bulk_create(
        SkippedPeriod(batch=batch, period=period, invoice=invoice, by=by)
        for batch, period in charged
        if batch.given_at or batch.paid_at
    )
    release(lines, by=by)
    return invoice


@dataclass(frozen=True)
class Loose:
    """Units that only some lines sold, and lines of later drafts that bill them."""

    batches: tuple[Batch, ...]
    lines: tuple[Line, ...]


def release(gone: Sequence[Line], *, by: User | None) -> None:
    """Units that only these lines sold, never given nor paid, leave the composition (R3.2); works of them
    are open again.
    """
    loose = loosened(gone)
    open_works([line.pk for line in gone if line.batch_id is None], by=by)
    _drop_lines(loose.lines, by=by)
    products.take_back(loose.batches, by=by)


def loosened(gone: Sequence[Line]) -> Loose:
    """What would leave with these lines; `batch` of them is loaded.

    Drafts of later periods bill such units no more. Units that another invoice sells, sent or older than
    these lines, stay.
    """
    since = {line.batch_id: line.period.lower for line in gone if line.batch and line.period}
    others = list(
        Line.objects.filter(batch__in=since, live=True, kind=Line.Kind.CHARGE)
        .exclude(pk__in=[line.pk for line in gone])
        .select_related("revision__invoice")
    )
    kept = {
        line.batch_id
        for line in others
        if line.revision.invoice.status != Invoice.Status.DRAFT or line.period.lower < since[line.batch_id]
    }
    loose = {
        line.batch.pk: line.batch
        for line in gone
        if line.batch and not (line.batch.given_at or line.batch.paid_at or line.batch_id in kept)
    }
    return Loose(tuple(loose.values()), tuple(line for line in others if line.batch_id in loose))


def _drop_lines(lines: Sequence[Line], *, by: User | None) -> None:
    """Lines leave their drafts; totals follow."""
    drafts = {line.revision.invoice_id: line.revision.invoice for line in lines}
    Line.objects.filter(pk__in=[line.pk for line in lines]).delete()
    for draft in drafts.values():
        draft.total = totals.total(Line.objects.filter(revision=draft.current_id)).gross
        draft.save(update_fields=["total"])
    told = [(draft, {"total": str(draft.total)}) for draft in drafts.values()]
    record_many("invoices.lines_dropped", told, by=by)


def payer_of(service: Service, defaults: dict[int, Payer]) -> Payer | None:
    """Whom a service is invoiced to: its own payer, else the client's default."""
    return service.payer or defaults.get(service.client_id)


def default_payers(client_ids: Sequence[int]) -> dict[int, Payer]:
    return {p.client_id: p for p in Payer.objects.filter(client__in=client_ids, is_default=True)}
