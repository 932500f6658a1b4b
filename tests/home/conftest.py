import pytest
from django.core.management import call_command
from django.test import Client as Browser

from billing_site.kit import live


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture(autouse=True)
def _counters_anew():
    """Counters are kept by user id, and ids come again in tests."""
    for key in live.connection().scan_iter("counters:*"):
        live.forget(key)


@pytest.fixture
def browse():
    def signed_in(user) -> Browser:
        browser = Browser(raise_request_exception=False)
        browser.force_login(user)
        return browser

    return signed_in
