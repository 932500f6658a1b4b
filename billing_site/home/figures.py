"""Today's figures: what each says, whose right it needs, where it leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.home import queries
from billing_site.kit import clock
from billing_site.office.models import User
from billing_site.pages import formats
from billing_site.pages.access import may
from billing_site.pages.addresses import known


@dataclass(frozen=True)
class Figure:
    """A number with its word; `note` is a second number below it."""

    label: str | Promise
    value: str
    note: str = ""
    url: str = ""


def _summed(found: Mapping[str, Any]) -> tuple[str, str]:
    return formats.money(found["amount"] or 0), formats.number(found["count"])


def issued(user: User, day: date) -> tuple[str, str]:
    return _summed(queries.issued_on(user, day))


def paid(user: User, day: date) -> tuple[str, str]:
    return _summed(queries.paid_on(user, day))


def received(user: User, day: date) -> tuple[str, str]:
    return _summed(queries.received_on(user, day))


def new_clients(user: User, day: date) -> tuple[str, str]:
    return formats.number(queries.registered_on(user, day)), ""


def open_tickets(user: User, _day: date) -> tuple[str, str]:
    return formats.number(queries.open_tickets(user)), ""


# Label, right, what is asked, where the same rows stand ({day} = today), "" for nowhere.
Asked = tuple[str | Promise, str, Callable[[User, date], tuple[str, str]], str, str]
FIGURES: tuple[Asked, ...] = (
    (_("Issued today"), "invoices.view_invoice", issued,
     "invoice-list", "?issued_since={day}&issued_until={day}"),
    (_("Paid in full today"), "invoices.view_invoice", paid, "", ""),
    (_("Money received today"), "invoices.view_payment", received,
     "payment-list", "?since={day}&until={day}"),
    (_("New clients today"), "clients.view_client", new_clients,
     "client-list", "?since={day}&until={day}"),
    (_("Open tickets"), "tickets.view_ticket", open_tickets, "ticket-list", ""),
)  # fmt: skip


def todays_figures(user: User) -> list[Figure]:
    """The figures that the user may see: one query each."""
    day = clock.today()
    return [
        Figure(label, *asked(user, day), url=_where(url_name, query, day))
        for label, permission, asked, url_name, query in FIGURES
        if may(user, permission)
    ]


def _where(url_name: str, query: str, day: date) -> str:
    address = known(url_name) if url_name else None
    return address + query.format(day=day.isoformat()) if address else ""
