"""Lists of payers and contacts over all clients."""

from datetime import date

import pytest

from billing_site.office.models import User
from clients import actions
from clients.models import Payer
from tests import make

pytestmark = pytest.mark.django_db
LEFT = {"kind": Payer.Kind.LEGAL, "inn": "7707083893"}


@pytest.fixture
def client(manager):
    client = make.client(by=manager, name="Ромашка", account_manager=manager)
    actions.add_payer(client, by=manager, name="ООО «Ёлочка»", counterparty_code="К-1001", **LEFT)
    actions.add_payer(
        client, by=manager, name="ИП Старый", kind=Payer.Kind.SOLE, inn="771234567891",
        valid_from=date(2020, 1, 1), valid_until=date(2024, 2, 1),
    )  # fmt: skip
    actions.add_contact(client, by=manager, email="zoya@romashka.example", name="Зоя Фёдорова",
                        post="Главбух",
                        phone="+74955405151", extension="2207", powers=["papers"])  # fmt: skip
    actions.add_contact(client, by=manager, email="", name="Пётр", powers=["order"])
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Ёлочка", "Старый"}),
        ("?q=елочка", {"Ёлочка"}),
        ("?q=7707083893", {"Ёлочка"}),
        ("?q=к-1001", {"Ёлочка"}),
        ("?q=ромашка", {"Ёлочка", "Старый"}),
        ("?kind=sole", {"Старый"}),
        ("?code=with", {"Ёлочка"}),
        ("?state=past", {"Старый"}),
        ("?state=later", set()),
        ("?manager=nobody", set()),
        ("?manager=mine", {"Ёлочка", "Старый"}),
        ("?code=without", {"Старый"}),
        ("?is_default=no", {"Ёлочка", "Старый"}),
        ("?is_default=yes", set()),
        ("?inn=with", {"Ёлочка", "Старый"}),
        ("?account=with", set()),
        ("?account=without", {"Ёлочка", "Старый"}),
        ("?contract=none", {"Ёлочка", "Старый"}),
        ("?contract=scan", set()),
        ("?debt=any", set()),
        ("?debt=none", {"Ёлочка", "Старый"}),
        ("?credit=yes", set()),
        ("?until=2020-01-01", {"Старый"}),
        ("?since=2020-01-02", {"Ёлочка"}),
        ("?client_status=closed", set()),
        ("?group=none", {"Ёлочка", "Старый"}),
        ("?sales=mine", set()),
    ],
)
def test_payers_are_found(browse, manager, client, query, found):
    text = browse(manager).get(f"/payers/{query}").content.decode()
    assert {name for name in ("Ёлочка", "Старый") if name in text} == found


def test_the_last_day_of_a_payer_is_shown(browse, manager, client):
    assert "31.01.2024" in browse(manager).get("/payers/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Зоя", "Пётр"}),
        ("?q=федорова", {"Зоя"}),
        ("?q=zoya@", {"Зоя"}),
        ("?q=8 (495) 540-51-51", {"Зоя"}),
        ("?power=order", {"Пётр"}),
        ("?address=none", {"Пётр"}),
        ("?address=exclusive", {"Зоя"}),
        ("?address=bounced", set()),
        ("?mail=news", set()),
        ("?phone=with", {"Зоя"}),
        ("?phone=without", {"Пётр"}),
        ("?post=бух", {"Зоя"}),
        ("?client_status=active&manager=mine", {"Зоя", "Пётр"}),
    ],
)
def test_contacts_are_found(browse, manager, client, query, found):
    text = browse(manager).get("/contacts/" + query.replace(" ", "%20")).content.decode()
    assert {name for name in ("Зоя", "Пётр") if name in text} == found


@pytest.mark.parametrize("address", ["/payers/", "/contacts/"])
def test_lists_and_files_obey_the_scope(browse, client, address):
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    browser = browse(other)
    for text in (
        browser.get(address).content.decode(),
        b"".join(browser.get(f"{address}?export=csv").streaming_content).decode(),
        browser.get(f"{address}?part=tabs").content.decode(),
    ):
        assert "Ёлочка" not in text
        assert "Зоя" not in text


def test_a_file_holds_what_is_filtered(browse, manager, client):
    made = b"".join(browse(manager).get("/contacts/?export=csv&power=papers").streaming_content).decode()
    assert "Зоя Фёдорова" in made
    assert "доб. 2207" in made
    assert "Пётр" not in made
