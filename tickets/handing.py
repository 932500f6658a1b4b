"""Hand-overs: what was sold becomes a ticket for those who carry it out (R3.1, R9.1)."""

from collections.abc import Sequence

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record_many
from billing_site.kit.errors import Refused
from billing_site.office.models import Department, User
from products.models import Handover
from tickets import clocks
from tickets.actions import add_note, close
from tickets.models import Message, Ticket

log = structlog.get_logger()


@transaction.atomic
def open_handovers(limit: int = 500) -> list[Ticket]:
    """A ticket for each hand-over that waits without one, in the office's wording; once, whoever else runs.

    Its first message is a note, so the client is never mailed (R9.2).
    """
    department = Department.objects.filter(takes_handovers=True).order_by("pk").first()
    if department is None:
        log.warning("no department carries out hand-overs")
        return []
    waiting = Handover.objects.for_people().filter(ticket__isnull=True)
    locked = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk")[:limit]
    handovers = list(locked.select_related("service"))
    # Another run may have committed between the reading and the locking of a row.
    taken = set(Ticket.objects.filter(handover__in=handovers).values_list("handover_id", flat=True))
    return _open([one for one in handovers if one.pk not in taken], department)


def _open(handovers: Sequence[Handover], department: Department) -> list[Ticket]:
    """The clock counts from the sale, however late the ticket is opened."""
    tickets = Ticket.objects.bulk_create(
        Ticket(
            subject=handover.subject,
            client_id=handover.service.client_id,
            handover=handover,
            department=department,
            opened_at=handover.created_at,
            last_at=handover.created_at,
        )
        for handover in handovers
    )
    Message.objects.bulk_create(
        Message(ticket=ticket, kind=Message.Kind.NOTE, text=handover.body, at=handover.created_at)
        for ticket, handover in zip(tickets, handovers, strict=True)
    )
    facts = [(ticket, {"subject": ticket.subject, "handover": ticket.handover_id}) for ticket in tickets]
    record_many("tickets.opened", facts, by=None)
    if tickets:
        clocks.settle(*tickets)
    return tickets


@transaction.atomic
def carry_out(ticket: Ticket, *, by: User) -> Ticket:
    """It is done: the units are given, the ticket says so and is closed.

    Raises Refused when there is nothing to carry out, or somebody else did it.
    """
    handover = ticket.handover
    if handover is None:
        raise Refused(_("This ticket is no hand-over."))
    handover.refresh_from_db(fields=["status"])
    if handover.status != Handover.Status.WAITING:
        raise Refused(_("This hand-over is settled already."))
    ticket = close(ticket, by=by)
    facts = {"was": handover.was, "becomes": handover.becomes, "unit": handover.unit}
    text = _("Carried out: it was %(was)s, it is %(becomes)s %(unit)s") % facts
    add_note(ticket, text, by=by)
    return ticket


def close_settled(limit: int = 500) -> list[Ticket]:
    """Close tickets whose hand-over was withdrawn or carried out elsewhere, and say why."""
    settled = (
        Ticket.objects.filter(handover__isnull=False)
        .exclude(status=Ticket.Status.CLOSED)
        .exclude(handover__status=Handover.Status.WAITING)
    )
    return [
        ticket
        for pk in settled.order_by("pk").values_list("pk", flat=True)[:limit]
        if (ticket := _close_settled(pk))
    ]


@transaction.atomic
def _close_settled(pk: int) -> Ticket | None:
    tickets = Ticket.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    ticket = tickets.filter(pk=pk).exclude(status=Ticket.Status.CLOSED).select_related("handover").first()
    if ticket is None:
        return None
    withdrawn = ticket.handover is not None and ticket.handover.status == Handover.Status.WITHDRAWN
    add_note(
        ticket,
        _("Withdrawn: there is nothing to do.") if withdrawn else _("Carried out elsewhere."),
        by=None,
    )
    return close(ticket, by=None)
