"""Who sees which clients, on every page that could tell a name."""

import csv
import io

import pytest

from billing_site.kit.requisites import make_inn
from billing_site.office.models import User
from clients import actions
from clients.models import Client
from clients.queries import SHOWN, similar_clients
from tests import make

SECRET = "Тайная лаборатория"


@pytest.fixture
def office(db):
    """One of the staff, and four clients: own, sold, of a colleague, of another department."""
    north, south = make.department(), make.department()
    me = make.user("account_manager", name="Анна", department=north)
    colleague = make.user("account_manager", name="Борис", department=north)
    other = make.user("account_manager", name="Вера", department=south)
    clients = {
        "own": make.client(name="Свой", account_manager=me),
        "sold": make.client(name="Проданный", account_manager=other, sales_manager=me),
        "colleague's": make.client(name="Коллегин", account_manager=colleague),
        "secret": make.client(
            name=SECRET, email="info@secret.example", phone="+74955550077", account_manager=other,
            payer={"name": "ООО Секрет", "inn": make_inn("770299999")},
        ),
    }  # fmt: skip
    actions.add_contact(clients["secret"], by=other, email="agent@secret.example", name="Агентова")
    return me, clients


SEEN = {
    User.Scope.ALL: {"own", "sold", "colleague's", "secret"},
    User.Scope.DEPARTMENT: {"own", "sold", "colleague's"},
    User.Scope.PORTFOLIO: {"own", "sold"},
}


@pytest.mark.parametrize("scope", SEEN)
def test_list_export_and_card_show_the_scope_and_no_more(office, browse, scope):
    me, clients = office
    me.scope = scope
    me.save()
    browser = browse(me)
    page = browser.get("/clients/").content.decode()
    data = b"".join(browser.get("/clients/?export=csv").streaming_content).decode("utf-8-sig")
    exported = {row[1] for row in csv.reader(io.StringIO(data), delimiter=";")}
    for name, client in clients.items():
        seen = name in SEEN[scope]
        assert (client.name in page) == (client.name in exported) == seen
        for tail in ("", "?tab=contacts", "log/", "money/", "edit/"):
            assert browser.get(f"/clients/{client.pk}/{tail}").status_code == (200 if seen else 404)


TYPED = [
    SECRET, "секрет", "Агентова", "info@secret.example", "agent@secret.example", "8 495 555-00-77",
    make_inn("770299999"), "лаборат", "#{pk}", "№ {pk}",
]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_search_finds_it_for_the_office_and_not_for_the_department(office, browse, typed):
    me, clients = office
    secret = clients["secret"]
    typed = typed.format(pk=secret.pk)

    def finds() -> bool:
        browser, found = browse(me), []
        for address in ("/search/", "/clients/"):
            answer = browser.get(address, {"q": typed})
            body = answer.headers.get("Location", "") or answer.content.decode()
            found.append(f"/clients/{secret.pk}/" in body or SECRET in body.replace(typed, ""))
        assert found[0] == found[1]
        return found[0]

    me.scope = User.Scope.ALL
    me.save()
    assert finds()
    me.scope = User.Scope.DEPARTMENT
    me.save()
    assert not finds()


def test_a_double_outside_the_scope_is_told_without_its_name(office, browse):
    me, clients = office
    me.scope = User.Scope.PORTFOLIO
    me.save()
    sent = {"email": "INFO@secret.example", "inn": make_inn("770299999"), "name": "Тайная лаборатория, ООО"}
    page = browse(me).get("/clients/similar/", sent).content.decode()
    assert f"№&nbsp;{clients['secret'].pk}" in page
    assert "Вера" in page  # whom to ask
    for leaked in (SECRET, "ООО Секрет", f'href="/clients/{clients["secret"].pk}/"'):
        assert leaked not in page
    me.scope = User.Scope.ALL
    me.save()
    assert SECRET in browse(me).get("/clients/similar/", sent).content.decode()


def found(**typed):
    return [(one.client.name, [str(why) for why in one.why], one.stops) for one in similar_clients(**typed)]


@pytest.mark.parametrize(
    "typed",
    [
        {}, {"email": "@"}, {"email": "info"}, {"inn": "77"}, {"phone": "495"}, {"name": "Та"},
        {"name": "ООО"}, {"email": "a@b\x00.ru"},
    ],
)  # fmt: skip
def test_half_typed_values_find_nobody(office, typed):
    assert found(**typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        {"email": " INFO@Secret.Example "},
        {"email": "agent@secret.example"},
        {"inn": "7702 9999 " + make_inn("770299999")[8:]},
        {"phone": "8(495)555 00 77"},
        {"name": "ООО «ЛАБОРАТОРИЯ тайная»"},
    ],
)
def test_each_sign_finds_its_client(office, typed):
    assert [name for name, _why, _stops in found(**typed)] == [SECRET]


def test_the_surest_stands_first_and_only_an_address_stops(office):
    make.client(name=f"{SECRET} 2")
    ranked = found(email="info@secret.example", phone="+7 495 555 00 77", name=SECRET)
    assert [one[0] for one in ranked] == [SECRET, f"{SECRET} 2"]
    assert [one[2] for one in ranked] == [True, False]
    assert len(ranked[0][1]) == 3


def test_a_former_address_is_nobodys_and_six_are_enough(office):
    _me, clients = office
    actions.replace_main_address(clients["secret"], "new@secret.example", by=make.user("head"))
    assert found(email="info@secret.example") == []
    Client.objects.bulk_create(Client(name=f"Лютик {n}", registered_on="2026-01-01") for n in range(9))
    assert len(found(name="лютик")) == SHOWN
