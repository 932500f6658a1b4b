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


@dataclass(frozen=True)
class ListedAge(AgeColumn):
    """The `n`th of the row's `ages`; the column's key is its sum over the rows."""

    n: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        return ("ages",)

    def show(self, row: Row) -> str:
        return self.text(self.value(row))

    def value(self, row: Row) -> Any:
        return row["ages"][self.n]


WORDS = {
    "due": _("Not due yet"),
    "d7": _("1–7 days"),
    "d30": _("8–30 days"),
    "d60": _("31–60 days"),
    "d90": _("61–90 days"),
    "older": _("over 90 days"),
}


class DebtorTable(Table):
    """Rows of Debts.by_client."""

    id = "client"
    columns = (
        LinkColumn("name", _("Client"), sort="client__name_key",
                   link=lambda row: reverse("client-detail", args=[row["client"]])),
        TextColumn("id", _("No."), fields=("client",), align="end", hidden=True),
        TextColumn("manager", _("Manager"), fields=("manager_name",)),
        MoneyColumn("debt", _("Debt"), sum="debt", sort="debt"),
        DateColumn("oldest", _("Oldest due"), align="end"),
        NumberColumn("days", _("Days late"), fields=("oldest",), cell=lambda row: str(days_late(row)),
                     export=days_late, hidden=True),
        *(ListedAge(key, word, sum=key, n=n, hidden=key == "due")
          for n, (key, word) in enumerate(WORDS.items())),
    )  # fmt: skip
    reads = ("client", "oldest")

    def css(self, row: Row) -> str:
        late = days_late(row)
        return "danger" if late > 60 else "warning" if late > 30 else ""


class ManagerTable(Table):
    """Rows of Debts.by_manager, each with the `address` of its clients."""

    id = "manager"
    columns = (
        LinkColumn("name", _("Manager"), fields=("manager__name",),
                   cell=lambda row: row["manager__name"] or str(_("without a manager")),
                   link=lambda row: row["address"]),
        NumberColumn("clients", _("Clients")),
        *(AgeColumn(key, word, hidden=key == "due") for key, word in WORDS.items()),
        MoneyColumn("debt", _("Debt")),
    )  # fmt: skip
