from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    Row,
    Table,
    TextColumn,
)


def days_late(row: Row) -> int:
    return max(0, (clock.today() - row["oldest"]).days)


class DebtorTable(Table):
    columns = (
        LinkColumn(
            "name", _("Client"), sort="name_key", link=lambda row: reverse("client-detail", args=[row["id"]])
        ),
        TextColumn("id", _("No."), align="end", hidden=True),
        TextColumn("manager", _("Manager"), fields=("account_manager__name",)),
        DateColumn("oldest", _("Oldest due")),
        NumberColumn(
            "days", _("Days late"), fields=("oldest",), cell=lambda row: str(days_late(row)), export=days_late
        ),
        MoneyColumn("due", _("Not due yet"), sum="due", hidden=True),
        MoneyColumn("d7", _("1–7 days"), sum="d7"),
        MoneyColumn("d30", _("8–30 days"), sum="d30"),
        MoneyColumn("d60", _("31–60 days"), sum="d60"),
        MoneyColumn("d90", _("61–90 days"), sum="d90"),
        MoneyColumn("older", _("over 90 days"), sum="older"),
        MoneyColumn("debt", _("Debt"), sum="debt", sort="debt"),
    )
    reads = ("oldest",)

    def css(self, row: Row) -> str:
        late = days_late(row)
        return "danger" if late > 60 else "warning" if late > 30 else ""
