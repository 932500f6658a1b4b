"""Who wrote a mail, by the addresses we know (R2.1). A mail never changes who a client is."""

from dataclasses import dataclass, field

from billing_site.kit.requisites import BadRequisite, normal_address
from clients.models import EmailAddress
from tickets.models import Mailbox
from tickets.reading import Address, Mail

MOST = 40  # participants of one mail: a mailing to half a town makes no crowd of a ticket


@dataclass(frozen=True)
class Sender:
    """`client_id` only when the address is one client's own; `clients` are all who may write from it."""

    address: str
    name: str
    client_id: int | None = None
    contact_id: int | None = None
    clients: frozenset[int] = frozenset()
    profiles: frozenset[int] = field(default=frozenset())


def known_address(text: str) -> str:
    """The address as the database keeps it; what is no address stays as it was written, cut."""
    try:
        return normal_address(text)
    except BadRequisite:
        return text.strip()[:254]


def own_addresses() -> set[str]:
    return {known_address(address) for address in Mailbox.objects.values_list("address", flat=True)}


def sender_of(mail: Mail) -> Sender:
    address = known_address(mail.from_address)
    found = list(
        EmailAddress.objects.filter(address=address).exclude(kind=EmailAddress.Kind.FORMER).order_by("id")
    )
    sole = [row for row in found if row.kind != EmailAddress.Kind.SHARED]
    return Sender(
        address=address,
        name=mail.from_name[:200],
        client_id=sole[0].client_id if sole else None,
        contact_id=sole[0].contact_id if sole else None,
        clients=frozenset(row.client_id for row in found),
        profiles=frozenset(row.client_id for row in found if row.kind == EmailAddress.Kind.PROFILE),
    )


def people_of(mail: Mail, own: set[str]) -> list[tuple[str, str]]:
    """(address, name) of everybody else the mail went to, in order, without ourselves."""
    people: dict[str, str] = {}
    for person in (*mail.to, *mail.cc):
        address = _mailable(person)
        if address and address not in own and address != known_address(mail.from_address):
            people.setdefault(address, person.name[:200])
    return list(people.items())[: MOST - 1]


def _mailable(person: Address) -> str:
    try:
        return normal_address(person.address)
    except BadRequisite:
        return ""
