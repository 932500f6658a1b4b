"""Drafts that follow their batches: the same lines and periods, counted anew."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import QuerySet

from billing_site.journal.moves import record_many
from billing_site.kit.periods import Period
from billing_site.office.models import User, VatTable
from invoices import totals
from invoices.drafting import charge_line
from invoices.models import Invoice, Line
from products.models import Batch


def redrawn(batches: Sequence[Batch]) -> list[tuple[Invoice, Decimal]]:
    """Drafts that hold lines of these batches, as they are in hand, with the totals they would have."""
    return [(draft, total) for draft, total, _lines in _drawn_anew(batches)]


def redraw(batches: Sequence[Batch], *, by: User | None) -> None:
    """Draw the drafts' lines of these batches anew, for the periods they have; totals follow.

    The client is locked; `service.product.seller` and `option` of the batches are loaded.
    """
    drawn = _drawn_anew(batches)
    for draft, total, lines in drawn:
        Line.objects.filter(pk__in=[line.pk for line, _fresh in lines]).delete()
        for line, fresh in lines:
            fresh.revision, fresh.position = line.revision, line.position
        Line.objects.bulk_create(fresh for _line, fresh in lines)
        draft.total = total
        draft.save(update_fields=["total"])
    record_many(
        "invoices.lines_redrawn", [(draft, {"total": str(total)}) for draft, total, _ in drawn], by=by
    )


def _drawn_anew(batches: Sequence[Batch]) -> list[tuple[Invoice, Decimal, list[tuple[Line, Line]]]]:
    """Draft, its total to be, and pairs of (line, the line instead of it)."""
    in_hand, vat = {batch.pk: batch for batch in batches}, VatTable()
    lines = Line.objects.filter(
        batch__in=in_hand, live=True, kind=Line.Kind.CHARGE, revision__invoice__status=Invoice.Status.DRAFT
    ).select_related("revision__invoice__seller")
    pairs: dict[Invoice, list[tuple[Line, Line]]] = {}
    for line in lines.order_by("revision__invoice", "position"):
        draft, batch = line.revision.invoice, in_hand[line.batch_id or 0]
        period = Period(line.period.lower, line.period.upper)
        fresh = charge_line(batch, period, seller=draft.seller, vat=vat)
        pairs.setdefault(draft, []).append((line, fresh))
    return [
        (draft, draft.total + sum((fresh.gross - line.gross for line, fresh in found), Decimal(0)), found)
        for draft, found in pairs.items()
    ]


def drop(lines: QuerySet[Line], *, by: User | None) -> None:
    """Take lines out of their drafts; totals follow. Lines of issued papers stay."""
    going = list(
        lines.filter(revision__invoice__status=Invoice.Status.DRAFT).select_related("revision__invoice")
    )
    drafts = {line.revision.invoice_id: line.revision.invoice for line in going}
    Line.objects.filter(pk__in=[line.pk for line in going]).delete()
    for draft in drafts.values():
        draft.total = totals.total(Line.objects.filter(revision=draft.current_id)).gross
        draft.save(update_fields=["total"])
    told = [(draft, {"total": str(draft.total)}) for draft in drafts.values()]
    record_many("invoices.lines_dropped", told, by=by)
