"""Statements of account: what a payer owed, was charged and paid over a period."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from python_calamine import CalamineWorkbook

from invoices import accounts
from invoices.accounts import Wanted, accounts_of
from invoices.models import Invoice, Payment
from tests import make

pytestmark = pytest.mark.django_db
MARCH = Wanted(date(2026, 3, 1), date(2026, 3, 31))


class Books:
    """Invoices and payments of one client; numbers are taken one after another."""

    def __init__(self):
        self.head = make.user("head")
        self.client, self.seller = make.client(account_manager=self.head), make.seller()
        self.payer, self.number = self.client.payers.get(), 0

    def charge(self, on, total, status="issued", **other):
        self.number += 1
        return Invoice.objects.create(
            **{"client": self.client, "payer": self.payer, "seller": self.seller, "series": "main",
               "number": self.number, "issued_on": on, "due_on": on, "total": Decimal(total),
               "paid": Decimal(total if status == "paid" else 0), "status": status, **other}
        )  # fmt: skip

    def receive(self, on, amount, **other):
        return Payment.objects.create(
            **{"client": self.client, "payer": self.payer, "seller": self.seller, "received_on": on,
               "amount": Decimal(amount), **other}
        )  # fmt: skip


@pytest.fixture
def books(db):
    return Books()


def test_opening_movements_and_closing(books):
    books.charge(date(2026, 2, 28), "100.00")
    books.receive(date(2026, 2, 28), "30.00")
    books.charge(date(2026, 3, 1), "50.00")
    books.receive(date(2026, 3, 31), "200.00")
    books.charge(date(2026, 4, 1), "999.00")
    (one,) = accounts_of(books.client, MARCH)
    assert (one.opening, one.charged, one.received) == (Decimal(70), Decimal(50), Decimal(200))
    assert (one.closing, one.advance) == (Decimal(-80), Decimal(80))
    assert [(m.on, m.balance) for m in one.movements] == [
        (date(2026, 3, 1), Decimal(120)), (date(2026, 3, 31), Decimal(-80)),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["draft", "discarded", "void"])
def test_what_was_never_owed_is_not_counted(books, status):
    bare = {"number": None, "issued_on": None} if status != "void" else {}
    books.charge(date(2026, 3, 5), "50.00", status, **bare)
    assert accounts_of(books.client, MARCH) == []


def test_payers_and_sellers_have_accounts_of_their_own(books):
    other = make.seller()
    books.charge(date(2026, 3, 5), "50.00")
    books.charge(date(2026, 3, 5), "70.00", seller=other)
    assert {(one.seller, one.closing) for one in accounts_of(books.client, MARCH)} == {
        (books.seller, Decimal(50)), (other, Decimal(70)),
    }  # fmt: skip
    (one,) = accounts_of(books.client, Wanted(MARCH.since, MARCH.until, seller=other))
    assert one.seller == other


def test_money_of_nobody_known_is_the_default_payers(books):
    books.charge(date(2026, 3, 5), "50.00")
    books.receive(date(2026, 3, 6), "50.00", payer=None)
    (one,) = accounts_of(books.client, Wanted(MARCH.since, MARCH.until, payer=books.payer))
    assert one.closing == 0


def test_another_client_is_not_told_of(books):
    stranger = make.client()
    books.charge(date(2026, 3, 5), "50.00", client=stranger, payer=stranger.payers.get())
    assert accounts_of(books.client, MARCH) == []


ADDRESS = "/clients/{}/account/?since=2026-03-01&until=2026-03-31"


def test_the_page_shows_it_in_russian(browse, books):
    books.charge(date(2026, 3, 5), "1234.50")
    text = browse(books.head).get(ADDRESS.format(books.client.pk)).content.decode().replace("\u00a0", " ")
    for told in (
        "Счёт № 1",
        "1 234,50 ₽",
        "На начало периода",
        "На конец периода",
        "Выписка по взаиморасчётам",
    ):
        assert told in text


def test_the_paper_says_the_same(browse, books):
    books.charge(date(2026, 3, 5), "1234.50")
    answer = browse(books.head).get(ADDRESS.format(books.client.pk) + "&export=pdf")
    text = pdfium.PdfDocument(b"".join(answer.streaming_content))[0].get_textpage().get_text_range()
    told = text.replace("\u00a0", " ")
    for words in (
        "Выписка по взаиморасчётам с 1 марта 2026",
        "Счёт № 1",
        "1 234,50",
        "Задолженность заказчика",
    ):
        assert words in told


def test_the_file_has_real_numbers_and_days(browse, books):
    books.charge(date(2026, 3, 5), "1234.50")
    answer = browse(books.head).get(ADDRESS.format(books.client.pk) + "&export=xlsx")
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[2][2:] == [date(2026, 3, 5), "Счёт № 1", 1234.5, "", 1234.5]
    assert rows[-1][4:] == [1234.5, 0, 1234.5]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("since=2026-03-31&until=2026-03-01", "раньше"),
        ("since=x&until=2026-03-01", "дат"),
        ("since=2026-03-01&until=2026-03-31&payer=999999", "вариант"),
    ],
)
def test_a_bent_period_is_told_at_its_field(browse, books, query, told):
    answer = browse(books.head).get(f"/clients/{books.client.pk}/account/?{query}&export=pdf")
    assert answer.status_code == 200
    assert told in answer.content.decode().split('class="filter-error"', 1)[1]


def test_a_very_long_period_asks_for_a_shorter_one(browse, books, monkeypatch):
    monkeypatch.setattr(accounts, "MOVEMENTS_LIMIT", 1)
    books.charge(date(2026, 3, 5), "1.00")
    books.charge(date(2026, 3, 6), "1.00")
    assert "короче" in browse(books.head).get(ADDRESS.format(books.client.pk)).content.decode()
