"""Verbs about clients."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry
from billing_site.journal.moves import Stale, move, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import BadRequisite, check_code, shown_phone
from billing_site.kit.secrets import EncryptedTextField
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.models import Client, Contact, EmailAddress, Note, Payer


def lock(client_id: int) -> Client:
    """The first lock of every money verb (Client → Service → Invoice → …)."""
    return Client.objects.select_for_update(no_key=True, of=("self",)).get(pk=client_id)


def called(client: Client, by: User | None) -> str:
    """A client as `by` may know it: outside the scope no name, but the number and whom to ask."""
    if by is None or Client.objects.visible_to(by).filter(pk=client.pk).exists():
        return f"№ {client.pk} {client.name}"
    return f"№ {client.pk} ({client.account_manager or _('no account manager')})"


def _take_address(address: EmailAddress, by: User | None) -> EmailAddress:
    """Save an address; the database says whether it is free (R2.1). Raises Refused at "email"."""
    try:
        with transaction.atomic():
            address.save()
    except IntegrityError as clash:
        holders = EmailAddress.objects.holders(address).select_related("client__account_manager", "contact")
        holder = holders.first()
        if holder is None:
            raise
        raise Refused(_taken(holder, address.client, by), "email") from clash
    return address


def _taken(holder: EmailAddress, wanted_by: Client, by: User | None) -> str:
    if holder.client_id != wanted_by.pk:
        return _("This e-mail belongs to another client already: %(client)s.") % {
            "client": called(holder.client, by)
        }
    if holder.contact:
        return _("This e-mail stands at the client's contact already: %(contact)s.") % {
            "contact": holder.contact
        }
    return _("This client has this e-mail already.")


def _differing(row: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if getattr(row, name) != value}


def set_changed(row: Any, fields: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Set what differs; the old and new values of exactly those fields, as the journal keeps them."""
    changed = _differing(row, fields)
    before = {name: _said(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    return before, {name: _said(row, name) for name in changed}


def _said(row: Any, name: str) -> str:
    """A value as the journal keeps it; of a secret only whether there is one."""
    value = getattr(row, name)
    secret = isinstance(row._meta.get_field(name), EncryptedTextField)
    return "•••" if secret and value else _kept(value)


def _kept(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    return "" if value is None else str(value)


def _check_code(code: str, by: User | None, payer: Payer | None = None) -> None:
    """A counterparty code is none of a mistake and stands at one payer only (R1.5). Raises Refused at it."""
    if not code:
        return
    try:
        check_code(code)
    except BadRequisite as wrong:
        raise Refused(str(wrong), "counterparty_code") from wrong
    others = Payer.objects.filter(counterparty_code=code)
    if payer:
        others = others.exclude(pk=payer.pk)
    other = others.select_related("client__account_manager").first()
    if other:
        raise Refused(
            _("This code belongs to another payer already: client %(client)s.")
            % {"client": called(other.client, by)},
            "counterparty_code",
        )


def save_payer(payer: Payer) -> Payer:
    """Save a payer; the database has the last word about its code. Raises Refused at "counterparty_code"."""
    try:
        with transaction.atomic():
            payer.save()
    except IntegrityError as clash:
        if "payer_code_once" not in str(clash):
            raise
        raise Refused(_("Another payer has just taken this code."), "counterparty_code") from clash
    return payer


@transaction.atomic
def create_client(
    *, by: User | None, email: str, payer: Mapping[str, Any] | None = None, because: str = "", **fields: Any
) -> Client:
    """A new client with its main e-mail and, if given, its default payer.

    `email` normalised (kit.requisites.normal_address); `fields` are columns of Client, `payer` of Payer;
    `because`, noted, says why it is none of those that look the same.
    Raises Refused at "email" when another client has the address.
    """
    client = Client.objects.create(registered_on=fields.pop("registered_on", clock.today()), **fields)
    _take_address(EmailAddress(client=client, address=email, kind=EmailAddress.Kind.PROFILE), by)
    record("clients.created", client, by=by, name=client.name, email=email)
    if payer:
        add_payer(client, by=by, is_default=True, **payer)
    if because:
        add_note(client, _("Why it is another client: %(because)s") % {"because": because}, by=by)
    return client


@transaction.atomic
def change_client(client: Client, *, by: User, version: int, **fields: Any) -> Client:
    """Change columns of a client; saving what stands there already changes nothing.

    Raises Stale when somebody saved since `version` was read.
    """
    row = lock(client.pk)
    if not _differing(row, fields):
        return row
    if row.version != version:
        raise Stale(row, Entry.objects.about(row).filter(verb="clients.changed").order_by("-id").first())
    before, after = set_changed(row, fields)
    row.version += 1
    row.save(update_fields=[*after, "version"])
    record("clients.changed", row, by=by, before=before, after=after)
    return row


@transaction.atomic
def change_status(client: Client, to: str, *, by: User) -> Client:
    return move(client, to, by=by)


@transaction.atomic
def delete_client(client: Client, *, by: User) -> None:
    """Delete a client made by mistake, with its contacts, payers and notes; the journal keeps its name.

    Raises Refused when anything else hangs on it: such a client is closed, not deleted.
    """
    row = lock(client.pk)
    if Letter.objects.filter(client_no=row.pk).exists():
        raise Refused(_hangs({Letter}))
    record("clients.deleted", row, by=by, name=row.name, email=row.main_email)
    try:
        row.delete()
    except ProtectedError as kept:
        raise Refused(_hangs({type(one) for one in kept.protected_objects})) from kept


def _hangs(models: Iterable[type[Any]]) -> str:
    words = sorted(str(model._meta.verbose_name_plural) for model in models)
    return _("Something hangs on this client, so it can only be closed: %(what)s.") % {
        "what": ", ".join(words)
    }


@transaction.atomic
def replace_main_address(client: Client, email: str, *, by: User) -> EmailAddress:
    """The old address is kept as former. Raises Refused at "email" when the new one is taken."""
    lock(client.pk)
    old = client.addresses.select_for_update(no_key=True, of=("self",)).get(kind=EmailAddress.Kind.PROFILE)
    if old.address == email:
        return old
    old.kind = EmailAddress.Kind.FORMER
    old.save(update_fields=["kind"])
    new = _take_address(EmailAddress(client=client, address=email, kind=EmailAddress.Kind.PROFILE), by)
    record("clients.email_changed", client, by=by, before=old.address, after=email)
    return new


@transaction.atomic
def add_payer(client: Client, *, by: User | None, is_default: bool = False, **fields: Any) -> Payer:
    """One more payer of a client; the first one, or one marked so, becomes the default.

    Raises Refused at "counterparty_code" when another payer has it.
    """
    lock(client.pk)
    _check_code(fields.get("counterparty_code", ""), by)
    others = client.payers.filter(is_default=True)
    if is_default:
        others.update(is_default=False)
    elif not others.exists():
        is_default = True
    fields.setdefault("valid_from", clock.today())
    payer = save_payer(Payer(client=client, is_default=is_default, **fields))
    record("clients.payer_added", client, by=by, payer=payer.pk, name=payer.name, inn=payer.inn)
    return payer


@transaction.atomic
def change_payer(payer: Payer, *, by: User, version: int | None = None, **fields: Any) -> Payer:
    """Mend what was typed wrong; dated edits and a new legal entity are verbs of their own (R1.2).

    Raises Refused at "is_default", and at "counterparty_code" when another payer has it; Stale when
    somebody saved since `version` was read.
    """
    lock(payer.client_id)
    row = Payer.objects.select_for_update(no_key=True, of=("self",)).get(pk=payer.pk)
    if not _differing(row, fields):
        return row
    if version not in (None, row.version):
        raise Stale(row, Entry.objects.about(row).filter(verb__startswith="clients.").order_by("-id").first())
    _check_code(fields.get("counterparty_code", ""), by, row)
    if row.is_default and fields.get("is_default") is False:
        raise Refused(_("One payer is the default: mark another one instead."), "is_default")
    if fields.get("is_default") and not row.is_default:
        row.client.payers.filter(is_default=True).update(is_default=False)
    before, after = set_changed(row, fields)
    row.version += 1
    save_payer(row)
    if "kpp" in after:
        _correct_dated_kpp(row)
    record("clients.payer_changed", row, by=by, before=before, after=after)
    return row


def _correct_dated_kpp(payer: Payer) -> None:
    """A KPP that was typed wrong is wrong in its dated row as well, if there is one."""
    dated = payer.kpps.filter(valid_from__lte=clock.today()).first()
    if dated:
        dated.kpp = payer.kpp
        dated.save(update_fields=["kpp"])


@transaction.atomic
def add_contact(client: Client, *, by: User, email: str, shared: bool = False, **fields: Any) -> Contact:
    """A person at the client with an address of its own or a shared one (R2.1)."""
    lock(client.pk)
    contact = Contact.objects.create(client=client, **fields)
    kind = EmailAddress.Kind.SHARED if shared else EmailAddress.Kind.EXCLUSIVE
    if email:
        _take_address(EmailAddress(client=client, contact=contact, address=email, kind=kind), by)
    record("clients.contact_added", client, by=by, contact=contact.pk, name=contact.name, email=email)
    return contact


@transaction.atomic
def change_contact(
    contact: Contact,
    *,
    by: User,
    email: str,
    shared: bool = False,
    because: str = "",
    version: int | None = None,
    **fields: Any,
) -> Contact:
    """Change a person at the client; how to reach it and its powers as they were go into an important note.

    Another address makes the old one former. Raises Refused at "email" when it is taken, Stale when
    somebody saved since `version` was read.
    """
    client = lock(contact.client_id)
    row = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
    refuse_stale_contact(row, version, email=email, shared=shared, **fields)
    kind = EmailAddress.Kind.SHARED if shared else EmailAddress.Kind.EXCLUSIVE
    old = row.own_address()
    was = (shown_phone(row.phone, row.extension), ", ".join(row.power_words), old.address if old else "")
    before, after = set_changed(row, fields)
    written = list(after)
    if _move_address(row, old, email, kind, by):
        before["email"], after["email"] = was[2], email
    if not after:
        return row
    row.version += 1
    row.save(update_fields=[*written, "version"])
    record(
        "clients.contact_changed", client, by=by, contact=row.pk, name=row.name, before=before, after=after
    )
    if GUARDED & set(after):
        add_note(client, _contact_note(row, was, because), by=by, important=True)
    return row


def refuse_stale_contact(
    row: Contact, version: int | None, *, email: str, shared: bool, **fields: Any
) -> None:
    """Raises Stale when a save would undo what somebody saved since `version` was read."""
    kind = EmailAddress.Kind.SHARED if shared else EmailAddress.Kind.EXCLUSIVE
    if version in (None, row.version):
        return
    if not _differing(row, fields) and not _address_moves(row.own_address(), email, kind):
        return
    changes = Entry.objects.filter(
        client_no=row.client_id, verb="clients.contact_changed", facts__contact=row.pk
    )
    raise Stale(row, changes.order_by("-id").first())


GUARDED = {"email", "phone", "extension", "powers"}


def _address_moves(old: EmailAddress | None, email: str, kind: str) -> bool:
    return (old.address, old.kind) != (email, kind) if old else bool(email)


def _move_address(contact: Contact, old: EmailAddress | None, email: str, kind: str, by: User) -> bool:
    """Give the contact this address of this kind; True when something changed."""
    if not _address_moves(old, email, kind):
        return False
    if old and old.address == email:
        old.kind = kind
        _take_address(old, by)
        return True
    if old:
        old.kind = EmailAddress.Kind.FORMER
        old.save(update_fields=["kind"])
    if email:
        _take_address(
            EmailAddress(client_id=contact.client_id, contact=contact, address=email, kind=kind), by
        )
    return True


def _contact_note(contact: Contact, was: tuple[str, str, str], because: str) -> str:
    phone, powers, email = (value or "—" for value in was)
    told = _(
        "Contact changed: %(name)s. Before: e-mail %(email)s, phone %(phone)s, may ask for: %(powers)s."
    ) % {"name": contact.name, "email": email, "phone": phone, "powers": powers}
    return f"{told}\n{because}" if because else told


@transaction.atomic
def add_note(client: Client, text: str, *, by: User | None, important: bool = False, once: str = "") -> Note:
    note = Note.objects.create(client=client, text=text, important=important, author=by)
    mark = {"once": once} if once else {}
    record("clients.note_added", client, by=by, note=note.pk, important=important, **mark)
    return note


@transaction.atomic
def delete_note(note: Note, *, by: User) -> None:
    record("clients.note_deleted", note, by=by, text=note.text[:200])
    note.delete()
