"""The demo office is the same every time, whatever the day, and its books are right."""

from datetime import UTC, date, datetime

import pytest
from django.db.models import F, Model

from billing_site.home.books import differences
from billing_site.home.demo.story import Story
from billing_site.home.waiting import paid_without_manager, waiting_for_code
from billing_site.kit import clock
from billing_site.kit.requisites import check_account, check_inn, check_ogrn
from billing_site.letters.models import Letter
from billing_site.office.actions import seed_calendar
from billing_site.office.models import User
from billing_site.pages.models import SavedView
from clients.models import (
    Client,
    ClientGroup,
    ClientOption,
    CompanyGroup,
    Contract,
    EmailAddress,
    LicenceItem,
    Mention,
    Payer,
    PayerKpp,
    Proof,
    Referral,
    Todo,
)
from invoices import billing
from invoices.models import BankLine, Invoice, Line
from products.models import Batch, Companion, Order, PlannedChange, PromotionUse
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


def of(model: type[Model], field: str) -> set[str]:
    return set(model.objects.values_list(field, flat=True))


def every_card_of_issue_three(today: date) -> None:
    """Each capability of the clients' side has somebody who shows it."""
    assert of(Contract, "kind") == set(Contract.Kind.values)
    assert of(Contract, "state") == set(Contract.State.values)
    assert Contract.objects.exclude(storage_name="").exists()
    assert of(LicenceItem, "ownership") == set(LicenceItem.Ownership.values)
    assert LicenceItem.objects.filter(its_until__isnull=False).exists()
    assert of(ClientOption, "kind") == set(ClientOption.Kind.values)
    assert of(Client, "payment_method") >= {"transfer", "card"}
    for group in CompanyGroup.objects.all():
        assert group.clients.count() in (2, 3)
    assert CompanyGroup.objects.count() == 3
    assert of(ClientGroup, "colour") >= {"violet", "green", "amber", "red", "blue"}
    assert ClientGroup.objects.filter(clients=None).count() == 0
    assert Referral.objects.count() == 4
    assert of(Proof, "kind") == {"call", "paper", "link"}
    assert EmailAddress.objects.filter(kind="former").exists()
    assert EmailAddress.objects.filter(kind="shared").count() == 3
    assert Payer.objects.filter(kind="sole", client__payers__valid_until__isnull=False).exists()
    assert PayerKpp.objects.count() == 2
    assert Mention.objects.filter(seen_at=None).exists()
    assert Mention.objects.exclude(seen_at=None).exists()
    open_todos = Todo.objects.filter(done_at=None)
    assert open_todos.filter(assignee=F("author")).exists()
    assert open_todos.exclude(assignee=F("author")).exists()
    assert open_todos.filter(due_on__lt=today).exists()
    assert Todo.objects.exclude(done_at=None).exists()
    assert SavedView.objects.filter(shared=True).exists()
    head = User.objects.get(email="head@oblako.example")
    assert waiting_for_code(head).exists()
    assert paid_without_manager(head).exists()
    assert Letter.objects.filter(kind="manager", status="held").count() == 1
    for client in Client.objects.filter(status="closed"):
        assert billing.what_stops_closing(client) == []
    for payer in Payer.objects.all():
        check_inn(payer.inn)
        check_ogrn(payer.ogrn)
        check_account(payer.account, payer.bic)


def every_change_of_a_service() -> None:
    """Answers, a code, plans, a reissued invoice: each has a client who shows it."""
    assert Batch.objects.filter(choice__isnull=False, paid_at__isnull=False).exists()
    assert Line.objects.filter(live=True, off_text__contains="REF5").exists()
    assert PromotionUse.objects.filter(order=None).exists()
    assert PlannedChange.objects.filter(status="planned").count() == 2
    assert Invoice.objects.filter(status="void", replaced_by__isnull=False).exists()
    assert Companion.objects.exists()


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
    every_card_of_issue_three(today)
    every_change_of_a_service()
    hosts = {client.main_email.rpartition(".")[2] for client in Client.objects.prefetch_related("addresses")}
    assert hosts == {"example"}  # nobody real
