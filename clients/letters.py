"""Letters that clients write; the kinds are listed for the editor's page."""

from collections.abc import Sequence
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.kit.requisites import shown_phone
from billing_site.letters.actions import Content
from clients.models import Client

KINDS = {
    "contacts": gettext_lazy("Contact data"),
    "client": gettext_lazy("Letter to a client"),
    "manager": gettext_lazy("Your personal manager"),
}


def confirm_letter(client: Client, words: Sequence[str], *, link: str, until: datetime) -> Content:
    """Asks the main address whether the change is wanted, in the language that is active."""
    context = {**_signed(client), "words": words, "link": link, "until": until}
    return Content(_("Please confirm a change of contact data"), _text("confirm_contacts", context))


def changed_letter(client: Client, words: Sequence[str]) -> Content:
    """Tells the old address what was changed (R2.4), in the language that is active."""
    return Content(
        _("Your contact data were changed"), _text("contacts_changed", {**_signed(client), "words": words})
    )


def manager_letter(client: Client) -> Content:
    """Tells the client who looks after it now, in the language that is active."""
    return Content(_("Your personal manager"), _text("manager", _signed(client)))


def _signed(client: Client) -> dict[str, object]:
    manager = client.account_manager
    phone = shown_phone(manager.phone, manager.extension) if manager else ""
    return {"client": client, "manager": manager, "manager_phone": phone}


def _text(name: str, context: dict[str, object]) -> str:
    return render_to_string(f"clients/mail/{name}.txt", context)
