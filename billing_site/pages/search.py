"""One search box for everything: by the shape of what was typed first, by names then."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.kit.text import tidy
from billing_site.office.models import User
from billing_site.pages import formats
from billing_site.pages.access import SIGNED_IN, may
from billing_site.pages.addresses import known
from billing_site.pages.finding import any_of
from billing_site.pages.page import Page
from billing_site.pages.requests import PanelRequest
from clients.models import Client, Contact, EmailAddress, FormerId, LicenceItem, Payer, name_key
from invoices.models import Invoice
from products.models import Order, Service
from tickets.models import Ticket

EACH = 5
TRIGRAM = 3  # shorter texts can't be served by the index
# Shares of a mistyped word's trigrams a name must have, the stricter first; two swapped letters are forgiven.
ALIKE = (0.55, 0.35)
CANDIDATES = 200  # names that are ranked by how near they are
TYPO = 5  # letters from which a text is long enough to hold a mistake
HOST = re.compile(r"[\w-]+(\.[\w-]+)+")
PART_OF_HOST = re.compile(r"[\w.-]+")
LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
TO_RUSSIAN = str.maketrans(LATIN, RUSSIAN)
TO_LATIN = str.maketrans(RUSSIAN, LATIN)


@dataclass(frozen=True)
class Found:
    """One thing that was found; `note` helps to tell it from its neighbours."""

    title: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    label: str | Promise
    found: list[Found] = field(default_factory=list)


def _shown(rows: Iterable, url_name: str, title: Callable, note: Callable) -> list[Found]:
    return [
        Found(title(row), address, note(row))
        for row in rows
        if (address := known(url_name, row.pk)) is not None
    ]


def _clients(user: User, condition: Q) -> Group:
    found: QuerySet = Client.objects.none()
    if may(user, "clients.view_client"):
        found = (
            Client.objects.visible_to(user).filter(condition).order_by(Length("name_key"), "name_key")[:EACH]
        )
    return Group(_("Clients"), _shown(found, "client-detail", str, lambda client: f"№ {client.pk}"))


def _clients_by_payer(user: User, **payer: object) -> list[Group]:
    return [_clients(user, Q(pk__in=Client.objects.filter(**payer).values("pk")))]


def _by_address(user: User, text: str, *, exactly: bool) -> Group:
    lookup = {"address": text} if exactly else {"address__contains": text}
    owners = EmailAddress.objects.filter(**lookup).select_related("client").order_by("address")
    if not may(user, "clients.view_client"):
        return Group(_("E-mails"))
    owners = owners.filter(client__in=Client.objects.visible_to(user))[:EACH]
    return Group(
        _("E-mails"),
        [
            Found(owner.address, address, str(owner.client))
            for owner in owners
            if (address := known("client-detail", owner.client_id)) is not None
        ],
    )


def _invoice_note(invoice: Invoice) -> str:
    return f"{invoice.client} · {invoice.seller} · {formats.money(invoice.total)}"


def _by_number(user: User, number: int) -> list[Group]:
    """#72557 may be an invoice, a ticket, a client, an order."""
    groups = []
    if may(user, "invoices.view_invoice"):
        invoices = Invoice.objects.visible_to(user).filter(number=number).select_related("client", "seller")
        shown = _shown(invoices[:EACH], "invoice-detail", str, _invoice_note)
        groups.append(Group(_("Invoices"), shown))
    if may(user, "tickets.view_ticket"):
        tickets = Ticket.objects.visible_to(user).filter(pk=number)
        groups.append(
            Group(_("Tickets"), _shown(tickets, "ticket-detail", str, lambda t: formats.moment(t.opened_at)))
        )
    renumbered = FormerId.objects.filter(former=number).values("client")
    groups.append(_clients(user, Q(pk=number) | Q(pk__in=renumbered)))
    if may(user, "products.view_order"):
        orders = Order.objects.visible_to(user).filter(pk=number).select_related("client")
        groups.append(
            Group(_("Orders"), _shown(orders, "order-detail", str, lambda order: str(order.client)))
        )
    return groups


