"""Visits to the mailboxes: whose turn it is, one visitor at a time, trouble told by the mailbox."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from django.db import connection
from django.utils.translation import gettext as _

from billing_site.kit import clock
from tickets.importing import imap, maildir
from tickets.importing.taking import Taken
from tickets.models import Mailbox

log = structlog.get_logger()
_LOCKS = 7_446  # class of the advisory locks of mailboxes


@dataclass(frozen=True)
class _Source:
    """How mail is taken, and how long the source rests between two visits, well or in trouble."""

    take: Callable[[Mailbox], Taken]
    rest: timedelta
    rest_after_trouble: timedelta


_MAILDIR = _Source(maildir.take, timedelta(0), timedelta(0))
_IMAP = _Source(imap.take, timedelta(seconds=25), timedelta(minutes=1))
SOURCES = {"maildir": _MAILDIR, "imap": _IMAP, "imaps": _IMAP, "imap+ssl": _IMAP}


def fetch_due() -> dict[str, Taken]:
    """Visit each mailbox whose rest is over; trouble with one is its own."""
    return {
        box.name: fetch(box) for box in Mailbox.objects.filter(active=True).order_by("pk") if _is_due(box)
    }


def _is_due(mailbox: Mailbox) -> bool:
    source = SOURCES.get(urlsplit(mailbox.url).scheme)
    if source is None or mailbox.fetched_at is None:
        return True
    rest = source.rest_after_trouble if mailbox.error else source.rest
    return mailbox.fetched_at + rest <= clock.now()


def fetch(mailbox: Mailbox) -> Taken:
    """Take what is new. Trouble is told by the mailbox, never raised; two at once, and one does nothing."""
    with _alone(mailbox) as alone:
        if not alone:
            return Taken()
        source = SOURCES.get(urlsplit(mailbox.url).scheme)
        if source is None:
            taken = Taken(troubles=[_("%(url)s is not a source of mail.") % {"url": _shown(mailbox.url)}])
        else:
            taken = _take(source, mailbox)
        error = "\n".join(taken.troubles)[:2000]
        Mailbox.objects.filter(pk=mailbox.pk).update(fetched_at=clock.now(), error=error)
        if error and error != mailbox.error:
            log.warning("mailbox in trouble", mailbox=mailbox.name, error=error)
    return taken


def _take(source: _Source, mailbox: Mailbox) -> Taken:
    try:
        return source.take(mailbox)
    except (OSError, ValueError, imap.Trouble) as trouble:
        told = str(trouble) or type(trouble).__name__
        return Taken(troubles=[_("The source of mail can't be used: %(error)s") % {"error": told}])


def _shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


@contextmanager
def _alone(mailbox: Mailbox) -> Iterator[bool]:
    """Whether nobody else visits the mailbox now. Held by the connection, so no transaction stays open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, mailbox.pk])
        (alone,) = cursor.fetchone()
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, mailbox.pk])
