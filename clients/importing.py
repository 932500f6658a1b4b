"""Clients from a file: every row is checked first, then made or changed one by one."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.journal import jobs
from billing_site.kit import requisites
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import actions
from clients.forms import NewClientForm
from clients.models import Client, EmailAddress, Payer
from clients.reading import Unreadable, read_table

# Field → what its column may be called, the first one in our own sample; both languages are understood.
HEADS: dict[str, tuple[str | Promise, ...]] = {
    "id": (_("No."),),
    "name": (_("Client"),),
    "email": (_("E-mail"), _("Main e-mail")),
    "phone": (_("Phone"),),
    "source": (_("Source"),),
    "account_manager": (_("Manager"), _("Account manager")),
    "language": (_("Language"), _("Language of letters")),
    "kind": (_("Payer is a"),),
    "payer_name": (_("Name on papers"),),
    "inn": (_("INN"),),
    "kpp": (_("KPP"),),
    "ogrn": (_("OGRN"),),
    "legal_address": (_("Legal address"),),
    "counterparty_code": (_("Counterparty code in Union"), _("Code in Union")),
    "bank_name": (_("Bank"),),
    "bic": (_("BIC"),),
    "account": (_("Settlement account"), _("Account")),
}
CHANGEABLE = ("name", "phone", "source", "language")  # of a client that is there; and its manager


@dataclass
class Row:
    """A line of the file. `client` is whom it changes, None when it makes a new one."""

    number: int
    cells: dict[str, str]
    client: Client | None = None
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@dataclass
class Sheet:
    """A checked file; `unread` are columns nobody knows."""

    rows: list[Row]
    unread: list[str]

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.errors]

    @property
    def bad(self) -> list[Row]:
        return [row for row in self.rows if row.errors]

    @property
    def fresh(self) -> int:
        return sum(row.client is None for row in self.good)

    @property
    def changed(self) -> int:
        return sum(row.client is not None for row in self.good)


def keep(data: bytes) -> str:
    """Store the file until it is imported; its name in the storage."""
    return default_storage.save(f"{jobs.FOLDER}/clients", ContentFile(data))


def kept(name: str) -> bytes:
    """Raises Unreadable when the file is gone."""
    try:
        with default_storage.open(name, "rb") as file:
            return file.read()
    except FileNotFoundError as gone:
        raise Unreadable(_t("The file is gone: load it again.")) from gone


def sample() -> list[str]:
    """Names of the columns, in the reader's language."""
    return [str(words[0]) for words in HEADS.values()]


def _known_heads() -> dict[str, str]:
    known = {name: name for name in HEADS}
    for language in ("en", "ru"):
        with translation.override(language):
            known |= {str(word).casefold(): name for name, words in HEADS.items() for word in words}
    return known


def check(data: bytes, by: User) -> Sheet:
    """Read the file and say what each row would do, changing nothing. Raises Unreadable."""
    head, lines = read_table(data)
    known = _known_heads()
    fields = [known.get(word.casefold(), "") for word in head]
    if not {"id", "name"} & set(fields):
        raise Unreadable(_t("No column is called “Client” or “No.”: take the sample."))
    rows = [
        Row(number, {name: cell for name, cell in zip(fields, line, strict=False) if name})
        for number, line in lines.items()
    ]
    _find_clients(rows, by)
    _read_values(rows)
    _find_taken(rows)
    return Sheet(rows, [word for word, name in zip(head, fields, strict=True) if word and not name])


def _find_clients(rows: list[Row], by: User) -> None:
    """The clients that rows name by number, inside the user's scope."""
    numbers = {row.number: row.cells.get("id", "").lstrip("№# ") for row in rows}
    wanted = {int(no) for no in numbers.values() if no.isdecimal() and len(no) < 10}
    found = Client.objects.visible_to(by).prefetch_related("addresses").in_bulk(wanted)
    seen = Counter(no for no in numbers.values() if no)
    for row in rows:
        no = numbers[row.number]
        if not no:
            continue
        row.client = found.get(int(no)) if no.isdecimal() else None
        if row.client is None:
            row.errors.append(_t("No client has the number %(no)s.") % {"no": no})
        elif seen[no] > 1:
            row.errors.append(_t("The number %(no)s stands in several rows.") % {"no": no})


