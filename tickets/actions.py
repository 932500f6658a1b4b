"""Verbs of a ticket's standing: whose it is, and in what state."""

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import Department, User
from clients.models import Client, EmailAddress
from products import actions as products
from products.models import Handover
from tickets import clocks
from tickets.models import Message, Ticket


def lock(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked: Client → Service → Invoice → Payment → Ticket."""
    return Ticket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket.pk)


@transaction.atomic
def close(ticket: Ticket, *, by: User | None) -> Ticket:
    """It is solved. Closing a hand-over that still waits says that it is carried out (HOUSE 2).

    Raises IllegalMove when it is closed already.
    """
    waiting = Handover.objects.select_related("service").filter(ticket=ticket, status=Handover.Status.WAITING)
    for handover in waiting:
        products.carry_out(handover, by=by)
    ticket = move(lock(ticket), Ticket.Status.CLOSED, by=by, closed_at=clock.now())
    clocks.settle(ticket)
    return ticket


@transaction.atomic
def reopen(ticket: Ticket, *, by: User) -> Ticket:
    """It was not solved after all: new cycles of both clocks. Raises Refused for a settled hand-over."""
    ticket = lock(ticket)
    if ticket.handover is not None and ticket.handover.status != Handover.Status.WAITING:
        raise Refused(_("This hand-over is settled: open a new ticket for what is left to do."))
    if ticket.status != Ticket.Status.CLOSED:
        raise Refused(_("The ticket is not closed."))
    move(ticket, Ticket.Status.OPEN, by=by, closed_at=None)
    clocks.settle(ticket)
    return ticket


@transaction.atomic
def wait(ticket: Ticket, *, by: User) -> Ticket:
    """We wait for the client or for somebody outside: the solve clock pauses."""
    ticket = move(lock(ticket), Ticket.Status.WAITING, by=by)
    clocks.settle(ticket)
    return ticket


@transaction.atomic
def resume(ticket: Ticket, *, by: User) -> Ticket:
    """Nothing to wait for any more: the ticket goes back to where its last message puts it."""
    ticket = lock(ticket)
    if ticket.status != Ticket.Status.WAITING:
        raise Refused(_("The ticket is not on hold."))
    said = ticket.messages.filter(kind__in=(Message.Kind.CLIENT, Message.Kind.STAFF))
    kinds = list(said.order_by("at", "pk").values_list("kind", flat=True))
    is_reply = Message.Kind.STAFF in kinds and kinds[-1] == Message.Kind.CLIENT
    move(ticket, Ticket.Status.CLIENT_REPLY if is_reply else Ticket.Status.OPEN, by=by)
    clocks.settle(ticket)
    return ticket


@transaction.atomic
def assign(ticket: Ticket, user: User | None, *, by: User) -> Ticket:
    """Give the ticket to a person, or to nobody in particular. Raises Refused for one who left."""
    ticket = lock(ticket)
    if user is not None and not user.is_active:
        raise Refused(_("%(who)s does not work here any more.") % {"who": user.name}, "assignee")
    if ticket.assignee_id == getattr(user, "pk", None):
        return ticket
    was = ticket.assignee
    ticket.assignee = user
    ticket.save(update_fields=["assignee"])
    record("tickets.assigned", ticket, by=by, was=_name(was) or "—", becomes=_name(user) or "—")
    return ticket


@transaction.atomic
def hand_to(
    ticket: Ticket, department: Department, *, by: User, assignee: User | None = None, text: str = ""
) -> Ticket:
    """Pass the ticket on, with a word for those who get it; the clocks follow the department's limits."""
    ticket = lock(ticket)
    if assignee is not None and not assignee.is_active:
        raise Refused(_("%(who)s does not work here any more.") % {"who": assignee.name}, "assignee")
    was = ticket.department
    ticket.department, ticket.assignee = department, assignee
    ticket.save(update_fields=["department", "assignee"])
    record("tickets.handed", ticket, by=by, was=str(was), becomes=str(department), assignee=_name(assignee))
    if text.strip():
        add_note(ticket, text, by=by)
    clocks.settle(ticket)
    return ticket


def add_note(ticket: Ticket, text: str, *, by: User | None) -> Message:
    """A word between colleagues: never mailed, no clock hears it. The caller holds the ticket's lock."""
    return Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.NOTE,
        author=by,
        from_name=_name(by),
        text=text.strip(),
        at=clock.now(),
    )


@transaction.atomic
def bind_client(ticket: Ticket, client: Client, *, by: User) -> Ticket:
    """A person says whose ticket it is: the sender was unknown, or the wrong client was found (R2.1)."""
    ticket = lock(ticket)
    if ticket.handover_id is not None:
        raise Refused(_("The client of a hand-over is the service's."), "client")
    if ticket.client_id == client.pk:
        return ticket
    was = ticket.client_id
    known = EmailAddress.objects.filter(client=client).exclude(kind=EmailAddress.Kind.FORMER)
    asked = ticket.messages.filter(kind=Message.Kind.CLIENT)
    first = asked.order_by("at", "pk").values_list("from_address", flat=True).first()
    sender = known.filter(address=first).first()
    ticket.client, ticket.contact_id = client, sender.contact_id if sender else None
    ticket.save(update_fields=["client", "contact"])
    profile = known.filter(kind=EmailAddress.Kind.PROFILE).values("address")
    asked.update(from_profile=False)
    asked.filter(from_address__in=profile).update(from_profile=True)
    record("tickets.bound", ticket, by=by, was=was, client=client.pk, name=str(client))
    return ticket


@transaction.atomic
def change_priority(ticket: Ticket, priority: str, *, by: User) -> Ticket:
    ticket = lock(ticket)
    if priority not in Ticket.Priority.values:
        raise Refused(_("There is no such priority."), "priority")
    if ticket.priority != priority:
        was, ticket.priority = ticket.priority, priority
        ticket.save(update_fields=["priority"])
        record("tickets.priority", ticket, by=by, was=was, becomes=priority)
    return ticket


def _name(user: User | None) -> str:
    return user.name if user else ""
