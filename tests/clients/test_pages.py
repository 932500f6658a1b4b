import pytest
from django.urls import reverse

from billing_site.letters import actions as letters
from billing_site.office.models import User
from clients import actions
from clients.views.card import TABS
from tests import make


@pytest.fixture
def client(manager):
    return make.client(
        by=manager, name="Ромашка", email="main@romashka.example", phone="+74955405151", extension="2207",
        account_manager=manager,
    )  # fmt: skip


def test_the_list_works(browse, manager, client):
    text = browse(manager).get("/clients/").content.decode()
    assert f"/clients/{client.pk}/" in text
    assert "main@<wbr>romashka.example" in text
    assert "+7 495 540-51-51 доб. 2207" in text


@pytest.mark.parametrize("tab", [tab.key for tab in TABS])
def test_every_tab_of_the_card_works(browse, manager, client, tab):
    actions.add_note(client, "Звонить после обеда", by=manager, important=True)
    answer = browse(manager).get(f"/clients/{client.pk}/?tab={tab}")
    assert answer.status_code == 200
    text = answer.content.decode()
    for told in ("Звонить после обеда", "main@romashka.example", "доб. 2207", f"№&nbsp;{client.pk}"):
        assert told in text


OPEN = ("client-detail", "client-log", "client-important")
CHANGE = (
    "client-edit",
    "client-contacts",
    "contacts-ask",
    "client-status",
    "payer-new",
    "contact-new",
    "client-hold",
    "client-lift",
)


@pytest.mark.parametrize("name", OPEN + CHANGE)
def test_pages_of_a_client_ask_for_their_right(browse, manager, treasury, stranger, client, name):
    address = reverse(name, args=[client.pk])
    assert browse(manager).get(address).status_code == 200
    assert browse(treasury).get(address).status_code == (200 if name in OPEN else 403)
    assert browse(stranger).get(address).status_code == 403


@pytest.mark.parametrize("name", OPEN + CHANGE)
def test_a_client_outside_the_scope_is_not_found(browse, client, name):
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    assert browse(other).get(reverse(name, args=[client.pk])).status_code == 404


def test_rows_of_a_client_outside_the_scope_are_not_found(browse, client, manager):
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    note = actions.add_note(client, "секрет", by=manager)
    browser = browse(other)
    assert browser.get(f"/clients/{client.pk}/notes/{note.pk}/").status_code == 404
    assert browser.post(f"/clients/{client.pk}/notes/{note.pk}/delete/").status_code == 404
    payer = client.payers.get()
    assert browser.get(f"/clients/{client.pk}/payers/{payer.pk}/").status_code == 404
    assert client.name not in browser.get("/clients/").content.decode()


def test_a_row_is_found_through_its_own_client_only(browse, manager, client):
    other = make.client()
    note = actions.add_note(client, "текст", by=manager)
    assert browse(manager).get(f"/clients/{other.pk}/notes/{note.pk}/").status_code == 404


def test_important_notes_and_the_hold_come_again_when_a_note_was_changed(browse, manager, client):
    actions.add_note(client, "Звонить после обеда", by=manager, important=True)
    letters.hold(client.pk, by=manager, because="готовится")
    text = browse(manager).get(f"/clients/{client.pk}/important/").content.decode()
    assert "Звонить после обеда" in text
    assert "готовится" in text
