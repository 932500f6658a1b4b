"""What we say in tickets: to the client, threaded with his mail, and to each other."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from billing_site.journal.models import subject_of
from billing_site.journal.moves import move, move_many, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import BadRequisite, normal_address
from billing_site.letters import actions as letters
from billing_site.letters.actions import Content, FilePart
from billing_site.letters.models import Letter
from billing_site.office.models import Department, User
from clients.models import Client
from tickets import clocks
from tickets.actions import add_note, lock
from tickets.letters import answer_letter, opening_letter
from tickets.models import File, Message, Participant, Ticket
from tickets.senders import own_addresses
from tickets.threads import own_message_id, references_of


@transaction.atomic
def open_ticket(
    *,
    subject: str,
    text: str,
    department: Department,
    by: User,
    client: Client | None = None,
    to: Sequence[str] = (),
    assignee: User | None = None,
    priority: str = Ticket.Priority.NORMAL,
) -> Ticket:
    """A ticket that we begin. With `to` its first message is a letter to them; without, it is internal:
    the message is a note and nobody outside ever hears of it.

    Raises Refused for an address that is none, at "to".
    """
    addressees = _addresses(to)
    now = clock.now()
    ticket = Ticket.objects.create(
        subject=" ".join(subject.split())[:250],
        client=client,
        department=department,
        assignee=assignee,
        priority=priority,
        opened_at=now,
        last_at=now,
    )
    record("tickets.opened", ticket, by=by, subject=ticket.subject)
    if addressees:
        Participant.objects.bulk_create(Participant(ticket=ticket, address=one) for one in addressees)
        message = _said(ticket, text, by=by)
        with translation.override(_language(ticket)):
            content = opening_letter(ticket, text, by=by)
        _mail(ticket, message, content, by=by)
        move(ticket, Ticket.Status.ANSWERED, by=by, facts={"message": message.pk})
    else:
        add_note(ticket, text, by=by)
    clocks.settle(ticket)
    return ticket


@transaction.atomic
def answer(
    ticket: Ticket, text: str, *, by: User, seen: int | None = None, files: Sequence[FilePart] = ()
) -> Message:
    """Answer everybody who takes part, by a letter in their thread; a closed ticket is opened again by it.

    `seen` is the id of the last message the person has read. Raises Refused when somebody wrote since
    (call again with the newer id to say it nevertheless), and when there is nobody to answer.
    """
    ticket = lock(ticket)
    if not text.strip():
        raise Refused(_("The answer is empty."), "text")
    if seen is not None:
        _nobody_wrote_since(ticket, seen)
    if ticket.status == Ticket.Status.CLOSED:
        move(ticket, Ticket.Status.OPEN, by=by, closed_at=None)
    asked = ticket.messages.filter(kind=Message.Kind.CLIENT).order_by("-at", "-pk").first()
    with translation.override(_language(ticket)):
        content = answer_letter(ticket, text, by=by, asked=asked)
    message = _said(ticket, text, by=by)
    _mail(ticket, message, content, by=by, asked=asked, files=files)
    if not move_many([ticket], Ticket.Status.ANSWERED, by=by, facts={"message": message.pk}):
        record("tickets.answered", ticket, by=by, message=message.pk)
    clocks.settle(ticket)
    return message


@transaction.atomic
def note(ticket: Ticket, text: str, *, by: User) -> Message:
    """A word between colleagues: never mailed, no clock hears it."""
    if not text.strip():
        raise Refused(_("The note is empty."), "text")
    return add_note(lock(ticket), text, by=by)


def _addresses(to: Sequence[str]) -> list[str]:
    own, found = own_addresses(), []
    for text in to:
        try:
            address = normal_address(text)
        except BadRequisite as wrong:
            raise Refused(_("“%(text)s” is not an e-mail address.") % {"text": text}, "to") from wrong
        if address in own:
            raise Refused(_("%(address)s is our own mailbox.") % {"address": address}, "to")
        found.append(address)
    return list(dict.fromkeys(found))


def _nobody_wrote_since(ticket: Ticket, seen: int) -> None:
    newer = ticket.messages.filter(pk__gt=seen).exclude(kind=Message.Kind.AUTO).order_by("-pk").first()
    if newer is None:
        return
    who = newer.from_name or newer.from_address
    raise Refused(_("%(who)s has written meanwhile: read it before you answer.") % {"who": who})


def _said(ticket: Ticket, text: str, *, by: User) -> Message:
    """Our message, under the signed id its letter will have."""
    # After whatever has just happened to the ticket: the clocks read the history in this order.
    at = max(clock.now(), ticket.last_at) + timedelta(microseconds=1)
    message = Message.objects.create(
        ticket=ticket, kind=Message.Kind.STAFF, author=by, from_name=by.name, text=text.strip(), at=at
    )
    message.message_id = own_message_id(message)
    ticket.last_at = at
    ticket.save(update_fields=["last_at"])
    return message


def _mail(
    ticket: Ticket,
    message: Message,
    content: Content,
    *,
    by: User,
    asked: Message | None = None,
    files: Sequence[FilePart] = (),
) -> Letter:
    """Queue the letter that carries the message."""
    to, cc = _addressees(ticket)
    mailbox = ticket.mailbox.address if ticket.mailbox else ""
    message.letter = letters.queue(
        content,
        to=to,
        cc=cc,
        kind="ticket",
        by=by,
        client_no=ticket.client_id,
        about=subject_of(ticket),
        about_money=False,
        reply_to="" if mailbox == settings.OFFICE_ADDRESS else mailbox,
        language=_language(ticket),
        message_id=message.message_id,
        in_reply_to=asked.message_id if asked else "",
        references=" ".join(references_of(ticket)),
        files=files,
    )
    message.save(update_fields=["letter", "message_id"])
    File.objects.bulk_create(File(message=message, **letters.store(part)) for part in files)
    return message.letter


def _addressees(ticket: Ticket) -> tuple[list[str], list[str]]:
    """(to, cc): those who wrote or were written to, and those who were copied in. Never ourselves."""
    own = own_addresses()
    people = [one for one in ticket.participants.order_by("pk") if one.address not in own]
    to = [one.address for one in people if not one.copied]
    cc = [one.address for one in people if one.copied]
    if not people:
        raise Refused(_("Nobody outside takes part in this ticket: write a note."))
    return (to, cc) if to else (cc, [])


def _language(ticket: Ticket) -> str:
    return ticket.client.language if ticket.client else settings.LANGUAGE_CODE
