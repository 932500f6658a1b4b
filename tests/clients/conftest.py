import pytest
from django.core.management import call_command
from django.test import Client as Browser

from tests import make


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def sales(db):
    return make.user("sales", name="Борис Ветров")


@pytest.fixture
def manager(db):
    return make.user("account_manager", name="Анна Ветрова")


@pytest.fixture
def treasury(db):
    return make.user("treasury", name="Ольга Зимина")


@pytest.fixture
def stranger(db):
    """Signed in, without any role."""
    return make.user(name="Никто")


@pytest.fixture
def browse():
    """A browser in which the user is signed in; errors come as pages, as they do for people."""

    def signed_in(user) -> Browser:
        browser = Browser(raise_request_exception=False)
        browser.force_login(user)
        return browser

    return signed_in
