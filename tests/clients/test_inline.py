"""Harmless fields of a client, edited where they stand."""

import pytest

from billing_site.office.models import User
from clients import actions
from clients.models import ClientGroup
from clients.views.inline import HARMLESS
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(manager):
    return make.client(by=manager, source="выставка", account_manager=manager)


def address(client, name="source") -> str:
    return f"/clients/{client.pk}/field/{name}/"


def test_a_field_is_a_form_and_a_value_again(browse, manager, client):
    browser = browse(manager)
    assert address(client) in browser.get(f"/clients/{client.pk}/?tab=profile").content.decode()
    form = browser.get(address(client)).content.decode()
    assert 'value="выставка"' in form
    assert "<html" not in form
    saved = browser.post(address(client), {"value": "сайт", "was": "выставка"}).content.decode()
    assert "сайт" in saved
    assert "<form" not in saved
    assert "сайт" in browser.get(address(client) + "?show=1").content.decode()
    client.refresh_from_db()
    assert (client.source, client.version) == ("сайт", 1)


def test_another_person_s_value_is_not_overwritten_unseen(browse, manager, client):
    actions.change_client(client, by=manager, version=0, source="звонок")
    text = browse(manager).post(address(client), {"value": "сайт", "was": "выставка"}).content.decode()
    assert "звонок" in text
    assert 'value="сайт"' in text
    client.refresh_from_db()
    assert client.source == "звонок"
    browse(manager).post(address(client), {"value": "сайт", "was": "звонок"})
    client.refresh_from_db()
    assert client.source == "сайт"


def test_choices_and_groups_are_edited_too(browse, manager, client):
    group = ClientGroup.objects.create(name="Крупные")
    browser = browse(manager)
    assert (
        "Крупные"
        in browser.post(address(client, "client_group"), {"value": group.pk, "was": ""}).content.decode()
    )
    assert 'value="ru" selected' in browser.get(address(client, "language")).content.decode()
    bad = browser.post(address(client, "language"), {"value": "xx", "was": "русский"}).content.decode()
    assert "invalid-feedback" in bad


@pytest.mark.parametrize("value", ["x" * 81, "а" * 5000])
def test_a_wrong_value_stays_in_the_form(browse, manager, client, value):
    text = browse(manager).post(address(client), {"value": value, "was": "выставка"}).content.decode()
    assert "invalid-feedback" in text
    assert value in text


@pytest.mark.parametrize("name", ["status", "account_manager", "security_answer", "pk", "nothing"])
def test_other_fields_have_no_such_form(browse, manager, client, name):
    assert browse(manager).get(address(client, name)).status_code == 404
    assert browse(manager).get(address(client, name) + "?show=1").status_code == 404
    assert browse(manager).post(address(client, name), {"value": "x", "was": ""}).status_code == 404


@pytest.mark.parametrize("name", HARMLESS)
def test_every_harmless_field_opens(browse, manager, client, name):
    assert browse(manager).get(address(client, name)).status_code == 200


def test_without_the_right_there_is_no_pencil(browse, treasury, client):
    assert "inline-edit" not in browse(treasury).get(f"/clients/{client.pk}/?tab=profile").content.decode()
    assert browse(treasury).post(address(client), {"value": "x", "was": "выставка"}).status_code == 403
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    assert browse(other).get(address(client)).status_code == 404
