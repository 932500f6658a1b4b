"""Everything that happened to a client, in one order: the journal's entries with the fields they changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import ForeignKey, Q
from django.db.models.functions import Left
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.journal.models import Entry
from billing_site.kit.requisites import shown_phone
from billing_site.office.models import User
from billing_site.pages import formats
from billing_site.pages.access import may
from billing_site.pages.subjects import Subject, subjects
from billing_site.pages.telling import sentence
from clients.models import Client

TOGETHER = timedelta(seconds=5)  # a verb's entry and the rows it changed are written in one transaction
HISTORY_LIMIT = 200
# Verbs that only add: a field that changed in the same breath was changed by the other verb beside them.
CHANGE_NOTHING = {
    "clients.created", "clients.payer_added", "clients.contact_added", "clients.contract_added",
    "clients.licence_added",
    "clients.note_added", "clients.note_changed", "clients.note_deleted",
    "clients.todo_given", "clients.todo_changed", "clients.todo_done", "clients.todo_reopened",
}  # fmt: skip
ON_ITS_WAY = "letters.letter.sending"  # a moment before «sent» or «failed», which tell the same
QUOTED = 160
NOT_TOLD = {"version", "client", "contact"}


@dataclass(frozen=True)
class Kind:
    """A sort of lines that the timeline can be narrowed to; `verbs` are beginnings of the journal's."""

    key: str
    label: str | Promise
    icon: str
    right: str
    verbs: tuple[str, ...]

    @property
    def of(self) -> Q:
        found = Q()
        for beginning in self.verbs:
            found |= Q(verb__startswith=beginning)
        if self.key == "handovers":
            return found | OPENED_FOR_HANDOVER
        return found & ~OPENED_FOR_HANDOVER if self.key == "tickets" else found

    def tells(self, entry: Entry) -> bool:
        handed = entry.verb == "tickets.opened" and "handover" in entry.facts
        return self.key == "handovers" if handed else entry.verb.startswith(self.verbs)


OPENED_FOR_HANDOVER = Q(verb="tickets.opened", facts__has_key="handover")
CHANGES = "changes"
KINDS = (
    Kind("letters", gettext_lazy("Letters"), "mail", "letters.view_letter", ("letters.",)),
    Kind("tickets", gettext_lazy("Tickets"), "message-circle", "tickets.view_ticket", ("tickets.",)),
    Kind("handovers", gettext_lazy("Hand-overs"), "wrench", "tickets.view_ticket", ("products.handover.",)),
    Kind(
        "payments", gettext_lazy("Payments"), "banknote", "invoices.view_payment",
        ("invoices.money_", "invoices.line_", "invoices.bankline.", "invoices.payment", "invoices.proof_"),
    ),
    Kind("invoices", gettext_lazy("Invoices"), "file-text", "invoices.view_invoice", ("invoices.",)),
    Kind("services", gettext_lazy("Orders and services"), "package", "products.view_service", ("products.",)),
    Kind("notes", gettext_lazy("Notes"), "sticky-note", "clients.view_note", ("clients.note",)),
    Kind(CHANGES, gettext_lazy("Changes of the card"), "pencil", "clients.view_client", ("clients.",)),
)  # fmt: skip


def _only(kind: Kind) -> Q:
    """Lines of a kind, without those that a narrower kind before it took («payments» from «invoices»)."""
    wider = KINDS[: KINDS.index(kind)]
    found = kind.of
    for other in wider:
        if any(narrow.startswith(wide) for narrow in other.verbs for wide in kind.verbs):
            found &= ~other.of
    return found


def kinds_for(user: User) -> list[Kind]:
    """Kinds of which the user may know."""
    return [kind for kind in KINDS if may(user, kind.right)]


def _wanted(user: User | None, key: str) -> Q:
    """The journal's lines of one kind, or of all that the user may know; `user` None: of everything."""
    allowed = kinds_for(user) if user else list(KINDS)
    for kind in allowed:
        if kind.key == key:
            return _only(kind)
    hidden = Q()
    for kind in KINDS:
        if kind not in allowed:
            hidden |= _only(kind)
    return ~hidden if hidden else Q()


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
    about: Subject | None = None  # what the line leads to, unless it is the client
    kind: Kind | None = None
    quote: str = ""  # the beginning of a note


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


