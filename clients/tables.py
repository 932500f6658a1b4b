from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing_site.kit.requisites import shown_phone
from billing_site.kit.text import bare_name
from billing_site.pages import formats
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
    """The INN, and the name on papers when it is another than the client's own."""
    if not row["payer_name"]:
        return formats.NOTHING
    if bare_name(row["payer_name"]) == bare_name(row["name"]):
        return row["inn"] or row["payer_name"]
    return format_html('{} <span class="muted nowrap">{}</span>', row["payer_name"], row["inn"])


def _manager(row: Row) -> str:
    """«Петрова М. И.» of a full Russian name; any other as it is."""
    name = row["account_manager__name"] or formats.NOTHING
    words = name.split()
    if len(words) == 3:
        name = f"{words[0]} {words[1][0]}.{formats.NBSP}{words[2][0]}."
    return format_html('<span class="nowrap">{}</span>', name)


def _address(row: Row) -> str:
    """Breaks after its @ where the column is narrow."""
    local, at, domain = row["main_address"].rpartition("@")
    return format_html("{}{}<wbr>{}", local, at, domain) if at else formats.NOTHING


class ClientTable(Table):
    """`payer_name`, `inn`, `main_address`, `live_services`, `due` are annotations of the list's rows."""

    columns = (
        TextColumn("id", _("No."), sort="id", align="end"),
        LinkColumn(
            "name", _("Client"), sort="name_key", link=lambda row: reverse("client-detail", args=[row["id"]])
        ),
        TextColumn(
            "payer", _("Payer, INN"), fields=("payer_name", "inn", "name"), cell=_payer,
            export=lambda row: " ".join(filter(None, (row["payer_name"], row["inn"]))),
        ),
        TextColumn("email", _("E-mail"), fields=("main_address",), cell=_address,
                   export=lambda row: row["main_address"]),
        TextColumn(
            "phone", _("Phone"), fields=("phone", "extension"),
            cell=lambda row: format_html('<span class="nowrap">{}</span>', _phone(row)), export=_phone,
        ),
        StatusColumn("status", _("Status"), choices=Client.Status, of="clients.client"),
        TextColumn("manager", _("Manager"), fields=("account_manager__name",), cell=_manager,
                   export=lambda row: row["account_manager__name"]),
        NumberColumn("services", _("Services"), fields=("live_services",)),
        MoneyColumn("due", _("Debt"), currency="currency"),
        DateColumn("registered_on", _("Client since"), sort="registered_on", align="end", hidden=True),
        TextColumn("source", _("Source"), hidden=True),
        TextColumn("language", _("Language"), hidden=True),
    )  # fmt: skip
    reads = ("status",)

    def css(self, row: Row) -> str:
        return "" if row["status"] == Client.Status.ACTIVE else "muted"
