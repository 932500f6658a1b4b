from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import override_settings

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import actions
from clients.models import Payer
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from tests import make

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)  # 15:00 in Moscow
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # noon


def sent_invoice(client, by):
    product = make.product(prices={"month": "800.00"})
    order = make.order(client, Wanted(product, "month"), starts_on=date(2026, 12, 1))
    (draft,) = billing.accept_order(order, by=by)
    billing.send_invoice(draft, by=by)
    return Invoice.objects.get(pk=draft.pk)


def pay(invoice):
    billing.receive(
        billing.Receipt(
            invoice.client_id, invoice.payer_id, invoice.seller_id, clock.today(), Decimal("800.00"),
            ((invoice.pk, Decimal("800.00")),),
        ),
        by=None,
    )  # fmt: skip


def page(browse, user, path):
    return browse(user).get(path).content.decode()


def test_a_payer_waits_for_its_code_from_its_first_sent_invoice_on(browse, manager):
    head = make.user("head")
    coded = make.client(name="Василёк", by=manager, account_manager=manager)
    bare = make.client(
        name="Ромашка",
        by=manager,
        account_manager=manager,
        payer={"name": "ООО Ромашка", "counterparty_code": ""},
    )
    assert "ООО Ромашка" not in page(browse, manager, "/clients/waiting-for-code/")
    with clock.standing_at(FRIDAY):
        sent_invoice(coded, manager)
        sent_invoice(bare, head)
    with clock.standing_at(MONDAY):
        shown = page(browse, manager, "/clients/waiting-for-code/")
        home = page(browse, manager, "/")
    assert "ООО Ромашка" in shown
    assert "Василёк" not in shown
    assert "20.11.2026" in shown
    assert "800,00" in shown
    assert "Ждут кода" in home
    actions.change_payer(bare.payers.get(), by=manager, counterparty_code="КА-777")
    assert "ООО Ромашка" not in page(browse, manager, "/clients/waiting-for-code/")


def test_a_client_who_pays_waits_for_a_manager_in_working_hours(browse, manager, sales):
    head = make.user("head")
    client = make.client(name="Ромашка", by=sales, sales_manager=sales)
    with clock.standing_at(FRIDAY):
        invoice = sent_invoice(client, sales)
        assert "Ромашка" not in page(browse, head, "/clients/without-manager/")
        pay(invoice)
    with clock.standing_at(MONDAY):
        shown = page(browse, head, "/clients/without-manager/")
        assert "Оплачены, без менеджера" in page(browse, head, "/")
        assert "Оплачены, без менеджера" not in page(browse, manager, "/").split("<main")[1]
    assert "Ромашка" in shown
    assert sales.name in shown
    actions.change_client(client, by=head, version=0, account_manager=manager)
    assert "Ромашка" not in page(browse, head, "/clients/without-manager/")


def test_lists_obey_the_scope(browse, manager):
    bare = make.client(name="Ромашка", by=manager, account_manager=manager, payer={"counterparty_code": ""})
    sent_invoice(bare, make.user("head"))
    outsider = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    assert "Ромашка" in page(browse, manager, "/clients/waiting-for-code/")
    assert "Ромашка" not in page(browse, outsider, "/clients/waiting-for-code/").split("<main")[1]


def form(**typed):
    return {"name": "ООО Ромашка", "kind": "legal", "counterparty_code": "", **typed}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("0000", "заглушка"),
        ("1", "заглушка"),
        ("КА 12", ""),
        ("КА#12", "выглядят"),
        ("К" * 9 + "12345678901А", "20"),
    ],
)
def test_a_malformed_code_is_stopped_at_its_field(browse, manager, code, told):
    client = make.client(by=manager, account_manager=manager)
    answer = browse(manager).post(f"/clients/{client.pk}/payers/new/", form(counterparty_code=code))
    assert (answer.status_code == 302) is (told == "")
    assert told in answer.content.decode()


@override_settings(COUNTERPARTY_CODE=r"\d{9}")
def test_the_office_says_how_its_codes_look(browse, manager):
    client = make.client(by=manager, account_manager=manager, payer={"counterparty_code": ""})
    new = f"/clients/{client.pk}/payers/new/"
    assert "выглядят иначе" in browse(manager).post(new, form(counterparty_code="КА-012345")).content.decode()
    assert browse(manager).post(new, form(counterparty_code="000123456")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_payers_take_one_code_at_once_and_one_gets_it(manager):
    clients = [make.client(), make.client()]
    barrier, refused = Barrier(2), []

    def take(client):
        try:
            barrier.wait(timeout=20)
            actions.add_payer(client, by=None, name="ООО", counterparty_code="КА-1234567")
        except Refused as no:
            refused.append(no.field)
        finally:
            connection.close()

    threads = [Thread(target=take, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["counterparty_code"]
    assert Payer.objects.filter(counterparty_code="КА-1234567").count() == 1


def test_a_draft_waits_for_the_code_too_and_the_list_tells_them_apart(browse, manager):
    drafted = make.client(
        name="Лютик", account_manager=manager, payer={"name": "ООО Лютик", "counterparty_code": ""}
    )
    out = make.client(name="Мак", account_manager=manager, payer={"name": "ООО Мак", "counterparty_code": ""})
    product = make.product(prices={"month": "800.00"})
    with clock.standing_at(FRIDAY):
        order = make.order(drafted, Wanted(product, "month"), starts_on=date(2026, 12, 1))
        billing.accept_order(order, by=manager)
        sent_invoice(out, make.user("head"))
    with clock.standing_at(MONDAY):
        everything, sent, drafts = (
            page(browse, manager, f"/clients/waiting-for-code/?{asked}").split("<main")[1]
            for asked in ("", "out=yes", "out=no")
        )
    assert "ООО Лютик" in everything
    assert "ООО Мак" in everything
    assert everything.count("20.11.2026") == 2  # both wait since then
    assert ("ООО Лютик" in sent, "ООО Мак" in sent) == (False, True)
    assert ("ООО Лютик" in drafts, "ООО Мак" in drafts) == (True, False)
