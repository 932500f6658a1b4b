"""Journeys over a client's card in a real browser: by keys alone, along the timeline, to a letter."""

from datetime import date

import pytest
from playwright.sync_api import Page

from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients import actions
from clients.models import Client
from invoices import billing
from products.actions import Wanted
from tests import make
from tests.browser import PASSWORD, PHONE, chromium_at, is_wider_than_its_window, serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STEPS = 80  # presses of Tab after which a place counts as out of reach


@pytest.fixture(autouse=True)
def _playwright_keeps_a_loop(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def daisy(live_server):
    """A client with a service, an unpaid invoice and an important note."""
    anna = User.objects.create_superuser("anna@office.example", PASSWORD, name="Анна Ветрова")
    client = make.client(name="Ромашка", email="main@romashka.example", account_manager=anna, by=anna)
    actions.add_note(client, "Звонить после обеда", by=anna, important=True)
    order = make.order(client, Wanted(make.product(), "half_year"), starts_on=date(2026, 12, 1), by=anna)
    (draft,) = billing.accept_order(order, by=anna)
    billing.send_invoice(draft, by=anna)
    return client


@pytest.fixture
def enter(live_server):
    with chromium_at(live_server.url) as windows:
        yield windows.enter


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; a place that can't be reached so fails the journey."""
    for _n in range(STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no Tab leads to {selector}")


def test_from_the_list_to_a_note_without_a_mouse(daisy, enter):
    page = enter("anna@office.example")
    page.goto("/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/clients/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.wait_for_selector("[data-bulk-count] >> text=1")
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{daisy.pk}/**")
    page.wait_for_selector("#count-invoices >> text=1")
    tab_to(page, "a[href='?tab=notes']")
    page.keyboard.press("Enter")
    page.wait_for_url("**tab=notes")
    tab_to(page, "#note_text")
    page.keyboard.type("Просят счёт до 20-го")
    tab_to(page, "#note_important")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#important >> text=Просят счёт до 20-го")
    page.wait_for_selector("#count-notes >> text=2")
    assert daisy.notes.filter(text="Просят счёт до 20-го", important=True).exists()


def test_a_mistyped_name_is_found_and_its_past_narrowed(daisy, enter):
    page = enter("anna@office.example")
    page.keyboard.press("/")
    page.keyboard.type("hfvfirf")  # «рамашка» in the other layout
    page.keyboard.press("Enter")
    page.click("a.found-row >> text=Ромашка")
    page.click(".tabs a[href='?tab=log']")
    page.wait_for_selector(".timeline >> text=Добавлена заметка")
    page.click(".kinds >> text=Счета")
    page.wait_for_selector(".timeline >> text=Выставлен")
    assert page.locator(".timeline >> text=Добавлена заметка").count() == 0
    page.go_back()
    page.wait_for_selector(".timeline >> text=Добавлена заметка")


def test_a_letter_is_looked_at_and_sent(daisy, enter):
    page = enter("anna@office.example")
    page.goto(f"/clients/{daisy.pk}/")
    page.click("main .dropdown-toggle >> text=Ещё")
    page.click("text=Письмо клиенту")
    page.fill("[name=subject]", "Каникулы")
    page.fill("[name=text]", "Работаем 2 января.")
    page.click("text=Показать письмо")
    page.wait_for_selector("#preview >> text=Работаем 2 января.")
    assert page.input_value("[name=text]") == "Работаем 2 января."
    assert not Letter.objects.filter(subject="Каникулы").exists()
    page.click("button.btn-primary >> text=Отправить")
    page.wait_for_url("**/letters/*/")
    assert Letter.objects.get(subject="Каникулы").to == ["main@romashka.example"]


def test_closing_shows_what_stops_it_and_leads_there(daisy, enter):
    page = enter("anna@office.example")
    page.goto(f"/clients/{daisy.pk}/close/")
    page.click("main >> text=Действующие услуги")
    page.wait_for_url("**tab=services")
    assert Client.objects.get(pk=daisy.pk).status == Client.Status.ACTIVE


PAGES = ("", "?tab=log", "?tab=log&kind=invoices", "account/", "letter/", "close/", "delete/", "seen/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_around_the_card(daisy, enter, theme):
    User.objects.update(theme=theme)
    page = enter("anna@office.example")
    for address in PAGES:
        page.goto(f"/clients/{daisy.pk}/{address}")
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], address


def test_no_page_around_the_card_is_wider_than_a_phone(daisy, enter):
    page = enter("anna@office.example", PHONE)
    for address in PAGES:
        page.goto(f"/clients/{daisy.pk}/{address}")
        page.wait_for_load_state("networkidle")
        assert not is_wider_than_its_window(page), address
