import pytest

from billing_site.office.models import User
from tests import make


@pytest.fixture
def manager(db) -> User:
    return make.user("account_manager", name="Анна Ветрова")