def _read_values(rows: list[Row]) -> None:
    staff: dict[str, User] = {}
    for user in User.objects.filter(is_active=True):
        staff |= {user.name.casefold(): user, user.email.casefold(): user}
    languages, kinds = _words(Client.language.field.choices), _words(Payer.Kind.choices)
    for row in rows:
        if row.errors:
            continue
        cells = dict(row.cells)
        for name, words in (("language", languages), ("kind", kinds)):
            cells[name] = words.get(cells.get(name, "").casefold(), cells.get(name, ""))
        manager = cells.pop("account_manager", "")
        if manager and manager.casefold() not in staff:
            row.errors.append(_t("Nobody of the staff is called “%(name)s”.") % {"name": manager})
        if row.client is None:
            _read_new(row, cells)
            row.values["account_manager"] = staff.get(manager.casefold())
        else:
            _read_change(row, row.client, cells)
            if manager:
                row.values["account_manager"] = staff.get(manager.casefold())


def _words(choices: Any) -> dict[str, str]:
    """Values of a choice by the word people write, in either language."""
    known = {str(value): str(value) for value, _word in choices}
    for language in ("en", "ru"):
        with translation.override(language):
            known |= {str(word).casefold(): str(value) for value, word in choices}
    return known


def _read_new(row: Row, cells: dict[str, str]) -> None:
    guess = Payer.Kind.SOLE if len(cells.get("inn", "")) == 12 else Payer.Kind.LEGAL
    form = NewClientForm({**cells, "kind": cells["kind"] or guess, "language": cells["language"] or "ru"})
    if form.is_valid():
        row.values = form.values()
        return
    for name, told in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        row.errors += [f"{label}: {error}" if label else str(error) for error in told]


def _read_change(row: Row, client: Client, cells: dict[str, str]) -> None:
    """An empty cell changes nothing; e-mail and phone have a page of their own, with proofs."""
    for name in CHANGEABLE:
        if not cells.get(name):
            continue
        known = NewClientForm.base_fields[name]
        try:
            value = known.clean(cells[name])
        except forms.ValidationError as wrong:
            row.errors += [f"{known.label}: {error}" for error in wrong.messages]
            continue
        if name != "phone":
            row.values[name] = value
        elif not client.phone:  # R2.3: an empty one may be filled in, another needs its proof
            row.values |= {"phone": value[0], "extension": value[1]}
        elif value != (client.phone, client.extension):
            row.errors.append(_t("The phone is changed on the client's card with a proof, not from a file."))
    if cells.get("email") and _address(cells["email"]) != client.main_email:
        row.errors.append(_t("The main e-mail is changed on the client's card, not from a file."))


def _address(text: str) -> str:
    try:
        return requisites.normal_address(text)
    except requisites.BadRequisite:
        return text


def _find_taken(rows: list[Row]) -> None:
    """Addresses that belong to somebody, or stand twice in the file."""
    fresh = [row for row in rows if row.client is None and not row.errors]
    twice = Counter(row.values["email"] for row in fresh)
    own = (EmailAddress.Kind.PROFILE, EmailAddress.Kind.EXCLUSIVE)
    taken = set(
        EmailAddress.objects.filter(address__in=list(twice), kind__in=own).values_list("address", flat=True)
    )
    for row in fresh:
        email = row.values["email"]
        if email in taken:
            row.errors.append(_t("%(email)s belongs to another client already.") % {"email": email})
        elif twice[email] > 1:
            row.errors.append(_t("%(email)s stands in several rows.") % {"email": email})


def carry_out(row: Row, by: User, change: Callable[..., Client] = actions.change_client) -> str:
    """Make or change the client of a checked row; "" or what was refused.

    `change` is the verb for a client that is there: a younger one may take along what follows a manager.
    """
    try:
        if row.client is None:
            actions.create_client(by=by, **row.values)
        else:
            change(row.client, by=by, version=row.client.version, **row.values)
    except Refused as refused:
        return refused.message
    return ""
