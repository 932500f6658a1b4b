"""The demo office is the same every time, whatever the day, and its books are right."""

from datetime import UTC, date, datetime

import pytest

from billing_site.home.books import differences
from billing_site.home.demo.story import Story
from billing_site.kit import clock
from billing_site.office.actions import seed_calendar
from clients.models import Client
from invoices.models import BankLine, Invoice
from products.models import Order
from tickets.models import Message, RawMail, Ticket

pytestmark = pytest.mark.django_db


class Hasty(Story):
    """Without the papers: they are the same, and take most of the time."""

    def _print(self, draft):
        pass

    def _deliver(self, letter):
        pass


def tell(today: date) -> None:
    for year in range(today.year - 2, today.year + 2):
        seed_calendar(year)
    with clock.standing_at(datetime(today.year, today.month, today.day, 12, tzinfo=UTC)):
        Hasty(today).tell()


@pytest.mark.timeout(900)  # four hundred days are lived
@pytest.mark.parametrize("today", [date(2026, 12, 31), date(2028, 2, 29)])
def test_every_page_shows_life(today):
    tell(today)
    assert list(differences()) == []
    late = [(today - due).days for due in Invoice.objects.overdue(today).values_list("due_on", flat=True)]
    for first, last in ((1, 7), (8, 30), (31, 60), (61, 90), (91, 999)):
        assert any(first <= days <= last for days in late), (first, last)
    outcomes = set(BankLine.objects.values_list("outcome", flat=True))
    assert outcomes >= {
        "applied", "already_paid", "overpaid", "proposed", "third_party", "unmatched", "non_client",
        "wrong_seller",
    }  # fmt: skip
    assert set(Invoice.objects.values_list("status", flat=True)) >= {"draft", "issued", "paid", "void"}
    assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status.values)
    assert set(Message.objects.values_list("kind", flat=True)) >= {"client", "staff", "note"}
    assert RawMail.objects.filter(status="quarantined").count() == 1
    assert Ticket.objects.awaiting().exists()
    assert Ticket.objects.filter(client=None).exists()
    assert Ticket.objects.filter(handover__isnull=False, status="open").exists()
    hosts = {client.main_email.rpartition(".")[2] for client in Client.objects.prefetch_related("addresses")}
    assert hosts == {"example"}  # nobody real
