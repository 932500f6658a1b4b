"""The office that is measured, and the things in it that pages are about."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Count, QuerySet

from billing_site.letters.models import Attachment, Letter
from billing_site.office.models import User
from clients.models import Client, ClientGroup, CompanyGroup, NoteFile
from invoices.models import BankLine, Invoice, Payment, ProofCard, Revision, Statement
from products.models import Product
from tickets.models import File, Message, RawMail, Ticket

# Names of objects in tests/test_pages_by_role.py → where such an object of a client is found.
OF_CLIENT: dict[str, Callable[[Client], QuerySet]] = {
    "client": lambda client: Client.objects.filter(pk=client.pk),
    "payer": lambda client: client.payers.all(),
    "contact": lambda client: client.contacts.all(),
    "contract": lambda client: client.contracts.all(),
    "licence": lambda client: client.licences.all(),
    "note": lambda client: client.notes.all(),
    "note_file": lambda client: NoteFile.objects.filter(note__client=client),
    "todo": lambda client: client.todos.all(),
    "order": lambda client: client.orders.all(),
    "service": lambda client: client.services.all(),
    "draft": lambda client: client.invoices.all(),
    "paid": lambda client: client.invoices.filter(status=Invoice.Status.PAID),
    "revision": lambda client: Revision.objects.filter(invoice__client=client),
    "payment": lambda client: Payment.objects.filter(client=client),
    "proof": lambda client: ProofCard.objects.filter(invoice__client=client),
    "ticket": lambda client: client.tickets.all(),
    "message": lambda client: Message.objects.filter(ticket__client=client, raw__isnull=False),
    "file": lambda client: File.objects.filter(message__ticket__client=client),
    "letter": lambda client: Letter.objects.filter(client_no=client.pk),
    "attachment": lambda client: Attachment.objects.filter(letter__client_no=client.pk),
}
OF_OFFICE: dict[str, Callable[[], QuerySet]] = {
    "company_group": lambda: CompanyGroup.objects.all(),
    "client_group": lambda: ClientGroup.objects.all(),
    "product": lambda: Product.objects.all(),
    "line": lambda: BankLine.objects.all(),
    "statement": lambda: Statement.objects.all(),
    "handover": lambda: Ticket.objects.filter(handover__isnull=False),
    "stuck": lambda: RawMail.objects.filter(status=RawMail.Status.QUARANTINED),
}
WORDS = {"field": "source", "option": "edi", "portal_password": "portal_password"}


class Office:
    """The office of the configured database."""

    def __init__(self, size: str) -> None:
        self.size = size

    @cached_property
    def head(self) -> User:
        """Sees everything: the most that a page can be asked for."""
        return User.objects.filter(groups=Group.objects.get(name="head")).earliest("pk")

    @cached_property
    def manager(self) -> User:
        """An account manager who sees his own clients only; of those with such a scope, the busiest."""
        busy = User.objects.filter(groups__name="account_manager").annotate(clients=Count("portfolio"))
        return busy.order_by("-clients").first() or self.head

    @cached_property
    def heavy(self) -> Client:
        """The client with the most invoices."""
        counted = Invoice.objects.values("client").annotate(n=Count("pk")).order_by("-n")
        return Client.objects.get(pk=counted[0]["client"])

    @cached_property
    def typical(self) -> Client:
        """A client with some of everything, as near the middle as there is."""
        having = Client.objects.filter(services__isnull=False, tickets__isnull=False, invoices__isnull=False)
        numbers = having.exclude(pk=self.heavy.pk).order_by("pk").values_list("pk", flat=True).distinct()
        middle = list(numbers[:2000])
        return Client.objects.get(pk=middle[len(middle) // 2])

    def number_of(self, name: Any, client: Client) -> Any:
        """What stands in an address for a name of tests/small_office.py; None when the office has none."""
        if not isinstance(name, str) or name in WORDS:
            return WORDS.get(name, name)
        if name in OF_CLIENT:
            found = OF_CLIENT[name](client)
        elif name in OF_OFFICE:
            found = OF_OFFICE[name]()
        else:
            return None
        return found.order_by("pk").values_list("pk", flat=True).last()


def facts() -> dict[str, Any]:
    """What the database says of itself: figures mean little without it."""
    wanted = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "work_mem", "jit")
    with connection.cursor() as cursor:
        return {name: _asked(cursor, name) for name in wanted}


def _asked(cursor: Any, setting: str) -> str:
    cursor.execute("SELECT current_setting(%s)", [setting])
    return cursor.fetchone()[0]
