"""Reading that spans rows: the queue, the conversation as it is shown, what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf

from billing_site.kit import clock
from billing_site.office.models import User
from clients.models import Client, EmailAddress
from tickets.clocks import Calendar, Policies
from tickets.models import Message, Ticket

COUNTED = timedelta(days=30)  # what is later than that is not counted in working minutes any more
EARLIER = 50  # messages that are unfolded at once
QUEUE = 500


def with_due(rows: QuerySet) -> QuerySet:
    """Tickets with `due_at`: when somebody must have an answer, or a hand-over must be carried out (R9.1)."""
    carried = Case(When(handover__isnull=False, then=F("solve_due_at")), output_field=DateTimeField())
    return rows.annotate(due_at=Coalesce(F("answer_due_at"), carried))


def with_last_words(rows: QuerySet) -> QuerySet:
    """Tickets with `sender` (who wrote last from outside) and `last_kind` (whose the last message is)."""
    messages = Message.objects.filter(ticket=OuterRef("pk")).order_by("-at", "-id")
    written = messages.filter(kind=Message.Kind.CLIENT)
    name = Coalesce(NullIf("from_name", Value("")), "from_address")
    return rows.annotate(
        sender=Subquery(written.annotate(who=name).values("who")[:1]),
        last_kind=Subquery(messages.values("kind")[:1]),
    )


def my_queue(user: User) -> QuerySet:
    """What the user works through: his tickets and those of his department that nobody took."""
    untaken = Q(assignee__isnull=True)
    if user.department_id:
        untaken &= Q(department=user.department_id)
    waiting = with_due(Ticket.objects.visible_to(user).exclude(status=Ticket.Status.CLOSED))
    return waiting.filter(Q(assignee=user) | untaken, due_at__isnull=False).order_by("due_at", "id")


def next_of_queue(user: User, after: int | None) -> int | None:
    """The ticket behind `after`, the first one when there is nothing behind; never `after` itself."""
    queue = list(my_queue(user).values_list("due_at", "pk")[:QUEUE])
    keys = [pk for _due, pk in queue]
    if after in keys:
        at = keys.index(after)
        keys = [*keys[at + 1 :], *keys[:at]]
    return next(iter(keys), None)


@dataclass(frozen=True)
class Left:
    """Working time until a clock runs out, below zero when it did; None = more than COUNTED ago.

    `stage`: "", warning, breach, escalation.
    """

    due: datetime
    minutes: int | None
    stage: str


class TimeLeft:
    """Reads what is left on the clocks; the calendar and the limits are asked once for all rows."""

    def __init__(self) -> None:
        self._calendar, self._policies, self._now = Calendar(), Policies(), clock.now()

    def of(self, due: datetime, which: str, department_id: int, *, is_handover: bool) -> Left:
        """`which` clock runs out at `due`: "answer" or "solve"."""
        policy = self._policies.of(department_id, is_handover=is_handover)
        limit = policy.minutes(which)
        if self._now > due:
            if self._now - due > COUNTED:
                return Left(due, None, "escalation")
            late = self._minutes(due, self._now)
            escalated = late >= limit * (policy.escalation_percent - policy.breach_percent) / 100
            return Left(due, -late, "escalation" if escalated else "breach")
        left = self._minutes(self._now, due)
        near = left <= limit * (policy.breach_percent - policy.warning_percent) / 100
        return Left(due, left, "warning" if near else "")

    def _minutes(self, start: datetime, end: datetime) -> int:
        return int(self._calendar.between(start, end).total_seconds() // 60)


def messages_of(ticket: Ticket) -> QuerySet[Message]:
    """Newest first, with author, letter and files; `has_html` instead of the HTML itself."""
    return (
        Message.objects.filter(ticket=ticket)
        .select_related("author", "letter")
        .prefetch_related("files")
        .annotate(has_html=Case(When(html="", then=False), default=True, output_field=BooleanField()))
        .defer("html", "letter__text", "letter__html", "letter__headers", "letter__references")
        .order_by("-at", "-id")
    )


def opened_messages(ticket: Ticket, newest: int, *, since: int | None = None) -> list[Any]:
    """The first message and the newest ones in order, all those after `since` among them.

    Each says how many there are (`total`) and which is the last that came (`top`).
    """
    every = Message.objects.filter(ticket=ticket).order_by()
    counted = every.values("ticket").annotate(n=Count("pk"), top=Max("pk"))
    shown = Q(pk=Subquery(every.order_by("at", "pk").values("pk")[:1]))
    shown |= Q(pk__in=every.order_by("-at", "-pk").values("pk")[:newest])
    if since is not None:
        shown |= Q(pk__gt=since)
    found = messages_of(ticket).filter(shown)
    return list(
        found.annotate(total=Subquery(counted.values("n")), top=Subquery(counted.values("top"))).reverse()
    )


def earlier_messages(ticket: Ticket, before: Message | None) -> tuple[list[Message], bool]:
    """The EARLIER messages before this one in order, without the first of all; whether there are more."""
    found = messages_of(ticket)
    if before is not None:
        found = found.filter(Q(at__lt=before.at) | Q(at=before.at, pk__lt=before.pk))
    rows = list(found[: EARLIER + 2])
    more = len(rows) > EARLIER + 1
    return rows[EARLIER - 1 :: -1] if more else rows[-2::-1], more


def addresses_of(client: Client | None) -> dict[str, str]:
    """Kind of each address of the client; a former one only when it is nothing else."""
    if client is None:
        return {}
    known: dict[str, str] = {}
    for address, kind in client.addresses.values_list("address", "kind"):
        if kind != EmailAddress.Kind.FORMER or address not in known:
            known[address] = kind
    return known


def standing_of(message: Message, known: dict[str, str]) -> str:
    """Whose address a message came from: profile, contact, former or other (MISSION row 5)."""
    kind = known.get(message.from_address, "")
    if message.from_profile or kind == EmailAddress.Kind.PROFILE:
        return "profile"
    if kind in (EmailAddress.Kind.EXCLUSIVE, EmailAddress.Kind.SHARED):
        return "contact"
    return "former" if kind == EmailAddress.Kind.FORMER else "other"


def others_of(ticket: Ticket, user: User, size: int = 6) -> Sequence[Ticket]:
    """Other tickets of the same client, those that are not closed first."""
    if ticket.client_id is None:
        return []
    rows = Ticket.objects.visible_to(user).filter(client=ticket.client_id).exclude(pk=ticket.pk)
    return list(open_first(rows)[:size])


def open_first(rows: QuerySet) -> QuerySet:
    """Tickets that are not closed, then closed ones; the newest message first."""
    closed = Case(When(status=Ticket.Status.CLOSED, then=True), default=False, output_field=BooleanField())
    return rows.annotate(is_closed=closed).order_by("is_closed", "-last_at", "-id")
