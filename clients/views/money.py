"""Figures of a client that stand above this app: money by state, counters of the card's tabs."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from billing_site.kit import clock
from billing_site.letters.actions import STOPPED
from billing_site.letters.models import Letter
from billing_site.office.models import User
from billing_site.pages.access import may
from billing_site.pages.views import PanelView
from clients.models import Client
from invoices.models import Invoice, Payment
from invoices.queries import credits_of
from products.models import BillableItem, Order, Quote, Service
from tickets.models import Ticket

MONEY = DecimalField(max_digits=14, decimal_places=2)
NOTHING = Value(Decimal(0), MONEY)


def _sum(what: Any, condition: Q | None = None) -> Coalesce:
    return Coalesce(Sum(what, filter=condition), NOTHING, output_field=MONEY)


def money_of(client: Client, on: date) -> dict[str, Any]:
    """What the client owes, owes too late, has paid, and has left with us; in the client's currency.

    Each sum with the number of its invoices (`due`, `due_n`). `since` is the oldest due date among the
    overdue, `next_due` the nearest day a service must be paid, `income` all the money that came in,
    `refunded` what went back.
    """
    state = Invoice.Status
    unpaid = Q(status=state.ISSUED)
    rest = F("total") - F("paid")
    shown = {
        "due": (rest, unpaid),
        "overdue": (rest, unpaid & Q(due_on__lt=on)),
        "collections": (rest, Q(status=state.COLLECTIONS)),
        "settled": ("total", Q(status=state.PAID)),
        "void": ("total", Q(status=state.VOID)),
        "refunded": ("total", Q(status=state.REFUNDED)),
    }
    invoices: QuerySet = Invoice.objects.filter(client=client).order_by()
    found = invoices.aggregate(
        since=Min("due_on", filter=shown["overdue"][1]),
        **{name: _sum(what, which) for name, (what, which) in shown.items()},
        **{f"{name}_n": Count("pk", filter=which) for name, (_what, which) in shown.items()},
    )
    received = Payment.objects.filter(client=client).order_by().aggregate(income=_sum("amount"))
    live = Service.objects.live().filter(client=client).order_by()
    return {**found, **received, **live.aggregate(next_due=Min("paid_until"))}


class ClientMoney(PanelView):
    """The figures on top of the client's summary."""

    permission, model, template_name = "invoices.view_invoice", Client, "clients/_money.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        today = clock.today()
        return {"money": money_of(obj, today), "today": today, "credits": list(credits_of(obj))}


Counted = Callable[[Client, User], tuple[int, int | None]]


def _both(rows: QuerySet, which: Q) -> tuple[int, int]:
    found = rows.order_by().aggregate(some=Count("pk", filter=which), every=Count("pk"))
    return found["some"], found["every"]


def _services(client: Client, _user: User) -> tuple[int, int]:
    services = Service.objects.filter(client=client)
    return _both(services, Q(pk__in=services.live().values("pk")))


def _orders(client: Client, _user: User) -> tuple[int, int]:
    return _both(Order.objects.filter(client=client), Q(status=Order.Status.PENDING))


def _quotes(client: Client, _user: User) -> tuple[int, int]:
    return _both(Quote.objects.filter(client=client), Q(status__in=(Quote.Status.DRAFT, Quote.Status.SENT)))


def _works(client: Client, _user: User) -> tuple[int, int]:
    return _both(BillableItem.objects.filter(client=client), Q(status=BillableItem.Status.OPEN))


def _invoices(client: Client, _user: User) -> tuple[int, int]:
    standing = Invoice.objects.filter(client=client).exclude(status=Invoice.Status.DISCARDED)
    return _both(standing, Q(status=Invoice.Status.ISSUED))


def _payments(client: Client, _user: User) -> tuple[int, None]:
    return client.payments.count(), None


def _tickets(client: Client, user: User) -> tuple[int, int]:
    return _both(Ticket.objects.visible_to(user).filter(client=client), ~Q(status=Ticket.Status.CLOSED))


def _letters(client: Client, _user: User) -> tuple[int, int]:
    return _both(Letter.objects.filter(client_no=client.pk), Q(status__in=STOPPED))


def _notes(client: Client, _user: User) -> tuple[int, int]:
    return _both(client.notes.all(), Q(important=True))


def _contacts(client: Client, _user: User) -> tuple[int, None]:
    return client.contacts.count(), None


# Tab → its right, how many want attention (live, pending, unpaid, open, stopped, important) and in all.
COUNTED: dict[str, tuple[str, Counted]] = {
    "contacts": ("clients.view_client", _contacts),
    "services": ("products.view_service", _services),
    "orders": ("products.view_order", _orders),
    "quotes": ("products.view_quote", _quotes),
    "invoices": ("invoices.view_invoice", _invoices),
    "works": ("products.view_billableitem", _works),
    "payments": ("invoices.view_payment", _payments),
    "tickets": ("tickets.view_ticket", _tickets),
    "letters": ("letters.view_letter", _letters),
    "notes": ("clients.view_note", _notes),
}


def said(some: int, every: int | None) -> str:
    """«7 (9)»: seven that matter of nine; «(9)» when none does; one number when all do."""
    if every is None or some == every:
        return str(some or "")
    return f"{some} ({every})" if some else f"({every})"


class ClientCounts(PanelView):
    """Counters of the card's tabs, put into the tabs that are already on the page."""

    permission, model, template_name = "clients.view_client", Client, "clients/_counts.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        user = self.request.user
        return {
            "counts": [
                (key, said(*count(obj, user))) for key, (right, count) in COUNTED.items() if may(user, right)
            ]
        }
