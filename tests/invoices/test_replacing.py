"""Another legal entity, another KPP: from a date on (R1.2)."""

from datetime import date, timedelta

import pytest

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from clients import actions, contracting
from clients.models import Payer
from invoices import billing, documents
from invoices.models import Invoice
from products.actions import Wanted
from products.models import Service
from tests import make

pytestmark = pytest.mark.django_db
TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def manager():
    return make.user("account_manager", name="Анна Ветрова")


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager, by=manager)


def draft(client, manager, payer=None):
    product = make.product(prices={"month": "800.00"})
    order = make.order(client, Wanted(product, "month"), starts_on=date(2026, 12, 1))
    if payer:
        order.payer = payer
        order.save()
    (made,) = billing.accept_order(order, by=manager)
    return made


def replace(client, manager, on=None, **fields):
    wanted = {"name": "ИП Ромашкин И. И.", "kind": "sole", "counterparty_code": "ИП-77", **fields}
    return billing.replace_payer(
        client.payers.get(is_default=True),
        by=manager,
        on=on or TODAY,
        because="Письмо от 20.11.2026",
        **wanted,
    )


def test_the_new_entity_takes_over_at_once_and_the_old_keeps_what_was_sent(client, manager):
    old = client.payers.get()
    sent = draft(client, manager)
    billing.send_invoice(sent, by=manager)
    kept = draft(client, manager, payer=old)
    new = replace(client, manager)
    old.refresh_from_db()
    assert (old.valid_until, old.is_default) == (TODAY, False)
    assert (new.valid_from, new.is_default) == (TODAY, True)
    assert Invoice.objects.get(pk=kept.pk).payer == new
    assert Invoice.objects.get(pk=sent.pk).payer == old
    assert set(Service.objects.filter(client=client).values_list("payer", flat=True)) <= {None, new.pk}
    assert list(billing.unpaid_of(old)) == [Invoice.objects.get(pk=sent.pk)]
    note = client.notes.get(important=True)
    number = Invoice.objects.get(pk=sent.pk).number
    for text in ("ИП Ромашкин", old.name, f"№ {number}", "Письмо от 20.11.2026", f"{TODAY:%d.%m.%Y}"):
        assert text in note.text


def test_a_later_day_is_waited_for_and_come_twice_turns_once(client, manager):
    old, made = client.payers.get(), draft(client, manager)
    new = replace(client, manager, on=TOMORROW)
    assert not new.is_default
    assert billing.turn_payers(TODAY) == 0
    assert Invoice.objects.get(pk=made.pk).payer == old
    assert list(client.payers.live(TODAY)) == [old]
    assert billing.turn_payers(TOMORROW) == 1
    assert billing.turn_payers(TOMORROW) == 0
    assert client.payers.get(is_default=True) == new
    assert Invoice.objects.get(pk=made.pk).payer == new
    assert list(client.payers.live(TOMORROW)) == [new]


def test_a_renewal_s_draft_is_found_again_under_its_new_payer(client, manager):
    old, made = client.payers.get(), draft(client, manager)
    Invoice.objects.filter(pk=made.pk).update(renewal_key=f"{client.pk}-{old.pk}-7-20261201-5")
    new = replace(client, manager)
    assert Invoice.objects.get(pk=made.pk).renewal_key == f"{client.pk}-{new.pk}-7-20261201-5"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"because": " "}, "because"),
        ({"on": date(2015, 1, 1)}, "on"),
        ({"counterparty_code": "КА-1"}, "counterparty_code"),
    ],
)
def test_what_can_t_be_is_refused_at_its_field_and_nothing_changes(client, manager, changed, field):
    make.client(payer={"counterparty_code": "КА-1"})
    wanted = {"on": TODAY, "because": "Письмо", "name": "ИП", **changed}
    with pytest.raises(Refused) as refused:
        billing.replace_payer(client.payers.get(), by=manager, **wanted)
    assert refused.value.field == field
    assert client.payers.get().valid_until is None
    assert not client.notes.exists()


