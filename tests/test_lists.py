"""Every list of the panel: with any column alone, and with a search that finds nothing."""

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, get_resolver

from billing_site.kit import clock
from billing_site.pages.lists import ListPage
from tests import small_office

pytestmark = pytest.mark.django_db


def lists() -> dict[str, type[ListPage]]:
    """The list pages by their addresses."""
    found: dict[str, type[ListPage]] = {}
    for routes in get_resolver().url_patterns:
        for route in getattr(routes, "url_patterns", [routes]):
            page = getattr(route.callback, "view_class", object) if isinstance(route, URLPattern) else object
            if issubclass(page, ListPage) and "<" not in str(route.pattern):
                found[f"/{route.pattern}"] = page
    return found


def test_any_column_may_stand_alone(client: Browser):
    staff = small_office.staff()
    with clock.standing_at(small_office.NOW):
        small_office.office(staff["account_manager"])
        client.force_login(staff["admin"])
        addresses = [
            f"{address}?{query}"
            for address, page in lists().items()
            for query in (
                "q=нет такого",
                *(f"cols={column.key}" for column in page.table.columns),
            )
        ]
        assert len(addresses) > 80
        client.raise_request_exception = False
        answers = {address: client.get(address).status_code for address in addresses}
    assert {address: code for address, code in answers.items() if code != 200} == {}
