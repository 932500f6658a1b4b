"""What the home and system pages read: each question one query, by an index, inside the reader's scope."""

from calendar import Calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from billing_site.kit import clock
from billing_site.letters.actions import STOPPED
from billing_site.letters.models import Letter
from billing_site.office.models import User, WorkDay
from clients.models import Client, Todo, client_numbers_seen_by, clients_seen_by
from invoices import billing
from invoices.billing.renewing import AHEAD
from invoices.models import Allocation, BankLine, Invoice, Payment, ProofCard
from products.models import Order, Service
from reports.queries import Debts
from tickets.models import RawMail, Ticket

MONDAY_FIRST = Calendar(firstweekday=0)


def oversees(user: User) -> bool:
    """Heads and administrators answer for everybody's work; the others for their own."""
    return user.has_perm("office.view_system")


def _managed(user: User, path: str) -> Q:
    """Whose work it is; `path` leads to the manager."""
    return Q() if oversees(user) else Q(**{path: user.pk})


def my_todos(user: User) -> QuerySet[Todo]:
    """What the reader has to do, the first due first."""
    return Todo.objects.filter(assignee=user, done_at=None)


def my_drafts(user: User) -> QuerySet[Invoice]:
    """Drafts to check and send, the first due first."""
    drafts = Invoice.objects.filter(_managed(user, "manager"), status=Invoice.Status.DRAFT)
    return drafts.visible_to(user).order_by("due_on", "id")


def unseen_proofs(user: User) -> QuerySet[ProofCard]:
    """What paid additional invoices changed and nobody has looked at (R5.3), the newest first."""
    return ProofCard.objects.filter(
        _managed(user, "invoice__manager"),
        clients_seen_by(user, "invoice__client__"),
        invoice__role=Invoice.Role.ADDON,
        seen_at__isnull=True,
    ).order_by("-id")


def my_overdue(user: User) -> QuerySet[Any, Any]:
    """Invoices past their due date, the oldest first; `open` is what is still to be paid."""
    overdue = Invoice.objects.overdue().filter(_managed(user, "manager")).visible_to(user)
    return overdue.annotate(open=F("total") - F("paid")).order_by("due_on", "id")


def debts_by_age(user: User) -> Mapping[str, Any]:
    """The same overdue invoices summed by days late: `debt`, `d7`, `d30`, `d60`, `d90`, `older`."""
    debts = Debts(clock.today())
    mine = debts.owed().filter(_managed(user, "manager")).visible_to(user)
    return mine.aggregate(**debts.sums())


def pending_orders(user: User) -> QuerySet[Order]:
    """Orders that wait to be accepted, the newest first."""
    own = Q(author=user) | Q(client__sales_manager=user) | Q(client__account_manager=user)
    pending = Order.objects.filter(Q() if oversees(user) else own, status=Order.Status.PENDING)
    return pending.visible_to(user).order_by("-id")


def stopped_letters(user: User) -> QuerySet[Letter]:
    """Letters that a person must decide on: held, failed, uncertain; the newest first."""
    own = Q(author=user) | Q(client_no__in=Client.objects.filter(account_manager=user).values("pk"))
    stopped = Letter.objects.filter(Q() if oversees(user) else own, status__in=STOPPED)
    return stopped.filter(client_numbers_seen_by(user)).order_by("-id")


def open_bank_lines(_user: User) -> QuerySet[BankLine]:
    """Money in that is not settled: the bank desk's queue."""
    return BankLine.objects.waiting().order_by("-id")


def quarantined_mails(_user: User) -> QuerySet[RawMail]:
    return RawMail.objects.filter(status=RawMail.Status.QUARANTINED).order_by("-id")


def renewing(user: User) -> QuerySet[Service]:
    """Services that go on after their paid period: a manager's own, everybody's for the others."""
    manages = user.has_perm("invoices.issue_invoice") and not oversees(user)
    own = Q(client__account_manager=user.pk) if manages else Q()
    return billing.renewing_services().filter(own).visible_to(user)


def coming_renewals(user: User) -> QuerySet[Service, Any]:
    """Clients whose next period starts within AHEAD: one row per client and day.

    `paid_until` is its first day; `services` and `amount` of that period.
    """
    today = clock.today()
    return (
        renewing(user)
        .filter(paid_until__range=(today, today + AHEAD))
        .values("paid_until", "client_id", "client__name")
        .annotate(services=Count("*"), amount=Sum("recurring"))
        .order_by("paid_until", "client_id")
    )


@dataclass(frozen=True)
class Day:
    """A day of the calendar: services whose next period starts on it, and what that costs."""

    on: date
    inside: bool
    works: bool
    note: str = ""
    services: int = 0
    amount: Decimal = Decimal(0)


def month_of_renewals(user: User, first: date) -> list[list[Day]]:
    """Weeks of the month that starts on `first`, Monday first, filled up with days of its neighbours."""
    weeks = list(MONDAY_FIRST.monthdatescalendar(first.year, first.month))
    start, end = weeks[0][0], weeks[-1][-1]
    calendar = {row.day: row for row in WorkDay.objects.filter(day__range=(start, end))}
    due = (
        renewing(user)
        .filter(paid_until__range=(start, end))
        .values_list("paid_until")
        .annotate(services=Count("*"), amount=Sum("recurring"))
        .order_by()
    )
    starting = {on: (services, amount) for on, services, amount in due}

    def drawn(on: date) -> Day:
        known = calendar.get(on)
        works = known.opens is not None if known else on.weekday() < 5
        return Day(on, on.month == first.month, works, known.note if known else "", *starting.get(on, ()))

    return [[drawn(on) for on in week] for week in weeks]


def issued_on(user: User, day: date) -> Mapping[str, Any]:
    """`count` and `amount` of invoices issued on `day`; void ones were issued too."""
    issued = Invoice.objects.filter(issued_on=day).visible_to(user)
    return issued.aggregate(count=Count("*"), amount=Sum("total"))


def paid_on(user: User, day: date) -> Mapping[str, Any]:
    """Invoices that money of `day` paid in full; found through that day's payments, which are indexed."""
    touched = Allocation.objects.filter(payment__received_on=day).values("invoice")
    paid = Invoice.objects.filter(pk__in=touched, status=Invoice.Status.PAID, paid_on=day).visible_to(user)
    return paid.aggregate(count=Count("*"), amount=Sum("total"))


def received_on(user: User, day: date) -> Mapping[str, Any]:
    return (
        Payment.objects.filter(received_on=day)
        .visible_to(user)
        .aggregate(count=Count("*"), amount=Sum("amount"))
    )


def registered_on(user: User, day: date) -> int:
    return Client.objects.filter(registered_on=day).visible_to(user).count()


def open_tickets(user: User) -> int:
    return Ticket.objects.exclude(status=Ticket.Status.CLOSED).visible_to(user).count()
