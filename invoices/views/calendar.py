"""What will happen on which day: drafts of the run, invoices due, services that end, planned changes."""

from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.periods import add_months
from billing_site.office.models import User, WorkDay
from billing_site.pages.page import Page
from clients.models import clients_seen_by
from invoices import billing
from invoices.billing.dispatching import SEND_DAY
from invoices.billing.renewing import AHEAD
from invoices.models import Invoice
from products.models import PlannedChange, Service

MONDAY_FIRST = Calendar(firstweekday=0)
RUNNING = (Service.Status.ACTIVE, Service.Status.SUSPENDED)


@dataclass
class Day:
    """A day: services the run will draft on it, invoices due, services that end, changes that take effect."""

    on: date
    services: int = 0
    amount: Decimal = Decimal(0)
    invoices: int = 0
    due: Decimal = Decimal(0)
    ends: int = 0
    changes: int = 0
    works: bool = True
    note: str = ""

    @property
    def send_by(self) -> date | None:
        """The month whose renewals are to be sent by this day."""
        return add_months(self.on.replace(day=1), 1) if self.on.day == SEND_DAY else None


def days_between(user: User, first: date, last: date) -> list[Day]:
    """Drafts of the run and invoices due, day by day, inside the user's scope; two queries."""
    days = [Day(first + timedelta(days=n)) for n in range((last - first).days + 1)]
    by_date = {day.on: day for day in days}
    drafted = (
        billing.renewing_services()
        .visible_to(user)
        .filter(paid_until__range=(first + AHEAD, last + AHEAD))
        .values_list("paid_until")
        .annotate(n=Count("pk"), amount=Sum("recurring"))
        .order_by()
    )
    for starts_on, n, amount in drafted:
        day = by_date[starts_on - AHEAD]
        day.services, day.amount = n, amount
    due = (
        Invoice.objects.unpaid()
        .visible_to(user)
        .filter(due_on__range=(first, last))
        .values_list("due_on")
        .annotate(n=Count("pk"), amount=Sum(F("total") - F("paid")))
        .order_by()
    )
    for on, n, amount in due:
        by_date[on].invoices, by_date[on].due = n, amount
    return days


def add_ends(user: User, days: Sequence[Day]) -> None:
    """Services that end with their paid period, planned changes, days off: three queries."""
    by_date, span = {day.on: day for day in days}, (days[0].on, days[-1].on)
    ending = Service.objects.filter(ends=True, status__in=RUNNING, paid_until__range=span).visible_to(user)
    for on, n in _counted(ending.values_list("paid_until")):
        by_date[on].ends = n
    planned = PlannedChange.objects.filter(
        clients_seen_by(user, "service__client__"), status=PlannedChange.Status.PLANNED, on__range=span
    )
    for on, n in _counted(planned.values_list("on")):
        by_date[on].changes = n
    known = {row.day: row for row in WorkDay.objects.filter(day__range=span)}
    for day in days:
        row = known.get(day.on)
        day.works = row.opens is not None if row else day.on.weekday() < 5
        day.note = row.note if row else ""


def _counted(rows: Any) -> Iterable[tuple[date, int]]:
    return rows.annotate(n=Count("pk")).order_by()


def weeks_of(days: Sequence[Day]) -> list[list[Day]]:
    return [list(days[start : start + 7]) for start in range(0, len(days), 7)]


class RenewalCalendar(Page):
    """A month, ?month=2026-12; this one without it."""

    permission, title, menu = "invoices.view_invoice", _("Calendar of renewals"), "billing"
    template_name = "invoices/renewals/calendar.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        try:
            first = date.fromisoformat(f"{request.GET.get('month', '')}-01")
        except ValueError:
            first = today.replace(day=1)
        first = min(max(first, date(2000, 1, 1)), date(2200, 1, 1))
        weeks = MONDAY_FIRST.monthdatescalendar(first.year, first.month)
        days = days_between(self.request.user, weeks[0][0], weeks[-1][-1])
        add_ends(self.request.user, days)
        inside = [day for day in days if day.on.month == first.month]
        return render(request, self.template_name, {
            **self.frame(),
            "first": first, "today": today, "weeks": weeks_of(days),
            "previous": add_months(first, -1), "following": add_months(first, 1),
            "amount": sum((day.amount for day in inside if day.on >= today), Decimal(0)),
            "due": sum((day.due for day in inside), Decimal(0)),
        })  # fmt: skip
