"""What reports read: set-based, never a loop over rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from clients.models import Client
from invoices.models import Invoice

# (key, first day late, last day late); a debt due today is not late yet
AGES = (("d7", 1, 7), ("d30", 8, 30), ("d60", 31, 60), ("d90", 61, 90), ("older", 91, None))
MONEY = DecimalField(max_digits=14, decimal_places=2)


@dataclass(frozen=True)
class Debts:
    """Which debts a report is about: as they stand on the day `on`.

    Sums are of what is open of issued invoices, of partly paid ones the rest.
    """

    on: date
    seller: int | None = None
    overdue_only: bool = True

    def owed(self, path: str = "") -> Q:
        """Condition for the invoices; `path` leads to them."""
        which = Q(**{f"{path}status": Invoice.Status.ISSUED})
        if self.seller:
            which &= Q(**{f"{path}seller": self.seller})
        return which & Q(**{f"{path}due_on__lt": self.on}) if self.overdue_only else which

    def sums(self, path: str = "") -> dict[str, Any]:
        """Aggregates: `debt`, of it `due` (not late yet), `d7` … `older` by days late, `oldest`."""
        rest = F(f"{path}total") - F(f"{path}paid")

        def summed(which: Q | None) -> Coalesce:
            return Coalesce(Sum(rest, filter=which), Value(Decimal(0)), output_field=MONEY)

        return {
            "debt": summed(None),
            "due": summed(Q(**{f"{path}due_on__gte": self.on})),
            **{key: summed(self._aged(first, last, path)) for key, first, last in AGES},
            "oldest": Min(f"{path}due_on"),
        }

    def _aged(self, first: int, last: int | None, path: str) -> Q:
        aged = Q(**{f"{path}due_on__lte": self.on - timedelta(days=first)})
        return aged & Q(**{f"{path}due_on__gte": self.on - timedelta(days=last)}) if last else aged

    def clients(self) -> QuerySet[Client]:
        """Clients that owe, with the sums, in one grouped query."""
        return Client.objects.filter(self.owed("invoices__")).annotate(**self.sums("invoices__")).order_by()

    def by_manager(self, clients: QuerySet[Client]) -> QuerySet[Invoice, Any]:
        """The same debts of `clients` summed by the manager who answers now, the largest first."""
        return (
            Invoice.objects.filter(self.owed(), client__in=clients.order_by().values("pk"))
            .values("manager", "manager__name")
            .annotate(clients=Count("client", distinct=True), **self.sums())
            .order_by(F("debt").desc(), "manager")
        )
