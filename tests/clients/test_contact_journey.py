"""In a real browser: contact data refused, asked by a link, changed; a secret shown, a colleague called."""

from datetime import timedelta

import pytest

from billing_site.kit import clock
from billing_site.letters.models import Letter
from clients.models import Client, EmailAddress
from tests import make
from tests.browser import PASSWORD, chromium_at, is_wider_than_its_window, serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, NEW = "+74955405151", "new@romashka.example"


@pytest.fixture(autouse=True)
def _playwright_keeps_a_loop(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def anna(db):
    made = make.user("account_manager", email="anna@office.example", name="Анна Ветрова")
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def client(anna):
    with clock.standing_at(clock.now() - timedelta(days=40)):
        return make.client(
            name="Ромашка", email="main@romashka.example", phone=PHONE, account_manager=anna, by=anna,
            portal_login="romashka", portal_password="тайна",
        )  # fmt: skip


def main_address(client: Client) -> str:
    return EmailAddress.objects.get(client=client, kind="profile").address


def test_contact_data_change_by_proof_only(live_server, anna, client):
    with chromium_at(live_server.url) as windows:
        page = windows.enter(anna.email)
        page.goto(f"/clients/{client.pk}/contacts/")
        page.fill("[name=email]", NEW)
        page.click("form.form-card .form-buttons button[type=submit]")
        page.wait_for_selector("text=двум подтверждениям")
        assert page.input_value("[name=email]") == NEW
        assert main_address(client) == "main@romashka.example"
        page.click(".ask-first button")
        page.wait_for_url("**/?tab=contacts")
        link = Letter.objects.get(kind="contacts").text.split("/confirm/")[1].split("/")[0]
        outside = windows.open(390)
        outside.goto(f"/confirm/{link}/")
        assert serious(outside) == []
        assert not is_wider_than_its_window(outside)
        outside.click("button[name=confirm]")
        outside.wait_for_selector("text=Спасибо")
        page.goto(f"/clients/{client.pk}/contacts/")
        page.click("text=Подставить")
        page.wait_for_selector(f"[name=email][value='{NEW}']")
        assert serious(page) == []
        page.select_option("[name=called]", PHONE)
        page.fill("[name=whom]", "Зоя, бухгалтер")
        page.click("form.form-card .form-buttons button[type=submit]")
        page.wait_for_url("**/?tab=contacts")
        assert main_address(client) == NEW
        page.wait_for_selector("text=пароли на новый адрес не отправлять")


def test_a_secret_is_shown_and_a_note_with_a_call_written(live_server, anna, client):
    boris = make.user("support", name="Борис Ветров")
    with chromium_at(live_server.url) as windows:
        page = windows.enter(anna.email)
        page.goto(f"/clients/{client.pk}/?tab=profile")
        assert "тайна" not in page.content()
        page.click("#secret-portal_password button")
        page.wait_for_selector("text=тайна")
        assert serious(page) == []
        page.goto(f"/clients/{client.pk}/?tab=notes")
        page.fill("[name=text]", "@Борис, проверь вход")
        file = {"name": "Скан.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
        page.set_input_files("[name=files]", file)
        page.click("text=Добавить заметку")
        page.wait_for_selector(".note-file")
        assert serious(page) == []
    assert boris.mentions.count() == 1
