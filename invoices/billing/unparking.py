"""A person decides about a parked renewal: bill it as it is, or look again after putting things right."""

from datetime import date

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from invoices.billing.parking import close
from invoices.billing.renewing import AHEAD, draft, due_among, plan_all, renew_chunk
from invoices.drafting import Plan
from invoices.models import Invoice, ParkedRenewal

STALE = 500  # rows closed at a time


def plans_of(parked: ParkedRenewal) -> list[Plan]:
    """The drafts that a parked renewal would make now. Writes nothing; raises Refused when none can be."""
    if parked.payer_id is None or parked.seller_id is None:
        raise Refused(_("Put right what is wrong first, then count it again."))
    asked = (parked.payer_id, parked.seller_id, parked.starts_on)
    plans = plan_all([parked.client_id], _day(parked))
    return [plan for plan in plans if (plan.payer.pk, plan.seller.pk, plan.due_on) == asked]


def _day(parked: ParkedRenewal) -> date:
    """The run's day that reaches it."""
    return max(clock.today(), parked.starts_on - AHEAD)


@transaction.atomic
def bill_as_is(parked: ParkedRenewal, *, by: User, because: str) -> Invoice:
    """Draft it as it stands: a person has looked and says why. Nothing is mailed.

    Raises Refused without a reason, when somebody was quicker, and when there is nothing left to bill.
    """
    if not because.strip():
        raise Refused(_("Say why."), "because")
    lock(parked.client_id)
    row = _open(parked)
    plans = plans_of(row)
    if not plans:
        raise Refused(_("Nothing is left to bill here: count it again."))
    there = Invoice.objects.filter(
        status=Invoice.Status.DRAFT, renewal_key__in=[plan.renewal_key for plan in plans]
    ).first()
    made = draft(plans, by=by)
    close([row.pk], by=by)
    invoice = made[0] if made else there
    assert invoice is not None
    record("invoices.renewal_as_is", row.client, by=by, because=because.strip(), was=row.words)
    return invoice


@transaction.atomic
def count_again(parked: ParkedRenewal, *, by: User) -> ParkedRenewal:
    """What the run does with the client now: drafts what is right by now, keeps the rest parked.

    Raises Refused when it can't be counted.
    """
    lock(parked.client_id)
    row = _open(parked)
    try:
        with transaction.atomic():
            renew_chunk([row.client_id], _day(row), by=by)
    except (LookupError, IntegrityError, DataError) as trouble:
        raise Refused(_("It still can't be counted: %(why)s") % {"why": trouble}) from trouble
    return ParkedRenewal.objects.get(pk=row.pk)


def close_stale(on: date) -> int:
    """Parked renewals of clients with nothing left to renew wait no more; how many."""
    closed, last = 0, 0
    while rows := list(
        ParkedRenewal.objects.filter(resolved_at__isnull=True, pk__gt=last).order_by("pk")[:STALE]
    ):
        last = rows[-1].pk
        due = due_among({row.client_id for row in rows}, on)
        gone = [row.pk for row in rows if row.starts_on - AHEAD <= on and row.client_id not in due]
        close(gone, by=None)
        closed += len(gone)
    return closed


def _open(parked: ParkedRenewal) -> ParkedRenewal:
    """The row, locked, while it waits. Raises Refused when somebody was quicker."""
    row = (
        ParkedRenewal.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client")
        .get(pk=parked.pk)
    )
    if row.resolved_at:
        raise Refused(_("This renewal waits no more: somebody has decided already."))
    return row
