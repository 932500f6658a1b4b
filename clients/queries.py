"""Reading that spans rows: columns of the list, clients that look the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.kit.text import bare_name
from billing_site.office.models import User
from clients.licensing import active_licences
from clients.models import Client, ClientOption, EmailAddress, Note, Payer

SHOWN = 6
NOTES_PAGE = 30
IMPORTANT_SHOWN = 3
FEW = 500  # clients of a reader whose rows are sooner found client by client


def through_clients(rows: QuerySet, user: User, client: str = "client") -> QuerySet:
    """The same rows of a reader's scope, found by the numbers of his clients (in `client`) when they are few.

    Left to itself the planner walks all rows of the office, the newest first, until a page of his is full.
    """
    if user.is_superuser or user.scope == User.Scope.ALL:
        return rows
    mine = list(Client.objects.visible_to(user).values_list("pk", flat=True)[: FEW + 1])
    return rows.filter(**{f"{client}__in": mine}) if len(mine) <= FEW else rows


def with_main_facts(rows: QuerySet) -> QuerySet:
    """Clients with their main e-mail and default payer (`main_address`, `payer_name`, `inn`)."""
    payer = Payer.objects.filter(client=OuterRef("pk"), is_default=True)
    address = EmailAddress.objects.filter(client=OuterRef("pk"), kind=EmailAddress.Kind.PROFILE)
    return rows.annotate(
        main_address=Coalesce(Subquery(address.values("address")[:1]), Value("")),
        payer_name=Coalesce(Subquery(payer.values("name")[:1]), Value("")),
        inn=Coalesce(Subquery(payer.values("inn")[:1]), Value("")),
    )


def with_more_facts(rows: QuerySet, on: date) -> QuerySet:
    """Clients with what the list's other columns say: code, licences on that day, 1C options, notes."""
    mine = OuterRef("pk")
    licences = active_licences(on).filter(client=mine)
    options = {}
    for kind in ClientOption.Kind:
        newest = ClientOption.objects.filter(client=mine, kind=kind, since__lte=on).order_by("-since")
        options[f"{kind}_state"] = Subquery(newest.values("state")[:1])
        options[f"{kind}_until"] = Subquery(newest.values("until")[:1])
    payer = Payer.objects.filter(client=mine, is_default=True)
    return rows.annotate(
        code=Coalesce(Subquery(payer.values("counterparty_code")[:1]), Value("")),
        ownership=Subquery(licences.order_by("-ownership").values("ownership")[:1]),  # rent before own
        its_until=Subquery(
            licences.filter(its_until__isnull=False).order_by("its_until").values("its_until")[:1]
        ),
        important=Exists(Note.objects.filter(client=mine, important=True)),
        **options,
    )


def page_of_notes(client: Client, start: int = 0) -> dict[str, Any]:
    """Notes of a client from the `start`-th on, important ones first; `more`: where the next page starts."""
    found = list(
        client.notes.select_related("author").prefetch_related("files")[start : start + NOTES_PAGE + 1]
    )
    more = start + NOTES_PAGE if len(found) > NOTES_PAGE else None
    return {"notes": found[:NOTES_PAGE], "more": more}


def important_notes(client: Client) -> dict[str, Any]:
    """The newest important notes, as on top of every page about the client, and if there are more."""
    found = list(client.notes.filter(important=True).select_related("author")[: IMPORTANT_SHOWN + 1])
    return {"important": found[:IMPORTANT_SHOWN], "important_more": len(found) > IMPORTANT_SHOWN}


@dataclass(frozen=True)
class Similar:
    """A client that may be the one being typed in; `why` says what is the same."""

    client: Client
    why: list[str | Promise]
    stops: bool
    double: bool = False  # so much the same that a new client needs a reason


def _first(rows: Iterable[int]) -> set[int]:
    return set(list(rows)[:SHOWN])


def similar_clients(*, email: str = "", inn: str = "", phone: str = "", name: str = "") -> list[Similar]:
    """Clients with the same address, INN or phone, or a name alike; the surest first, at most SHOWN.

    Half-typed values find nothing. The office is asked, not the user's scope: a double outside the scope
    is a double.
    """
    owners: dict[str, set[int]] = {}
    try:
        address = requisites.normal_address(email)
    except requisites.BadRequisite:
        address = ""
    try:
        e164 = requisites.read_phone(phone)[0]
    except requisites.BadRequisite:
        e164 = ""
    if address:
        taken = EmailAddress.objects.filter(address=address).exclude(kind=EmailAddress.Kind.FORMER)
        owners["email"] = _first(taken.values_list("client", flat=True)[:SHOWN])
    digits = "".join(inn.split())
    if len(digits) in (10, 12):
        owners["inn"] = _first(Payer.objects.filter(inn=digits).values_list("client", flat=True)[:SHOWN])
    if e164:
        called = Client.objects.filter(Q(phone=e164) | Q(contacts__phone=e164)).order_by("pk")
        owners["phone"] = _first(called.values_list("pk", flat=True)[:SHOWN])
    if len(bare_name(name)) >= 3:
        wanted = bare_name(name)
        alike = Client.objects.filter(Q(name_key__trigram_similar=wanted) | _holds_words(wanted))
        nearest = alike.order_by(TrigramSimilarity("name_key", wanted).desc(), "name_key")
        owners["name"] = _first(nearest.values_list("pk", flat=True)[:SHOWN])
    return _ranked(owners, bare_name(name))


def _holds_words(text: str) -> Q:
    """Every word of a name, in whatever order and punctuation."""
    return Q(*(("name_key__contains", word) for word in text.split()))


WHY = {
    "email": _("the same e-mail"),
    "inn": _("the same INN"),
    "phone": _("the same phone"),
    "name": _("a name alike"),
}


def _ranked(owners: dict[str, set[int]], wanted: str) -> list[Similar]:
    everybody = set().union(*owners.values()) if owners else set()
    if not everybody:
        return []
    same = owners.get("inn", set()) | owners.get("phone", set())
    found = with_main_facts(Client.objects.filter(pk__in=everybody)).select_related("account_manager")
    shown = [
        Similar(
            client,
            [WHY[key] for key in WHY if client.pk in owners.get(key, ())],
            client.pk in owners.get("email", ()),
            client.pk in same or (bool(wanted) and bare_name(client.name) == wanted),
        )
        for client in found
    ]
    shown.sort(key=lambda one: (not one.stops, -len(one.why), one.client.name_key))
    return shown[:SHOWN]
