"""Исправление: an issued, unpaid invoice says something else from now on, under the same number (R6.2)."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, record
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.actions import lock
from invoices import documents, issuing, totals
from invoices.models import Invoice, Line, Revision

REVISABLE = (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS)


@transaction.atomic
def revise(
    invoice: Invoice, *, by: User, because: str, more: Sequence[Line] = (), due_on: date | None = None
) -> Revision:
    """The next revision: the lines that stand and `more`, another due date. Number and link stay.

    The old paper stays readable to staff. The letter with the new one is written and held: a person lets it
    go. Raises Refused for what is paid, for a closed period, without a reason, and when nothing is left open.
    """
    lock(invoice.client_id)
    row = (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "payer", "seller", "current")
        .get(pk=invoice.pk)
    )
    _refuse(row, because)
    old = row.revision
    lines = list(old.lines.all())
    for line in lines:
        line.pk, line.live = None, True
    lines += more
    row.total, row.due_on = totals.total(lines).gross, due_on or row.due_on
    if row.total <= row.paid:
        raise Refused(_("The new total would leave nothing to pay."))
    Line.objects.filter(revision=old).update(live=False)
    move(old, Revision.Status.REPLACED, by=by)
    new = _next(row, old, lines)
    row.current = new
    row.save(update_fields=["total", "due_on", "current"])
    facts = {"n": new.n, "total": str(row.total), "due_on": f"{row.due_on:%d.%m.%Y}", "because": because}
    move(new, Revision.Status.SENT, by=by, sent_at=clock.now())
    record("invoices.revised", row, by=by, **facts)
    token = row.links.get(revoked_at=None).token
    held = {"status": Letter.Status.HELD, "held_because": Letter.Because.PERSON}
    issuing.write_letter(row, new, token, by, **held)
    errands.send("invoices.render_paper", new.pk)
    return new


def _refuse(row: Invoice, because: str) -> None:
    if not because.strip():
        raise Refused(_("Say why."), "because")
    if row.status not in REVISABLE:
        raise Refused(
            _("Invoice %(no)s is “%(status)s”: only an unpaid one is revised.")
            % {"no": row.number or row.pk, "status": row.get_status_display()}
        )
    if row.issued_on and row.seller.closed_until and row.issued_on <= row.seller.closed_until:
        raise Refused(_("The invoice stands in a closed period."))


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
    new.purpose = documents.purpose(row, new, lines)
    new.save(update_fields=["purpose"])
    return new
