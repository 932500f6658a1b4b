"""Verbs of outgoing mail. Nothing here speaks SMTP: that is tasks.py."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing_site.journal.moves import IllegalMove, move, move_many, record, record_many
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.letters.models import Attachment, Hold, Letter
from billing_site.office.models import User

STOPPED = (Letter.Status.HELD, Letter.Status.FAILED, Letter.Status.UNCERTAIN)
REDIRECTED = (Letter.Status.HELD, Letter.Status.QUEUED, Letter.Status.FAILED)
ON_THE_WAY = (Letter.Status.HELD, Letter.Status.QUEUED, Letter.Status.SENDING)


@dataclass(frozen=True)
class Content:
    """What a letter says. `text` is always there; `html` may be empty."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class FilePart:
    name: str
    content_type: str
    data: bytes = field(repr=False)


def store(part: FilePart) -> dict[str, Any]:
    """Keep the bytes in the storage under their hash; the fields an attachment row needs."""
    digest = hashlib.sha256(part.data).hexdigest()
    name = f"attachments/{digest[:2]}/{digest}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(part.data))
    return {
        "name": part.name[:150],
        "content_type": part.content_type[:100],
        "size": len(part.data),
        "sha256": digest,
        "storage_name": name,
    }


@transaction.atomic
def queue(
    content: Content,
    *,
    to: Sequence[str],
    kind: str,
    by: User | None,
    client_no: int | None = None,
    about: str = "",
    key: str | None = None,
    needs: str = "",
    due_at: datetime | None = None,
    files: Sequence[FilePart] = (),
    **fields: Any,
) -> Letter:
    """Put a letter into the outbox; it leaves after commit, when due and when what it `needs` exists.

    A client on hold gets it HELD instead. `key` makes it once: a second call returns the first letter.
    `fields` are further columns of Letter (cc, reply_to, language, in_reply_to, references, headers).
    Raises Refused without an addressee.
    """
    if not to:
        raise Refused(_("There is nobody to send the letter to."))
    values = {
        **_standing(client_no),
        "kind": kind,
        "client_no": client_no,
        "about": about,
        "needs": needs,
        "to": list(to),
        "subject": content.subject[:250],
        "text": content.text,
        "html": content.html,
        "author": by,
        "due_at": due_at or clock.now(),
        **fields,
    }
    if key is None:
        letter, made = Letter.objects.create(**values), True
    else:
        letter, made = Letter.objects.get_or_create(key=key, defaults=values)
    if not made:
        return letter
    Attachment.objects.bulk_create(Attachment(letter=letter, **store(part)) for part in files)
    record("letters.written", letter, by=by, kind=kind, to=letter.to, subject=letter.subject)
    if letter.status == Letter.Status.QUEUED and not needs and letter.due_at <= clock.now():
        errands.send("letters.send", letter.pk)
    return letter


def _standing(client_no: int | None) -> dict[str, str]:
    """State of a new letter: held while its client is."""
    if client_no is not None and Hold.objects.filter(client_no=client_no).exists():
        return {"status": Letter.Status.HELD, "held_because": Letter.Because.HOLD}
    return {"status": Letter.Status.QUEUED, "held_because": Letter.Because.NOTHING}


@transaction.atomic
def supply(needs: str, *parts: FilePart) -> None:
    """What letters waited for exists: attach it and let them go."""
    waiting = list(
        Letter.objects.select_for_update(no_key=True, of=("self",)).filter(needs=needs).order_by("pk")
    )
    if not waiting:
        return
    kept = [store(part) for part in parts]
    Attachment.objects.bulk_create(Attachment(letter=letter, **file) for letter in waiting for file in kept)
    Letter.objects.filter(pk__in=[letter.pk for letter in waiting]).update(needs="")
    for letter in waiting:
        if letter.status == Letter.Status.QUEUED:
            errands.send("letters.send", letter.pk)


@transaction.atomic
def hold(client_no: int, *, by: User, because: str = "") -> Hold:
    """Nothing leaves to this client from now on; what is queued is held (MISSION row 12)."""
    found, _made = Hold.objects.get_or_create(
        client_no=client_no, defaults={"by": by, "because": because[:200]}
    )
    waiting = list(Letter.objects.filter(client_no=client_no, status=Letter.Status.QUEUED))
    move_many(waiting, Letter.Status.HELD, by=by, held_because=Letter.Because.HOLD)
    record("letters.hold", found, by=by, because=because)
    return found


def held_for(client_no: int) -> QuerySet[Letter]:
    """Letters that wait because the client is on hold, oldest first."""
    return Letter.objects.filter(
        client_no=client_no, status=Letter.Status.HELD, held_because=Letter.Because.HOLD
    ).order_by("pk")


@transaction.atomic
def lift(client_no: int, *, by: User, send: Collection[int] = (), drop: Collection[int] = ()) -> list[Letter]:
    """End the hold. Of the letters held for it, those numbered in `send` go out, those in `drop` never;
    the others stay held, each until a person decides. Returns what goes out.
    """
    found = Hold.objects.select_for_update().filter(client_no=client_no).first()
    if found is None:
        return []
    record("letters.lift", found, by=by, send=len(send), drop=len(drop))
    found.delete()
    held = list(held_for(client_no))
    move_many([letter for letter in held if letter.pk in drop], Letter.Status.DROPPED, by=by)
    sent = requeue([letter for letter in held if letter.pk in send], by=by)
    held_for(client_no).update(held_because=Letter.Because.PERSON)
    return sent


