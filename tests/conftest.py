import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser

from billing_site.home.management.commands.set_up import furnish
from billing_site.office.models import User


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Roles, calendar and mailbox stand in the test database as in every office."""
    with django_db_blocker.unblock():
        furnish()


@pytest.fixture(autouse=True)
def _furnished(request):
    """A test that commits leaves empty tables behind; the next one finds the office furnished again."""
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        request.getfixturevalue("transactional_db")
        furnish()


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    """Each test keeps its files to itself."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }


@pytest.fixture(autouse=True, scope="session")
def _own_redis(worker_id):
    """In each worker's database user 1 is another one: what Redis keeps of them must not meet."""
    if worker_id != "master":
        server, _, _first = settings.REDIS_URL.rpartition("/")
        settings.REDIS_URL = f"{server}/{int(worker_id.removeprefix('gw')) + 1}"


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def browse():
    """A browser in which the user is signed in; errors come as pages, as they do for people."""

    def signed_in(user: User) -> Browser:
        browser = Browser(raise_request_exception=False)
        browser.force_login(user)
        return browser

    return signed_in
