"""Notes with files, and colleagues who are called to look at them."""

import re
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry
from billing_site.journal.moves import Stale, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.office.models import User
from clients import actions
from clients.models import Client, Mention, Note, NoteFile

LATEST = 50  # deeds on a client among which a double click is looked for
CALLS = re.compile(r"(?<![\w@.])@([^\W\d_]{2,})(?:[ \u00a0]([^\W\d_]{2,}))?")


@transaction.atomic
def write_note(
    client: Client,
    text: str,
    *,
    by: User,
    important: bool = False,
    files: Sequence[letters.FilePart] = (),
    once: str = "",
) -> Note:
    """A note; colleagues named by @ are called. Raises Refused at "text" when a name means several.

    `once` marks the form it came from: the same words from it again are the note that is there already.
    """
    called = called_in(text)
    if once:
        actions.lock(client.pk)
        written = _written_before(client, once, text)
        if written:
            return written
    note = actions.add_note(client, text, by=by, important=important, once=once)
    _keep_files(note, files)
    _call(note, called)
    return note


def _written_before(client: Client, once: str, text: str) -> Note | None:
    """What a double click has written a moment ago; behind the client's lock."""
    latest = Entry.objects.filter(client_no=client.pk).order_by("-id").values_list("verb", "facts")[:LATEST]
    numbers = [
        facts["note"] for verb, facts in latest if verb == "clients.note_added" and facts.get("once") == once
    ]
    return Note.objects.filter(pk__in=numbers, text=text).first()


@transaction.atomic
def change_note(
    note: Note,
    *,
    by: User,
    text: str,
    important: bool,
    version: int,
    files: Sequence[letters.FilePart] = (),
) -> Note:
    """Change a note; who is named anew is called. Raises Stale when somebody saved since `version`."""
    called = called_in(text)
    row = Note.objects.select_for_update(no_key=True, of=("self",)).get(pk=note.pk)
    if row.version != version and (row.text, row.important) != (text, important):
        saved = Entry.objects.about(row).filter(verb="clients.note_changed").order_by("-id").first()
        raise Stale(row, saved)
    row.text, row.important, row.changed_at = text, important, clock.now()
    row.version += 1
    row.save(update_fields=["text", "important", "changed_at", "version"])
    record("clients.note_changed", row, by=by)
    _keep_files(row, files)
    _call(row, called)
    return row


def _keep_files(note: Note, files: Sequence[letters.FilePart]) -> None:
    NoteFile.objects.bulk_create(NoteFile(note=note, **letters.store(file)) for file in files)


def _call(note: Note, users: Sequence[User]) -> None:
    Mention.objects.bulk_create((Mention(note=note, user=user) for user in users), ignore_conflicts=True)


def called_in(text: str) -> list[User]:
    """Colleagues named in a text: «@Ветрова», «@Анна Ветрова». A name that nobody has is only text."""
    calls = CALLS.findall(text)
    if not calls:
        return []
    staff = [(user, _bare(user.name).split()) for user in User.objects.filter(is_active=True)]
    found = []
    for first, second in calls:
        named = [(user, words) for user, words in staff if _starts(words, first)]
        if len(named) > 1 and second:
            named = [(user, words) for user, words in named if _starts(words, second)] or named
        if len(named) > 1:
            names = ", ".join(user.name for user, _words in named)
            raise Refused(
                _("@%(name)s means several colleagues: %(names)s. Write name and surname.")
                % {"name": first, "names": names},
                "text",
            )
        found += [user for user, _words in named]
    return list(dict.fromkeys(found))


def _bare(name: str) -> str:
    return name.lower().replace("ё", "е")


def _starts(words: Sequence[str], typed: str) -> bool:
    return any(word.startswith(_bare(typed)) for word in words)


def see(mention: Mention) -> None:
    """The colleague has looked."""
    Mention.objects.filter(pk=mention.pk, seen_at=None).update(seen_at=clock.now())
