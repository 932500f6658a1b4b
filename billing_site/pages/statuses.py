"""Colour and icon of every status, once. The word is the choice's own label.

Colours are names of our tokens (static/css/panel.css, `.badge-…`): grey, blue, green, amber, red, violet.
"""

from functools import cache
from typing import NamedTuple

from django.apps import apps
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing_site.pages.icons import icon


class Look(NamedTuple):
    colour: str
    icon: str


UNKNOWN = Look("grey", "circle")
LOOKS: dict[tuple[str, str], Look] = {
    ("clients.client", "active"): Look("green", "circle-check"),
    ("clients.client", "inactive"): Look("grey", "circle-pause"),
    ("clients.client", "closed"): Look("grey", "circle-x"),
    ("clients.emailaddress", "profile"): Look("blue", "at-sign"),
    ("clients.emailaddress", "exclusive"): Look("grey", "user"),
    ("clients.emailaddress", "shared"): Look("violet", "users"),
    ("clients.emailaddress", "former"): Look("grey", "history"),
    ("clients.contract", "sent"): Look("amber", "send"),
    ("clients.contract", "scan"): Look("blue", "file-text"),
    ("clients.contract", "original"): Look("green", "circle-check"),
    ("clients.contract", "edi"): Look("green", "circle-check"),
    ("clients.licenceitem", "rent"): Look("blue", "repeat"),
    ("clients.licenceitem", "own"): Look("grey", "key-round"),
    ("clients.clientoption", "none"): Look("grey", "minus"),
    ("clients.clientoption", "requested"): Look("amber", "hourglass"),
    ("clients.clientoption", "connected"): Look("green", "circle-check"),
    ("clients.clientoption", "refused"): Look("grey", "ban"),
    ("clients.clientoption", "off"): Look("grey", "circle-x"),
    ("products.order", "pending"): Look("amber", "hourglass"),
    ("products.order", "accepted"): Look("green", "circle-check"),
    ("products.order", "cancelled"): Look("grey", "circle-x"),
    ("products.order", "refused"): Look("grey", "ban"),
    ("products.order", "fraud"): Look("red", "shield-alert"),
    ("products.service", "pending"): Look("amber", "hourglass"),
    ("products.service", "active"): Look("green", "circle-check"),
    ("products.service", "suspended"): Look("red", "circle-pause"),
    ("products.service", "terminated"): Look("grey", "circle-x"),
    ("products.service", "cancelled"): Look("grey", "circle-x"),
    ("products.handover", "waiting"): Look("amber", "hourglass"),
    ("products.handover", "done"): Look("green", "circle-check"),
    ("products.handover", "withdrawn"): Look("grey", "circle-x"),
    ("products.plannedchange", "planned"): Look("blue", "calendar-days"),
    ("products.plannedchange", "done"): Look("green", "circle-check"),
    ("products.plannedchange", "withdrawn"): Look("grey", "circle-x"),
    ("products.quote", "draft"): Look("grey", "pencil-line"),
    ("products.quote", "sent"): Look("blue", "send"),
    ("products.quote", "accepted"): Look("green", "circle-check"),
    ("products.quote", "declined"): Look("grey", "ban"),
    ("products.quote", "expired"): Look("amber", "clock-alert"),
    ("products.billableitem", "open"): Look("amber", "hourglass"),
    ("products.billableitem", "invoiced"): Look("green", "circle-check"),
    ("products.billableitem", "dropped"): Look("grey", "circle-x"),
    ("products.modulecall", "queued"): Look("blue", "clock"),
    ("products.modulecall", "sending"): Look("blue", "send"),
    ("products.modulecall", "polling"): Look("blue", "hourglass"),
    ("products.modulecall", "done"): Look("green", "circle-check"),
    ("products.modulecall", "handed_over"): Look("amber", "hand"),
    ("products.modulecall", "withdrawn"): Look("grey", "circle-x"),
    ("invoices.invoice", "draft"): Look("grey", "pencil-line"),
    ("invoices.invoice", "issued"): Look("blue", "send"),
    ("invoices.invoice", "paid"): Look("green", "circle-check"),
    ("invoices.invoice", "void"): Look("grey", "circle-x"),
    ("invoices.invoice", "collections"): Look("red", "gavel"),
    ("invoices.invoice", "refunded"): Look("violet", "undo-2"),
    ("invoices.invoice", "discarded"): Look("grey", "trash-2"),
    ("invoices.revision", "prepared"): Look("grey", "pencil-line"),
    ("invoices.revision", "sent"): Look("green", "send"),
    ("invoices.revision", "replaced"): Look("grey", "replace"),
    ("invoices.statement", "received"): Look("blue", "hourglass"),
    ("invoices.statement", "read"): Look("green", "circle-check"),
    ("invoices.statement", "failed"): Look("red", "circle-alert"),
    ("invoices.bankline", "new"): Look("grey", "circle-dashed"),
    ("invoices.bankline", "applied"): Look("green", "circle-check"),
    ("invoices.bankline", "partial"): Look("amber", "circle-dot-dashed"),
    ("invoices.bankline", "overpaid"): Look("amber", "circle-plus"),
    ("invoices.bankline", "proposed"): Look("blue", "circle-question-mark"),
    ("invoices.bankline", "ambiguous"): Look("amber", "split"),
    ("invoices.bankline", "third_party"): Look("amber", "users"),
    ("invoices.bankline", "wrong_seller"): Look("red", "building-2"),
    ("invoices.bankline", "replaced"): Look("amber", "replace"),
    ("invoices.bankline", "double"): Look("amber", "copy"),
    ("invoices.bankline", "already_paid"): Look("amber", "check-check"),
    ("invoices.bankline", "non_client"): Look("grey", "minus"),
    ("invoices.bankline", "refund"): Look("violet", "undo-2"),
    ("invoices.bankline", "unmatched"): Look("red", "circle-question-mark"),
    ("tickets.ticket", "open"): Look("amber", "circle-dot"),
    ("tickets.ticket", "answered"): Look("green", "reply"),
    ("tickets.ticket", "client_reply"): Look("blue", "message-circle"),
    ("tickets.ticket", "waiting"): Look("grey", "circle-pause"),
    ("tickets.ticket", "closed"): Look("grey", "circle-check"),
    ("tickets.rawmail", "received"): Look("blue", "mail"),
    ("tickets.rawmail", "processed"): Look("green", "circle-check"),
    ("tickets.rawmail", "quarantined"): Look("red", "triangle-alert"),
    ("tickets.message", "pass"): Look("green", "shield-check"),
    ("tickets.message", "fail"): Look("red", "shield-alert"),
    ("tickets.message", "none"): Look("grey", "shield-question-mark"),
    ("letters.letter", "held"): Look("amber", "hand"),
    ("letters.letter", "queued"): Look("blue", "clock"),
    ("letters.letter", "sending"): Look("blue", "send"),
    ("letters.letter", "sent"): Look("green", "circle-check"),
    ("letters.letter", "failed"): Look("red", "circle-alert"),
    ("letters.letter", "uncertain"): Look("amber", "circle-question-mark"),
    ("letters.letter", "dropped"): Look("grey", "circle-x"),
    ("journal.job", "waiting"): Look("grey", "hourglass"),
    ("journal.job", "running"): Look("blue", "loader"),
    ("journal.job", "done"): Look("green", "circle-check"),
    ("journal.job", "failed"): Look("red", "circle-alert"),
    ("journal.job", "cancelled"): Look("grey", "circle-x"),
}
# Things people say of an object that are derived, not stored: value → look and word.
DERIVED: dict[str, tuple[Look, str | Promise]] = {
    "overdue": (Look("red", "clock-alert"), _("overdue")),
    "partly": (Look("amber", "circle-dot-dashed"), _("partly paid")),
    "paid": (Look("green", "circle-check"), _("paid")),
    "unpaid": (Look("blue", "send"), _("unpaid")),
    "hold": (Look("amber", "hand"), _("letters on hold")),
    "important": (Look("amber", "triangle-alert"), _("important")),
    "late": (Look("red", "clock-alert"), _("late")),
    "soon": (Look("amber", "clock"), _("soon")),
    "yes": (Look("green", "check"), _("yes")),
    "no": (Look("grey", "minus"), _("no")),
    "ok": (Look("green", "circle-check"), _("in order")),
    "trouble": (Look("red", "circle-alert"), _("trouble")),
    "unknown": (UNKNOWN, _("unknown")),
}


def look_of(value: str, of: str = "") -> Look:
    """Look of a stored status of the model `of` ("invoices.invoice"), else of a derived one."""
    found = LOOKS.get((of, value))
    return found or (DERIVED[value][0] if value in DERIVED else UNKNOWN)


def word_of(value: str, of: str = "", field: str = "status") -> str:
    """The word people say: the label of the model's choice, else of a derived status, else the value."""
    if of:
        choices = dict(apps.get_model(of)._meta.get_field(field).flatchoices)
        if value in choices:
            return str(choices[value])
    return str(DERIVED[value][1]) if value in DERIVED else str(value)


@cache
def _drawn(look: Look, word: str) -> SafeString:
    return format_html('<span class="status status-{}">{}{}</span>', look.colour, icon(look.icon, 14), word)


def badge(value: str, of: str = "", word: str = "") -> SafeString:
    """Word, icon and colour of a status, as HTML."""
    return _drawn(look_of(value, of), word or word_of(value, of))
