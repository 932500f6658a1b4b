"""Renewals on the home page: parked by the run, and those that nobody has sent by the day (R5.2)."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.home.queries import oversees
from billing_site.kit import clock
from billing_site.office.models import User
from billing_site.pages.addresses import known
from billing_site.pages.tables import DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from invoices import billing
from invoices.models import Invoice, ParkedRenewal
from invoices.renewal_tables import ParkedTable


def parked_renewals(user: User) -> QuerySet[ParkedRenewal]:
    """What waits for a decision: a manager's own clients, everybody's for who oversees; oldest first."""
    waiting = ParkedRenewal.objects.filter(resolved_at__isnull=True).visible_to(user)
    if not oversees(user):
        waiting = waiting.filter(client__account_manager=user)
    return waiting.order_by("id")


def late_renewals(user: User) -> QuerySet[Invoice, Any]:
    """Renewal drafts whose day to be sent is over, the first due first."""
    return billing.late_drafts(clock.today()).visible_to(user).order_by("due_on", "id")


class ParkedBlock(ParkedTable):
    """The list's own rows, in fewer columns."""

    columns = tuple(one for one in ParkedTable.columns if one.key in ("client", "reason", "days"))


class LateBlock(Table):
    columns = (
        LinkColumn("client", _("Client"), fields=("client__name",),
                   link=lambda row: known("invoice-send", row["id"])),
        TextColumn("manager", _("Manager"), fields=("manager__name",)),
        DateColumn("due_on", _("Due"), align="end"),
        MoneyColumn("total", _("Amount"), currency="currency"),
    )  # fmt: skip
