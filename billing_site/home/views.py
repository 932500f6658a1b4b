from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.home import forms, health, panels, queries
from billing_site.home.figures import todays_figures
from billing_site.home.links import GUIDE, QUICK, links
from billing_site.kit import clock
from billing_site.office.actions import change_profile
from billing_site.office.models import User
from billing_site.pages.access import may
from billing_site.pages.views import SIGNED_IN, FormPage, Page, PanelView

AGES = (
    ("d7", _("1–7 days")),
    ("d30", _("8–30 days")),
    ("d60", _("31–60 days")),
    ("d90", _("61–90 days")),
    ("older", _("over 90 days")),
)


def month_of(text: str) -> date:
    """First day of the month written as 2026-12; of this month when it is written otherwise."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return clock.today().replace(day=1)


def months_away(first: date, months: int) -> date:
    """First day of the month so many months later or earlier; within the years that dates have."""
    ordinal = first.year * 12 + first.month - 1 + months
    return date(min(max(ordinal // 12, date.min.year), date.max.year), ordinal % 12 + 1, 1)


class Home(Page):
    """My day: what waits for me first; figures, renewals and the calendar load by themselves."""

    permission, title, menu = SIGNED_IN, _("My day"), "home"
    template_name = "home/home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        day = panels.my_day(self.request.user)
        return render(
            request,
            self.template_name,
            {
                **self.frame(),
                "today": clock.today(),
                "blocks": [block for block in day if block.rows],
                "clear": [block.block.title for block in day if not block.rows],
                "month": month_of(request.GET.get("month", "")),
                "quick": links(QUICK, self.request.user),
                "shows_calendar": may(self.request.user, "products.view_service"),
                "shows_renewals": may(self.request.user, panels.RENEWALS.permission),
            },
        )


class HomePanel(PanelView):
    """A part of the home page; it is about the reader, not about an object."""

    def get_object(self) -> None:
        return None


class Figures(HomePanel):
    permission, template_name = SIGNED_IN, "home/_figures.html"

    def get_context(self, obj: None) -> dict[str, Any]:
        return {"figures": todays_figures(self.request.user)}


class Renewals(HomePanel):
    permission, template_name = panels.RENEWALS.permission, "home/_block.html"

    def get_context(self, obj: None) -> dict[str, Any]:
        return {"filled": panels.filled(panels.RENEWALS, self.request.user)}


class Debts(HomePanel):
    permission, template_name = "invoices.issue_invoice", "home/_debts.html"

    def get_context(self, obj: None) -> dict[str, Any]:
        debts = queries.debts_by_age(self.request.user)
        return {"ages": [(label, debts[key]) for key, label in AGES], "debt": debts["debt"]}


class Month(HomePanel):
    """A month of the calendar; its own links swap it in place."""

    permission, template_name = "products.view_service", "home/_month.html"

    def get_context(self, obj: None) -> dict[str, Any]:
        try:
            first = date(self.kwargs["year"], self.kwargs["month"], 1)
        except ValueError as no_month:
            raise Http404 from no_month
        weeks = queries.month_of_renewals(self.request.user, first)
        inside = [day for week in weeks for day in week if day.inside]
        return {
            "first": first,
            "today": clock.today(),
            "weeks": weeks,
            "services": sum(day.services for day in inside),
            "amount": sum(day.amount for day in inside),
            "previous": months_away(first, -1),
            "next": months_away(first, 1),
        }


class System(Page):
    """What runs here and whether anything stands still."""

    permission, title, menu = "office.view_system", _("System"), "settings"
    template_name = "home/system.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "facts": health.facts(),
            "queues": health.queues(),
            "mailboxes": health.mailboxes(),
            "now": clock.now(),
        }
        return render(request, self.template_name, {**self.frame(), **context})


class Help(Page):
    permission, title, menu = SIGNED_IN, _("Guide"), "help"
    template_name = "home/help.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, self.template_name, {**self.frame(), "guide": links(GUIDE, self.request.user)})


class Profile(FormPage):
    """What a member of staff says of himself."""

    permission, title = SIGNED_IN, _("My account")
    template_name = "home/profile.html"
    form_class = forms.ProfileForm
    crumbs = ((_("Home"), "home"),)

    def get_object(self) -> User:
        return User.objects.get(pk=self.request.user.pk)

    def perform(self, form: forms.ProfileForm, by: User) -> User:
        return change_profile(self.object, by=by, **form.cleaned_data)

    def get_success_url(self, obj: User) -> str:
        return reverse("profile")
