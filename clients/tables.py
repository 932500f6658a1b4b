from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.requisites import shown_phone
from billing_site.kit.text import bare_name, shorten
from billing_site.pages import formats
from billing_site.pages.statuses import badge
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
    Text,
    TextColumn,
)
from clients.forms import FLAGS, label_of
from clients.models import Client, ClientOption, LicenceItem, MailClass, Payer, Power

LANGUAGES = dict(Client._meta.get_field("language").choices or ())
METHODS = dict(Client.PaymentMethod.choices)


def _phone(row: Row) -> str:
    return shown_phone(row["phone"], row["extension"])


def _unbroken_phone(row: Row) -> str:
    return format_html('<span class="nowrap">{}</span>', _phone(row))


def _payer(row: Row) -> str:
    """The INN, and the name on papers when it is another than the client's own."""
    if not row["payer_name"]:
        return formats.NOTHING
    if bare_name(row["payer_name"]) == bare_name(row["name"]):
        return row["inn"] or row["payer_name"]
    return format_html('{} <span class="muted nowrap">{}</span>', row["payer_name"], row["inn"])


def _manager(row: Row) -> str:
    return _short(row.get("account_manager__name") or row.get("client__account_manager__name"))


def _short(name: str | None) -> str:
    """«Петрова М. И.» of a full Russian name; any other as it is."""
    name = name or formats.NOTHING
    words = name.split()
    if len(words) == 3:
        name = f"{words[0]} {words[1][0]}.{formats.NBSP}{words[2][0]}."
    return format_html('<span class="nowrap">{}</span>', name)


def _address(row: Row) -> str:
    """Breaks after its @ where the column is narrow."""
    local, at, domain = row["main_address"].rpartition("@")
    return format_html("{}{}<wbr>{}", local, at, domain) if at else formats.NOTHING


def _client_link(row: Row) -> str:
    if not row["client_id"]:
        return formats.NOTHING
    address = reverse("client-detail", args=[row["client_id"]])
    return format_html('<a href="{}">{}</a>', address, row["client__name"])


def _tick(name: str, label: Text) -> Column:
    """A column that says yes or nothing, shown when it is chosen."""
    return TextColumn(
        name, label, cell=lambda row: badge("yes") if row[name] else "", export=lambda row: bool(row[name]),
        hidden=True,
    )  # fmt: skip


def _group(row: Row) -> str:
    if not row["client_group__name"]:
        return formats.NOTHING
    return format_html(
        '<span class="status status-{}">{}</span>', row["client_group__colour"], row["client_group__name"]
    )


def _referrer(row: Row) -> str:
    if not row["referral__referrer"]:
        return formats.NOTHING
    address = reverse("client-detail", args=[row["referral__referrer"]])
    return format_html('<a href="{}">{}</a>', address, row["referral__referrer__name"])


def _mark(name: str) -> Column:
    """One UTM mark."""
    return TextColumn(
        f"utm_{name}", f"utm_{name}", fields=("utm",), hidden=True,
        cell=lambda row: row["utm"].get(name) or formats.NOTHING, export=lambda row: row["utm"].get(name, ""),
    )  # fmt: skip


def _option(kind: ClientOption.Kind) -> Column:
    """State of one of 1C's services with the last day it is paid for."""
    state, until = f"{kind}_state", f"{kind}_until"

    def word(row: Row) -> str:
        last = f" · {formats.day(row[until] - timedelta(days=1))}" if row[until] else ""
        return f"{ClientOption.State(row[state]).label}{last}" if row[state] else ""

    return TextColumn(
        str(kind), kind.label, fields=(state, until), hidden=True,
        cell=lambda row: word(row) or formats.NOTHING, export=word,
    )  # fmt: skip


