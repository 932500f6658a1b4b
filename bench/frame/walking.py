"""Which pages there are: the table that tests/test_pages_by_role.py keeps, with addresses in this office."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from bench.frame.offices import OF_CLIENT, Office
from billing_site.pages.lists import ListPage
from clients.models import Client
from tests.test_pages_by_role import PAGES, PUBLIC, Page


@dataclass(frozen=True)
class Place:
    """A page and where it stands."""

    name: str
    address: str


def lists() -> dict[str, type[ListPage]]:
    """List pages by their URL names."""
    found: dict[str, type[ListPage]] = {}
    for routes in get_resolver().url_patterns:
        for route in getattr(routes, "url_patterns", [routes]):
            page: Any = (
                getattr(route.callback, "view_class", object) if isinstance(route, URLPattern) else object
            )
            if issubclass(page, ListPage) and "<" not in str(route.pattern):
                found[str(route.name)] = page
    return dict(sorted(found.items()))


def read_pages() -> dict[str, Page]:
    """Pages that answer a reader by themselves, lists apart."""
    return {
        name: page
        for name, page in PAGES.items()
        if page.ok == 200 and page.right != PUBLIC and name not in lists()
    }


def general(office: Office) -> Iterator[Place]:
    """Pages about nobody in particular."""
    for name, page in read_pages().items():
        if not is_of_client(page):
            yield from _place(name, page, office, office.typical)


def of_client(office: Office, client: Client) -> Iterator[Place]:
    """Pages about a client or something of his."""
    for name, page in read_pages().items():
        if is_of_client(page):
            yield from _place(name, page, office, client)


def is_of_client(page: Page) -> bool:
    return "client" in page.query or any(name in OF_CLIENT for name in page.about)


def _place(name: str, page: Page, office: Office, client: Client) -> Iterator[Place]:
    numbers: list[Any] = [office.number_of(word, client) for word in page.about]
    if None not in numbers:
        yield Place(name, reverse(name, args=numbers) + page.query.replace("{0.client}", str(client.pk)))
