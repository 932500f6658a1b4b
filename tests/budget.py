"""How many queries each page makes: the budget that tests/test_query_counts.py holds it to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from clients.models import Client, CompanyGroup
from invoices.models import Invoice, Payment, ProofCard, Statement
from products.models import Order, Product, Quote, Service
from tickets.models import RawMail, Ticket


class Office(Protocol):
    """What the pages are about."""

    client: Client


@dataclass(frozen=True)
class Page:
    """How many queries a page makes; `of` finds the object in its address.

    `by_kind`: rows speak of things of several kinds, and each kind on the page costs a query.
    """

    budget: int
    of: Callable[[Office], Any] | None = None
    query: str = ""
    by_kind: bool = False


def client(office: Office) -> Client:
    return office.client


def first(model: Any) -> Callable[[Office], Any]:
    return lambda _office: model.objects.earliest("pk")


PAGES: dict[str, Page] = {
    "home": Page(18),
    "payer-codes": Page(7),
    "client-managerless": Page(7),
    "home-renewals": Page(3),
    "home-debts": Page(3),
    "client-list": Page(8),
    "payer-list": Page(8),
    "contact-list": Page(8),
    "client-detail": Page(10, client),
    "client-papers": Page(6, client),
    "client-important": Page(5, client),
    "client-log": Page(20, client, by_kind=True),
    "client-money": Page(7, client),
    "client-counts": Page(13, client),
    "client-account": Page(14, client),
    "client-services": Page(5, client),
    "client-orders": Page(4, client),
    "client-invoices": Page(5, client),
    "client-payments": Page(6, client),
    "client-tickets": Page(4, client),
    "client-letters": Page(4, client),
    "note-more": Page(5, client),
    "note-list": Page(8),
    "mention-list": Page(4),
    "company-group-list": Page(7),
    "company-group-detail": Page(5, first(CompanyGroup)),
    "client-group-list": Page(7),
    "client-links": Page(5, client),
    "todo-list": Page(8),
    "client-todos": Page(4, client),
    "client-contacts": Page(16, client),
    "product-list": Page(9),
    "product-detail": Page(8, first(Product)),
    "order-list": Page(7),
    "order-detail": Page(6, first(Order)),
    "work-list": Page(7),
    "client-works": Page(4, client),
    "quote-list": Page(7),
    "quote-detail": Page(7, first(Quote)),
    "client-quotes": Page(4, client),
    "service-list": Page(8),
    "service-detail": Page(6, first(Service)),
    "invoice-list": Page(9),
    "invoice-detail": Page(11, first(Invoice)),
    "payment-list": Page(8),
    "payment-detail": Page(7, first(Payment)),
    "renewal-forecast": Page(7),
    "parked-list": Page(9),
    "renewal-board": Page(8),
    "renewal-calendar": Page(8),
    "proof-list": Page(8),
    "proof-detail": Page(8, first(ProofCard)),
    "bank-desk": Page(9),
    "bank-line-list": Page(7),
    "statement-list": Page(7),
    "statement-detail": Page(12, first(Statement)),
    "ticket-list": Page(11),
    "ticket-detail": Page(22, first(Ticket)),
    "quarantine-list": Page(7),
    "quarantine-detail": Page(6, first(RawMail)),
    "debtors": Page(9),
    "letter-list": Page(7),
    "journal-list": Page(16, by_kind=True),
    "job-list": Page(8),
    "search": Page(12, query="?q=ромашка"),
}


def exceeded(counted: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Pages that ask more than they may: what they asked, and the budget."""
    return {
        name: (asked, PAGES[name].budget) for name, asked in counted.items() if asked > PAGES[name].budget
    }


def unused(counted: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Pages whose budget is larger than what they ask: a new query would hide in it."""
    return {
        name: (asked, PAGES[name].budget)
        for name, asked in counted.items()
        if asked < PAGES[name].budget and not PAGES[name].by_kind
    }
