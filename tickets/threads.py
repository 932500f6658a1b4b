"""Which conversation a mail belongs to. Our signature first, other people's ids next, a number last."""

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from billing_site.letters.models import Letter
from tickets.models import Message, Participant, Ticket
from tickets.reading import Mail, make_message_id, read_message_id, subject_ticket_number
from tickets.senders import Sender

ANSWER = "answer"  # kind of our Message-IDs that name a Message
MOST_IDS = 50
REFERENCES = 10
_ABOUT = "tickets.ticket:"


def own_message_id(message: Message) -> str:
    """The Message-ID of the letter that carries this message; anybody's answer to it names the ticket."""
    return make_message_id(ANSWER, message.pk, settings.MAIL_HOST, settings.SECRET_KEY)


def ids_of(mail: Mail) -> list[str]:
    """Ids the mail answers, the nearest first."""
    return list(dict.fromkeys(one for one in (mail.in_reply_to, *reversed(mail.references)) if one))[
        :MOST_IDS
    ]


def lock_thread(mail: Mail) -> None:
    """Wait for whoever files a mail of the same conversation now; two at once would make two tickets."""
    names = sorted({mail.message_id, *ids_of(mail)})
    keys = sorted({int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names})
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def twin_of(mail: Mail, sender: Sender) -> Message | None:
    """A mail with the same Message-ID that is here already: another copy, or somebody's careless program."""
    found = Message.objects.filter(message_id=mail.message_id, raw__isnull=False).select_related("ticket")
    return next((one for one in found.order_by("id") if may_follow(one.ticket, sender)), None)


def ticket_of(mail: Mail, sender: Sender) -> tuple[Ticket | None, str]:
    """The ticket this mail continues and by what sign, or (None, "")."""
    ids = ids_of(mail)
    for sign, find in (("signature", _signed), ("reference", _referred), ("letter", _lettered)):
        for ticket in find(ids):
            if may_follow(ticket, sender):
                return ticket, sign
    number = subject_ticket_number(mail.subject)
    if number is not None and number < 2**63:
        named = Ticket.objects.filter(pk=number, participants__address=sender.address).first()
        if named and may_follow(named, sender):
            return named, "number"
    return None, ""


def ticket_of_letter(message_id: str) -> Ticket | None:
    """The ticket whose letter came back."""
    return next(iter((*_signed([message_id]), *_lettered([message_id]))), None) if message_id else None


def may_follow(ticket: Ticket, sender: Sender) -> bool:
    """Nobody writes into another client's ticket, unless somebody in it copied him in."""
    if ticket.client_id is None or not sender.clients or ticket.client_id in sender.clients:
        return True
    return Participant.objects.filter(ticket=ticket, address=sender.address).exists()


def references_of(ticket: Ticket) -> list[str]:
    """Ids of the conversation for our next letter: the first and the latest ones, at most REFERENCES."""
    ids = ticket.messages.exclude(message_id="").exclude(kind=Message.Kind.AUTO)
    names = list(dict.fromkeys(ids.order_by("at", "id").values_list("message_id", flat=True)))
    return names if len(names) <= REFERENCES else [names[0], *names[1 - REFERENCES :]]


def _signed(ids: Iterable[str]) -> list[Ticket]:
    read = [read_message_id(one, settings.SECRET_KEY) for one in ids]
    return _in_order([pk for kind, pk in filter(None, read) if kind == ANSWER], "pk")


def _referred(ids: list[str]) -> list[Ticket]:
    return _in_order(ids, "message_id")


def _in_order(keys: list, name: str) -> list[Ticket]:
    """Tickets of the messages named, in the order of the names."""
    found = Message.objects.filter(**{f"{name}__in": keys}).select_related("ticket") if keys else ()
    return [one.ticket for one in sorted(found, key=lambda one: (keys.index(getattr(one, name)), one.pk))]


def _lettered(ids: list[str]) -> list[Ticket]:
    """By letters of a ticket that carry no signature of ours, such as one that was sent again."""
    if not ids:
        return []
    about = Letter.objects.filter(message_id__in=ids, about__startswith=_ABOUT).values_list(
        "about", flat=True
    )
    return list(Ticket.objects.filter(pk__in={int(key.removeprefix(_ABOUT)) for key in about}).order_by("pk"))
