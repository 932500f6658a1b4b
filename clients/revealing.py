"""Showing a secret: who looked and when stays in the journal."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.models import Client

SECRETS = ("portal_password", "security_answer")


@transaction.atomic
def reveal(client: Client, name: str, *, by: User) -> str:
    """A secret of the client in plain text. Raises Refused when there is none."""
    secret = getattr(client, name)
    if not secret:
        raise Refused(_("Nothing is stored here."))
    field: Any = client._meta.get_field(name)
    record("clients.secret_revealed", client, by=by, what=str(field.verbose_name))
    return secret
