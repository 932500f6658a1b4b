"""Whether the panel is well: versions, servers, how long the oldest of each queue waits."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Job
from billing_site.kit import clock, live
from billing_site.letters.models import Letter
from billing_site.pages.addresses import known
from invoices.models import Revision, Statement
from tickets.models import Mailbox, RawMail

STALE = timedelta(minutes=5)  # every queue is swept each half a minute: this is long


@dataclass(frozen=True)
class Fact:
    """Something the page states; `look` is a derived status of pages.statuses, or nothing."""

    label: str | Promise
    value: str
    look: str = ""


@dataclass(frozen=True)
class Queue:
    """Rows that wait for a worker, or for a person: how many, and since when the oldest."""

    label: str | Promise
    count: int
    oldest: datetime | None
    for_person: bool
    url: str

    @property
    def look(self) -> str:
        if not self.count:
            return "ok"
        if self.for_person:
            return "soon"
        return "trouble" if self.oldest and self.oldest < clock.now() - STALE else "ok"

    @property
    def word(self) -> str:
        return str({"soon": _("waits for a person"), "trouble": _("stands still")}.get(self.look, ""))


@cache
def version() -> str:
    """The panel's own version."""
    with open(settings.BASE_DIR / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["version"]


def facts() -> Iterator[Fact]:
    yield Fact(_("Billing"), version())
    yield Fact("Django", django.get_version())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))"
        )
        server, size = cursor.fetchone()
    yield Fact("PostgreSQL", f"{server.partition(' ')[0]}, {size}", "ok")
    redis: Any = live.server()
    if isinstance(redis, dict):
        yield Fact("Redis", str(redis.get("redis_version", "")), "ok")
        yield Fact(_("Errands in the broker"), str(live.length("celery")))
    else:
        yield Fact("Redis", "", "unknown")
        yield Fact(_("Errands in the broker"), "", "unknown")


def _queue(
    label: str | Promise, rows: QuerySet, since: str, page: str = "", *, for_person: bool = False
) -> Queue:
    """`page` is the URL name of the list with these rows, and its filter."""
    found = rows.aggregate(count=Count("pk"), oldest=Min(since))
    name, mark, query = page.partition("?")
    address = known(name) if name else None
    return Queue(
        label, found["count"], found["oldest"], for_person, f"{address}{mark}{query}" if address else ""
    )


def queues() -> Iterator[Queue]:
    """Each by its partial index, so it costs what waits and no more."""
    letters, jobs = Letter.Status, Job.State
    yield _queue(
        _("Letters to send"),
        Letter.objects.filter(status=letters.QUEUED, needs=""),
        "due_at",
        "letter-list?status=queued",
    )
    yield _queue(
        _("Letters that wait for a file"),
        Letter.objects.filter(~Q(needs=""), status=letters.QUEUED),
        "created_at",
        "letter-list?status=queued",
    )
    yield _queue(
        _("Papers to render"), Revision.objects.filter(status=Revision.Status.SENT, file=""), "sent_at"
    )
    yield _queue(_("Mails to read"), RawMail.objects.filter(status=RawMail.Status.RECEIVED), "received_at")
    yield _queue(
        _("Statements to read"),
        Statement.objects.filter(status=Statement.Status.RECEIVED),
        "created_at",
        "statement-list",
    )
    yield _queue(
        _("Jobs to run"), Job.objects.filter(state__in=(jobs.WAITING, jobs.RUNNING)), "created_at", "job-list"
    )
    yield _queue(
        _("Letters failed or uncertain"),
        Letter.objects.filter(status__in=(letters.FAILED, letters.UNCERTAIN)),
        "created_at",
        "letter-list?state=stopped",
        for_person=True,
    )
    yield _queue(_("Mails in quarantine"),
                 RawMail.objects.filter(status=RawMail.Status.QUARANTINED), "received_at",
                 "quarantine-list", for_person=True)  # fmt: skip


def mailboxes() -> QuerySet[Mailbox]:
    return Mailbox.objects.select_related("department").order_by("name")
