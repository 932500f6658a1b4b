"""Letters that invoices write; the kinds are listed for the editor's page."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.kit.money import format_number
from billing_site.kit.requisites import shown_phone
from billing_site.letters.actions import Content
from clients.models import Client
from invoices.models import Invoice, Revision

KINDS = {
    "invoice": gettext_lazy("Invoice"),
    "invoice-void": gettext_lazy("A void invoice"),
    "new-price": gettext_lazy("A new price"),
}


def invoice_letter(
    invoice: Invoice, revision: Revision, *, number: str, link: str, former: str = ""
) -> Content:
    """The letter that goes with an invoice, in the language that is active.

    `number` and `link` are given, because a draft's preview has neither. `former` is the number of the
    void invoice that this one stands for.
    """
    manager = invoice.client.account_manager
    context = {
        "invoice": invoice,
        "revision": revision,
        "lines": list(revision.lines.all()),
        "number": number,
        "link": link,
        "former": former,
        "client": invoice.client,
        "manager": manager,
        "manager_phone": shown_phone(manager.phone) if manager else "",
    }
    subject = _("Invoice No. %(number)s for %(total)s roubles") % {
        "number": number,
        "total": format_number(invoice.total),
    }
    return Content(
        subject,
        render_to_string("invoices/mail/invoice.txt", context),
        render_to_string("invoices/mail/invoice.html", context),
    )


def together_letter(client: Client, told: Sequence[tuple[Invoice, str, str]]) -> Content:
    """The letter about several invoices of a client; `told`: each with its number and link."""
    manager = client.account_manager
    total = sum((invoice.total for invoice, _number, _link in told), Decimal(0))
    context = {
        "told": told,
        "total": total,
        "currency": client.currency,
        "manager": manager,
        "manager_phone": shown_phone(manager.phone) if manager else "",
    }
    subject = _("Invoices Nos. %(numbers)s for %(total)s roubles") % {
        "numbers": ", ".join(number for _invoice, number, _link in told),
        "total": format_number(total),
    }
    return Content(
        subject,
        render_to_string("invoices/mail/together.txt", context),
        render_to_string("invoices/mail/together.html", context),
    )


def void_letter(invoice: Invoice, *, number: str) -> Content:
    """The letter that an invoice is void and need not be paid, in the language that is active."""
    context = {"invoice": invoice, "number": number, "manager": invoice.client.account_manager}
    return Content(
        _("Invoice No. %(number)s is cancelled") % {"number": number},
        render_to_string("invoices/mail/void.txt", context),
        render_to_string("invoices/mail/void.html", context),
    )


def price_letter(client: Client, rows: Sequence[Any]) -> Content:
    """The letter about agreed prices (billing.repricing.Repriced), in the language that is active."""
    context = {"client": client, "rows": rows, "manager": client.account_manager}
    return Content(_("Our prices change"), render_to_string("invoices/mail/new_price.txt", context))
