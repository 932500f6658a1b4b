"""Mails of an IMAP folder, by UIDVALIDITY and UID. What people have read there means nothing to us.

Each mail is committed, then the cursor moves, then the server hears \\Seen. Once an hour, and while there is
trouble, the last days are looked through by UID for what the cursor passed by: a mail that the server could
not give, or gave out of order.
"""

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from billing_site.kit import clock
from tickets.importing.taking import AT_ONCE, LARGEST, Taken
from tickets.intake import receive_raw
from tickets.models import Mailbox, RawMail

Trouble = imaplib.IMAP4.error
PORT, TLS_PORT = 143, 993
TIMEOUT = 20  # seconds for each word of the server
LOOKED_BACK = timedelta(days=3)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)", re.IGNORECASE)


def take(mailbox: Mailbox) -> Taken:
    """Raises OSError, ValueError or Trouble when the server or its address can't be used."""
    taken = Taken()
    with _folder(mailbox.url) as server:
        validity = _validity(server)
        if validity != mailbox.uid_validity:
            _move_cursor(mailbox, validity, _beginning(server, mailbox))
        passed_by = _passed_by(server, mailbox) if _looks_back(mailbox) else []
        uids = [*passed_by, *_after(server, mailbox.last_uid)][:AT_ONCE]
        committed = [str(uid) for uid in uids if _take_one(server, mailbox, uid, taken)]
        if committed:
            server.uid("STORE", ",".join(committed), "+FLAGS.SILENT", r"(\Seen)")
    return taken


def _take_one(server: imaplib.IMAP4, mailbox: Mailbox, uid: int, taken: Taken) -> bool:
    """Whether the mail is committed. One the server can't give is told and passed by."""
    try:
        data = _bytes(server, uid)
    except imaplib.IMAP4.abort:
        raise  # the line is broken: this mail is not to blame
    except (Trouble, LookupError) as trouble:
        taken.troubles.append(f"UID {uid}: {trouble}")
        data = None
    if data is not None:
        _raw, is_new = receive_raw(mailbox, data, uid_validity=mailbox.uid_validity, uid=uid)
        taken.count(is_new=is_new)
    _move_cursor(mailbox, mailbox.uid_validity, max(uid, mailbox.last_uid))
    return data is not None


def _bytes(server: imaplib.IMAP4, uid: int) -> bytes | None:
    """The whole mail, unmarked; None when it is gone. Raises LookupError for one that is not given."""
    size = _SIZE.search(b"".join(_said(server.uid("FETCH", str(uid), "(RFC822.SIZE)"))))
    if size is None:
        return None
    if int(size[1]) > LARGEST:
        raise LookupError(_("too large: %(size)s bytes") % {"size": int(size[1])})
    _verdict, answer = server.uid("FETCH", str(uid), "(BODY.PEEK[])")
    bodies = [part[1] for part in answer if isinstance(part, tuple)]
    if not bodies:
        raise LookupError(_("the server did not give the mail"))
    return bodies[0]


# ── which mails ──────────────────────────────────────────────────────────────────────────────


def _beginning(server: imaplib.IMAP4, mailbox: Mailbox) -> int:
    """Where to begin in a folder that is new, or numbered anew: a little before the last mail we have.

    What is here already comes again and is known by its hash; years of old mail make no tickets.
    """
    last = mailbox.mails.filter(uid__isnull=False).order_by("-pk").values_list("received_at", flat=True)
    since = (last.first() or clock.now()) - LOOKED_BACK
    recent = _search(server, f"SINCE {_day(since.date())}")
    return min(recent) - 1 if recent else max(_search(server, "ALL"), default=0)


def _looks_back(mailbox: Mailbox) -> bool:
    fetched = mailbox.fetched_at
    return fetched is None or bool(mailbox.error) or fetched.hour != clock.now().hour


def _passed_by(server: imaplib.IMAP4, mailbox: Mailbox) -> list[int]:
    recent = _search(server, f"SINCE {_day((clock.now() - LOOKED_BACK).date())}")
    here = RawMail.objects.filter(mailbox=mailbox, uid_validity=mailbox.uid_validity, uid__in=recent)
    known = set(here.values_list("uid", flat=True))
    return [uid for uid in recent if uid <= mailbox.last_uid and uid not in known]


def _after(server: imaplib.IMAP4, last: int) -> list[int]:
    """`n:*` names the last mail even when its number is below n."""
    return [uid for uid in _search(server, f"UID {last + 1}:*") if uid > last]


def _search(server: imaplib.IMAP4, what: str) -> list[int]:
    return sorted(int(uid) for line in _said(server.uid("SEARCH", what)) for uid in line.split())


def _day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def _move_cursor(mailbox: Mailbox, validity: int, uid: int) -> None:
    if (mailbox.uid_validity, mailbox.last_uid) != (validity, uid):
        mailbox.uid_validity, mailbox.last_uid = validity, uid
        Mailbox.objects.filter(pk=mailbox.pk).update(uid_validity=validity, last_uid=uid)


# ── the line to the server ───────────────────────────────────────────────────────────────────


@contextmanager
def _folder(url: str) -> Iterator[imaplib.IMAP4]:
    """The folder, selected. A plain line is encrypted when the server can."""
    parts = urlsplit(url)
    host, tls = parts.hostname or "localhost", ssl.create_default_context()
    server: imaplib.IMAP4
    if parts.scheme == "imap":
        server = imaplib.IMAP4(host, parts.port or PORT, timeout=TIMEOUT)
    else:
        server = imaplib.IMAP4_SSL(host, parts.port or TLS_PORT, ssl_context=tls, timeout=TIMEOUT)
    try:
        if parts.scheme == "imap" and "STARTTLS" in server.capabilities:
            server.starttls(tls)
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        _said(server.select(_named(unquote(parts.path.lstrip("/")) or "INBOX")))
        yield server
    finally:
        with suppress(OSError, Trouble):
            server.logout()


def _validity(server: imaplib.IMAP4) -> int:
    _name, (value,) = server.response("UIDVALIDITY")
    if not value:
        raise Trouble(_("the server names no UIDVALIDITY"))
    return int(value)


def _said(answer: tuple) -> list[bytes]:
    """The lines of an answer that is OK. Raises Trouble for any other."""
    verdict, lines = answer
    if verdict != "OK":
        raise Trouble(b" ".join(filter(None, lines)).decode("utf-8", "replace") or verdict)
    return [line for line in lines if isinstance(line, bytes)]


def _named(folder: str) -> str:
    """A folder's name as the protocol writes it: other letters in its own base64, all of it in quotes."""
    spelt = re.sub(
        r"[^\x20-\x7e]+",
        lambda letters: (
            "&" + b64encode(letters[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
        ),
        folder.replace("&", "&-"),
    )
    return '"' + spelt.replace("\\", "\\\\").replace('"', '\\"') + '"'
