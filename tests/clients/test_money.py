from datetime import date
from decimal import Decimal

from clients.views.money import money_of
from invoices.models import CreditAccount, Invoice
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
    assert money_of(client, TODAY) == {
        "due": Decimal("120.00"), "overdue": Decimal("70.00"), "since": date(2026, 6, 30),
        "collections": Decimal("75.00"), "paid": Decimal("230.00"), "credit": Decimal("12.50"),
        "next_due": None,
    }  # fmt: skip


def test_a_new_client_owes_nothing_and_the_block_says_so(browse, manager):
    client = make.client(account_manager=manager)
    text = browse(manager).get(f"/clients/{client.pk}/money/").content.decode().replace("\u00a0", " ")
    assert text.count("0,00 ₽") == 4
    assert "bad" not in text
