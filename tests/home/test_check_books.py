from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing_site.home.books import differences
from invoices import billing
from invoices.models import Invoice, Line
from products.actions import Wanted
from products.models import Service
from tests import make
from tickets import handing
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid():
    """A paid invoice with a running service."""
    product = make.product()
    order = make.order(make.client(), Wanted(product, "half_year", 5), starts_on=date(2026, 11, 12))
    manager = make.user("head")
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    invoice = Invoice.objects.get()
    shares = ((invoice.pk, invoice.total),)
    billing.receive(
        billing.Receipt(
            invoice.client_id, invoice.payer_id, invoice.seller_id, date(2026, 11, 13), invoice.total, shares
        ),
        by=None,
    )
    return invoice


@pytest.fixture
def ticket():
    """A hand-over in support's queue: its clock runs."""
    handing.open_handovers()


def test_right_books_are_silent(paid, ticket):
    out = StringIO()
    call_command("check_books", stdout=out)
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda: Service.objects.update(recurring=Decimal("1.00")), "recurring amount = its batches"),
        (lambda: Service.objects.update(paid_until=date(2030, 1, 1)), "next due date = its paid lines"),
        (lambda: Ticket.objects.update(solve_due_at=None), "due times of a ticket = its history"),
        (lambda: Line.objects.update(live=False), "live lines belong to standing current revisions"),
        (lambda: Line.objects.update(shares=[["2026-11-01", "1.00"]]), "month shares of a line sum to it"),
    ],
)
def test_each_wrong_figure_is_named(paid, ticket, spoil, what):
    spoil()
    assert what in {difference.what for difference in differences()}
    with pytest.raises(CommandError):
        call_command("check_books", "--json", stdout=StringIO())
