"""Columns of the blocks of "my day"."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.kit import clock
from billing_site.letters.models import Letter
from billing_site.pages import formats
from billing_site.pages.addresses import known
from billing_site.pages.tables import (
    Column,
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    Row,
    StatusColumn,
    Table,
    TextColumn,
)
from clients.tables import TodoTable
from invoices.models import BankLine
from tickets.tables import TicketTable, left_badge, reason


def days_late(row: Row) -> str:
    return str((clock.today() - row["due_on"]).days)


def invoice_name(number: int | None) -> str:
    return f"№\u00a0{number}" if number else _("draft")


def _time_left(row: Row) -> str:
    return left_badge(row["left"]) if row["left"] else formats.NOTHING


class TodoBlock(TodoTable):
    """The to-dos' own rows, in fewer columns."""

    columns: Sequence[Column] = tuple(
        column for column in TodoTable.columns if column.key in ("text", "due_on", "client")
    )


class TicketBlock(TicketTable):
    """The queue's own rows, in fewer columns."""

    columns = (
        LinkColumn(
            "subject",
            gettext_lazy("Ticket"),
            fields=("id", "subject"),
            cell=lambda row: f"#{row['id']} {row['subject']}",
            link=lambda row: known("ticket-detail", row["id"]),
        ),
        TextColumn("client", gettext_lazy("Client"), fields=("client__name",)),
        TextColumn("left", gettext_lazy("Time left"), fields=("due_at",), cell=_time_left, align="end"),
    )


class DraftBlock(Table):
    columns = (
        LinkColumn(
            "client",
            gettext_lazy("Client"),
            fields=("client__name",),
            link=lambda row: known("invoice-detail", row["id"]),
        ),
        DateColumn("due_on", gettext_lazy("Due"), align="end"),
        MoneyColumn("total", gettext_lazy("Amount"), currency="currency"),
    )


class ProofBlock(Table):
    columns = (
        LinkColumn(
            "number",
            gettext_lazy("Invoice"),
            fields=("invoice__number",),
            cell=lambda row: invoice_name(row["invoice__number"]),
            link=lambda row: known("proof-detail", row["id"]),
        ),
        TextColumn("client", gettext_lazy("Client"), fields=("invoice__client__name",)),
        MomentColumn("made_at", gettext_lazy("Paid"), align="end"),
        MoneyColumn(
            "total", gettext_lazy("Amount"), fields=("invoice__total",), currency="invoice__currency"
        ),
    )


class OverdueBlock(Table):
    columns = (
        LinkColumn(
            "number",
            gettext_lazy("Invoice"),
            cell=lambda row: invoice_name(row["number"]),
            link=lambda row: known("invoice-detail", row["id"]),
        ),
        TextColumn(
            "client",
            gettext_lazy("Client"),
            fields=("client__name",),
            link=lambda row: known("client-detail", row["client_id"]),
        ),
        NumberColumn("days", gettext_lazy("Days late"), fields=("due_on",), cell=days_late),
        MoneyColumn("open", gettext_lazy("To pay"), currency="currency"),
    )
    reads = ("client_id",)

    def css(self, row: Row) -> str:
        late = (clock.today() - row["due_on"]).days
        return "danger" if late > 60 else "warning" if late > 30 else ""


class OrderBlock(Table):
    columns = (
        LinkColumn(
            "id",
            gettext_lazy("Order"),
            cell=lambda row: f"№\u00a0{row['id']}",
            link=lambda row: known("order-detail", row["id"]),
        ),
        TextColumn("client", gettext_lazy("Client"), fields=("client__name",)),
        DateColumn("starts_on", gettext_lazy("Starts"), align="end"),
        MoneyColumn("total", gettext_lazy("First invoice")),
    )


class LetterBlock(Table):
    columns = (
        LinkColumn("subject", gettext_lazy("Letter"), link=lambda row: known("letter-detail", row["id"])),
        StatusColumn("status", gettext_lazy("State"), choices=Letter.Status, of="letters.letter"),
        DateColumn("created_at", gettext_lazy("Written"), align="end"),
    )


class BankLineBlock(Table):
    columns = (
        LinkColumn("payer_name", gettext_lazy("Payer"), link=lambda row: known("bank-line", row["id"])),
        StatusColumn("outcome", gettext_lazy("Outcome"), choices=BankLine.Outcome, of="invoices.bankline"),
        DateColumn("posted_on", gettext_lazy("Posted"), align="end"),
        MoneyColumn("amount", gettext_lazy("Amount"), currency="currency"),
    )


def _why_aside(row: Row) -> str:
    return reason(row["error"], row["kind"])


class QuarantineBlock(Table):
    columns = (
        LinkColumn(
            "subject",
            gettext_lazy("Mail"),
            cell=lambda row: row["subject"] or _("(no subject)"),
            link=lambda row: known("quarantine-detail", row["id"]),
        ),
        TextColumn("sender", gettext_lazy("Sender")),
        TextColumn("error", gettext_lazy("Reason"), fields=("error", "kind"), cell=_why_aside),
        MomentColumn("received_at", gettext_lazy("Received"), align="end"),
    )


class RenewalBlock(Table):
    id = "client_id"
    columns = (
        LinkColumn(
            "client",
            gettext_lazy("Client"),
            fields=("client__name",),
            link=lambda row: known("client-detail", row["client_id"]),
        ),
        NumberColumn("services", gettext_lazy("Services")),
        DateColumn("paid_until", gettext_lazy("From"), align="end"),
        MoneyColumn("amount", gettext_lazy("Amount")),
    )
