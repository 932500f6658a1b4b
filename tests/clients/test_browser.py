"""The pages of clients in a real browser: a day's work, in both themes, and that nothing complains."""

import pytest

from billing_site.office.models import User
from clients import actions
from clients.models import Client, Contact
from tests import make
from tests.browser import PASSWORD, chromium_at, is_wider_than_its_window, serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _playwright_keeps_a_loop(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def office(live_server):
    """A client with a note, a contact and a colleague who may edit it too."""
    anna = User.objects.create_superuser("anna@office.example", PASSWORD, name="Анна Ветрова")
    User.objects.create_superuser("boris@office.example", PASSWORD, name="Борис Ветров")
    client = make.client(name="Ромашка", email="main@romashka.example", account_manager=anna, by=anna)
    actions.add_note(client, "Звонить после обеда", by=anna, important=True)
    actions.add_contact(client, by=anna, email="zoya@romashka.example", name="Зоя", powers=["papers"])
    return client


@pytest.fixture
def enter(live_server):
    """Signs a member of staff in: a page of a new browser window; complaints of any page fail the test."""
    with chromium_at(live_server.url) as windows:
        yield windows.enter


def test_a_client_is_made_mended_and_found(office, enter):
    page = enter("anna@office.example")
    page.goto("/clients/new/")
    page.fill("[name=name]", "Ромашка Плюс")
    page.fill("[name=email]", "MAIN@romashka.example")
    page.wait_for_selector("#similar >> text=тот же e-mail")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#error_1_id_email")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.fill("[name=email]", "plus@romashka.example")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:has-text('Ромашка Плюс')")
    made = Client.objects.get(name="Ромашка Плюс")
    page.keyboard.press("/")
    page.keyboard.type(f"№{made.pk}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{made.pk}/")


def test_two_people_save_one_client(office, enter):
    anna, boris = enter("anna@office.example"), enter("boris@office.example")
    for page in (anna, boris):
        page.goto(f"/clients/{office.pk}/edit/")
    anna.fill("[name=source]", "выставка")
    anna.click("button.btn-primary")
    anna.wait_for_url("**tab=profile")
    boris.fill("[name=admin_notes]", "Любят порядок")
    boris.click("button.btn-primary")
    difference = boris.locator(".diff")
    difference.wait_for()
    assert "Анна Ветрова" in difference.inner_text()
    assert "выставка" in difference.inner_text()
    assert boris.input_value("[name=admin_notes]") == "Любят порядок"


def test_two_people_save_one_person_and_one_note(office, enter):
    anna, boris = enter("anna@office.example"), enter("boris@office.example")
    for page in (anna, boris):
        page.goto(f"/clients/{office.pk}/contacts/{Contact.objects.get().pk}/")
    for page, post in ((anna, "Директор"), (boris, "Бухгалтер")):
        page.fill("[name=post]", post)
        page.click("button.btn-primary >> text=Сохранить")
    anna.wait_for_url("**tab=contacts")
    difference = boris.locator(".diff")
    difference.wait_for()
    assert "Анна Ветрова" in difference.inner_text()
    assert "Директор" in difference.inner_text()
    assert boris.input_value("[name=post]") == "Бухгалтер"
    assert serious(boris) == []
    boris.click("button.btn-primary >> text=Сохранить")
    boris.wait_for_url("**tab=contacts")
    assert Contact.objects.get().post == "Бухгалтер"
    for page in (anna, boris):
        page.goto(f"/clients/{office.pk}/?tab=notes")
        page.click("#notes article:has-text('после обеда') >> text=Изменить")
    for page, text in ((anna, "Звонить утром"), (boris, "Звонить вечером")):
        page.fill("form.note-form textarea >> nth=1", text)
        page.click("#notes form >> nth=1 >> button[type=submit]")
        page.wait_for_selector("#notes >> text=Звонить утром")
    assert "Анна Ветрова" in boris.locator("#notes .diff").inner_text()
    assert boris.input_value("form.note-form textarea >> nth=1") == "Звонить вечером"
    assert serious(boris) == []
    boris.click("#notes form >> nth=1 >> button[type=submit]")
    boris.wait_for_selector("#important >> text=Звонить вечером")


def test_notes_are_written_and_mended_in_place(office, enter):
    page = enter("anna@office.example")
    page.goto(f"/clients/{office.pk}/?tab=notes")
    page.fill("#note_text", "Просят счёт до 20-го")
    page.check("#note_important")
    page.focus("#note_text")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#important >> text=Просят счёт до 20-го")
    assert page.input_value("#note_text") == ""
    assert page.evaluate("document.activeElement.id") == "note_text"
    page.click("#notes article:has-text('после обеда') >> text=Изменить")
    page.fill("form.note-form textarea >> nth=1", "Звонить утром")
    page.click("form.note-form >> nth=1 >> text=Сохранить")
    page.wait_for_selector("#important >> text=Звонить утром")


def test_filters_behind_the_button_are_set_and_taken_off(office, enter):
    make.client(name="Василёк", language="en")
    page = enter("anna@office.example")
    page.goto("/clients/")
    page.click("[data-more-filters]")
    page.select_option("#more-filters [name=language]", "en")
    page.wait_for_selector(".set-filter:has-text('английский')")
    page.wait_for_url("**/clients/?language=en")
    assert page.locator("#list tbody tr").count() == 1
    assert page.inner_text("[data-more-filters] .count") == "1"
    assert not serious(page)
    page.reload()
    assert page.is_hidden("#more-filters")
    page.fill("#filters [name=q]", "василек")  # what is set behind the closed button stays
    page.wait_for_url(lambda url: "language=en" in url and "q=" in url)
    page.click(".set-filter:has-text('английский')")
    page.wait_for_url(lambda url: "language" not in url and "q=" in url)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(office, enter, theme):
    User.objects.update(theme=theme)
    page, contact = enter("anna@office.example"), Contact.objects.get()
    card = f"/clients/{office.pk}/"
    for address in (
        "/clients/", "/clients/?q=zzz", "/clients/new/", card, f"{card}?tab=profile", f"{card}?tab=contacts",
        f"{card}?tab=notes", f"{card}?tab=log", f"{card}edit/", f"{card}contacts/{contact.pk}/",
        f"{card}hold/", f"{card}status/", "/search/?q=ромашка",
    ):  # fmt: skip
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], address


@pytest.mark.parametrize("width", [390, 1366])
def test_no_page_is_wider_than_its_window(office, enter, width):
    make.client(name="Очень длинное название " * 8, email=f"{'a' * 60}@{'b' * 60}.example")
    page = enter("anna@office.example", width)
    for address in ("/clients/", f"/clients/{office.pk}/", f"/clients/{office.pk}/?tab=contacts"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert not is_wider_than_its_window(page), address
