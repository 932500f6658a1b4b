"""How a client is reached: each change is proven, told to the old address and kept in a note (R2.3, R2.4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry, subject_of
from billing_site.journal.moves import Stale, record
from billing_site.kit import clock
from billing_site.kit.requisites import shown_phone
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients import actions
from clients.letters import changed_letter
from clients.models import Client, Contact, Proof
from clients.proving import Change, Evidence, proofs_needed, prove

STAY = ("contacts",)  # letters of ours about this very change
QUIET = timedelta(hours=24)  # no passwords to a new main address meanwhile (R2.4)


def difference(client: Client, wanted: Mapping[str, Any]) -> list[Change]:
    """What would change in the client itself; `wanted` has email, phone, extension."""
    now = {"email": client.main_email, "phone": shown_phone(client.phone, client.extension)}
    return _differing(now, wanted)


def difference_of_person(contact: Contact, wanted: Mapping[str, Any]) -> list[Change]:
    """The same for a person at the client; `wanted` has powers too."""
    own = contact.own_address() if contact.pk else None
    now = {
        "email": own.address if own else "",
        "phone": shown_phone(contact.phone, contact.extension),
        "powers": ",".join(sorted(contact.powers)),
    }
    return _differing(now, wanted, contact.name)


def _differing(now: dict[str, str], wanted: Mapping[str, Any], person: str = "") -> list[Change]:
    new = {"email": wanted["email"], "phone": shown_phone(wanted["phone"], wanted["extension"])}
    if "powers" in now:
        new["powers"] = ",".join(sorted(wanted["powers"]))
    return [Change(name, now[name], new[name], person) for name in now if now[name] != new[name]]


@transaction.atomic
def change_contacts(
    client: Client,
    wanted: Mapping[str, Any],
    *,
    by: User,
    proofs: Sequence[Evidence] = (),
    because: str = "",
    version: int | None = None,
) -> Client:
    """Change the main e-mail and the phone of a client (`wanted`: email, phone, extension).

    Raises Refused when the proofs are not enough, and at "email" when the address is taken; Stale when
    somebody changed the client since `version` was read.
    """
    row = actions.lock(client.pk)
    changes = difference(row, wanted)
    if not changes:
        return row
    if version not in (None, row.version):
        saved = Entry.objects.about(row).filter(verb__in=("clients.changed", "clients.contacts_changed"))
        raise Stale(row, saved.order_by("-id").first())
    old = row.main_email
    kept = prove(row, changes, needed=proofs_needed(changes), evidence=proofs, by=by)
    moved = []
    if old != wanted["email"]:
        actions.replace_main_address(row, wanted["email"], by=by)
        moved = letters.redirect(row.pk, old, wanted["email"], by=by, but=STAY)
    row.phone, row.extension = wanted["phone"], wanted["extension"]
    row.version += 1
    row.save(update_fields=["phone", "extension", "version"])
    _keep_story(row, changes, kept, "\n".join([because, *_moved_lines(moved)]), by)
    _tell([old], row, changes, by)
    return row


@transaction.atomic
def change_person(
    contact: Contact,
    *,
    by: User,
    proofs: Sequence[Evidence] = (),
    because: str = "",
    version: int | None = None,
    shared: bool = False,
    **fields: Any,
) -> Contact:
    """Change a person at the client: how to reach it and its powers by proof, the rest freely.

    Raises Refused when the proofs are not enough, and at "email" when the address is taken; Stale when
    somebody saved since `version` was read.
    """
    client = actions.lock(contact.client_id)
    row = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
    actions.refuse_stale_contact(row, version, shared=shared, **fields)
    changes = difference_of_person(row, fields)
    needed = proofs_needed(changes, set(fields["powers"]))
    kept = prove(client, changes, needed=needed, evidence=proofs, by=by, contact=row) if changes else []
    own = row.own_address()
    old, moved = own.address if own else "", []
    if old and old != fields["email"]:
        moved = letters.redirect(client.pk, old, fields["email"] or client.main_email, by=by, but=STAY)
    lines = (because, *_moved_lines(moved), *_proof_lines(kept))
    story = "\n".join(line for line in lines if line)
    changed = actions.change_contact(row, by=by, because=story, shared=shared, **fields)
    if changes:
        _tell([client.main_email, old], client, changes, by)
    return changed


@transaction.atomic
def introduce(
    client: Client, *, by: User, proofs: Sequence[Evidence] = (), because: str = "", **fields: Any
) -> Contact:
    """A new person at the client. Powers beyond papers want a proof; the main address is told."""
    row = actions.lock(client.pk)
    changes = difference_of_person(Contact(client=row, name=fields["name"]), fields)
    needed = proofs_needed(changes, set(fields["powers"]))
    kept = prove(row, changes, needed=needed, evidence=proofs, by=by) if needed or proofs else []
    contact = actions.add_contact(row, by=by, **fields)
    if kept or because:
        _keep_story(row, changes, kept, because, by)
    if changes:
        _tell([row.main_email], row, changes, by)
    return contact


def _keep_story(
    client: Client, changes: Sequence[Change], proofs: Sequence[Proof], because: str, by: User
) -> None:
    """The important note with the old values, and the journal's line (MISSION row 6)."""
    record(
        "clients.contacts_changed",
        client,
        by=by,
        what="; ".join(change.words() for change in changes),
        proofs=[proof.pk for proof in proofs],
        because=because,
    )
    lines = [_("Contact data changed."), *(change.words() for change in changes)]
    if any(change.field == "email" and not change.person for change in changes):
        until = clock.moscow(clock.now() + QUIET)
        lines.append(_("No passwords to the new address before %(at)s.") % {"at": f"{until:%d.%m.%Y %H:%M}"})
    lines += [because, *_proof_lines(proofs)]
    actions.add_note(client, "\n".join(line for line in lines if line), by=by, important=True)


def _moved_lines(moved: Sequence[Letter]) -> list[str]:
    """What became of letters that had not left yet."""
    if not moved:
        return []
    return [_("Letters that had not left yet go to the new address: %(count)s.") % {"count": len(moved)}]


def _proof_lines(proofs: Sequence[Proof]) -> list[str]:
    return [
        _("Proof: %(kind)s") % {"kind": proof.get_kind_display()}
        + (f" ({proof.file_name or proof.text})" if proof.kind != Proof.Kind.LINK else "")
        for proof in proofs
    ]


def _tell(addresses: Sequence[str], client: Client, changes: Sequence[Change], by: User) -> None:
    """Each address that was ours before the change hears of it."""
    with translation.override(client.language):
        content = changed_letter(client, [change.words() for change in changes])
    for address in dict.fromkeys(filter(None, addresses)):
        letters.queue(
            content,
            to=[address],
            kind="contacts",
            by=by,
            client_no=client.pk,
            about=subject_of(client),
            language=client.language,
            about_money=False,
        )


def quiet_until(client: Client) -> datetime | None:
    """Until when no password goes to the main address: 24 hours after it became that (R2.4)."""
    last = (
        Entry.objects.about(client)
        .filter(verb="clients.email_changed", at__gt=clock.now() - QUIET)
        .order_by("-id")
        .first()
    )
    return last.at + QUIET if last else None
