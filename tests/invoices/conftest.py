import pytest
from django.core.management import call_command
from django.test import Client as Browser

from billing_site.office.models import User
from tests import make


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def manager(db) -> User:
    return make.user("account_manager", name="Анна Ветрова")


@pytest.fixture
def browse():
    """A browser in which the user is signed in; errors come as pages, as they do for people."""

    def signed_in(user: User) -> Browser:
        browser = Browser(raise_request_exception=False)
        browser.force_login(user)
        return browser

    return signed_in