@transaction.atomic
def redirect(client_no: int, old: str, new: str, *, by: User, but: Collection[str] = ()) -> list[Letter]:
    """Letters to the client that have not left go to `new` where they said `old`; kinds in `but` stay.

    One that is just being sent, or may have arrived, is left as it is.
    """
    waiting = list(
        Letter.objects.select_for_update(no_key=True, of=("self",))
        .filter(Q(to__contains=[old]) | Q(cc__contains=[old]), client_no=client_no, status__in=REDIRECTED)
        .exclude(kind__in=but)
        .order_by("pk")
    )
    for letter in waiting:
        letter.to = _replaced(letter.to, old, new)
        letter.cc = [one for one in _replaced(letter.cc, old, new) if one not in letter.to]
    Letter.objects.bulk_update(waiting, ["to", "cc"], batch_size=500)
    record_many("letters.redirected", [(one, {"before": old, "after": new}) for one in waiting], by=by)
    return waiting


def _replaced(addresses: Sequence[str], old: str, new: str) -> list[str]:
    return list(dict.fromkeys(new if one == old else one for one in addresses))


@transaction.atomic
def requeue(letters: Sequence[Letter], *, by: User) -> list[Letter]:
    """Let held, failed or uncertain letters go (again). A client still on hold keeps its letters.

    A letter that is just being sent is left alone: back in the queue it would go twice.
    """
    on_hold = Hold.objects.filter(client_no__in={x.client_no for x in letters if x.client_no})
    stopped = (
        Letter.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=[letter.pk for letter in letters], status__in=STOPPED)
        .order_by("pk")
    )
    kept, free = set(on_hold.values_list("pk", flat=True)), set(stopped.values_list("pk", flat=True))
    moved = move_many(
        [letter for letter in letters if letter.pk in free and letter.client_no not in kept],
        Letter.Status.QUEUED,
        by=by,
        held_because="",
        error="",
        due_at=clock.now(),
        leased_until=None,
        attempts=0,
    )
    for letter in moved:
        if not letter.needs:
            errands.send("letters.send", letter.pk)
    return moved


def hold_of(letter: Letter) -> Hold | None:
    """The hold that keeps the letter's client from getting anything."""
    return Hold.objects.select_related("by").filter(client_no=letter.client_no or 0).first()


def told_hold(hold: Hold) -> str:
    """Why nothing leaves to the client, since when, who said so."""
    return _("The client is on hold since %(since)s (%(by)s: %(because)s). Lift the hold first.") % {
        "since": f"{clock.moscow(hold.since):%d.%m.%Y}",
        "by": hold.by.name,
        "because": hold.because or _("no reason given"),
    }


@transaction.atomic
def release(letter: Letter, *, by: User) -> Letter:
    """`requeue` of one. Raises Refused while the client is on hold, IllegalMove when it is too late."""
    hold_now = hold_of(letter)
    if hold_now is not None:
        raise Refused(told_hold(hold_now))
    if not requeue([letter], by=by):
        letter.refresh_from_db(fields=["status"])
        raise IllegalMove(letter, Letter.Status.QUEUED)
    return letter


@transaction.atomic
def drop(letter: Letter, *, by: User) -> Letter:
    """The letter shall never go."""
    return move(letter, Letter.Status.DROPPED, by=by)


@transaction.atomic
def confirm_arrival(letter: Letter, *, by: User) -> Letter:
    """A person has found out that an uncertain letter did arrive."""
    row = Letter.objects.select_for_update(no_key=True, of=("self",)).get(pk=letter.pk)
    if row.status != Letter.Status.UNCERTAIN:
        raise IllegalMove(row, Letter.Status.SENT)
    return move(row, Letter.Status.SENT, by=by, sent_at=clock.now())


@transaction.atomic
def send_again(letter: Letter, *, by: User) -> Letter:
    """A copy of a letter that went, with the same files, as a new letter.

    Raises Refused for a letter that didn't go, and while an earlier copy is still on its way.
    """
    original = Letter.objects.select_for_update(no_key=True, of=("self",)).get(pk=letter.pk)
    if original.status != Letter.Status.SENT:
        raise Refused(_("Only a letter that was sent can be sent again."))
    if original.again.filter(status__in=ON_THE_WAY).exists():
        raise Refused(_("A copy of this letter is on its way already."))
    again = _copy(original, by)
    Attachment.objects.bulk_create(_copies(original, again))
    record("letters.again", again, by=by, of=letter.pk)
    if again.status == Letter.Status.QUEUED:
        errands.send("letters.send", again.pk)
    return again


def _copy(original: Letter, by: User) -> Letter:
    """What the letter says and to whom, as a new row: how it went is not copied."""
    kept = ("kind", "client_no", "about", "about_money", "sender", "reply_to", "to", "cc", "language",
            "subject", "text", "html", "in_reply_to", "references", "headers")  # fmt: skip
    return Letter.objects.create(
        **{name: getattr(original, name) for name in kept},
        **_standing(original.client_no),
        again_of=original,
        author=by,
        due_at=clock.now(),
    )


def _copies(original: Letter, again: Letter) -> list[Attachment]:
    kept = ("name", "content_type", "size", "sha256", "storage_name")
    return [
        Attachment(letter=again, **{name: getattr(part, name) for name in kept})
        for part in original.attachments.order_by("pk")
    ]
