"""Two lists that must become empty: payers without a code in Union, paying clients without a manager."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import (
    Aggregate,
    Count,
    Exists,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import User
from billing_site.pages import formats
from billing_site.pages.addresses import known
from billing_site.pages.filtering import Cases
from billing_site.pages.tables import (
    Column,
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    Row,
    ShownRow,
    Table,
    TextColumn,
)
from billing_site.pages.views import Bulk, ListPage
from clients.filters import find_payers
from clients.models import Client, Payer, clients_seen_by
from invoices.models import Invoice, Payment
from tickets.clocks import Calendar

SENT = (Invoice.Status.ISSUED, Invoice.Status.PAID, Invoice.Status.COLLECTIONS)
LONG, TOO_LONG = timedelta(hours=4), timedelta(hours=8)  # of working time without a manager


def waiting_for_code(user: User) -> QuerySet[Payer]:
    """Payers that have invoices but no code, so that Union sees none of them (R1.5), the oldest first.

    `sent`, `amount` and `sent_since` are of invoices that are out already, `drafts` of those that wait for
    the code; `since`: the first day of either.
    """
    out, draft = Q(status__in=SENT), Q(status=Invoice.Status.DRAFT)
    began = Coalesce("issued_on", TruncDate("created_at", tzinfo=clock.MOSCOW))
    waiting = Invoice.objects.filter(out | draft, payer=OuterRef("pk"))
    client = Client.objects.filter(pk=OuterRef("client"))  # not joined: told of the rows shown
    return (
        Payer.objects.filter(clients_seen_by(user, "client__"), Exists(waiting), counterparty_code="")
        .annotate(
            sent=Coalesce(_told(Count("*"), out), 0), drafts=Coalesce(_told(Count("*"), draft), 0),
            amount=_told(Sum("total"), out), sent_since=_told(Min("issued_on"), out),
            since=_told(Min(began), out | draft),
            client_name=Subquery(client.values("name")),
            manager_name=Subquery(client.values("account_manager__name")),
        )
        .order_by("since", "id")
    )  # fmt: skip


def _told(of: Aggregate, which: Q) -> Subquery:
    """Something about a payer's invoices: worked out for the rows that are shown, not for all that wait."""
    mine = Invoice.objects.filter(which, payer=OuterRef("pk")).order_by().values("payer")
    return Subquery(mine.annotate(told=of).values("told"))


def paid_without_manager(user: User) -> QuerySet[Any, Any]:
    """Active clients whose money has come and nobody looks after (R1.6); `paid_at`: the first payment."""
    first = Payment.objects.filter(client=OuterRef("pk")).order_by("id")
    return (
        Client.objects.visible_to(user)
        .filter(Exists(first), status=Client.Status.ACTIVE, account_manager=None)
        .annotate(
            payment=Subquery(first.values("pk")[:1], output_field=IntegerField()),
            paid_at=Subquery(first.values("created_at")[:1]),
        )
        .order_by("payment", "id")
    )


def _days(row: Row) -> int:
    return (clock.today() - row["since"]).days


class CodeFilter(django_filters.FilterSet):
    """Over the annotations of `waiting_for_code`."""

    out = Cases(
        _("An invoice is out"),
        {"yes": (_("yes"), lambda: Q(sent__gt=0)), "no": (_("no"), lambda: Q(sent=0))},
    )

    class Meta:
        model = Payer
        fields = ()


class CodeTable(Table):
    """Payers of `waiting_for_code`; a row leads to where the code is typed in."""

    columns: Sequence[Column] = (
        LinkColumn(
            "name", _("Payer"), link=lambda row: known("payer-edit", row["client_id"], row["id"]),
        ),
        TextColumn("client", _("Client"), fields=("client_name",),
                   link=lambda row: known("client-detail", row["client_id"])),
        TextColumn("inn", _("INN")),
        TextColumn("manager", _("Manager"), fields=("manager_name",)),
        NumberColumn("sent", _("Invoices sent")),
        MoneyColumn("amount", _("Amount")),
        DateColumn("sent_since", _("First sent"), align="end", hidden=True),
        NumberColumn("drafts", _("Drafts that wait")),
        DateColumn("since", _("Waits since"), align="end"),
        NumberColumn("days", _("Days"), fields=("since",), cell=lambda row: formats.number(_days(row)),
                     export=_days),
    )  # fmt: skip
    reads = ("client_id", "since")

    def css(self, row: Row) -> str:
        days = _days(row)
        return "danger" if days > 7 else "warning" if days > 2 else ""


class CodeBlock(CodeTable):
    """The same in short, for the home page."""

    columns = tuple(one for one in CodeTable.columns if one.key in ("name", "client", "sent", "days"))


class ManagerlessTable(Table):
    """Clients of `paid_without_manager`; the age is of working time."""

    columns: Sequence[Column] = (
        LinkColumn("name", _("Client"), link=lambda row: known("client-manager", row["id"])),
        TextColumn("sales", _("Sales manager"), fields=("sales_manager__name",)),
        MomentColumn("paid_at", _("First payment"), align="end"),
        NumberColumn("age", _("Waits, working hours"), fields=("paid_at",),
                     cell=lambda row: formats.number(row["age"] // timedelta(hours=1))),
    )  # fmt: skip
    reads = ("paid_at",)

    def shown(self, rows: Iterable[Row]) -> list[ShownRow]:
        calendar, now = Calendar(), clock.now()
        return super().shown([{**row, "age": calendar.between(row["paid_at"], now)} for row in rows])

    def css(self, row: Row) -> str:
        return "danger" if row["age"] > TOO_LONG else "warning" if row["age"] > LONG else ""


class ManagerlessBlock(ManagerlessTable):
    """The same in short, for the home page."""

    columns = tuple(one for one in ManagerlessTable.columns if one.key != "sales")


class WaitingForCode(ListPage):
    """«Ждут кода»."""

    permission, title, menu = "clients.view_payer", _("Waiting for a code"), "clients"
    table = CodeTable
    filterset = CodeFilter
    default_order = ("since", "id")
    tabs = ((_("All"), ""), (_("An invoice is out"), "out=yes"), (_("Drafts only"), "out=no"))
    search_fields = ("inn",)
    search_hint = _("Name, INN, code, client")
    empty_text = _("Every payer with invoices has a code in Union.")

    def get_queryset(self) -> QuerySet:
        return waiting_for_code(self.request.user)

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_payers(queryset, typed)


class PaidWithoutManager(ListPage):
    """«Оплачены, без менеджера»."""

    permission, title, menu = "clients.view_client", _("Paid, without a manager"), "clients"
    table = ManagerlessTable
    default_order = ("payment", "id")
    bulk = (Bulk("client-bulk-manager", "clients.change_client", _("Give to a manager")),)
    search_fields = ("name_key",)
    search_hint = _("Client")
    export = False
    empty_text = _("Every client who pays has a manager.")

    def get_queryset(self) -> QuerySet:
        return paid_without_manager(self.request.user)
