"""Verbs about 1C: products of a client and 1C's services (R1.4)."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.office.models import User
from clients.actions import add_note, lock, set_changed
from clients.models import Client, ClientOption, LicenceItem

Ownership = LicenceItem.Ownership


def active_licences(on: date) -> QuerySet[LicenceItem]:
    """Licence items in force on that day."""
    lasting = Q(active_until__isnull=True) | Q(active_until__gt=on)
    return LicenceItem.objects.filter(lasting, active_from__lte=on)


def renters(on: date) -> QuerySet:
    """Numbers of clients who rent at least one product from us."""
    return active_licences(on).filter(ownership=Ownership.RENT).values("client")


def owners(on: date) -> QuerySet:
    """Numbers of clients whose licences are all their own."""
    own = active_licences(on).filter(ownership=Ownership.OWN)
    return own.exclude(client__in=renters(on)).values("client")


def ownership_of(client: Client) -> LicenceItem.Ownership | None:
    """The badge: rent when a product is rented from us, own when all are the client's, None without any."""
    kinds = set(active_licences(clock.today()).filter(client=client).values_list("ownership", flat=True))
    return next((kind for kind in Ownership if kind in kinds), None)


@transaction.atomic
def add_licence(client: Client, *, by: User, **fields: Any) -> LicenceItem:
    """One more 1C product; a badge that becomes another one is noted."""
    lock(client.pk)
    was = ownership_of(client)
    item = LicenceItem.objects.create(client=client, **fields)
    record("clients.licence_added", client, by=by, licence=item.pk, product=item.product)
    _note_badge(client, was, by)
    return item


@transaction.atomic
def change_licence(item: LicenceItem, *, by: User, **fields: Any) -> LicenceItem:
    client = lock(item.client_id)
    was = ownership_of(client)
    row = LicenceItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item.pk)
    before, after = set_changed(row, fields)
    if not after:
        return row
    row.save(update_fields=list(after))
    record("clients.licence_changed", client, by=by, product=row.product, before=before, after=after)
    _note_badge(client, was, by)
    return row


def _note_badge(client: Client, was: LicenceItem.Ownership | None, by: User) -> None:
    now = ownership_of(client)
    if was and now != was:
        told = _("Kind of licences: %(old)s → %(new)s.") % {
            "old": was.label,
            "new": now.label if now else _("none"),
        }
        add_note(client, told, by=by)


@transaction.atomic
def set_option(client: Client, kind: str, *, by: User, since: date, **fields: Any) -> ClientOption:
    """The state of one of 1C's services from a day on; the same day again corrects what was said of it."""
    lock(client.pk)
    row = ClientOption.objects.select_for_update(no_key=True, of=("self",)).filter(
        client=client, kind=kind, since=since
    ).first() or ClientOption(client=client, kind=kind, since=since)
    if row.pk and not set_changed(row, fields)[1]:
        return row
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    record(
        "clients.option_set", client, by=by,
        option=row.get_kind_display(), state=row.get_state_display(), since=f"{since:%d.%m.%Y}",
    )  # fmt: skip
    return row
