"""Incoming mail: the bytes first, then the ticket. A mail is never lost and never counted twice."""

import hashlib
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing_site.journal.moves import move, move_many, record
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.letters.actions import FilePart, store
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.models import EmailAddress
from tickets import clocks
from tickets.models import File, Mailbox, Message, Participant, RawMail, Ticket
from tickets.reading import Bounce, Mail, UnreadableMail, fold_quotes, read_mail, sender_authentication
from tickets.senders import Sender, own_addresses, people_of, sender_of
from tickets.threads import ids_of, lock_thread, ticket_of, ticket_of_letter, twin_of

log = structlog.get_logger()
ATTEMPTS = 3
LEASE = timedelta(minutes=5)
PAUSE = timedelta(seconds=30)
TURN = timedelta(minutes=2)
READ_AT_MOST = 40 * 1024 * 1024
HTML_AT_MOST = 2 * 1024 * 1024


def _mark(msgid: str) -> str:
    """A problem is stored as its msgid and translated where it is shown, as those of reading."""
    return msgid


TOO_LARGE = _mark("the mail is too large, only its beginning was read")
HTML_DROPPED = _mark("the HTML is too large to be shown, it stands in the original")
SAME_ID = _mark("another mail with the same Message-ID is here already")
COPY = _mark("a copy of a mail that is here already")


class NobodyToAnswer(Exception):
    """The mail names no sender in any header."""


class OutOfTurn(Exception):
    """The mail answers one that we don't know, and mails that came before it are still being read."""


# ── the bytes ────────────────────────────────────────────────────────────────────────────────


def receive_raw(
    mailbox: Mailbox, data: bytes, *, uid_validity: int | None = None, uid: int | None = None
) -> tuple[RawMail, bool]:
    """Keep the bytes; (row, whether they are new). Committed on return unless the caller has a transaction.

    The same bytes in the same mailbox are the same mail, whatever name they came under.
    """
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        known = RawMail.objects.filter(mailbox=mailbox, sha256=digest).values_list("pk", flat=True)
        before = known.first()
        if before is None:
            fresh = RawMail(
                mailbox=mailbox,
                sha256=digest,
                data=data,
                size=len(data),
                uid_validity=uid_validity,
                uid=uid,
                received_at=clock.now(),
            )
            RawMail.objects.bulk_create([fresh], ignore_conflicts=True)
        raw = RawMail.objects.defer("data").get(mailbox=mailbox, sha256=digest)
        if before is None:
            errands.send("tickets.process", raw.pk)
    return raw, before is None


# ── from bytes to a message ──────────────────────────────────────────────────────────────────


def process(raw_id: int) -> Message | None:
    """Read one mail and file it. Whoever comes second finds nothing to do; trouble stays with the row.

    None when the mail makes no message: filed, put off, in quarantine, or in other hands.
    """
    raw = claim(raw_id)
    if raw is None:
        return None
    try:
        return file_mail(raw, read(raw))
    except (UnreadableMail, NobodyToAnswer) as trouble:
        quarantine(raw, str(trouble))
    except OutOfTurn:
        let_others_pass(raw)
    except Exception as trouble:
        log.warning("mail not filed", raw=raw.pk, attempt=raw.attempts, exc_info=True)
        put_off(raw, f"{type(trouble).__name__}: {trouble}")
    return None


def claim(raw_id: int) -> RawMail | None:
    """Take the mail for LEASE. The attempt is counted before it is made: a killed worker counts too."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=clock.now())
    taken = RawMail.objects.filter(
        free, pk=raw_id, status=RawMail.Status.RECEIVED, attempts__lt=ATTEMPTS
    ).update(leased_until=clock.now() + LEASE, attempts=F("attempts") + 1)
    return RawMail.objects.select_related("mailbox__department").get(pk=raw_id) if taken else None


def read(raw: RawMail) -> Mail:
    """The mail's facts, of its first READ_AT_MOST bytes. Raises UnreadableMail for white space."""
    data = bytes(raw.data)
    mail = read_mail(data[:READ_AT_MOST], own_hosts=frozenset({settings.MAIL_HOST}))
    if len(data) > READ_AT_MOST:
        mail.problems.append(TOO_LARGE)
    if len(mail.html) > HTML_AT_MOST:
        mail.html = ""
        mail.problems.append(HTML_DROPPED)
    return mail


def put_off(raw: RawMail, error: str) -> None:
    """Try again after a pause; after ATTEMPTS the mail waits for a person."""
    if raw.attempts >= ATTEMPTS:
        quarantine(raw, error)
        return
    RawMail.objects.filter(pk=raw.pk).update(
        error=error[:2000], leased_until=clock.now() + PAUSE * raw.attempts
    )


