"""The frame in a real browser: keys, htmx, the guard of forms, and that nothing complains."""

import pytest
from playwright.sync_api import Page

from billing_site.office.models import User
from clients.models import Client
from tests.browser import PASSWORD, chromium_at, serious

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def _playwright_keeps_a_loop(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def page(live_server):
    """A signed-in page; console errors and requests to foreign hosts fail the test."""
    User.objects.create_superuser("head@example.ru", PASSWORD, name="Мария Орлова")
    Client.objects.bulk_create(Client(name=f"Ромашка {n:03}", registered_on="2026-01-01") for n in range(6))
    with chromium_at(live_server.url) as windows:
        yield windows.enter("head@example.ru")


def test_a_list_by_keyboard_and_htmx(page):
    page.wait_for_selector("tr.sums")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-bulk]").is_visible()
    assert page.locator("tr.here").inner_text().strip().startswith("Ромашка 001")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Escape")
    page.fill("#filters [name=q]", "ромашка 004")
    page.wait_for_url("**/clients/?q=*004")
    page.wait_for_selector("text=Ромашка 004")
    assert page.locator("[data-list] tbody tr").count() == 1
    assert page.locator(".filter-clear").is_visible()

    page.click("th a:has-text('Name')")
    page.wait_for_url("**sort=name**")
    page.keyboard.press("Shift+/")
    assert page.locator("#keys").is_visible()


def test_everything_found_is_done_at_once(page):
    page.click("[name=ids] >> nth=0")
    assert not page.locator("[data-bulk-all]").is_visible()
    page.click("[name=ids] >> nth=3", modifiers=["Shift"])
    assert page.inner_text("[data-bulk-count]") == "4"
    page.check("[data-bulk-all] input")
    page.click("[data-bulk] button")
    page.wait_for_selector("text=Выбрано 6 строк")
    page.fill("[name=source]", "почта")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Будет сделано для 6 строк")
    assert serious(page) == []
    page.click("button[value=do]")
    page.wait_for_selector("text=Сделано для 5 строк")
    assert Client.objects.filter(source="почта").count() == 5


def test_a_filter_is_saved_and_columns_are_remembered(page):
    page.fill("#filters [name=q]", "ромашка 004")
    page.wait_for_url("**/clients/?q=*004")
    page.click("text=Сохранить вид")
    page.fill("[name=label]", "Четвёртая")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".tabs a[aria-current]:has-text('Четвёртая')")
    page.wait_for_selector(".tabs a:has-text('Четвёртая') .count:has-text('1')")
    page.click(".filters-tools [title='Столбцы']")
    page.uncheck(".list-setup [value=phone]")
    assert serious(page) == []
    page.click(".list-setup button.btn-primary")
    page.wait_for_url("**/clients/?q=**")
    assert page.locator("th:has-text('Phone')").count() == 0


def test_a_crumb_leads_back_to_the_list_as_it_was(page):
    page.goto("/clients/?q=00&sort=-name")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Ромашка 005')")
    page.click("[data-back]")
    page.wait_for_url("**/clients/?q=00&sort=-name")


def test_a_form_is_guarded_and_sent_by_keys(page):
    page.goto("/clients/new/")
    page.fill("[name=name]", "taken")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("setTimeout(() => location.assign('/clients/'), 0)")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert page.input_value("[name=name]") == "taken"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".notice-red")
    assert page.input_value("[name=name]") == "taken"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, theme):
    User.objects.update(theme=theme)
    for address in ("/clients/", "/clients/new/", "/search/?q=ромашка", "/clients/?q=zzz"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
        assert serious(page) == [], address


def press(page: Page, code: str, key: str) -> None:
    """A key by its place, with the letter that another layout has there."""
    keyboard = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, "code": code, "key": key, "text": ""})


def test_keys_work_in_the_russian_layout(page):
    press(page, "KeyJ", "о")
    press(page, "KeyJ", "о")
    press(page, "KeyK", "л")
    assert page.locator("tr.here").inner_text().strip().startswith("Ромашка 000")
    press(page, "KeyX", "ч")
    assert page.locator("[data-bulk]").is_visible()
    press(page, "Slash", ".")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Escape")
    press(page, "Digit7", "?")  # where the Russian layout has it
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    press(page, "KeyG", "п")
    press(page, "KeyC", "с")
    page.wait_for_url("**/clients/")


def test_focus_survives_a_swap(page):
    page.focus("#sort-name")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=name**")
    page.wait_for_selector("th[aria-sort=ascending] #sort-name")
    assert page.evaluate("document.activeElement.id") == "sort-name"
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=-name**")
    page.wait_for_selector("th[aria-sort=descending] #sort-name")
    assert page.evaluate("document.activeElement.id") == "sort-name"


def test_a_file_that_is_too_large_is_not_sent(page, tmp_path):
    large = tmp_path / "scan.pdf"
    with large.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    page.goto("/clients/new/")
    page.fill("[name=name]", "Ромашка")
    page.set_input_files("[name=file]", large)
    page.click("button.btn-primary")
    page.wait_for_selector("#toasts >> text=не больше 20 МБ")
    assert page.input_value("[name=name]") == "Ромашка"


def test_the_menu_folds_and_stays_folded(page):
    page.click("[data-fold]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.menu") == "folded"
