"""The bank desk's pages: who may, what is shown, what one key does."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.home.books import differences
from invoices import matching
from invoices.models import BankLine, CreditAccount, Invoice, Statement
from tests import make
from tests.invoices.bank import PURPOSE_5, file_of, issued, number_from, paid_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert list(differences()) == []


@pytest.fixture
def seller():
    return make.seller()


@pytest.fixture
def payer():
    number_from(72814)
    return make.client()


@pytest.fixture
def invoice(payer, seller):
    return issued(payer, seller)


@pytest.fixture
def desk(client):
    client.force_login(make.user("treasury"))
    return client


@pytest.fixture
def line(seller, payer, invoice):
    """500.00 of 860.00, waiting."""
    return load(seller, paid_by(payer, "500.00", PURPOSE_5))


def load(seller, *transfers) -> BankLine:
    return matching.load_and_match(file_of(seller, *transfers), "a.txt", by=None).statement.lines.last()


def upload(desk, *files, follow=True):
    made = [SimpleUploadedFile(name, data) for name, data in files]
    return desk.post(reverse("statement-new"), {"files": made}, follow=follow)


PAGES = ("bank-desk", "bank-line-list", "statement-list", "statement-new")


@pytest.mark.parametrize(
    ("role", "status"), [("treasury", 200), ("head", 200), ("sales", 403), ("support", 403)]
)
def test_the_desk_is_for_treasury_and_heads(client, line, role, status):
    client.force_login(make.user(role))
    addresses = [reverse(name) for name in PAGES]
    addresses += [
        reverse(name, args=[line.pk]) for name in ("bank-line", "bank-line-split", "bank-line-accept")
    ]
    addresses.append(reverse("statement-detail", args=[line.statement_id]))
    assert {client.get(address).status_code for address in addresses} == {status}


def test_the_queue_shows_why_and_what_fits(desk, line, invoice, payer):
    page = desk.get(reverse("bank-desk")).content.decode()
    assert line.payer_inn in page
    assert f"№ {invoice.number}" in page
    assert "+50" in page


def test_one_key_accepts(desk, line, invoice):
    answer = desk.post(reverse("bank-line-accept", args=[line.pk]), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    invoice.refresh_from_db()
    assert invoice.paid == Decimal("500.00")
    again = desk.post(reverse("bank-line-accept", args=[line.pk]), headers={"HX-Request": "true"})
    assert again.status_code == 204
    assert "error" in again.headers["HX-Trigger"]


def test_a_payment_is_split_by_hand(desk, seller, payer, invoice):
    line = load(seller, paid_by(payer, "1000.00", "Оплата"))
    address = reverse("bank-line-split", args=[line.pk])
    wrong = desk.post(address, {f"amount-{invoice.pk}": "860.00"})
    assert wrong.status_code == 200
    assert "140" in wrong.content.decode()
    desk.post(address, {f"amount-{invoice.pk}": "860.00", "credit": "140.00", "learn": "on"})
    invoice.refresh_from_db()
    assert invoice.status == Invoice.Status.PAID
    assert CreditAccount.objects.get().balance == Decimal("140.00")


def test_the_search_finds_open_invoices_of_the_seller_only(desk, line, seller, invoice):
    other = issued(make.client(), seller)
    foreign = issued(make.client(), make.seller())
    address = reverse("bank-line-split", args=[line.pk])
    found = desk.get(address, {"q": str(other.number)}, headers={"HX-Request": "true"}).content.decode()
    assert f"amount-{other.pk}" in found
    found = desk.get(address, {"q": str(foreign.number)}, headers={"HX-Request": "true"}).content.decode()
    assert f"amount-{foreign.pk}" not in found


def test_a_line_is_set_aside_with_a_reason_and_taken_up(desk, line):
    address = reverse("bank-line-aside", args=[line.pk])
    assert desk.post(address, {"because": ""}).status_code == 200
    desk.post(address, {"because": "Возврат займа"})
    line.refresh_from_db()
    assert line.outcome == BankLine.Outcome.NON_CLIENT
    desk.post(reverse("bank-line-reopen", args=[line.pk]))
    line.refresh_from_db()
    assert line.outcome == BankLine.Outcome.PARTIAL


def test_a_file_is_loaded_and_told_when_it_comes_again(desk, seller, payer, invoice):
    data = file_of(seller, paid_by(payer, "860.00", PURPOSE_5))
    answer = upload(desk, ("kl_to_1c.txt", data))
    statement = Statement.objects.get()
    assert answer.redirect_chain[0][0] == reverse("statement-detail", args=[statement.pk])
    assert statement.status == Statement.Status.RECEIVED
    matching.read_and_match(statement, by=None)
    answer = upload(desk, ("another name.txt", data))
    assert "kl_to_1c.txt" in answer.content.decode()
    assert Statement.objects.count() == 1
    page = desk.get(reverse("statement-detail", args=[statement.pk])).content.decode()
    assert f"№ {invoice.number}" in page


def test_several_files_at_once_and_an_empty_one(desk, seller):
    upload(desk, ("a.txt", file_of(seller)), ("b.txt", b"not a statement"))
    assert Statement.objects.count() == 2
    answer = upload(desk, ("empty.txt", b""))
    assert answer.context["form"].errors["files"]
    assert Statement.objects.count() == 2


def test_a_file_that_is_too_large_is_refused_before_it_is_read(desk):
    answer = upload(desk, ("big.txt", b"x" * (20 * 1024 * 1024 + 1)))
    assert answer.status_code == 413
    assert not Statement.objects.exists()


def test_an_unreadable_file_says_why_and_is_kept(desk):
    upload(desk, ("photo.jpg", b"\xff\xd8 no statement"))
    statement = Statement.objects.get()
    matching.read_and_match(statement, by=None)
    statement.refresh_from_db()
    page = desk.get(reverse("statement-detail", args=[statement.pk])).content.decode()
    assert statement.error in page
    file = desk.get(reverse("statement-file", args=[statement.pk]))
    assert b"".join(file.streaming_content) == b"\xff\xd8 no statement"


def test_queries_of_the_queue_do_not_grow(desk, seller, payer, invoice):
    counts = []
    for size in (3, 25):
        load(seller, *(paid_by(payer, "1.00", PURPOSE_5, number=f"{size}-{n}") for n in range(size)))
        desk.get(reverse("bank-desk"))
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse("bank-desk"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