def _by_words(user: User, text: str) -> list[Group]:
    """Names that hold every word; an address that holds the text."""
    named = Q()
    for word in text.split():
        named &= Q(name_key__contains=word)
    groups = [_clients(user, named), _by_address(user, text, exactly=False)]
    if len(text) >= TRIGRAM and may(user, "clients.view_client"):
        companies = (
            Client.objects.alias(key=name_key("company")).exclude(company="").filter(key__contains=text)
        )
        groups += [
            Group(_("Companies of clients"), _clients(user, Q(pk__in=companies.values("pk"))).found),
            _people(user, _("Payers"), Payer.objects.named(text)),
            _people(user, _("Contacts"), Contact.objects.named(text)),
        ]
    if len(text) >= TRIGRAM and PART_OF_HOST.fullmatch(text):
        groups.append(_by_part_of_host(user, text))
    return _once(groups)


def _once(groups: list[Group]) -> list[Group]:
    """A client that was found by its name is not told again by its payer's."""
    told: set[str] = set()
    kept = []
    for group in groups:
        kept.append(Group(group.label, [one for one in group.found if one.url not in told]))
        told |= {one.url for one in group.found}
    return kept


def _people(user: User, label: str | Promise, rows: QuerySet) -> Group:
    """Payers or contacts that are called so; each leads to its client."""
    seen = (
        rows.filter(client__in=Client.objects.visible_to(user))
        .select_related("client")
        .order_by("name", "pk")
    )
    return Group(
        label,
        [
            Found(row.name, address, f"{row.client} · № {row.client_id}")
            for row in seen[:EACH]
            if (address := known("client-detail", row.client_id)) is not None
        ],
    )


def _is_inn(text: str) -> bool:
    try:
        requisites.check_inn(text)
    except ValueError:
        return False
    return True


def _phone(text: str) -> str:
    try:
        return requisites.read_phone(text)[0]
    except ValueError:
        return ""


def _by_shape(user: User, text: str, typed: str) -> list[Group]:
    """What the shape of the text says it is; nothing when it has none of the known shapes.

    `typed`: the same as it came, for logins, whose case may matter.
    """
    digits = text.removeprefix("#").replace(" ", "")
    if digits.isdecimal() and digits.isascii():
        if _is_inn(digits) and (found := _some(_clients_by_payer(user, payers__inn=digits))):
            return found
        numbers = _by_number(user, int(digits)) if len(digits) <= 9 else []
        if found := _some([*numbers, _by_licence(user, [digits])]):
            return found
    if "@" in text:
        logins = [_by_login(user, [text, typed]), _by_service_login(user, text)]
        return _some([_by_address(user, _address(text), exactly=True), *logins])
    phone = _phone(text) if sum(letter.isdecimal() for letter in text) >= 10 else ""
    if phone and (found := _some([_by_phone(user, phone)])):
        return found
    if " " in text:
        return []
    cases = list(dict.fromkeys((text, text.upper(), typed)))
    groups = [_by_licence(user, cases), _by_login(user, cases)]
    if any(letter.isdecimal() for letter in text):
        groups = [*_clients_by_payer(user, payers__counterparty_code__in=cases), *groups]
    groups.append(_by_service_login(user, text))
    if HOST.fullmatch(text):
        groups.append(_by_host(user, text))
    return _once(_some(groups))


def _by_phone(user: User, phone: str) -> Group:
    called = Client.objects.filter(contacts__phone=phone).values("pk")
    return _clients(user, any_of(Client, Q(phone=phone), called))


def _by_licence(user: User, cases: list[str]) -> Group:
    """Clients whose 1C product has this registration number."""
    owners = LicenceItem.objects.filter(registration_number__in=cases).values("client")
    return Group(_("Registration numbers"), _clients(user, Q(pk__in=owners)).found)


def _by_login(user: User, cases: list[str]) -> Group:
    """Clients with this login in the cloud or on the 1C portal."""
    owners = LicenceItem.objects.filter(portal_login__in=cases).values("client")
    named = any_of(Client, Q(cloud_login__in=cases), Q(portal_login__in=cases), owners)
    return Group(_("Logins"), _clients(user, named).found)


