from datetime import date
from decimal import Decimal

from clients import actions
from clients.views.money import money_of
from invoices.models import CreditAccount, Invoice, Payment
from tests import make

TODAY = date(2026, 7, 1)


def invoice(client, payer, seller, number, due_on, total, paid="0", status="issued"):
    return Invoice.objects.create(
        client=client, payer=payer, seller=seller, series="main", number=number, status=status,
        issued_on=date(2026, 1, 1), due_on=due_on, total=Decimal(total), paid=Decimal(paid),
    )  # fmt: skip


def test_what_is_due_late_paid_and_left(db):
    client, seller = make.client(), make.seller()
    payer = client.payers.get()
    invoice(client, payer, seller, 1, date(2026, 6, 30), "100.00", "30.00")
    invoice(client, payer, seller, 2, TODAY, "50.00")
    invoice(client, payer, seller, 3, date(2026, 1, 1), "200.00", "200.00", "paid")
    invoice(client, payer, seller, 4, date(2026, 1, 1), "75.00", "0", "collections")
    invoice(client, payer, seller, 5, date(2026, 1, 1), "999.00", "0", "void")
    CreditAccount.objects.create(payer=payer, seller=seller, balance=Decimal("12.50"))
    stranger = make.client()
    invoice(stranger, stranger.payers.get(), seller, 6, date(2026, 1, 1), "777.00")
    Payment.objects.create(
        client=client, payer=payer, seller=seller, received_on=TODAY, amount=Decimal("242.50")
    )
    found = money_of(client, TODAY)
    assert {name: found[name] for name in ("due", "overdue", "since", "collections", "settled", "void")} == {
        "due": Decimal("120.00"), "overdue": Decimal("70.00"), "since": date(2026, 6, 30),
        "collections": Decimal("75.00"), "settled": Decimal("200.00"), "void": Decimal("999.00"),
    }  # fmt: skip
    assert (found["due_n"], found["overdue_n"], found["settled_n"], found["void_n"]) == (2, 1, 1, 1)
    assert (found["income"], found["refunded_n"], found["next_due"]) == (Decimal("242.50"), 0, None)


def test_credit_stands_by_seller(browse, manager):
    client, seller, other = make.client(account_manager=manager), make.seller(), make.seller()
    payer = client.payers.get()
    for of, balance in ((seller, "12.50"), (other, "7.00")):
        CreditAccount.objects.create(payer=payer, seller=of, balance=Decimal(balance))
    text = browse(manager).get(f"/clients/{client.pk}/money/").content.decode().replace("\u00a0", " ")
    for told in (seller.name, "12,50 ₽", other.name, "7,00 ₽"):
        assert told in text


def test_a_new_client_owes_nothing_and_the_block_says_so(browse, manager):
    client = make.client(account_manager=manager)
    text = browse(manager).get(f"/clients/{client.pk}/money/").content.decode().replace("\u00a0", " ")
    assert text.count("0,00 ₽") == 5
    assert "bad" not in text


def test_tabs_count_what_matters_of_all(browse, manager, stranger):
    client, seller = make.client(account_manager=manager), make.seller()
    payer = client.payers.get()
    invoice(client, payer, seller, 1, date(2026, 6, 30), "100.00")
    invoice(client, payer, seller, 2, date(2026, 6, 30), "100.00", "100.00", "paid")
    actions.add_note(client, "важно", by=manager, important=True)
    text = browse(manager).get(f"/clients/{client.pk}/counts/").content.decode()
    assert 'id="count-invoices" hx-swap-oob="true">1 (2)</span>' in text
    assert 'id="count-notes" hx-swap-oob="true">1</span>' in text
    assert 'id="count-services" hx-swap-oob="true"></span>' in text
    Invoice.objects.filter(number=1).update(status="void")
    text = browse(manager).get(f"/clients/{client.pk}/counts/").content.decode()
    assert 'id="count-invoices" hx-swap-oob="true">(2)</span>' in text
    assert browse(stranger).get(f"/clients/{client.pk}/counts/").status_code == 403
