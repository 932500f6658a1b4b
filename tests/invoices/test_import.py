"""Statements come in by file: figure 5 of the mission, the same file again, and every bad file."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from billing_site.home.books import differences
from billing_site.journal.models import Entry, subject_of
from invoices.models import BankLine, Invoice, Payment, Statement
from products.models import Service
from tests import make
from tests.invoices.bank import PURPOSE_5, file_of, issued, number_from, paid_by, saved

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert list(differences()) == []


@pytest.fixture
def office():
    """Invoice 72815 for 860.00 of 09.02.2019, unpaid."""
    seller, client = make.seller(), make.client()
    number_from(72814)
    return seller, client, issued(client, seller)


def load(*files: str) -> list[dict]:
    out = StringIO()
    call_command("import_statement", *files, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_figure_5_pays_invoice_72815(office, tmp_path):
    seller, client, invoice = office
    assert (invoice.number, invoice.total) == (72815, Decimal("860.00"))
    data = file_of(seller, paid_by(client, "860.00", PURPOSE_5))
    assert "Оплата по счету 88#72815".encode("cp1251") in data
    (told,) = load(saved(data, tmp_path / "kl_to_1c.txt"))
    assert (told["new"], told["known"], told["applied"], told["waiting"]) == (1, 0, 1, 0)
    assert told["balanced"] is True
    assert told["problems"] == []
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.paid_on) == (
        Invoice.Status.PAID, Decimal("860.00"), date(2019, 2, 11),
    )  # fmt: skip
    service = Service.objects.get()
    assert (service.status, service.paid_until) == (Service.Status.ACTIVE, date(2019, 4, 1))
    line = BankLine.objects.get()
    assert (line.outcome, line.proposal) == (
        BankLine.Outcome.APPLIED, [{"invoice": invoice.pk, "amount": "860.00"}],
    )  # fmt: skip
    assert {reason["code"] for reason in line.evidence[0]["for"]} >= {"number", "inn", "amount", "date"}


def test_all_of_it_stands_in_the_journal(office, tmp_path):
    seller, client, invoice = office
    load(saved(file_of(seller, paid_by(client, "860.00", PURPOSE_5)), tmp_path / "a.txt"))
    payment, line, statement = Payment.objects.get(), BankLine.objects.get(), Statement.objects.get()
    told = set(Entry.objects.values_list("verb", "subject"))
    assert told >= {
        ("invoices.statement_loaded", subject_of(statement)),
        ("invoices.statement.read", subject_of(statement)),
        ("invoices.line_applied", subject_of(line)),
        ("invoices.money_received", subject_of(payment)),
        ("invoices.invoice.paid", subject_of(invoice)),
    }
    assert (payment.bank_line, payment.account) == (line, seller.accounts.get())


def facts() -> tuple:
    return (
        Payment.objects.count(), BankLine.objects.count(), Statement.objects.count(), Entry.objects.count(),
        list(Invoice.objects.order_by("pk").values_list("status", "paid")),
    )  # fmt: skip


def test_the_same_file_again_changes_nothing(office, tmp_path):
    seller, client, _invoice = office
    data = file_of(seller, paid_by(client, "860.00", PURPOSE_5))
    (first,) = load(saved(data, tmp_path / "a.txt"))
    before = facts()
    (again,) = load(saved(data, tmp_path / "a.txt"))
    (renamed,) = load(saved(data, tmp_path / "переименован.txt"))
    assert facts() == before
    for told in (again, renamed):
        assert (told["statement"], told["new"], told["known"]) == (first["statement"], 0, 1)
        assert "a.txt" in told["message"]


def test_an_overlapping_period_adds_only_what_is_new(office, tmp_path):
    seller, client, _invoice = office
    second = issued(client, seller, "500.00")
    monday = paid_by(client, "860.00", PURPOSE_5, number="17")
    load(saved(file_of(seller, monday), tmp_path / "monday.txt"))
    tuesday = paid_by(client, "500.00", f"Счет {second.number}", number="18", on=date(2019, 2, 12))
    week = file_of(seller, tuesday, monday, ends_on=date(2019, 2, 12))
    (told,) = load(saved(week, tmp_path / "week.txt"))
    assert (told["new"], told["known"], told["applied"]) == (1, 1, 1)
    assert Payment.objects.count() == 2


def test_a_known_row_in_other_words_is_shown_not_overwritten(office, tmp_path):
    seller, client, _invoice = office
    row = paid_by(client, "860.00", PURPOSE_5, number="17")
    load(saved(file_of(seller, row), tmp_path / "a.txt"))
    kept = BankLine.objects.get().raw
    changed = file_of(seller, row).replace("Очередность=5".encode("cp1251"), "Очередность=4".encode("cp1251"))
    (told,) = load(saved(changed, tmp_path / "b.txt"))
    assert (told["new"], told["known"], len(told["problems"])) == (0, 1, 1)
    assert BankLine.objects.get().raw == kept