def _services(user: User, found: Any, word: Callable[[Service], str]) -> Group:
    """Services found by their host or login: `word` says which. Sorted here: asked for the first by number,
    PostgreSQL would walk all of them in that order."""
    if not may(user, "products.view_service"):
        return Group(_("Services"))
    seen = found.visible_to(user).select_related("product", "client").order_by()[:EACH]
    return Group(
        _("Services"),
        _shown(
            sorted(seen, key=lambda one: one.pk), "service-detail",
            lambda one: f"{word(one)} · {one}", lambda one: str(one.client),
        ),
    )  # fmt: skip


def _by_host(user: User, text: str) -> Group:
    return _services(user, Service.objects.on_host(text), lambda one: one.domain)


def _by_part_of_host(user: User, text: str) -> Group:
    return _services(user, Service.objects.on_host_like(text), lambda one: one.domain)


def _by_service_login(user: User, text: str) -> Group:
    return _services(user, Service.objects.of_login(text), lambda one: one.username)


def _address(text: str) -> str:
    try:
        return requisites.normal_address(text)
    except ValueError:
        return text


def _some(groups: list[Group]) -> list[Group]:
    return [group for group in groups if group.found]


def _variants(text: str) -> list[str]:
    """The text, and what it would be in the other keyboard layout."""
    other = (text.translate(TO_RUSSIAN).replace("ё", "е"), text.translate(TO_LATIN))
    return list(dict.fromkeys((text, *other)))


def _mistyped(user: User, text: str) -> list[Group]:
    """Names that are almost so; the nearest clients first, payers and contacts when there is none."""
    if not may(user, "clients.view_client"):
        return []
    seen = Client.objects.visible_to(user)
    for share in ALIKE:
        with transaction.atomic(), connection.cursor() as cursor:
            # the threshold of the index's operator, until the end of this transaction
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(share)])
            alike = seen.filter(name_key__trigram_word_similar=text).values("pk")[:CANDIDATES]
            nearest = Client.objects.filter(pk__in=alike)
            nearest = nearest.order_by(TrigramWordSimilarity(text, "name_key").desc(), "name_key")[:EACH]
            clients = _shown(nearest, "client-detail", str, lambda one: f"№ {one.pk}")
            groups = (
                [Group(_("Clients with a name alike"), clients)] if clients else _people_alike(user, text)
            )
        if groups:
            return groups
    return []


def _people_alike(user: User, text: str) -> list[Group]:
    def almost(model: type[Payer] | type[Contact]) -> QuerySet:
        alike = model.objects.alike(text).filter(client__in=Client.objects.visible_to(user))
        return model.objects.filter(pk__in=alike.values("pk")[:CANDIDATES])

    return _some(
        [
            _people(user, _("Payers with a name alike"), almost(Payer)),
            _people(user, _("Contacts with a name alike"), almost(Contact)),
        ]
    )


def route(typed: str, user: User) -> tuple[list[Group], bool]:
    """What was found, inside the user's rights; and whether the text named it exactly.

    By shape; else by words; else by words as typed in the other keyboard layout; else with a mistake.
    """
    text = tidy(typed)
    if not text:
        return [], False
    exact = _by_shape(user, text, typed.strip().replace("\x00", ""))
    if exact:
        return exact, True
    variants = _variants(text)
    for variant in variants:
        if len(variant) >= 2 and (groups := _some(_by_words(user, variant))):
            return groups, False
    for variant in variants:
        if len(variant) >= TYPO and (groups := _mistyped(user, variant)):
            return groups, False
    return [], False


class SearchPage(Page):
    """Lands on the one thing that was named exactly, else shows a short choice."""

    permission = SIGNED_IN
    title = _("Search")

    def get(self, request: PanelRequest) -> HttpResponse:
        typed = request.GET.get("q", "").strip()[:200]
        groups, exact = route(typed, request.user)
        found = [one for group in groups for one in group.found]
        if exact and len(found) == 1:
            return redirect(found[0].url)
        return render(request, "pages/search.html", {**self.frame(), "groups": groups, "searched": typed})