def test_an_entity_that_ended_is_not_replaced_twice(client, manager):
    old = client.payers.get()
    replace(client, manager)
    with pytest.raises(Refused):
        billing.replace_payer(old, by=manager, on=TODAY, because="ещё раз", name="ИП Второй")
    assert client.payers.count() == 2


def test_papers_have_the_kpp_of_their_own_date(client, manager):
    payer = client.payers.get()
    old = payer.kpp
    billing.change_kpp(payer, by=manager, kpp="770301001", on=TODAY)
    payer = Payer.objects.get(pk=payer.pk)
    assert payer.kpp == "770301001"
    assert documents.buyer_snapshot(payer, TODAY)["kpp"] == "770301001"
    assert documents.buyer_snapshot(payer, TODAY - timedelta(days=1))["kpp"] == old
    made = draft(client, manager)
    billing.send_invoice(made, by=manager)
    assert Invoice.objects.get(pk=made.pk).revision.buyer["kpp"] == "770301001"
    assert "770301001" in client.notes.get(important=True).text


def test_a_kpp_of_tomorrow_stands_tomorrow(client, manager):
    payer = client.payers.get()
    old = payer.kpp
    billing.change_kpp(payer, by=manager, kpp="770301001", on=TOMORROW)
    assert Payer.objects.get(pk=payer.pk).kpp == old
    assert billing.turn_payers(TODAY) == 0
    assert billing.turn_payers(TOMORROW) == 1
    assert billing.turn_payers(TOMORROW) == 0
    assert Payer.objects.get(pk=payer.pk).kpp == "770301001"


def test_a_correction_reaches_the_dated_kpp_as_well(client, manager):
    payer = client.payers.get()
    billing.change_kpp(payer, by=manager, kpp="770301001", on=TODAY)
    actions.change_payer(payer, by=manager, kpp="770401001")
    assert Payer.objects.get(pk=payer.pk).kpp_on(TODAY) == "770401001"
    assert billing.turn_payers(TODAY) == 0


def test_a_kpp_that_can_t_be_is_refused(client, manager):
    payer = client.payers.get()
    for kpp, on, field in ((payer.kpp, TODAY, "kpp"), ("770301001", date(2015, 1, 1), "on")):
        with pytest.raises(Refused) as refused:
            billing.change_kpp(payer, by=manager, kpp=kpp, on=on)
        assert refused.value.field == field
    new = replace(client, manager)
    with pytest.raises(Refused, match="КПП"):
        billing.change_kpp(new, by=manager, kpp="770301001", on=TOMORROW)


def test_the_basis_of_a_paper_is_the_contract_in_force(client, manager):
    payer, seller = client.payers.get(), make.seller()
    assert documents.seller_snapshot(seller, TODAY, payer)["basis"] == seller.offer_text
    contracting.add_contract(
        client, by=manager, payer=payer, seller=seller, number="15/К", date=date(2026, 1, 10)
    )
    assert documents.seller_snapshot(seller, TODAY, payer)["basis"] == "Договор № 15/К от 10.01.2026"


def test_the_page_lists_what_happens_and_keeps_what_was_typed(browse, client, manager):
    payer, made = client.payers.get(), draft(client, manager)
    billing.send_invoice(made, by=manager)
    path = f"/clients/{client.pk}/payers/{payer.pk}/replace/"
    number = Invoice.objects.get(pk=made.pk).number
    assert f"№ {number}" in browse(manager).get(path).content.decode()
    typed = {
        "on": "2014-01-01",
        "because": "Письмо",
        "name": "ИП Ромашкин",
        "kind": "sole",
        "counterparty_code": "",
    }
    wrong = browse(manager).post(path, typed).content.decode()
    assert "выберите более поздний день" in wrong
    assert "ИП Ромашкин" in wrong
    assert browse(manager).post(path, {**typed, "on": str(TODAY)}).status_code == 302
    shown = browse(manager).get(f"/clients/{client.pk}/?tab=profile").content.decode()
    assert "ИП Ромашкин" in shown
    assert f"{TODAY - timedelta(days=1):%d.%m.%Y}" in shown
    kpp = f"/clients/{client.pk}/payers/{payer.pk}/kpp/"
    assert browse(manager).post(kpp, {"kpp": "77", "on": str(TODAY)}).status_code == 200
