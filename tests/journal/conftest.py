import pytest

from billing_site.journal import jobs
from billing_site.kit import live
from billing_site.office.models import User
from tests import make


@pytest.fixture(autouse=True)
def _counters_anew():
    """Counters are kept by user id, and ids come again in tests."""
    for key in live.connection().scan_iter("counters:*"):
        live.forget(key)


@pytest.fixture
def head(db) -> User:
    return make.user("head", name="Анна Соколова")


@pytest.fixture
def manager(db) -> User:
    return make.user("account_manager", name="Мария Петрова")


@pytest.fixture
def work(monkeypatch):
    """Registers a function as the work of a kind of job, for one test."""

    def keep(function):
        monkeypatch.setitem(jobs.WORK, "test", function)
        return function

    return keep
