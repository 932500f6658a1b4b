"""Groups of companies, client groups, who brought whom."""

from datetime import date

import pytest

from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import grouping
from clients.models import Client, ClientGroup, CompanyGroup, Referral
from invoices import billing
from products.actions import Wanted
from tests import make


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager, by=manager)


@pytest.fixture
def sibling(manager):
    return make.client(name="Лютик", account_manager=manager, by=manager)


def owe(client, manager):
    """An unpaid invoice of 860.00."""
    product = make.product(prices={"month": "860.00"})
    order = make.order(client, Wanted(product, "month"), starts_on=date(2026, 12, 1))
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)


def test_a_group_sums_what_its_companies_owe(browse, manager, client, sibling):
    grouping.join_group(client, by=manager, group=None, new="Цветы")
    group = CompanyGroup.objects.get()
    grouping.join_group(sibling, by=manager, group=group)
    for one in (client, sibling):
        owe(one, manager)
    browser = browse(manager)
    page = browser.get(f"/groups/{group.pk}/").content.decode().replace("\xa0", " ")
    assert page.count("860,00 ₽") == 2
    assert "1 720,00 ₽" in page
    page = browser.get("/groups/").content.decode().replace("\xa0", " ")
    assert "1 720,00 ₽" in page
    links = browser.get(f"/clients/{client.pk}/links/").content.decode()
    assert "Цветы" in links
    assert "Лютик" in links


def test_companies_outside_the_scope_are_not_counted(browse, manager, client, sibling):
    grouping.join_group(client, by=manager, group=None, new="Цветы")
    group = CompanyGroup.objects.get()
    grouping.join_group(sibling, by=manager, group=group)
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    assert browse(other).get(f"/groups/{group.pk}/").status_code == 404
    Client.objects.filter(pk=sibling.pk).update(account_manager=other)
    page = browse(other).get(f"/groups/{group.pk}/").content.decode()
    assert "Лютик" in page
    assert "Ромашка" not in page


def test_a_client_joins_leaves_and_a_name_is_once(browse, manager, client, sibling):
    browser, address = browse(manager), f"/clients/{client.pk}/group/"
    assert browser.post(address, {"new": "Цветы"}).status_code == 302
    assert (
        "error_1_id_new"
        in browse(manager).post(f"/clients/{sibling.pk}/group/", {"new": "цветы"}).content.decode()
    )
    assert browser.post(address, {"group": ""}).status_code == 302
    assert Client.objects.get(pk=client.pk).company_group is None
    assert "error_1_id_name" in browser.post("/groups/new/", {"name": "Цветы"}).content.decode()
    group = CompanyGroup.objects.get()
    assert (
        browser.post(f"/groups/{group.pk}/edit/", {"name": "Сад", "note": "Один хозяин"}).status_code == 302
    )
    assert "Один хозяин" in browser.get(f"/groups/{group.pk}/").content.decode()


def test_client_groups_are_the_heads(browse, manager):
    head = browse(make.user("head"))
    assert head.post("/client-groups/new/", {"name": "Опорные", "colour": "green"}).status_code == 302
    assert "Опорные" in head.get("/client-groups/").content.decode()
    group = ClientGroup.objects.get()
    assert head.post(f"/client-groups/{group.pk}/", {"name": "Опора", "colour": "blue"}).status_code == 302
    assert (
        "error_1_id_name"
        in head.post("/client-groups/new/", {"name": "Опора", "colour": "blue"}).content.decode()
    )
    assert browse(manager).post("/client-groups/new/", {"name": "Мои"}).status_code == 403


def test_referrals_lead_both_ways(browse, manager, client, sibling):
    browser = browse(manager)
    sent = {"referrer": sibling.pk, "since": "2026-01-10", "note": "Посоветовали"}
    assert browser.post(f"/clients/{client.pk}/referral/", sent).status_code == 302
    assert "Лютик" in browser.get(f"/clients/{client.pk}/links/").content.decode()
    assert "Ромашка" in browser.get(f"/clients/{sibling.pk}/links/").content.decode()
    with pytest.raises(Refused):
        grouping.refer(sibling, by=manager, referrer=client)
    for wrong in (client.pk, 999999, "abc"):
        page = browser.post(f"/clients/{client.pk}/referral/", {"referrer": wrong}).content.decode()
        assert "error_1_id_referrer" in page
    assert browser.post(f"/clients/{client.pk}/referral/", {"referrer": ""}).status_code == 302
    assert not Referral.objects.exists()
