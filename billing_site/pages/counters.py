"""The three counters of the top bar and the bell: cheap, bounded, kept for seconds."""

from typing import Any

from django.db.models import QuerySet, Value

from billing_site.journal.models import Job
from billing_site.kit import live
from billing_site.office.models import User
from billing_site.pages.access import may
from clients.models import Mention
from invoices.models import Invoice
from products.models import Order
from tickets.models import Ticket

LIMIT = 1000
SECONDS = 15


def _bounded(queryset: QuerySet) -> int:
    return queryset.order_by()[: LIMIT + 1].count()


def _bell(user: User) -> dict[str, int]:
    """Unseen jobs and calls of the user, in one query."""
    jobs = Job.objects.filter(author=user, ended_at__isnull=False, seen_at__isnull=True)
    calls = Mention.objects.filter(user=user, seen_at__isnull=True)
    both = [
        rows.order_by().annotate(bell=Value(name)).values("bell")[: LIMIT + 1]
        for name, rows in (("jobs", jobs), ("mentions", calls))
    ]
    rung = [row["bell"] for row in both[0].union(both[1], all=True)]
    return {name: rung.count(name) for name in ("jobs", "mentions")}


def _count(user: User) -> dict[str, int]:
    wanted: dict[str, QuerySet] = {}
    if may(user, "products.view_order"):
        wanted["orders"] = Order.objects.filter(status=Order.Status.PENDING).visible_to(user)
    if may(user, "invoices.view_invoice"):
        wanted["invoices"] = Invoice.objects.overdue().visible_to(user)
    if may(user, "tickets.view_ticket"):
        wanted["tickets"] = Ticket.objects.awaiting().visible_to(user)
    return {**_bell(user), **{name: _bounded(queryset) for name, queryset in wanted.items()}}


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
