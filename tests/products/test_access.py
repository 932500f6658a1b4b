"""How a service is reached. Its password is masked, and each look at it stays in the journal."""

from datetime import date

import pytest
import time_machine

from billing_site.journal.models import Entry
from clients import actions as clients
from products import running
from products.models import Service
from tests import make

pytestmark = pytest.mark.django_db
NOTHING = {"domain": "", "ip": "", "username": "", "password": ""}


@pytest.fixture
def head():
    return make.user("head")


@pytest.fixture
def service(head):
    product = make.product("Доступ", {"month": "800.00"})
    client = make.client(email="main@romashka.example", account_manager=head, by=head)
    return Service.objects.create(
        client=client, product=product, family="access", cycle="month",
        anchor=date(2026, 11, 1), starts_on=date(2026, 11, 1),
    )  # fmt: skip


def save(browser, service, **typed):
    return browser.post(f"/services/{service.pk}/access/", {**NOTHING, **typed})


def test_what_is_typed_is_kept_and_the_password_is_masked(browse, head, service):
    browser = browse(head)
    typed = {"domain": "srv1.romashka.example", "ip": "203.0.113.7", "username": "romashka01"}
    assert save(browser, service, **typed, password="тайна-7").status_code == 302
    service.refresh_from_db()
    assert (service.domain, service.ip, service.username) == tuple(typed.values())
    assert service.password == "тайна-7"
    page = browser.get(f"/services/{service.pk}/").content.decode()
    assert "203.0.113.7" in page
    assert "тайна-7" not in page
    assert "тайна-7" not in browser.get(f"/services/{service.pk}/access/").content.decode()
    assert "тайна-7" not in str(Entry.objects.values_list("facts", flat=True))


def test_an_empty_password_keeps_it_and_without_a_login_it_goes(browse, head, service):
    browser = browse(head)
    save(browser, service, username="romashka01", password="тайна-7")
    save(browser, service, username="romashka02")
    service.refresh_from_db()
    assert (service.username, service.password) == ("romashka02", "тайна-7")
    save(browser, service)
    service.refresh_from_db()
    assert (service.username, service.password) == ("", "")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"ip": "300.1.1.1"}, "IP"),
        ({"password": "тайна"}, "Заполните и это поле"),
        ({"domain": "я" * 201}, "200"),
    ],
)
def test_a_wrong_value_is_told_and_nothing_is_lost(browse, head, service, typed, told):
    answer = save(browse(head), service, **{"domain": "srv1.example", **typed})
    assert answer.status_code == 200
    assert told in answer.content.decode()
    service.refresh_from_db()
    assert service.domain == ""


def test_a_look_at_the_password_stays_in_the_journal(browse, head, service):
    running.change_access(service, by=head, username="romashka01", password="тайна-7")
    answer = browse(head).post(f"/services/{service.pk}/password/")
    assert "тайна-7" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert Entry.objects.filter(verb="products.password_revealed", client_no=service.client_id).count() == 1
    assert browse(head).get(f"/services/{service.pk}/password/").status_code == 405


def test_for_a_day_after_a_new_main_address_only_a_head_looks(browse, head, service):
    """R2.4."""
    running.change_access(service, by=head, username="romashka01", password="тайна-7")
    manager = make.user("account_manager")
    with time_machine.travel("2026-11-25 09:00+00:00", tick=False):
        clients.replace_main_address(service.client, "new@romashka.example", by=head)
        assert "тайна-7" not in browse(manager).post(f"/services/{service.pk}/password/").content.decode()
        assert "тайна-7" in browse(head).post(f"/services/{service.pk}/password/").content.decode()
    with time_machine.travel("2026-11-26 09:01+00:00", tick=False):
        assert "тайна-7" in browse(manager).post(f"/services/{service.pk}/password/").content.decode()
