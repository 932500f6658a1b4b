"""Speaking to the mail server. The row is committed before every step that leaves the house."""

import smtplib
from datetime import timedelta
from email.utils import make_msgid

import structlog
from celery import shared_task
from css_inline import inline
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F

from billing_site.journal.moves import move_many
from billing_site.kit import clock, errands
from billing_site.letters.models import Hold, Letter

log = structlog.get_logger()
LEASE = timedelta(minutes=3)
RETRY = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


@shared_task(name="letters.send")
def send(letter_id: int) -> None:
    """Send one queued letter; whoever comes second finds nothing to do."""
    letter = claim(letter_id)
    if letter is None:
        return
    server = get_connection()
    try:
        mail = compose(letter)
        server.open()
    except (smtplib.SMTPException, OSError) as trouble:
        retry_later(letter, str(trouble))  # not a word of the letter has been said yet
        return
    except ValueError as trouble:
        finish(letter, Letter.Status.FAILED, error=str(trouble))
        return
    try:
        server.send_messages([mail])
    except (smtplib.SMTPServerDisconnected, TimeoutError) as trouble:
        # The server may have taken the letter before the line broke: nobody can know.
        fail_uncertain(letter, str(trouble))
    except (smtplib.SMTPException, OSError, ValueError) as trouble:
        if is_final(trouble):
            finish(letter, Letter.Status.FAILED, error=str(trouble))
        else:
            retry_later(letter, str(trouble))
    else:
        finish(letter, Letter.Status.SENT, sent_at=clock.now(), error="")
    finally:
        server.close()


def is_final(trouble: Exception) -> bool:
    """Whether asking again is useless; a 4xx (greylisting, a full disk) is worth another try."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in trouble.recipients.values())
    if isinstance(trouble, smtplib.SMTPResponseException):
        return trouble.smtp_code >= 500
    return isinstance(trouble, ValueError)


@transaction.atomic
def claim(letter_id: int) -> Letter | None:
    """QUEUED → SENDING with the Message-ID on the row, committed before SMTP is spoken to."""
    letter = (
        Letter.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(pk=letter_id, status=Letter.Status.QUEUED, needs="", due_at__lte=clock.now())
        .first()
    )
    if letter is None:
        return None
    if letter.client_no and Hold.objects.filter(client_no=letter.client_no).exists():
        # Put on hold in the moment between the letter's writing and its errand.
        move_many([letter], Letter.Status.HELD, by=None, held_because=Letter.Because.HOLD)
        return None
    message_id = letter.message_id or make_msgid(f"l{letter.pk}", domain=settings.MAIL_HOST)
    moved = move_many(
        [letter],
        Letter.Status.SENDING,
        by=None,
        message_id=message_id,
        leased_until=clock.now() + LEASE,
        attempts=letter.attempts + 1,
    )
    return moved[0] if moved else None


def headers_of(letter: Letter) -> dict[str, str]:
    """Headers of the mail beside who, to whom and about what."""
    threading = {
        "Message-ID": letter.message_id,
        "In-Reply-To": letter.in_reply_to,
        "References": letter.references,
    }
    return {name: value for name, value in threading.items() if value} | letter.headers


def compose(letter: Letter) -> EmailMultiAlternatives:
    """The mail as it goes over the wire, with its files from the storage."""
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=letter.sender or settings.DEFAULT_FROM_EMAIL,
        to=letter.to,
        cc=letter.cc,
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers_of(letter),
    )
    if letter.html:
        mail.attach_alternative(inline(letter.html), "text/html")
    for part in letter.attachments.all():
        with default_storage.open(part.storage_name) as kept:
            mail.attach(part.name, kept.read(), part.content_type)
    return mail


def finish(letter: Letter, status: str, **fields) -> None:
    move_many([letter], status, by=None, leased_until=None, **fields)


def fail_uncertain(letter: Letter, error: str) -> None:
    """About money a person decides; anything else goes again under the same Message-ID."""
    if letter.about_money:
        finish(letter, Letter.Status.UNCERTAIN, error=error)
    else:
        retry_later(letter, error)


def retry_later(letter: Letter, error: str) -> None:
    """Back to the queue with a growing pause; after the last one the letter has failed."""
    if letter.attempts > len(RETRY):
        finish(letter, Letter.Status.FAILED, error=error)
        return
    pause = RETRY[letter.attempts - 1]
    finish(letter, Letter.Status.QUEUED, error=error, due_at=clock.now() + pause)
    log.warning("letter will be tried again", letter=letter.pk, error=error)


@shared_task(name="letters.sweep")
def sweep() -> None:
    """Send what is due and whose errand was lost; settle letters whose worker died while sending."""
    lost = Letter.objects.filter(status=Letter.Status.SENDING, leased_until__lt=clock.now())
    for letter in lost.order_by("pk")[:500]:
        fail_uncertain(letter, "the worker was lost while sending")
    due = Letter.objects.filter(status=Letter.Status.QUEUED, needs="", due_at__lte=clock.now())
    for letter_id in due.order_by(F("due_at").asc()).values_list("pk", flat=True)[:500]:
        errands.send_now("letters.send", letter_id)
