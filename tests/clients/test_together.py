"""Two people at one client, and drafts that outlive the page."""

import pytest
from django.test import Client as Browser

from billing_site.kit import live
from billing_site.office.models import User
from clients import actions
from clients.models import Note
from tests import make
from tests.browser import PASSWORD, chromium_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_here():
    for key in live.connection().scan_iter("room:clients.client:*"):
        live.forget(key)


def test_colleagues_see_who_looks_and_who_writes(browse, manager, sales):
    client = make.client(by=manager)
    address = f"/clients/{client.pk}/presence/"
    assert browse(manager).get(address).content.decode().strip() == ""
    looking = browse(sales).get(address).content.decode()
    assert "Сейчас смотрит" in looking
    assert "Анна Ветрова" in looking
    browse(manager).get(address, {"writing": "1"})
    writing = browse(sales).get(address).content.decode()
    assert "Сейчас пишет" in writing
    assert "Сейчас смотрит" not in writing


def test_each_client_has_a_room_of_its_own(browse, manager, sales):
    one, other = make.client(by=manager), make.client(by=manager)
    browse(manager).get(f"/clients/{one.pk}/presence/")
    assert browse(sales).get(f"/clients/{other.pk}/presence/").content.decode().strip() == ""


def test_pages_ask_who_is_here(browse, manager):
    client = make.client(by=manager)
    for address in (f"/clients/{client.pk}/", f"/clients/{client.pk}/edit/"):
        assert f'hx-get="/clients/{client.pk}/presence/"' in browse(manager).get(address).content.decode()


def test_presence_is_empty_without_the_live_store(browse, manager, settings):
    client = make.client(by=manager)
    browser: Browser = browse(manager)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    live.connection.cache_clear()
    try:
        assert browser.get(f"/clients/{client.pk}/presence/").content.decode().strip() == ""
    finally:
        live.connection.cache_clear()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_note_that_was_not_sent_is_there_again(live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    anna = User.objects.create_superuser("anna@office.example", PASSWORD, name="Анна Ветрова")
    client = make.client(by=anna)
    actions.add_note(client, "старая", by=anna)
    with chromium_at(live_server.url) as windows:
        page = windows.enter("anna@office.example")
        address = f"/clients/{client.pk}/?tab=notes"
        page.goto(address)
        page.fill(".note-form [name=text]", "Обещали заплатить в пятницу")
        page.once("dialog", lambda dialog: dialog.accept())
        page.goto("/clients/")
        page.goto(address)
        page.wait_for_function(
            "document.querySelector('.note-form [name=text]').value === 'Обещали заплатить в пятницу'"
        )
        page.click(".note-form button[type=submit]")
        page.wait_for_selector("#toasts >> text=Заметка добавлена")
        page.goto(address)
        assert page.input_value(".note-form [name=text]") == ""
        assert Note.objects.filter(text="Обещали заплатить в пятницу").count() == 1
        page.fill(".note-form [name=text]", "я" * 20_001)
        page.click(".note-form button[type=submit]")
        page.wait_for_selector(".note-form [role=alert] >> text=не больше")
        assert len(page.input_value(".note-form [name=text]")) == 20_001
        page.fill(".note-form [name=text]", "Коротко")
        page.evaluate("""() => {  // three clicks at once
            const button = document.querySelector(".note-form button[type=submit]");
            for (let n = 0; n < 3; n += 1) button.click();
        }""")
        page.wait_for_selector("#notes article >> text=Коротко")
    assert Note.objects.filter(text="Коротко").count() == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_letter_that_was_not_sent_is_there_again(live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    anna = User.objects.create_superuser("anna@office.example", PASSWORD, name="Анна Ветрова")
    client = make.client(by=anna)
    with chromium_at(live_server.url) as windows:
        page = windows.enter("anna@office.example")
        address = f"/clients/{client.pk}/letter/"
        page.goto(address)
        page.fill("[name=subject]", "Каникулы")
        page.fill("[name=text]", "Работаем 2 января.")
        page.once("dialog", lambda dialog: dialog.accept())
        page.goto("/clients/")
        page.goto(address)
        page.wait_for_selector("[data-draft-kept]:visible")
        assert page.input_value("[name=subject]") == "Каникулы"
        assert page.input_value("[name=text]") == "Работаем 2 января."
        page.click("text=Показать письмо")
        page.wait_for_selector("#preview >> text=Работаем 2 января.")
        page.click("button.btn-primary >> text=Отправить")
        page.wait_for_url("**/letters/*/")
        page.goto(address)
        assert page.input_value("[name=subject]") == page.input_value("[name=text]") == ""
