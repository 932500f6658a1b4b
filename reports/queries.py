"""What reports read: set-based, never a loop over rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DecimalField, F, Func, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from clients.models import Client
from invoices.models import Invoice
from invoices.models.invoice import InvoiceQuerySet

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

    def owed(self) -> InvoiceQuerySet:
        """The invoices themselves."""
        which = Q(status=Invoice.Status.ISSUED)
        if self.seller:
            which &= Q(seller=self.seller)
        return Invoice.objects.filter(which & Q(due_on__lt=self.on) if self.overdue_only else which)

    def sums(self) -> dict[str, Any]:
        """Aggregates: `debt`, of it `due` (not late yet), `d7` … `older` by days late, `oldest`."""

        def summed(which: Q | None) -> Coalesce:
            rest = Sum(F("total") - F("paid"), filter=which)
            return Coalesce(rest, Value(Decimal(0)), output_field=MONEY)

        return {
            "debt": summed(None),
            "due": summed(Q(due_on__gte=self.on)),
            **{key: summed(self._aged(first, last)) for key, first, last in AGES},
            "oldest": Min("due_on"),
        }

    def _aged(self, first: int, last: int | None) -> Q:
        aged = Q(due_on__lte=self.on - timedelta(days=first))
        return aged & Q(due_on__gte=self.on - timedelta(days=last)) if last else aged

    def by_client(self, owed: QuerySet[Invoice]) -> QuerySet[Invoice, Any]:
        """Debts summed by client. All are ranked by `debt`; `ages` and names are told of the rows shown."""
        client = Client.objects.filter(pk=OuterRef("client"))
        return (
            owed.order_by()
            .values("client")
            .annotate(**self.sums())
            .annotate(
                ages=self._in_ages(),
                name=Subquery(client.values("name")),
                manager_name=Subquery(client.values("account_manager__name")),
            )
        )

    def _in_ages(self) -> Subquery:
        """A client's `due`, `d7` … `older` as a list."""
        sums = self.sums()
        listed = Func(
            sums["due"], *(sums[key] for key, _first, _last in AGES),
            template="ARRAY[%(expressions)s]", output_field=ArrayField(MONEY),
        )  # fmt: skip
        mine = self.owed().filter(client=OuterRef("client")).order_by().values("client")
        return Subquery(mine.annotate(listed=listed).values("listed"))

    def by_manager(self, owed: QuerySet[Invoice]) -> QuerySet[Invoice, Any]:
        """Debts summed by the manager who answers now, the largest first."""
        return (
            owed.order_by()
            .values("manager", "manager__name")
            .annotate(clients=Count("client", distinct=True), **self.sums())
            .order_by(F("debt").desc(), "manager")
        )
