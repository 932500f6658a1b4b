import pytest
from django.core.exceptions import ImproperlyConfigured

from billing_site.pages.access import needs, right_name
from billing_site.pages.views import Page
from clients.models import Client
from tests.pages import site


def test_a_page_without_a_right_cannot_be_routed():
    class Naked(Page):
        pass

    with pytest.raises(ImproperlyConfigured):
        Naked.as_view()


def test_views_can_be_asked_for_their_right():
    assert site.ClientList.as_view().permission == "clients.view_client"
    assert site.Open.as_view().public is True
    assert needs("clients.view_client")(site.broken).permission == "clients.view_client"


def test_strangers_are_sent_to_sign_in(client, db):
    assert client.get("/clients/").headers["Location"].startswith("/account/login/")
    assert client.get("/open/").status_code == 200


def test_the_missing_right_is_named(browse, manager):
    answer = browse(manager).get("/clients/new/")
    assert answer.status_code == 403
    assert "Добавлять:" in answer.content.decode()
    assert right_name("invoices.issue_invoice") == "Проверять и отправлять счета"


def test_outside_the_scope_there_is_nothing(browse, manager, make_clients):
    (mine,) = make_clients(1, account_manager=manager)
    other = Client.objects.create(name="Чужой", registered_on="2026-01-01")
    browser = browse(manager)
    assert browser.get(f"/clients/{mine.pk}/").status_code == 200
    assert browser.get(f"/clients/{other.pk}/").status_code == 404
    assert browser.post(f"/clients/{other.pk}/close/").status_code == 404
    assert "Чужой" not in browser.get("/clients/").content.decode()


def test_buttons_without_a_right_are_not_offered(browse, manager, head, make_clients):
    make_clients(1, account_manager=manager)
    assert 'href="/clients/new/"' not in browse(manager).get("/clients/").content.decode()
    assert 'href="/clients/new/"' in browse(head).get("/clients/").content.decode()


def test_sign_up_is_closed(client, db):
    answer = client.get("/account/signup/")
    assert "Регистрации здесь нет" in answer.content.decode()