def let_others_pass(raw: RawMail) -> None:
    """Read again after a moment; this was no attempt."""
    RawMail.objects.filter(pk=raw.pk).update(
        leased_until=clock.now() + timedelta(seconds=5), attempts=raw.attempts - 1
    )


def quarantine(raw: RawMail, reason: str) -> None:
    move_many([raw], RawMail.Status.QUARANTINED, by=None, error=reason[:2000], leased_until=None)


def sweep() -> list[int]:
    """Mails that nobody is reading. Those whose worker died in every attempt go to quarantine here."""
    idle = RawMail.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=clock.now()), status=RawMail.Status.RECEIVED
    ).defer("data")
    for raw in idle.filter(attempts__gte=ATTEMPTS).order_by("pk")[:500]:
        quarantine(raw, raw.error or gettext_noop("The worker died while reading this mail."))
    return list(idle.filter(attempts__lt=ATTEMPTS).order_by("pk").values_list("pk", flat=True)[:500])


@transaction.atomic
def file_mail(raw: RawMail, mail: Mail, *, by: User | None = None, insist: bool = False) -> Message | None:
    """One transaction for everything a mail makes: ticket, message, files, participants, clocks, journal.

    Automatic mail that continues nothing is filed without a ticket. `insist` = a person wants a ticket of
    it, whatever it is. Raises NobodyToAnswer, OutOfTurn.
    """
    lock_thread(mail)
    row = RawMail.objects.select_for_update(no_key=True, of=("self",)).defer("data").get(pk=raw.pk)
    if row.status == RawMail.Status.PROCESSED and not (insist and not hasattr(row, "message")):
        return None
    sender = sender_of(mail)
    if not sender.address and not insist:
        raise NobodyToAnswer(gettext_noop("The mail names no sender: there is nobody to answer."))
    own = own_addresses()
    kind = "loop" if sender.address in own and not insist else "human" if insist else mail.kind
    ticket, sign = _conversation(mail, sender)
    if mail.bounce:
        mark_bounced(mail.bounce)
    if ticket is None and kind != "human":
        _close_raw(row, mail, sender, by=by, kind=kind, reason=mail.kind_reason)
        return None
    twin = twin_of(mail, sender)
    if twin is not None and ticket is None:
        ticket, sign = twin.ticket, "twin"
    is_new = ticket is None
    if is_new and not insist and ids_of(mail) and _earlier_ones_wait(row):
        raise OutOfTurn
    ticket = _new_ticket(raw, mail, sender) if ticket is None else _locked(ticket)
    message = _message(ticket, row, mail, sender, kind, twin)
    _keep_files(message, mail)
    _join(ticket, mail, sender, own, message)
    _turn(ticket, message, is_new=is_new)
    _close_raw(row, mail, sender, by=by, kind=kind, reason=mail.kind_reason, ticket=ticket.pk, sign=sign)
    return message


def _earlier_ones_wait(raw: RawMail) -> bool:
    """The question to this answer may be among them: together they are one ticket. TURN ends the courtesy."""
    if raw.received_at + TURN < clock.now():
        return False
    earlier = RawMail.objects.filter(mailbox=raw.mailbox_id, pk__lt=raw.pk, status=RawMail.Status.RECEIVED)
    return earlier.exists()


def _conversation(mail: Mail, sender: Sender) -> tuple[Ticket | None, str]:
    if mail.bounce:
        ticket = ticket_of_letter(mail.bounce.original_message_id)
        if ticket:
            return ticket, "bounce"
    return ticket_of(mail, sender)


def _locked(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket.pk)


def _new_ticket(raw: RawMail, mail: Mail, sender: Sender) -> Ticket:
    ticket = Ticket.objects.create(
        subject=mail.subject.strip()[:250] or _("(no subject)"),
        client_id=sender.client_id,
        contact_id=sender.contact_id,
        department=raw.mailbox.department,
        mailbox=raw.mailbox,
        opened_at=raw.received_at,
        last_at=raw.received_at,
    )
    record("tickets.opened", ticket, by=None, by_mail=raw.pk, sender=sender.address)
    return ticket


