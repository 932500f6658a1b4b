"""What pages of clients ask the database: as much for many rows as for few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_site.kit import live
from clients import actions
from clients.models import Contact, EmailAddress, Note
from clients.queries import IMPORTANT_SHOWN, NOTES_PAGE
from tests import make


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


def queries(browser, address) -> int:
    for key in live.connection().scan_iter("counters:*"):
        live.forget(key)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def write_notes(client, manager, count):
    Note.objects.bulk_create(
        Note(client=client, text=f"Заметка {n}", important=n % 2 == 0, author=manager) for n in range(count)
    )


@pytest.mark.parametrize(("tail", "budget"), [("", 15), ("?tab=notes", 16), ("important/", 7)])
def test_three_notes_and_three_hundred_cost_the_same(browse, manager, client, tail, budget):
    browser, address = browse(manager), f"/clients/{client.pk}/{tail}"
    write_notes(client, manager, 8)
    few = queries(browser, address)
    write_notes(client, manager, 292)
    assert queries(browser, address) == few <= budget


def test_notes_come_in_pages_and_important_ones_first(browse, manager, client):
    write_notes(client, manager, 100)
    browser, seen, address = browse(manager), [], f"/clients/{client.pk}/?tab=notes"
    start = 0
    while True:
        text = browser.get(address, headers={"HX-Request": "true"}).content.decode()
        seen += text.split('<article class="box note ')[1:]
        start += NOTES_PAGE
        if f"?from={start}" not in text:
            break
        address = f"/clients/{client.pk}/notes/more/?from={start}"
    assert len(seen) == 100
    assert [line.startswith("note-important") for line in seen] == [True] * 50 + [False] * 50


def test_only_the_newest_important_notes_stand_on_top(browse, manager, client):
    for n in range(IMPORTANT_SHOWN + 2):
        actions.add_note(client, f"Важное {n}", by=manager, important=True)
    text = browse(manager).get(f"/clients/{client.pk}/important/").content.decode()
    assert "Важное 0" not in text
    assert f"Важное {IMPORTANT_SHOWN + 1}" in text
    assert "Все важные заметки" in text


def test_contacts_and_their_addresses_cost_the_same(browse, manager, client):
    def add(count):
        for contact in Contact.objects.bulk_create(Contact(client=client, name="Зоя") for _n in range(count)):
            EmailAddress.objects.create(
                client=client, contact=contact, address=f"zoya{contact.pk}@example.org", kind="exclusive"
            )

    browser, address = browse(manager), f"/clients/{client.pk}/?tab=contacts"
    add(3)
    few = queries(browser, address)
    add(27)
    assert queries(browser, address) == few


def test_the_list_and_its_search_cost_the_same(browse, manager, client):
    browser = browse(manager)

    def cost():
        return [
            queries(browser, address)
            for address in ("/clients/", "/clients/?q=ромашка", "/search/?q=ромашка")
        ]

    make.client()
    make.client()
    few = cost()
    for _n in range(27):
        make.client()
    assert cost() == few
