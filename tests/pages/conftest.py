import pytest
from django.contrib.auth.models import Permission

from billing_site.kit import live
from billing_site.office.models import Department, User
from clients.models import Client


@pytest.fixture(autouse=True)
def _make_believe_site(settings):
    settings.ROOT_URLCONF = "tests.pages.site"


@pytest.fixture(autouse=True)
def forget_counters():
    """Counters are kept by user id, and ids come again in tests."""

    def forget():
        for key in live.connection().scan_iter("counters:*"):
            live.forget(key)

    forget()
    return forget


@pytest.fixture
def department(db):
    return Department.objects.create(name="Сопровождение")


@pytest.fixture
def head(department):
    return User.objects.create_superuser("head@example.ru", name="Мария Орлова", department=department)


@pytest.fixture
def manager(department):
    """Sees own clients only; may see and change them, not add."""
    user = User.objects.create_user("manager@example.ru", name="Анна Ветрова", scope=User.Scope.PORTFOLIO)
    rights = ("view_client", "change_client")
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="clients", codename__in=rights)
    )
    return user


@pytest.fixture
def make_clients(db):
    def make(count, **fields):
        fields = {"registered_on": "2026-01-01", **fields}
        return Client.objects.bulk_create(Client(name=f"Ромашка {n:03}", **fields) for n in range(count))

    return make