def _message(
    ticket: Ticket, raw: RawMail, mail: Mail, sender: Sender, kind: str, twin: Message | None
) -> Message:
    """A mail that was read late stands where people could first see it: after what was said meanwhile."""
    text, quoted = fold_quotes(mail.text)
    problems = list(mail.problems)
    is_human = kind == "human"
    if twin is not None:
        is_copy = (twin.text, twin.quoted) == (text, quoted)
        problems.append(COPY if is_copy else SAME_ID)
        is_human = is_human and not is_copy
    return Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.CLIENT if is_human else Message.Kind.AUTO,
        raw=raw,
        from_name=sender.name,
        from_address=sender.address,
        from_profile=ticket.client_id in sender.profiles,
        authentic=sender_authentication(mail, settings.TRUSTED_AUTHSERV),
        text=text,
        quoted=quoted,
        html=mail.html,
        message_id=mail.message_id[:998],
        problems=problems,
        at=raw.received_at if ticket.last_at <= raw.received_at else max(clock.now(), ticket.last_at),
    )


def _keep_files(message: Message, mail: Mail) -> None:
    File.objects.bulk_create(
        File(
            message=message,
            content_id=part.content_id[:250],
            inline=part.inline,
            **store(FilePart(part.name or "file", part.type, part.content)),
        )
        for part in mail.attachments
    )


def _join(ticket: Ticket, mail: Mail, sender: Sender, own: set[str], message: Message) -> None:
    """Only people take part, and only those a person wrote to."""
    if message.kind != Message.Kind.CLIENT or "@" not in sender.address:
        return
    people = [(sender.address, sender.name, False)]
    people += [(address, name, True) for address, name in people_of(mail, own)]
    Participant.objects.bulk_create(
        (Participant(ticket=ticket, address=a, name=name, copied=copied) for a, name, copied in people),
        ignore_conflicts=True,
    )


def _turn(ticket: Ticket, message: Message, *, is_new: bool) -> None:
    """A person's mail makes the ticket wait for us again; anything else changes nothing (R9.1)."""
    if message.kind != Message.Kind.CLIENT:
        return
    ticket.last_at = message.at
    ticket.save(update_fields=["last_at"])
    if not is_new:
        asleep = (Ticket.Status.ANSWERED, Ticket.Status.WAITING, Ticket.Status.CLOSED)
        if ticket.status in asleep:
            move(ticket, Ticket.Status.CLIENT_REPLY, by=None, closed_at=None, facts={"message": message.pk})
    clocks.settle(ticket)


def _close_raw(raw: RawMail, mail: Mail, sender: Sender, *, by: User | None, **facts) -> None:
    """The mail is dealt with; the entry says what became of it and why."""
    told = {
        "message_id": mail.message_id[:998],
        "subject": mail.subject[:300],
        "sender": sender.address,
        "kind": facts["kind"],
        "error": "",
        "leased_until": None,
    }
    if raw.status != RawMail.Status.PROCESSED:
        move(raw, RawMail.Status.PROCESSED, by=by, facts=facts, **told)
    else:
        record("tickets.ticket_of_filed_mail", raw, by=by, **facts)


def mark_bounced(bounce: Bounce) -> None:
    """Our letter came back: it and, if for good, the addresses it names and went to are marked."""
    letter = Letter.objects.filter(message_id=bounce.original_message_id).exclude(message_id="").first()
    if letter is None:
        return
    Letter.objects.filter(pk=letter.pk, bounced_at__isnull=True).update(bounced_at=clock.now())
    went_to = {address.lower() for address in (*letter.to, *letter.cc)}
    named = {address.lower() for address in bounce.recipients} or went_to
    if bounce.permanent and (len(went_to) == 1 or bounce.recipients):
        EmailAddress.objects.filter(address__in=named & went_to).update(bounced_at=clock.now())
    record("letters.bounced", letter, by=None, recipients=list(bounce.recipients), permanent=bounce.permanent)


# ── what a person does with a mail that stands aside ─────────────────────────────────────────


@transaction.atomic
def retry(raw: RawMail, *, by: User) -> RawMail:
    """Read a quarantined mail again. Raises IllegalMove when it is not in quarantine."""
    move(raw, RawMail.Status.RECEIVED, by=by, attempts=0, leased_until=None)
    errands.send("tickets.process", raw.pk)
    return raw


def make_ticket(raw: RawMail, *, by: User) -> Ticket:
    """A ticket of a quarantined or filed mail, as it is. Raises Refused when it has one already."""
    if Message.objects.filter(raw=raw).exists():
        raise Refused(_("This mail is in a ticket already."))
    try:
        mail = read(raw)
    except Exception as trouble:  # noqa: BLE001 - the reader may fail on it: that is why it stands aside
        text = bytes(raw.data[:100_000]).decode("utf-8", "replace").replace("\0", "")
        mail = Mail(
            text=text, problems=[str(trouble)[:300]], message_id=f"<{raw.sha256[:40]}@missing.invalid>"
        )
    message = file_mail(raw, mail, by=by, insist=True)
    if message is None:
        raise Refused(_("This mail is in a ticket already."))
    return message.ticket
