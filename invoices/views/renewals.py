"""What the renewal run will draft: a dry run of any day, and the week that comes."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import User
from billing_site.pages.page import Page
from billing_site.pages.requests import PanelRequest
from clients.models import Client
from invoices import billing, totals
from invoices.billing.renewing import AHEAD, Renewals
from invoices.drafting import Plan
from invoices.views.calendar import Day, days_between

CLIENTS, SERVICES = 50, 1000  # shown on a page, looked at for it
WEEK = 7
FAR = timedelta(days=3660)  # ten years: further nobody plans


@dataclass(frozen=True)
class Shown:
    """A draft to be, with what it comes to; `before` is the last main invoice of the same parties."""

    plan: Plan
    total: Decimal
    before: Decimal | None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Lines with their arithmetic, sums as sums."""
        return [
            {
                "line": line,
                "steps": [{"text": step["text"], "amount": Decimal(step["amount"])} for step in line.why],
            }
            for line in self.plan.lines
        ]

    @property
    def change(self) -> Decimal | None:
        """By how many percent it differs from the last one; None when there is none to compare with."""
        if not self.before:
            return None
        return (100 * (self.total - self.before) / self.before).quantize(Decimal("0.1"))


@dataclass
class Forecast:
    """A page of the dry run: drafts and parked clients; `more`, where the next one goes on, if it does."""

    drafts: list[Shown] = field(default_factory=list)
    parked: list[billing.Held] = field(default_factory=list)
    more: int | None = None

    @property
    def total(self) -> Decimal:
        return sum((one.total for one in self.drafts), Decimal(0))


def week_ahead(user: User, today: date) -> list[Day]:
    """The next seven days from today on."""
    return days_between(user, today, today + timedelta(days=WEEK - 1))


def forecast(user: User, on: date, after: int) -> Forecast:
    """What a run of `on` would draft for the next clients by id that the user may see. Writes nothing."""
    seen = Client.objects.visible_to(user)
    clients, more = billing.look_for_due(on, among=seen, after=after, limit=CLIENTS, services=SERVICES)
    renewals: Renewals = billing.plan_renewals(clients, on)
    before = billing.last_totals(renewals.plans)
    drafts = [
        Shown(
            plan, totals.total(plan.lines).gross, before.get((plan.client.pk, plan.payer.pk, plan.seller.pk))
        )
        for plan in renewals.plans
    ]
    return Forecast(drafts, renewals.parked, more)


class RenewalForecast(Page):
    """The dry run of a day (?on=, today without it), a page of clients after ?after=.

    A page that found nothing asks for the next one by itself.
    """

    permission, title, menu = "invoices.view_invoice", _("What will renew"), "billing"
    template_name, fragment_name = "invoices/renewals.html", "invoices/_forecast.html"

    @cached_property
    def on(self) -> date | None:
        """The day asked for; None when it is no day, or one that no run would have."""
        typed, today = self.request.GET.get("on", ""), clock.today()
        if not typed:
            return today
        try:
            on = date.fromisoformat(typed)
        except ValueError:
            return None
        return on if today <= on <= today + FAR else None

    def get(self, request: PanelRequest) -> HttpResponse:
        after = request.GET.get("after", "")
        start = int(after) if after.isdecimal() and len(after) < 12 else 0
        shown: dict[str, Any] = {"on": self.on, "after": start}
        if self.on:
            shown |= {"forecast": forecast(request.user, self.on, start), "starts": self.on + AHEAD}
            if request.htmx:
                return render(request, self.fragment_name, shown)
        shown |= {
            **self.frame(),
            "week": week_ahead(request.user, clock.today()),
            "typed": request.GET.get("on", ""),
            "today": clock.today(),
        }
        return render(request, self.template_name, shown, status=200 if self.on else 400)
