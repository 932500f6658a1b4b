"""Letters that products write; the kinds are listed for the editor's page."""

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.kit.requisites import shown_phone
from billing_site.letters.actions import Content
from products.models import Quote, QuoteLine

KINDS = {"quote": gettext_lazy("Quote")}


def quote_letter(quote: Quote, lines: Sequence[QuoteLine], *, link: str) -> Content:
    """The letter that goes with a quote, in the language that is active; a preview has no link yet."""
    manager = quote.client.account_manager or quote.client.sales_manager
    context = {
        "quote": quote,
        "lines": lines,
        "link": link,
        "client": quote.client,
        "manager": manager,
        "manager_phone": shown_phone(manager.phone) if manager else "",
    }
    return Content(
        _("Our quote No. %(no)s") % {"no": quote.number},
        render_to_string("products/mail/quote.txt", context),
        render_to_string("products/mail/quote.html", context),
    )
