"""Исправление: an issued, unpaid invoice says something else from now on, under the same number (R6.2)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, record
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.actions import lock
from invoices import documents, issuing, totals
from invoices.drafting import take_works_of
from invoices.models import Invoice, Line, Revision


@transaction.atomic
def revise(
    invoice: Invoice,
    *,
    by: User,
    because: str,
    more: Sequence[Line] = (),
    without: Collection[int] = (),
    due_on: date | None = None,
) -> Revision:
    """The next revision: the lines that stand but those `without`, and `more`, another due date.

    Number and link stay, and the old paper stays readable to staff. The letter with the new one is written
    and held, for a person to let it go; none when all of it is paid by now, which the caller settles.
    Raises Refused for what is paid, for a closed period, without a reason, and for less than came.
    """
    lock(invoice.client_id)
    row = (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "payer", "seller", "current")
        .get(pk=invoice.pk)
    )
    if not because.strip():
        raise Refused(_("Say why."), "because")
    issuing.refuse_frozen(row)
    old = row.revision
    lines = [*as_new(line for line in old.lines.all() if line.pk not in without), *more]
    row.total, row.due_on = totals.total(lines).gross, due_on or row.due_on
    if not row.total or row.total < row.paid:
        raise Refused(_("The new total would leave nothing to pay."))
    Line.objects.filter(revision=old).update(live=False)
    move(old, Revision.Status.REPLACED, by=by)
    new = _next(row, old, lines)
    row.current = new
    row.save(update_fields=["total", "due_on", "current"])
    facts = {"n": new.n, "total": str(row.total), "due_on": f"{row.due_on:%d.%m.%Y}", "because": because}
    move(new, Revision.Status.SENT, by=by, sent_at=clock.now())
    record("invoices.revised", row, by=by, **facts)
    if row.open_amount:
        token = row.links.get(revoked_at=None).token
        held: dict[str, Any] = {"status": Letter.Status.HELD, "held_because": Letter.Because.PERSON}
        issuing.write_letter(row, new, token, by, **held)
    errands.send("invoices.render_paper", new.pk)
    return new


def as_new(lines: Iterable[Line]) -> list[Line]:
    """These lines, to be saved once more in another paper."""
    anew = list(lines)
    for line in anew:
        line.pk, line.live = None, True
    return anew


def _next(row: Invoice, old: Revision, lines: Sequence[Line]) -> Revision:
    """The revision with its lines, as printed today."""
    today = clock.today()
    new = Revision.objects.create(
        invoice=row,
        n=old.n + 1,
        comment=old.comment,
        seller=documents.seller_snapshot(row.seller, today, row.payer),
        buyer=documents.buyer_snapshot(row.payer, today),
    )
    for position, line in enumerate(lines, 1):
        line.revision, line.position = new, position
    Line.objects.bulk_create(lines)
    take_works_of(lines, by=None)
    new.purpose = documents.purpose(row, new, lines)
    new.save(update_fields=["purpose"])
    return new
