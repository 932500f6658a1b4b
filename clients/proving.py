"""Why a guarded request of a client is believed: call-backs, letters, confirmed links (R2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.journal.models import Entry, subject_of
from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import shown_phone
from billing_site.kit.secrets import make_token, token_hash
from billing_site.letters import actions as letters
from billing_site.office.models import User
from clients.letters import confirm_letter
from clients.models import Client, Contact, Mention, Note, Power, Proof

STANDING = timedelta(days=30)  # so long a phone stood in the card before a call to it proves anything
LINK_LIVES = timedelta(days=3)
WAIVE = "clients.waive_proofs"
LABELS = {
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "powers": gettext_lazy("May ask for"),
}


@dataclass(frozen=True)
class Change:
    """A datum by which a client is reached or believed; powers are written "papers,order"."""

    field: str
    old: str
    new: str
    person: str = ""

    def words(self) -> str:
        """«Телефон: было → стало» in the language that is active."""
        label = str(LABELS[self.field])
        if not self.person and self.field == "email":
            label = _("Main e-mail")
        named = f"{self.person}, {label[:1].lower()}{label[1:]}" if self.person else label
        return f"{named}: {self._said(self.old)} → {self._said(self.new)}"

    def _said(self, value: str) -> str:
        if self.field == "powers" and value:
            return ", ".join(str(Power(power).label) for power in value.split(","))
        return value or "—"

    @property
    def added(self) -> set[str]:
        """Powers beyond papers that the person did not have."""
        return set(self.new.split(",")) - set(self.old.split(",")) - {"", Power.PAPERS}


@dataclass(frozen=True)
class CallBack:
    """We called a phone that stands in the card, and `whom` said yes."""

    phone: str
    whom: str


@dataclass(frozen=True)
class OnPaper:
    """A letter on letterhead with signature and stamp."""

    file: letters.FilePart


@dataclass(frozen=True)
class Asked:
    """The client asked for it by mail: in which ticket, and who wrote there, authenticated and allowed to."""

    ticket: str
    whom: str


Evidence = CallBack | OnPaper
KINDS = {CallBack: Proof.Kind.CALL, OnPaper: Proof.Kind.PAPER}


@dataclass(frozen=True)
class StandingPhone:
    phone: str
    extension: str
    whose: str
    since: datetime

    @property
    def shown(self) -> str:
        return f"{shown_phone(self.phone, self.extension)} — {self.whose}"


def proofs_needed(changes: Sequence[Change], powers: set[str] | None = None) -> int:
    """How many proofs of different kinds a change wants; `powers` of the person, None for the client itself.

    The main e-mail wants two. A datum that was empty may be filled in: the main address is told of it.
    """
    if powers is None:
        if any(change.field == "email" for change in changes):
            return 2
        return int(any(change.old for change in changes))
    trusted = bool(powers - {Power.PAPERS})
    return int(
        any(
            change.added if change.field == "powers" else change.old or (trusted and change.field == "email")
            for change in changes
        )
    )


def standing_phones(client: Client) -> list[StandingPhone]:
    """Phones of the client and its people that stood in the card for 30 days."""
    until = clock.now() - STANDING
    people = list(client.contacts.exclude(phone=""))
    since = {**_written(client, people), **_phone_changed([client]), **_phone_changed(people)}
    found = [StandingPhone(client.phone, client.extension, str(_("the client")), since[client])]
    found += [StandingPhone(one.phone, one.extension, one.name, since[one]) for one in people]
    return [one for one in found if one.phone and one.since <= until]


def _phone_changed(rows: Sequence[Any]) -> dict[Any, datetime]:
    """When rows of one model got the phone that they have; those that never had another are left out."""
    if not rows:
        return {}
    history = type(rows[0]).pgh_event_model.objects.filter(pgh_obj__in=rows)
    last = history.exclude(phone=F("pgh_obj__phone")).order_by("pgh_obj", "-pgh_id").distinct("pgh_obj")
    changed = dict(last.values_list("pgh_obj", "pgh_created_at"))
    return {row: changed[row.pk] for row in rows if row.pk in changed}


def _written(client: Client, people: Sequence[Contact]) -> dict[Client | Contact, datetime]:
    """When the client and its people were written down, as the journal says."""
    told = Entry.objects.filter(client_no=client.pk, verb__in=("clients.created", "clients.contact_added"))
    first: dict[int | None, datetime] = {}
    for contact, at in told.order_by("id").values_list("facts__contact", "at"):
        first.setdefault(contact, at)
    known = first.get(None) or clock.midnight(client.registered_on)
    return {
        client: known,
        **{one: first.get(one.pk) or clock.midnight(client.registered_on) for one in people},
    }


def prove(
    client: Client,
    changes: Sequence[Change],
    *,
    needed: int,
    evidence: Sequence[Evidence],
    by: User,
    contact: Contact | None = None,
) -> list[Proof]:
    """Keep what speaks for the change; the confirmed link for exactly this change counts by itself.

    Raises Refused when it is not enough and `by` may not do without.
    """
    for one in evidence:
        if isinstance(one, CallBack):
            _check_call(client, one)
    confirmed = _confirmed(client, asked_facts(changes, contact))
    kinds = {KINDS[type(one)] for one in evidence} | ({Proof.Kind.LINK} if confirmed else set())
    if len(kinds) < needed and not by.has_perm(WAIVE):
        raise Refused(_too_little(needed))
    return [
        *([confirmed] if confirmed else []),
        *(_keep(client, one, asked_facts(changes, contact), by) for one in evidence),
    ]


def guard(
    client: Client, deed: dict[str, Any], *, evidence: Sequence[Evidence], asked: Asked | None, by: User
) -> str:
    """What speaks for a guarded deed, kept and told in words; `deed` names it, e.g. {"terminate": 12}.

    Raises Refused when nothing does and `by` may not do without.
    """
    for one in evidence:
        if isinstance(one, CallBack):
            _check_call(client, one)
    if not evidence and asked is None:
        if not by.has_perm(WAIVE):
            raise Refused(
                _("Nothing proves that the client wants it: name the ticket, call back, or attach a letter "
                  "on letterhead. A head may do without.")
            )  # fmt: skip
        return ""
    kept = [_keep(client, one, deed, by) for one in evidence]
    told = (
        [_("%(whom)s in ticket %(ticket)s") % {"whom": asked.whom, "ticket": asked.ticket}] if asked else []
    )
    return "; ".join([*told, *(f"{one.get_kind_display()}: {one.text or one.file_name}" for one in kept)])


def _too_little(needed: int) -> str:
    if needed > 1:
        return _(
            "The main e-mail changes by two proofs of different kinds, or by a head: a confirmed link, "
            "a call-back, a letter on letterhead. Nothing was changed."
        )
    return _(
        "A proof is needed: a confirmed link, a call-back to a phone that stood here for 30 days, or a "
        "letter on letterhead. A head may do without. Nothing was changed."
    )


def _check_call(client: Client, call: CallBack) -> None:
    if not call.whom.strip():
        raise Refused(_("Write whom you spoke with."), "whom")
    if call.phone not in {one.phone for one in standing_phones(client)}:
        raise Refused(_("This phone stands in the card for less than 30 days."), "called")


def _keep(client: Client, one: Evidence, facts: dict[str, Any], by: User) -> Proof:
    fields: dict[str, Any]
    if isinstance(one, CallBack):
        fields = {"text": f"{shown_phone(one.phone)}, {one.whom.strip()}"}
    else:
        stored = letters.store(one.file)
        fields = {"file_name": stored["name"], "storage_name": stored["storage_name"]}
    return Proof.objects.create(
        client=client,
        kind=KINDS[type(one)],
        changes=facts,
        confirmed_at=clock.now(),
        by=by,
        **fields,
    )


def asked_facts(changes: Sequence[Change], contact: Contact | None) -> dict[str, Any]:
    """What a proof speaks for. With the old values in it, a proof serves once."""
    return {
        "contact": contact.pk if contact else None,
        "changes": sorted([change.field, change.old, change.new] for change in changes),
    }


def _confirmed(client: Client, asked: dict[str, Any]) -> Proof | None:
    since = clock.now() - LINK_LIVES
    return client.proofs.filter(kind=Proof.Kind.LINK, confirmed_at__gte=since, changes=asked).first()


@transaction.atomic
def ask_by_link(
    client: Client, changes: Sequence[Change], *, by: User, contact: Contact | None = None
) -> Proof:
    """Write to the main address: a link that confirms exactly these changes. Raises Refused without any."""
    if not changes:
        raise Refused(_("Nothing differs from what stands here: there is nothing to confirm."))
    token, kept = make_token()
    until = clock.now() + LINK_LIVES
    proof = Proof.objects.create(
        client=client,
        kind=Proof.Kind.LINK,
        text="\n".join(change.words() for change in changes),
        changes=asked_facts(changes, contact),
        token_hash=kept,
        expires_at=until,
        by=by,
    )
    with translation.override(client.language):
        link = settings.SITE_URL + reverse("contacts-confirm", args=[token])
        words = [change.words() for change in changes]
        content = confirm_letter(client, words, link=link, until=until)
    letters.queue(
        content,
        to=[client.main_email],
        kind="contacts",
        by=by,
        client_no=client.pk,
        about=subject_of(client),
        language=client.language,
        about_money=False,
    )
    record("clients.confirmation_asked", client, by=by, what=proof.text)
    return proof


def asked_of(token: str) -> Proof | None:
    """The question behind a link, while it can be answered."""
    return (
        Proof.objects.filter(
            token_hash=token_hash(token), confirmed_at__isnull=True, expires_at__gt=clock.now()
        )
        .select_related("client__account_manager", "by")
        .first()
    )


@transaction.atomic
def confirm(proof: Proof) -> bool:
    """The client says yes; who asked hears of it by a note. False when the question is answered already."""
    open_question = Proof.objects.filter(pk=proof.pk, confirmed_at=None, expires_at__gt=clock.now())
    if not open_question.update(confirmed_at=clock.now()):
        return False
    record("clients.confirmation_given", proof.client, by=None, what=proof.text)
    _tell_asker(proof, _("Confirmed by the link from the main address, it can be changed now:"))
    return True


@transaction.atomic
def deny(proof: Proof) -> bool:
    """The client says it asked for nothing: an important note warns everybody."""
    open_question = Proof.objects.filter(pk=proof.pk, confirmed_at=None, expires_at__gt=clock.now())
    if not open_question.update(expires_at=clock.now()):
        return False
    record("clients.confirmation_denied", proof.client, by=None, what=proof.text)
    _tell_asker(proof, _("The client did NOT ask for this change, somebody else did. Change nothing:"), True)
    return True


def _tell_asker(proof: Proof, says: str, important: bool = False) -> None:
    note = Note.objects.create(client=proof.client, text=f"{says}\n{proof.text}", important=important)
    record("clients.note_added", proof.client, by=None, note=note.pk, important=important)
    if proof.by:
        Mention.objects.create(note=note, user=proof.by)
