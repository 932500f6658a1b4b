"""Verbs about clients."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry
from billing_site.journal.moves import move, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.models import Client, Contact, EmailAddress, Note, Payer


class Stale(Refused):
    """Somebody saved the client after the form was read; `row` is the client now, `saved` their entry."""

    def __init__(self, row: Client, saved: Entry | None):
        self.row, self.saved = row, saved
        who = saved.actor_name if saved else _("Somebody")
        super().__init__(
            _("%(who)s saved this client while you were typing: compare, then save again.") % {"who": who}
        )


def lock(client_id: int) -> Client:
    """The first lock of every money verb (Client → Service → Invoice → …)."""
    return Client.objects.select_for_update(no_key=True, of=("self",)).get(pk=client_id)


def _take_address(address: EmailAddress) -> EmailAddress:
    """Save an address; the database says whether it is free (R2.1). Raises Refused at "email"."""
    try:
        with transaction.atomic():
            address.save()
    except IntegrityError as clash:
        taken = EmailAddress.objects.filter(address=address.address).select_related("client").first()
        whose = taken.client if taken else "?"
        raise Refused(
            _("This e-mail belongs to the client “%(client)s” (%(no)s) already.")
            % {"client": whose, "no": getattr(whose, "pk", "?")},
            "email",
        ) from clash
    return address


def _changes(row: Any, fields: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Set what differs; the old and new values of exactly those fields, as the journal keeps them."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    before = {name: _kept(getattr(row, name)) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    return before, {name: _kept(value) for name, value in changed.items()}


def _kept(value: Any) -> str:
    return "" if value is None else str(value)


def _check_code(code: str, payer: Payer | None = None) -> None:
    """A counterparty code stands at one payer only (R1.5). Raises Refused at "counterparty_code"."""
    if not code:
        return
    others = Payer.objects.filter(counterparty_code=code).exclude(pk=payer.pk if payer else None)
    other = others.select_related("client").first()
    if other:
        raise Refused(
            _("This code belongs to the payer “%(payer)s” of the client %(no)s.")
            % {"payer": other, "no": other.client_id},
            "counterparty_code",
        )


@transaction.atomic
def create_client(
    *, by: User | None, email: str, payer: Mapping[str, Any] | None = None, **fields: Any
) -> Client:
    """A new client with its main e-mail and, if given, its default payer.

    `email` normalised (kit.requisites.normal_address); `fields` are columns of Client, `payer` of Payer.
    Raises Refused at "email" when another client has the address.
    """
    client = Client.objects.create(registered_on=fields.pop("registered_on", clock.today()), **fields)
    _take_address(EmailAddress(client=client, address=email, kind=EmailAddress.Kind.PROFILE))
    record("clients.created", client, by=by, name=client.name, email=email)
    if payer:
        add_payer(client, by=by, is_default=True, **payer)
    return client


@transaction.atomic
def change_client(client: Client, *, by: User, version: int, **fields: Any) -> Client:
    """Change columns of a client; saving what stands there already changes nothing.

    Raises Stale when somebody saved since `version` was read.
    """
    row = lock(client.pk)
    if row.version != version:
        raise Stale(row, Entry.objects.about(row).filter(verb="clients.changed").order_by("-id").first())
    before, after = _changes(row, fields)
    if not after:
        return row
    row.version += 1
    row.save(update_fields=[*after, "version"])
    record("clients.changed", row, by=by, before=before, after=after)
    return row


@transaction.atomic
def change_status(client: Client, to: str, *, by: User) -> Client:
    return move(client, to, by=by)


@transaction.atomic
def change_email(client: Client, email: str, *, by: User) -> EmailAddress:
    """A new main e-mail; the old one is kept as former. Raises Refused at "email" when it is taken."""
    lock(client.pk)
    old = client.addresses.select_for_update(no_key=True, of=("self",)).get(kind=EmailAddress.Kind.PROFILE)
    if old.address == email:
        return old
    old.kind = EmailAddress.Kind.FORMER
    old.save(update_fields=["kind"])
    new = _take_address(EmailAddress(client=client, address=email, kind=EmailAddress.Kind.PROFILE))
    record("clients.email_changed", client, by=by, before=old.address, after=email)
    add_note(
        client,
        _("Main e-mail changed. Old: %(old)s, new: %(new)s.") % {"old": old.address, "new": email},
        by=by,
        important=True,
    )
    return new


@transaction.atomic
def add_payer(client: Client, *, by: User | None, is_default: bool = False, **fields: Any) -> Payer:
    """One more payer of a client; the first one, or one marked so, becomes the default.

    Raises Refused at "counterparty_code" when another payer has it.
    """
    lock(client.pk)
    _check_code(fields.get("counterparty_code", ""))
    others = client.payers.filter(is_default=True)
    if is_default:
        others.update(is_default=False)
    elif not others.exists():
        is_default = True
    payer = Payer.objects.create(
        client=client, is_default=is_default, valid_from=fields.pop("valid_from", clock.today()), **fields
    )
    record("clients.payer_added", client, by=by, payer=payer.pk, name=payer.name, inn=payer.inn)
    return payer


@transaction.atomic
def change_payer(payer: Payer, *, by: User, **fields: Any) -> Payer:
    """Mend what was typed wrong; dated edits and a new legal entity are verbs of their own (R1.2).

    Raises Refused at "is_default", and at "counterparty_code" when another payer has it.
    """
    lock(payer.client_id)
    row = Payer.objects.select_for_update(no_key=True, of=("self",)).get(pk=payer.pk)
    _check_code(fields.get("counterparty_code", ""), row)
    if row.is_default and fields.get("is_default") is False:
        raise Refused(_("One payer is the default: mark another one instead."), "is_default")
    if fields.get("is_default") and not row.is_default:
        row.client.payers.filter(is_default=True).update(is_default=False)
    before, after = _changes(row, fields)
    if after:
        row.save(update_fields=list(after))
        record("clients.payer_changed", row, by=by, before=before, after=after)
    return row


@transaction.atomic
def add_contact(client: Client, *, by: User, email: str, shared: bool = False, **fields: Any) -> Contact:
    """A person at the client with an address of its own or a shared one (R2.1)."""
    contact = Contact.objects.create(client=client, **fields)
    kind = EmailAddress.Kind.SHARED if shared else EmailAddress.Kind.EXCLUSIVE
    if email:
        _take_address(EmailAddress(client=client, contact=contact, address=email, kind=kind))
    record("clients.contact_added", client, by=by, contact=contact.pk, name=contact.name, email=email)
    return contact


@transaction.atomic
def add_note(client: Client, text: str, *, by: User | None, important: bool = False) -> Note:
    note = Note.objects.create(client=client, text=text, important=important, author=by)
    record("clients.note_added", client, by=by, note=note.pk, important=important)
    return note


@transaction.atomic
def change_note(note: Note, *, by: User, text: str, important: bool) -> Note:
    note.text, note.important, note.changed_at = text, important, clock.now()
    note.save(update_fields=["text", "important", "changed_at"])
    record("clients.note_changed", note, by=by)
    return note


@transaction.atomic
def delete_note(note: Note, *, by: User) -> None:
    record("clients.note_deleted", note, by=by, text=note.text[:200])
    note.delete()