WHO: tuple[Column, ...] = (
    TextColumn("company", _("Company"), hidden=True),
    TextColumn("group", _("Client group"), fields=("client_group__name", "client_group__colour"), cell=_group,
               export=lambda row: row["client_group__name"], hidden=True),
    TextColumn("company_group", _("Group of companies"), fields=("company_group__name",), hidden=True),
    TextColumn("sales", _("Sales manager"), fields=("sales_manager__name",), hidden=True,
               cell=lambda row: _short(row["sales_manager__name"]),
               export=lambda row: row["sales_manager__name"]),
    TextColumn("language", _("Language"), hidden=True,
               cell=lambda row: str(LANGUAGES.get(row["language"], row["language"]))),
    TextColumn("currency", _("Currency"), hidden=True),
    TextColumn("postal_address", _("Postal address"), hidden=True),
    TextColumn("cloud_login", _("Login in the cloud"), hidden=True),
    _tick("on_hold", _("Hold of letters")),
    _tick("important", _("Important note")),
)  # fmt: skip
ORIGIN: tuple[Column, ...] = (
    DateColumn("registered_on", _("Client since"), sort="registered_on", align="end", hidden=True),
    TextColumn("department", _("Brought by department"), fields=("department__name",), hidden=True),
    TextColumn("office_name", _("Brought by office"), hidden=True),
    TextColumn("source", _("Source"), hidden=True),
    TextColumn("lead", _("Lead"), hidden=True),
    TextColumn("referrer", _("Brought by client"), cell=_referrer, hidden=True,
               fields=("referral__referrer__name", "referral__referrer")),
    _mark("source"),
    _mark("campaign"),
)  # fmt: skip
MONEY: tuple[Column, ...] = (
    TextColumn("payment_method", _("Payment method"), hidden=True,
               cell=lambda row: str(METHODS[row["payment_method"]]),
               export=lambda row: str(METHODS[row["payment_method"]])),
    TextColumn("code", _("Code in Union"), hidden=True),
    MoneyColumn("credit", _("Credit balance"), currency="currency", hidden=True),
    DateColumn("last_payment", _("Last payment"), align="end", hidden=True),
)  # fmt: skip
LICENCES: tuple[Column, ...] = (
    StatusColumn("ownership", _("Licences"), choices=LicenceItem.Ownership, of="clients.licenceitem",
                 hidden=True),
    DateColumn("its", _("ITS until"), fields=("its_until",), align="end", hidden=True),
    *(_option(kind) for kind in ClientOption.Kind),
)  # fmt: skip


class ClientTable(Table):
    """Columns that are no fields of a client are annotations of the list's rows (views/lists.py)."""

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
        TextColumn("phone", _("Phone"), fields=("phone", "extension"), cell=_unbroken_phone, export=_phone),
        StatusColumn("status", _("Status"), choices=Client.Status, of="clients.client"),
        TextColumn("manager", _("Manager"), fields=("account_manager__name",), cell=_manager,
                   export=lambda row: row["account_manager__name"]),
        NumberColumn("services", _("Services"), fields=("live_services",)),
        MoneyColumn("due", _("Debt"), currency="currency"),
        *WHO,
        *ORIGIN,
        *MONEY,
        *LICENCES,
        *(_tick(name, label_of(Client, name)) for name in FLAGS),
    )  # fmt: skip
    reads = ("status",)

    def css(self, row: Row) -> str:
        return "" if row["status"] == Client.Status.ACTIVE else "muted"


class NoteTable(Table):
    """Notes of many clients; the link leads to the client's own notes."""

    columns = (
        MomentColumn("created_at", _("Created")),
        LinkColumn(
            "client", _("Client"), fields=("client__name",),
            link=lambda row: reverse("client-detail", args=[row["client_id"]]) + "?tab=notes",
        ),
        TextColumn(
            "text", _("Text"),
            cell=lambda row: format_html('<div class="long-text">{}</div>', shorten(row["text"], 200)),
        ),
        StatusColumn(
            "important", _("Important"), cell=lambda row: badge("important") if row["important"] else "",
            export=lambda row: row["important"],
        ),
        TextColumn("author", _("Author"), fields=("author__name",)),
    )  # fmt: skip
    reads = ("client_id",)


class TodoTable(Table):
    columns: Sequence[Column] = (
        LinkColumn(
            "text", _("What is to be done"), cell=lambda row: shorten(row["text"], 120),
            link=lambda row: reverse("todo-edit", args=[row["id"]]),
        ),
        DateColumn("due_on", _("Until"), align="end"),
        TextColumn("client", _("Client"), fields=("client__name",), cell=_client_link),
        TextColumn("assignee", _("Who does it"), fields=("assignee__name",)),
        TextColumn("author", _("Author"), fields=("author__name",)),
        MomentColumn("done_at", _("Done"), hidden=True),
    )  # fmt: skip
    reads = ("client_id", "due_on", "done_at")

    def css(self, row: Row) -> str:
        if row["done_at"]:
            return "muted"
        return "danger" if row["due_on"] and row["due_on"] < clock.today() else ""