def timeline(
    client: Client, *, before: int | None, size: int, kind: str = "", user: User | None = None
) -> tuple[list[Told], int | None]:
    """`size` lines older than the entry `before` (its number), and where the next ones begin, if any.

    `kind` narrows them to one of KINDS, `user` to what he may know. A change of fields that no verb told
    (a script, raw SQL) has a line of its own on the first page it falls into.
    """
    entries = Entry.objects.filter(_wanted(user, kind), client_no=client.pk).exclude(verb=ON_ITS_WAY)
    entries = entries.order_by("-id")
    if before:
        entries = entries.filter(id__lt=before)
    found = list(entries[: size + 1])
    more, found = len(found) > size, found[:size]
    told = _lines(client, found)
    if kind in ("", CHANGES):
        since = found[-1].at if more else None
        until = found[0].at if found and before else None
        _join(told, _events(client), since, until)
    told.sort(key=lambda one: one.at, reverse=True)
    return told, found[-1].id if more else None


def _lines(client: Client, entries: list[Entry]) -> list[Told]:
    names = subjects(entry.subject for entry in entries)
    quotes = _quotes(client, entries)
    own = f"clients.client:{client.pk}"
    return [
        Told(
            entry.at,
            entry.actor_name,
            sentence(entry, names[entry.subject].name),
            subject=entry.subject,
            verb=entry.verb,
            request=entry.request_id,
            about=names[entry.subject] if entry.subject != own and names[entry.subject].url else None,
            kind=next((kind for kind in KINDS if kind.tells(entry)), None),
            quote=quotes.get(entry.facts.get("note"), ""),
        )
        for entry in entries
    ]


def _quotes(client: Client, entries: list[Entry]) -> dict[int, str]:
    """How the notes that were added begin, by number; a deleted one says nothing."""
    numbers = [entry.facts["note"] for entry in entries if entry.verb == "clients.note_added"]
    if not numbers:
        return {}
    notes = client.notes.filter(pk__in=numbers).values_list("pk", Left("text", QUOTED))
    return {pk: text if len(text) < QUOTED else f"{text}…" for pk, text in notes}


def _join(told: list[Told], events: Iterable[_Event], since: datetime | None, until: datetime | None) -> None:
    """Give each event to the entry that told it, else a line of its own within the page's time."""
    by_subject: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_subject[one.subject].append(one)
    for event in events:
        near = [one for one in by_subject[event.subject] if abs(one.at - event.at) < TOGETHER]
        if near:
            teller = min(near, key=event.told_by)
            teller.changes += [one for one in event.changes if f"{one.old} → {one.new}" not in teller.text]
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
    events = list(history.select_related("pgh_context").order_by("-pgh_id")[:HISTORY_LIMIT])
    after = {row.pk: row for row in rows}
    tracked = [
        f
        for f in model.pgh_event_model._meta.fields
        if not f.name.startswith("pgh_") and f.name not in NOT_TOLD
    ]
    names = {f.attname: _names(f, [*rows, *events], people) for f in tracked if isinstance(f, ForeignKey)}
    for old in events:
        new = after[old.pgh_obj_id]
        after[old.pgh_obj_id] = old
        changes = [
            Change(f.verbose_name, _word(f, old, names), _word(f, new, names))
            for f in tracked
            if getattr(old, f.attname) != getattr(new, f.attname)
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


def _names(column: Any, rows: list[Any], people: dict[int, str]) -> dict[int, str]:
    """What the rows that these point at are called: one query a column, none for staff."""
    other = column.remote_field.model
    if other is User:
        return people
    keys = {getattr(row, column.attname) for row in rows} - {None}
    return {pk: str(one) for pk, one in other._base_manager.in_bulk(keys).items()} if keys else {}


def _subject(owner: str, event: Any, client: Client) -> str:
    """Addresses and contacts are told under their client, payers under themselves."""
    return f"{owner}:{event.pgh_obj_id}" if owner == "clients.payer" else f"clients.client:{client.pk}"


def _changed(row: Any) -> str:
    return _("Changed: %(what)s") % {"what": getattr(row, "name", "") or getattr(row, "address", "")}


def _word(column: Any, row: Any, names: dict[str, dict[int, str]]) -> str:
    value = getattr(row, column.attname)
    if value in (None, "", [], {}):
        return "—"
    if isinstance(column, ForeignKey):
        return names[column.attname].get(value, str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if column.name == "phone":
        return shown_phone(value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items() if one) or "—"
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, list):
        words = dict(column.base_field.flatchoices)
        return ", ".join(str(words.get(one, one)) for one in value)
    return str(dict(column.flatchoices).get(value, value))
