import pytest

from billing_site.letters.actions import Content, queue
from billing_site.office.models import User
from tests import make
from tests.letters.post import listening, mail_to_nobody


@pytest.fixture
def mail_away(settings) -> int:
    """Mail goes to a port where nobody listens."""
    return mail_to_nobody(settings)


@pytest.fixture
def post_office(mail_away):
    with listening(mail_away) as office:
        yield office


@pytest.fixture
def manager(db) -> User:
    return make.user("account_manager", name="Анна Ветрова")


@pytest.fixture
def write(db):
    """Queue a letter; only what a test is about is spelled out."""

    def written(to=("client@romashka.example",), **fields):
        content = Content("Счёт № 72815", "Здравствуйте!", fields.pop("html", ""))
        return queue(content, to=list(to), **{"kind": "invoice", "by": None, **fields})

    return written