def _words(choices: Any, values: Iterable[str]) -> str:
    known = dict(choices.choices)
    return ", ".join(str(known.get(value, value)) for value in values)


def _last_day(row: Row) -> date | None:
    """`valid_until` is exclusive; people read the last day."""
    return row["valid_until"] - timedelta(days=1) if row["valid_until"] else None


class PayerTable(Table):
    columns = (
        LinkColumn(
            "name", _("Payer"), fields=("name", "client_id", "id"),
            link=lambda row: reverse("payer-edit", args=[row["client_id"], row["id"]]),
        ),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), cell=_client_link),
        TextColumn(
            "kind", _("Kind"), cell=lambda row: str(Payer.Kind(row["kind"]).label),
            export=lambda row: str(Payer.Kind(row["kind"]).label),
        ),
        TextColumn("inn", _("INN")),
        TextColumn("kpp", _("KPP")),
        TextColumn("ogrn", _("OGRN"), hidden=True),
        TextColumn("code", _("Code in Union"), fields=("counterparty_code",)),
        TextColumn("manager", _("Manager"), fields=("client__account_manager__name",), cell=_manager,
                   export=lambda row: row["client__account_manager__name"]),
        TextColumn(
            "is_default", _("Default"), cell=lambda row: badge("yes") if row["is_default"] else "",
            hidden=True,
        ),
        DateColumn("valid_from", _("Valid from"), align="end", hidden=True),
        DateColumn("valid_until", _("Valid until"), fields=("valid_until",), align="end",
                   cell=lambda row: formats.day(_last_day(row)), export=_last_day),
        TextColumn("legal_address", _("Legal address"), hidden=True),
        TextColumn("postal_address", _("Postal address"), hidden=True),
        TextColumn("signatory", _("Signatory"), hidden=True),
        TextColumn("bank_name", _("Bank"), hidden=True),
        TextColumn("bic", _("BIC"), hidden=True),
        TextColumn("account", _("Settlement account"), hidden=True),
    )  # fmt: skip
    reads = ("valid_until",)

    def css(self, row: Row) -> str:
        ended = row["valid_until"]
        return "muted" if ended and ended <= clock.today() else ""


class ContactTable(Table):
    """`address`, `address_kind` are annotations of the list's rows."""

    columns = (
        LinkColumn(
            "name", _("Contact"), fields=("name", "client_id", "id"),
            link=lambda row: reverse("contact-edit", args=[row["client_id"], row["id"]]),
        ),
        TextColumn("post", _("Post")),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), cell=_client_link),
        TextColumn("address", _("E-mail")),
        TextColumn("phone", _("Phone"), fields=("phone", "extension"), cell=_unbroken_phone,
                   export=_phone),
        TextColumn("powers", _("May ask for"),
                   cell=lambda row: _words(Power, row["powers"]) or formats.NOTHING,
                   export=lambda row: _words(Power, row["powers"])),
        TextColumn("classes", _("Gets letters about"),
                   cell=lambda row: _words(MailClass, row["classes"]) or formats.NOTHING,
                   export=lambda row: _words(MailClass, row["classes"])),
        TextColumn("manager", _("Manager"), fields=("client__account_manager__name",), cell=_manager,
                   export=lambda row: row["client__account_manager__name"], hidden=True),
    )  # fmt: skip


class CompanyGroupTable(Table):
    """`companies`, `live_services`, `tickets`, `due` are annotations of the list's rows."""

    columns = (
        LinkColumn(
            "name", _("Name"), sort="name", link=lambda row: reverse("company-group-detail", args=[row["id"]])
        ),
        NumberColumn("companies", _("Companies")),
        NumberColumn("services", _("Services"), fields=("live_services",)),
        NumberColumn("tickets", _("Open tickets")),
        MoneyColumn("due", _("Debt")),
    )


class ClientGroupTable(Table):
    """`members` is an annotation of the list's rows."""

    columns = (
        LinkColumn(
            "name", _("Name"), sort="name", link=lambda row: reverse("client-group-edit", args=[row["id"]])
        ),
        TextColumn(
            "colour", _("Colour"),
            cell=lambda row: format_html(
                '<span class="status status-{}">{}</span>', row["colour"], row["name"]
            ),
        ),
        NumberColumn("members", _("Clients")),
    )  # fmt: skip
