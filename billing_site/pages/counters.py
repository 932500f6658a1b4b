"""The three counters of the top bar and the bell: cheap, bounded, kept for the fragments of one page."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from billing_site.journal.models import Job
from billing_site.kit import live
from billing_site.office.models import User
from billing_site.pages.access import may
from clients.models import Mention
from invoices.models import Invoice
from products.models import Order
from tickets.models import Ticket

LIMIT = 1000
SECONDS = 1


def _count(user: User) -> dict[str, int]:
    wanted: dict[str, QuerySet] = {
        "jobs": Job.objects.filter(author=user, ended_at__isnull=False, seen_at__isnull=True),
        "mentions": Mention.objects.filter(user=user, seen_at__isnull=True),
    }
    if may(user, "products.view_order"):
        wanted["orders"] = Order.objects.filter(status=Order.Status.PENDING).visible_to(user)
    if may(user, "invoices.view_invoice"):
        wanted["invoices"] = Invoice.objects.overdue().visible_to(user)
    if may(user, "tickets.view_ticket"):
        wanted["tickets"] = Ticket.objects.awaiting().visible_to(user)
    return _bounded(wanted)


def _bounded(wanted: dict[str, QuerySet]) -> dict[str, int]:
    """How many rows each has, counted no further than LIMIT + 1, all in one query."""
    rows = [found.order_by().values("pk")[: LIMIT + 1].query.sql_with_params() for found in wanted.values()]
    counts = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for sql, _params in rows)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}", [value for _sql, params in rows for value in params])
        return dict(zip(wanted, cursor.fetchone(), strict=True))


def _key(user: User) -> str:
    return f"counters:{user.pk}"


def recount(user: User) -> None:
    """The next page counts anew: the user has just done what a counter speaks of."""
    live.forget(_key(user))


def counters(user: User) -> dict[str, int]:
    """Pending orders, overdue invoices, tickets that wait for us, unseen finished jobs and calls of the user.

    Only what the user may see; LIMIT + 1 stands for "more". At most SECONDS old.
    """
    kept: Any = live.recall(_key(user))
    if isinstance(kept, dict):
        return kept
    fresh = _count(user)
    live.remember(_key(user), fresh, SECONDS)
    return fresh


def shown(count: int) -> str:
    """1000+ when it was not counted to the end."""
    return f"{LIMIT}+" if count > LIMIT else str(count)
