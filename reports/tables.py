from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class AgeColumn(MoneyColumn):
    """What is owed since so long; nothing is a dash, so that what there is stands out."""

    def text(self, value: Any) -> str:
        return super().text(value or None)


class DebtorTable(Table):
    columns = (
        LinkColumn(
            "name", _("Client"), sort="name_key", link=lambda row: reverse("client-detail", args=[row["id"]])
        ),
        TextColumn("id", _("No."), align="end", hidden=True),
        TextColumn("manager", _("Manager"), fields=("account_manager__name",)),
        MoneyColumn("debt", _("Debt"), sum="debt", sort="debt"),
        DateColumn("oldest", _("Oldest due"), align="end"),
        NumberColumn("days", _("Days late"), fields=("oldest",), cell=lambda row: str(days_late(row)),
                     export=days_late, hidden=True),
        AgeColumn("due", _("Not due yet"), sum="due", hidden=True),
        AgeColumn("d7", _("1–7 days"), sum="d7"),
        AgeColumn("d30", _("8–30 days"), sum="d30"),
        AgeColumn("d60", _("31–60 days"), sum="d60"),
        AgeColumn("d90", _("61–90 days"), sum="d90"),
        AgeColumn("older", _("over 90 days"), sum="older"),
    )  # fmt: skip
    reads = ("oldest",)

    def css(self, row: Row) -> str:
        late = days_late(row)
        return "danger" if late > 60 else "warning" if late > 30 else ""
