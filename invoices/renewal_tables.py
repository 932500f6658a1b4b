from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages import formats
from billing_site.pages.statuses import badge
from billing_site.pages.tables import DateColumn, LinkColumn, NumberColumn, Row, Table, TextColumn
from invoices.billing import said
from invoices.models import ParkedRenewal

LONG = 3  # days that a renewal may wait for a decision


def _because(row: Row) -> str:
    """The reasons in words: the facts of each."""
    return "; ".join(said(one) for one in row["facts"].get("found", ()))


def _reason(row: Row) -> str:
    word = str(ParkedRenewal.Reason(row["reason"]).label)
    return format_html(
        '{}<div class="small muted">{}</div>', badge("trouble", word=word), _because(row)
    )  # fmt: skip


def _total(row: Row) -> Decimal | None:
    return Decimal(row["facts"].get("total", "0")) or None


def _days(row: Row) -> int:
    return (clock.today() - formats.local(row["at"]).date()).days


class ParkedTable(Table):
    """What waits, with the reason; Enter opens it."""

    columns: Any = (
        LinkColumn("client", _("Client"), fields=("client__name",),
                   link=lambda row: reverse("parked-detail", args=[row["id"]])),
        TextColumn("reason", _("Why it is parked"), fields=("reason", "facts"),
                   cell=_reason, export=_because),
        TextColumn("seller", _("Seller"), fields=("seller__name",)),
        DateColumn("starts_on", _("Period from"), align="end"),
        NumberColumn("total", _("It would be"), fields=("facts", "client__currency"),
                     cell=lambda row: formats.money(_total(row), row["client__currency"]), export=_total),
        NumberColumn("days", _("Waits, days"), fields=("at",),
                     cell=lambda row: formats.number(_days(row)), export=_days),
        TextColumn("manager", _("Manager"), fields=("client__account_manager__name",)),
        TextColumn("payer", _("Payer"), fields=("payer__name",), hidden=True),
    )  # fmt: skip
    reads = ("client_id", "at")

    def css(self, row: Row) -> str:
        return "warning" if _days(row) > LONG else ""
