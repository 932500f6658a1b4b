from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.addresses import from_start
from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import ListPage
from clients.models import Client
from invoices.models import Invoice
from reports.filters import DebtorFilter
from reports.queries import Debts
from reports.tables import DebtorTable, ManagerTable

FIRST = 10  # managers, those whose clients owe most; the others are shown when asked for


class Debtors(ListPage):
    """Who owes, by account manager and age (MISSION row 23); the file holds exactly what is filtered."""

    permission, title, menu = "reports.view_debtors", _("Debtors"), "reports"
    table = DebtorTable
    filterset = DebtorFilter
    default_order = ("-debt", "-client")
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

    def get(self, request: PanelRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("part") == "managers":
            return render(request, "reports/_managers.html", self.managers())
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Invoice]:
        return self.debts.owed()

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return queryset.filter(client__in=super().search(Client.objects.all(), typed))

    @cached_property
    def owed(self) -> QuerySet[Invoice]:
        """The unpaid invoices of those whom the list shows."""
        return self.filter.qs if self.filter else self.reached

    @cached_property
    def found(self) -> QuerySet[Invoice, Any]:
        return self.debts.by_client(self.owed)

    def managers(self) -> dict[str, Any]:
        """What the clients of each manager owe in all; a manager's address narrows the list to them."""
        query = self.request.GET
        lines = list(self.debts.by_manager(self.owed))
        for line in lines:
            line["address"] = from_start(query, whole=None, manager=line["manager"] or "none")
        table = (
            ManagerTable() if self.debts.overdue_only else ManagerTable([c.key for c in ManagerTable.columns])
        )
        shown = lines if "whole" in query else lines[:FIRST]
        return {
            "columns": table.visible,
            "managers": table.shown(shown),
            "others": len(lines) - len(shown),
            "everything": sum(line["debt"] for line in lines),
        }
