"""Saved views and what a reader chooses for a list of his own."""

import re

import pytest

from billing_site.pages.models import ListSetup, SavedView
from clients.models import Client
from tests.pages.test_list import names

pytestmark = pytest.mark.django_db
COUNT = re.compile(r'<span class="count"\s*>(\d+)</span>')
NEW = "/views/new/?next=/clients/%3Fstatus%3Dclosed%26after%3Dzzz"


@pytest.fixture
def rows(make_clients):
    make_clients(3)
    Client.objects.create(name="Ромашка 100", status="closed", registered_on="2026-01-01")


def tabs(answer) -> list[str]:
    strip = re.search(r'<ul class="tabs".*?</ul>', answer.content.decode(), re.S)
    return re.findall(r"</svg>\s*([^<]+?)\s*<span", strip[0]) if strip else []


def save(browser, label="Закрытые", **more):
    return browser.post(NEW, {"label": label, **more})


def test_a_filter_is_kept_as_a_tab(browse, head, rows):
    browser = browse(head)
    answer = save(browser)
    assert answer.url == "/clients/?status=closed"
    answer = browser.get(answer.url)
    assert tabs(answer) == ["Закрытые"]
    assert names(answer) == ["Ромашка 100"]
    assert 'href="?status=closed" aria-current="page"' in answer.content.decode()


def test_a_view_is_its_authors_until_it_is_shared(browse, head, manager, rows):
    save(browse(head), "Моё")
    save(browse(head), "Наше", shared="on")
    Client.objects.update(account_manager=head)
    Client.objects.filter(name="Ромашка 000").update(account_manager=manager, status="closed")
    answer = browse(manager).get("/clients/?status=closed")
    assert tabs(answer) == ["Наше"]
    assert names(answer) == ["Ромашка 000"]
    own = SavedView.objects.get(label="Моё")
    assert browse(manager).get(f"/views/{own.pk}/").status_code == 404
    assert browse(manager).post(f"/views/{own.pk}/delete/").status_code == 404


def test_counts_come_later_and_obey_the_scope(browse, head, manager, rows):
    save(browse(head), shared="on")
    first = browse(head).get("/clients/").content.decode()
    assert 'hx-get="?part=tabs"' in first
    assert re.search(r'<span class="count"\s+hidden>', first)
    counted = browse(head).get("/clients/?part=tabs").content.decode()
    assert COUNT.findall(counted) == ["4", "1"]
    nothing = browse(manager).get("/clients/?part=tabs").content.decode()
    assert COUNT.findall(nothing) == ["0", "0"]


def test_a_list_opens_with_the_first_view(browse, head, rows):
    browser = browse(head)
    save(browser, first="on")
    assert browser.get("/clients/").url == "/clients/?status=closed"
    everything = browser.get("/clients/?view=all")
    assert len(names(everything)) == 4
    assert 'href="?view=all" aria-current="page"' in everything.content.decode()
    assert names(browser.get("/clients/", headers={"HX-Request": "true"}))  # a swap is not led away
    view = SavedView.objects.get()
    browser.post(f"/views/{view.pk}/", {"label": view.label})
    assert browser.get("/clients/").status_code == 200


def test_a_colleagues_view_may_be_first_but_not_changed(browse, head, manager, rows):
    save(browse(head), shared="on")
    view, browser = SavedView.objects.get(), browse(manager)
    browser.post(f"/views/{view.pk}/", {"label": "Чужое", "first": "on"})
    view.refresh_from_db()
    assert (view.label, view.shared) == ("Закрытые", True)
    assert browser.get("/clients/").url == "/clients/?status=closed"
    browser.post(f"/views/{view.pk}/delete/")
    assert SavedView.objects.exists()


def test_a_deleted_view_leaves_the_list_as_declared(browse, head, rows):
    browser = browse(head)
    save(browser, first="on")
    answer = browser.post(f"/views/{SavedView.objects.get().pk}/delete/")
    assert answer.url == "/clients/"
    assert browser.get("/clients/").status_code == 200


def test_a_name_stands_once(browse, head, rows):
    browser = browse(head)
    save(browser)
    answer = save(browser)
    assert "Такой вид у вас уже есть" in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_a_filter_too_long_to_be_kept_is_told(browse, head, rows):
    answer = browse(head).post(f"/views/new/?next=/clients/%3Fq%3D{'x' * 3000}", {"label": "Длинный"})
    assert "слишком длинный" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "/", "/nowhere/", "https://evil.example/clients/", "/clients/new/", "%00"]
)
def test_only_lists_are_kept(browse, head, address):
    assert browse(head).post(f"/views/new/?next={address}", {"label": "Вид"}).status_code == 404
    assert browse(head).post("/set/list/", {"next": address, "column": "name"}).status_code == 404


def test_a_list_of_another_right_is_not_kept(browse, manager):
    manager.user_permissions.clear()
    assert browse(manager).post(NEW, {"label": "Вид"}).status_code == 403


def arrange(browser, **chosen):
    return browser.post("/set/list/", {"next": "/clients/?cols=name&size=50&status=active", **chosen})


def test_columns_density_and_size_are_remembered(browse, head, manager, make_clients):
    make_clients(30)
    browser = browse(head)
    answer = arrange(browser, column=["name", "registered_on", "bent"], density="roomy", size="25")
    assert answer.url == "/clients/?status=active"
    page = browser.get("/clients/")
    text = page.content.decode()
    assert len(names(page)) == 25
    assert "01.01.2026" in text
    assert 'class="status' not in text
    assert 'class="table-dense roomy"' in text
    assert ListSetup.objects.get().columns == ["name", "registered_on"]
    assert "01.01.2026" not in browse(manager).get("/clients/").content.decode()


def test_the_address_wins_over_what_is_remembered(browse, head, make_clients):
    make_clients(30)
    browser = browse(head)
    arrange(browser, column=["name"], density="dense", size="25")
    page = browser.get("/clients/?cols=name,status&size=50")
    assert len(names(page)) == 30
    assert 'class="status' in page.content.decode()


@pytest.mark.parametrize(
    "chosen", [{"size": "7"}, {"size": "x", "density": "x"}, {"reset": "1", "size": "25"}]
)
def test_bent_choices_and_a_reset_mean_as_declared(browse, head, make_clients, chosen):
    make_clients(6)
    browser = browse(head)
    arrange(browser, column=["name"], density="roomy", size="25")
    arrange(browser, **chosen)
    page = browser.get("/clients/")
    assert len(names(page)) == 4
    assert 'class="status' in page.content.decode()
    assert "roomy" not in re.search(r"<table[^>]*>", page.content.decode())[0]


def test_a_view_keeps_the_columns_it_was_saved_with(browse, head, rows):
    browser = browse(head)
    arrange(browser, column=["name", "registered_on"], density="dense", size="25")
    assert save(browser).url == "/clients/?status=closed&cols=name,registered_on"
