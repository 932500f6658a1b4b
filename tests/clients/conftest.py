import pytest

from tests import make


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
