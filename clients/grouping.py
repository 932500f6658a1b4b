"""Groups of companies, the office's own groups of clients, who brought whom."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import actions
from clients.models import Client, ClientGroup, CompanyGroup, Referral


@transaction.atomic
def save_company_group(group: CompanyGroup, *, by: User, name: str, note: str) -> CompanyGroup:
    """A new or changed group of companies. Raises Refused at "name" when another one is called so."""
    return _saved(group, by, name=name, note=note)


@transaction.atomic
def save_client_group(group: ClientGroup, *, by: User, name: str, colour: str) -> ClientGroup:
    """A new or changed group of clients. Raises Refused at "name" when another one is called so."""
    return _saved(group, by, name=name, colour=colour)


def _saved(group: Any, by: User, **fields: str) -> Any:
    before = {name: getattr(group, name) for name in fields} if group.pk else {}
    for name, value in fields.items():
        setattr(group, name, value)
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as clash:
        raise Refused(_("There is a group with this name already."), "name") from clash
    record("clients.group_saved", group, by=by, name=group.name, before=before, after=fields)
    return group


@transaction.atomic
def join_group(client: Client, *, by: User, group: CompanyGroup | None, new: str = "") -> Client:
    """The client belongs to a group of companies from now on, to a new one named `new`, or to none.

    Raises Refused at "new" when there is a group of this name.
    """
    row = actions.lock(client.pk)
    if new:
        if CompanyGroup.objects.filter(name__iexact=new).exists():
            raise Refused(_("There is a group with this name already: choose it above."), "new")
        group = save_company_group(CompanyGroup(), by=by, name=new, note="")
    if row.company_group == group:
        return row
    left = row.company_group
    row.company_group = group
    row.version += 1
    row.save(update_fields=["company_group", "version"])
    record(
        "clients.group_joined",
        row,
        by=by,
        before=left.name if left else "—",
        after=group.name if group else "—",
    )
    return row


@transaction.atomic
def refer(
    client: Client, *, by: User, referrer: Client | None, since: date | None = None, note: str = ""
) -> Referral | None:
    """Who brought the client; None: nobody did. Raises Refused at "referrer" for a ring of two."""
    row = actions.lock(client.pk)
    if referrer is None:
        if Referral.objects.filter(client=row).delete()[0]:
            record("clients.referral_removed", row, by=by)
        return None
    if referrer == row:
        raise Refused(_("A client doesn't bring itself."), "referrer")
    if Referral.objects.filter(client=referrer, referrer=row).exists():
        raise Refused(_("It is the other way round: this client brought that one."), "referrer")
    kept = {"referrer": referrer, "since": since or row.registered_on, "note": note}
    found = Referral.objects.filter(client=row).first()
    if found and all(getattr(found, name) == value for name, value in kept.items()):
        return found
    referral, _made = Referral.objects.update_or_create(client=row, defaults=kept)
    record("clients.referred", row, by=by, who=referrer.name, no=referrer.pk)
    return referral
