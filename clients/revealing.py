"""Showing a secret: who looked and when stays in the journal. A password waits while the address is new."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.contacting import quiet_until
from clients.models import Client
from clients.proving import WAIVE

SECRETS = ("portal_password", "security_answer")
PASSWORDS = ("portal_password",)  # what is sent to clients; an answer is for those who call


def refuse_while_new(client: Client, by: User) -> None:
    """No password of the client to anybody but heads for a day after a change of the main e-mail (R2.4)."""
    quiet = None if by.has_perm(WAIVE) else quiet_until(client)
    if quiet:
        until = f"{clock.moscow(quiet):%d.%m.%Y %H:%M}"
        raise Refused(
            _("The main e-mail is new: before %(at)s only a head may take a password.") % {"at": until}
        )


@transaction.atomic
def reveal(client: Client, name: str, *, by: User) -> str:
    """A secret of the client in plain text. Raises Refused when there is none.

    For a day after a change of the main e-mail a password is shown to heads only (R2.4).
    """
    secret = getattr(client, name)
    if not secret:
        raise Refused(_("Nothing is stored here."))
    if name in PASSWORDS:
        refuse_while_new(client, by)
    field: Any = client._meta.get_field(name)
    record("clients.secret_revealed", client, by=by, what=str(field.verbose_name))
    return secret
