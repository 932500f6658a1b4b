"""Everything that happened to a client, in one order: the journal's entries with the fields they changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import ForeignKey
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry
from billing_site.kit.requisites import shown_phone
from billing_site.office.models import User
from billing_site.pages.subjects import subjects
from billing_site.pages.telling import sentence
from clients.models import Client

TOGETHER = timedelta(seconds=5)  # a verb's entry and the rows it changed are written in one transaction
HISTORY_LIMIT = 200
# Verbs that only add: a field that changed in the same breath was changed by the other verb beside them.
CHANGE_NOTHING = {
    "clients.created", "clients.payer_added", "clients.contact_added",
    "clients.note_added", "clients.note_changed", "clients.note_deleted",
}  # fmt: skip
NOT_TOLD = {"version", "client", "contact"}


@dataclass(frozen=True)
class Change:
    """A field that became something else; words as people read them."""

    label: str | Promise
    old: str
    new: str


@dataclass
class Told:
    """One line of the timeline. `changes` may be empty."""

    at: datetime
    who: str
    text: str
    changes: list[Change] = field(default_factory=list)
    subject: str = ""
    verb: str = ""
    request: str = ""


@dataclass(frozen=True)
class _Event:
    at: datetime
    subject: str
    who: str
    what: str
    changes: list[Change]
    request: str = ""

    def told_by(self, one: Told) -> tuple[bool, bool, timedelta]:
        """How surely an entry told this change: of the same request, by a verb that changes, nearest."""
        elsewhere = bool(self.request and one.request and self.request != one.request)
        return elsewhere, one.verb in CHANGE_NOTHING, abs(one.at - self.at)


def timeline(client: Client, *, before: int | None, size: int) -> tuple[list[Told], int | None]:
    """`size` lines older than the entry `before` (its number), and where the next ones begin, if any.

    A change of fields that no verb told (a script, raw SQL) has a line of its own on the first page
    it falls into.
    """
    entries = Entry.objects.filter(client_no=client.pk).order_by("-id")
    if before:
        entries = entries.filter(id__lt=before)
    found = list(entries[: size + 1])
    more, found = len(found) > size, found[:size]
    names = subjects(entry.subject for entry in found)
    told = [
        Told(
            entry.at,
            entry.actor_name,
            sentence(entry, names[entry.subject].name),
            subject=entry.subject,
            verb=entry.verb,
            request=entry.request_id,
        )
        for entry in found
    ]
    since = found[-1].at if more else None
    until = found[0].at if found and before else None
    _join(told, _events(client), since, until)
    told.sort(key=lambda one: one.at, reverse=True)
    return told, found[-1].id if more else None


def _join(told: list[Told], events: Iterable[_Event], since: datetime | None, until: datetime | None) -> None:
    """Give each event to the entry that told it, else a line of its own within the page's time."""
    by_subject: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_subject[one.subject].append(one)
    for event in events:
        near = [one for one in by_subject[event.subject] if abs(one.at - event.at) < TOGETHER]
        if near:
            min(near, key=event.told_by).changes.extend(event.changes)
        elif (since is None or event.at >= since) and (until is None or event.at <= until):
            told.append(Told(event.at, event.who, event.what, event.changes))


def _events(client: Client) -> list[_Event]:
    people = dict(User.objects.values_list("pk", "name"))
    events: list[_Event] = []
    for rows, owner in (
        ([client], "clients.client"),
        (client.payers.all(), "clients.payer"),
        (client.contacts.all(), "clients.contact"),
        (client.addresses.all(), "clients.emailaddress"),
    ):
        events += _events_of(list(rows), owner, client, people)
    return events


def _events_of(rows: list[Any], owner: str, client: Client, people: dict[int, str]) -> Iterator[_Event]:
    """Updates of these rows: the history keeps old values, so the new ones are those of the next event."""
    if not rows:
        return
    model: Any = type(rows[0])
    history = model.pgh_event_model.objects.filter(pgh_obj__in=[row.pk for row in rows])
    after = {row.pk: row for row in rows}
    tracked = [f for f in model.pgh_event_model._meta.fields if not f.name.startswith("pgh_")]
    for old in history.select_related("pgh_context").order_by("-pgh_id")[:HISTORY_LIMIT]:
        new = after[old.pgh_obj_id]
        after[old.pgh_obj_id] = old
        changes = [
            Change(f.verbose_name, _word(f, old, people), _word(f, new, people))
            for f in tracked
            if f.name not in NOT_TOLD and getattr(old, f.attname) != getattr(new, f.attname)
        ]
        if changes:
            context = old.pgh_context.metadata if old.pgh_context else {}
            yield _Event(
                old.pgh_created_at,
                _subject(owner, old, client),
                people.get(context.get("user") or 0, ""),
                _changed(new),
                changes,
                context.get("request_id", ""),
            )


def _subject(owner: str, event: Any, client: Client) -> str:
    """Addresses and contacts are told under their client, payers under themselves."""
    return f"{owner}:{event.pgh_obj_id}" if owner == "clients.payer" else f"clients.client:{client.pk}"


def _changed(row: Any) -> str:
    return _("Changed: %(what)s") % {"what": getattr(row, "name", "") or getattr(row, "address", "")}


def _word(column: Any, row: Any, people: dict[int, str]) -> str:
    value = getattr(row, column.attname)
    if value in (None, "", []):
        return "—"
    if isinstance(column, ForeignKey):
        return people.get(value, str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if column.name == "phone":
        return shown_phone(value)
    if isinstance(value, list):
        words = dict(column.base_field.flatchoices)
        return ", ".join(str(words.get(one, one)) for one in value)
    return str(dict(column.flatchoices).get(value, value))
