from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing_site.kit.requisites import shown_phone
from billing_site.pages.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    Row,
    StatusColumn,
    Table,
    TextColumn,
)
from clients.models import Client


def _phone(row: Row) -> str:
    return shown_phone(row["phone"], row["extension"])


def _payer(row: Row) -> str:
    if not row["payer_name"]:
        return "—"
    return format_html('{} <span class="muted nowrap">{}</span>', row["payer_name"], row["inn"])


class ClientTable(Table):
    """`payer_name`, `inn`, `main_address`, `live_services`, `due` are annotations of the list's rows."""

    columns = (
        TextColumn("id", _("No."), sort="id", align="end"),
        LinkColumn(
            "name", _("Client"), sort="name_key", link=lambda row: reverse("client-detail", args=[row["id"]])
        ),
        TextColumn(
            "payer", _("Payer, INN"), fields=("payer_name", "inn"), cell=_payer,
            export=lambda row: " ".join(filter(None, (row["payer_name"], row["inn"]))),
        ),
        TextColumn("email", _("E-mail"), fields=("main_address",)),
        TextColumn(
            "phone", _("Phone"), fields=("phone", "extension"),
            cell=lambda row: format_html('<span class="nowrap">{}</span>', _phone(row)), export=_phone,
        ),
        StatusColumn("status", _("Status"), choices=Client.Status, of="clients.client"),
        TextColumn("manager", _("Account manager"), fields=("account_manager__name",)),
        NumberColumn("services", _("Services"), fields=("live_services",)),
        MoneyColumn("due", _("Debt"), currency="currency"),
        DateColumn("registered_on", _("Since"), sort="registered_on", align="end"),
        TextColumn("source", _("Source"), hidden=True),
        TextColumn("language", _("Language"), hidden=True),
    )  # fmt: skip
    reads = ("status",)

    def css(self, row: Row) -> str:
        return "" if row["status"] == Client.Status.ACTIVE else "muted"
