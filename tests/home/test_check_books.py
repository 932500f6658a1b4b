from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing_site.home.books import QUESTIONS, differences
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from tests import make
from tickets import handing

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid():
    """Two invoices of one client, the first paid with something over: a running service, a credit balance."""
    client, manager, seller = make.client(), make.user("head"), make.seller()
    invoices = []
    for product in (make.product(seller=seller), make.product(seller=seller)):
        order = make.order(client, Wanted(product, "half_year", 5), starts_on=date(2026, 11, 12))
        (draft,) = billing.accept_order(order, by=manager)
        billing.send_invoice(draft, by=manager)
        invoices.append(Invoice.objects.get(pk=draft.pk))
    first = invoices[0]
    billing.receive(
        billing.Receipt(
            client.pk, first.payer_id, seller.pk, date(2026, 11, 13), first.total + 100,
            ((first.pk, first.total),), credit=Decimal(100), account_id=seller.accounts.get().pk,
        ),
        by=None,
    )  # fmt: skip
    return first


@pytest.fixture
def ticket():
    """A hand-over in support's queue: its clock runs."""
    handing.open_handovers()


def test_right_books_are_silent(paid, ticket):
    out = StringIO()
    call_command("check_books", stdout=out)
    assert out.getvalue() == ""


# What the database itself refuses can only be broken where its law is gone: by a restore, by hand.
LAWS = {
    "invoices_invoice": ("invoice_paid_within", "invoice_paid_is_paid", "invoice_number_from_issue_on"),
    "invoices_payment": ("payment_allocated_within", "payment_account_of_seller"),
    "invoices_allocation": ("allocation_invoice_of_seller", "allocation_payment_of_seller"),
    "invoices_line": ("line_period_once",),
    "invoices_creditaccount": ("credit_not_negative",),
}
SPOILED = {
    "invoice total = its current lines": "UPDATE invoices_invoice SET total = total + 1",
    "invoice paid = its allocations": "UPDATE invoices_invoice SET paid = paid - 1",
    "invoice status follows what is paid": "UPDATE invoices_invoice SET status = 'issued'",
    "payment allocated = its allocations": "UPDATE invoices_payment SET allocated = allocated - 1",
    "payment credited = its entries": "UPDATE invoices_payment SET credited = credited - 1",
    "credit balance = its entries": "UPDATE invoices_creditaccount SET balance = balance + 1",
    "a credit entry is of its payment's payer and seller":
        "UPDATE invoices_creditaccount SET seller_id = %(other)s",
    "manager of an invoice = the client's manager": "UPDATE invoices_invoice SET manager_id = %(user)s",
    "live lines belong to standing current revisions": "UPDATE invoices_line SET live = false",
    "month shares of a line sum to it": "UPDATE invoices_line SET shares = '[[\"2026-11-01\", \"1.00\"]]'",
    "no day of a batch is billed twice": """
        INSERT INTO invoices_line SELECT copy.* FROM (SELECT * FROM invoices_line LIMIT 1) AS l,
            jsonb_populate_record(NULL::invoices_line, to_jsonb(l) || '{"id": 0, "position": 9}') AS copy""",
    "money, account and invoice are of one seller": "UPDATE invoices_allocation SET seller_id = %(other)s",
    "payers belong to the client": "UPDATE clients_payer SET client_id = %(client)s, is_default = false",
    "a paid invoice has its day": "UPDATE invoices_invoice SET paid_on = NULL",
    "the current revision is the invoice's own, sent when it is issued":
        "UPDATE invoices_revision SET status = 'prepared'",
    "an additional invoice waits while its proof card does": "UPDATE invoices_invoice SET proof_waits = true",
    "unpaid units of an invoice = its lines": "UPDATE invoices_invoice SET unpaid_units = 'given'",
    "a batch is paid when its line is": "UPDATE products_batch SET paid_at = NULL",
    "a service with a paid batch is running": "UPDATE products_service SET status = 'pending'",
    "numbers of a series have no gaps": """
        UPDATE invoices_invoice SET number = number + 5 WHERE id = (SELECT max(id) FROM invoices_invoice
                                                                    WHERE number IS NOT NULL)""",
    "the series stands at its last number": "UPDATE journal_series SET last = last + 1",
    "a sent revision has its snapshots": "UPDATE invoices_revision SET buyer = '{}'",
    "recurring amount = its batches": "UPDATE products_service SET recurring = 1",
    "next due date = its paid lines": "UPDATE products_service SET paid_until = '2030-01-01'",
    "due times of a ticket = its history": "UPDATE tickets_ticket SET solve_due_at = NULL",
    "work is invoiced while a live line charges it": """
        INSERT INTO products_billableitem
            (client_id, product_id, text, quantity, price, "on", "when", status, line_id, created_at)
        SELECT s.client_id, s.product_id, l.text, 1, 1, current_date, 'now', 'open', l.id, now()
        FROM invoices_line l JOIN products_batch b ON b.id = l.batch_id
        JOIN products_service s ON s.id = b.service_id LIMIT 1""",
}  # fmt: skip


def test_every_question_is_tried():
    assert set(QUESTIONS) <= set(SPOILED)


@pytest.mark.parametrize("what", SPOILED)
def test_each_wrong_figure_is_named(paid, ticket, what):
    facts = {"other": make.seller().pk, "user": make.user().pk, "client": make.client().pk}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, laws in LAWS.items():
            for law in laws:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {law}")
        cursor.execute(SPOILED[what], facts)
    assert what in {difference.what for difference in differences()}
    with pytest.raises(CommandError):
        call_command("check_books", "--json", stdout=StringIO())


def test_a_series_that_was_lost_is_named(paid):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_series")
    assert "the series stands at its last number" in {difference.what for difference in differences()}
