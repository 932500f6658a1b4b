from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.views import ListPage
from clients.models import Client
from reports.filters import DebtorFilter
from reports.queries import AGES, Debts
from reports.tables import DebtorTable


class Debtors(ListPage):
    """Who owes, by account manager and age (MISSION row 23); the file holds exactly what is filtered."""

    permission, title, menu = "reports.view_debtors", _("Debtors"), "reports"
    table = DebtorTable
    filterset = DebtorFilter
    default_order = ("-debt", "-id")
    search_fields = ("name_key", "id")
    template_name, fragment_name = "reports/debtors.html", "reports/_debtors.html"
    empty_text = _("Nobody owes anything. Well done.")

    @property
    def debts(self) -> Debts:
        seller = self.request.GET.get("seller", "")
        return Debts(
            clock.today(),
            seller=int(seller) if seller.isdecimal() else None,
            overdue_only=self.request.GET.get("all") != "true",
        )

    def get_queryset(self) -> QuerySet[Client]:
        return self.debts.clients()

    def context(self) -> dict[str, Any]:
        managers = list(self.debts.by_manager(self.found))
        for line in managers:
            line["ages"] = [line[key] for key, _first, _last in AGES]
        return {
            **super().context(),
            "managers": managers,
            "with_due": not self.debts.overdue_only,
            "everything": sum(line["debt"] for line in managers),
        }
