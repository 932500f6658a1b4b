"""A client with 10,000 invoices and 5,000 notes costs its pages as many queries as any other."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing_site.journal.moves import record_many
from billing_site.office.models import User
from clients.models import Note
from invoices.models import Invoice
from tests import make

PLACES = (
    "", "?tab=notes", "?tab=log", "counts/", "money/", "log/", "log/?kind=notes", "log/?kind=invoices",
    "log/?kind=changes", "important/", "invoices/", "notes/more/?from=30", "close/",
)  # fmt: skip
DAY = date(2026, 1, 12)


class Past:
    """What a client leaves behind; `grow(n, m)` adds n invoices and m notes with their journal lines."""

    def __init__(self, head: User):
        self.head, self.number = head, 0
        self.client, self.seller = make.client(account_manager=head, by=head), make.seller()
        self.payer = self.client.payers.get()

    def grow(self, invoices: int, notes: int) -> None:
        made = Invoice.objects.bulk_create(self.invoice() for _n in range(invoices))
        record_many("invoices.drafted", ((one, {"total": "1.00"}) for one in made), by=self.head)
        written = Note.objects.bulk_create(
            Note(client=self.client, text=f"Заметка {n}", author=self.head, important=n % 100 == 0)
            for n in range(notes)
        )
        record_many(
            "clients.note_added", ((self.client, {"note": note.pk}) for note in written), by=self.head
        )

    def invoice(self) -> Invoice:
        self.number += 1
        return Invoice(
            client=self.client, payer=self.payer, seller=self.seller, series="main", number=self.number,
            status="issued", issued_on=DAY, due_on=DAY, total=Decimal("1.00"),
        )  # fmt: skip


@pytest.fixture
def past(db):
    return Past(User.objects.create_superuser("root@office.example", name="Администратор"))


def asked(past: Past) -> dict[str, int]:
    browser, counted = Browser(), {}
    browser.force_login(past.head)
    for place in PLACES:
        url = f"/clients/{past.client.pk}/{place}"
        browser.get(url)  # what is kept between requests does not count
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200, place
        counted[place] = len(captured)
    return counted


def test_ten_thousand_invoices_and_five_thousand_notes_ask_no_more(past):
    past.grow(60, 60)
    few = asked(past)
    past.grow(10_000, 5_000)
    many = asked(past)
    assert {place: (few[place], many[place]) for place in few if many[place] > few[place]} == {}
