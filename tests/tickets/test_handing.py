"""Hand-overs become tickets once, never mail the client, and closing them gives what was sold (R3.1, R9)."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from billing_site.office.models import Department
from invoices import billing
from invoices.models import Invoice
from products import actions as products
from products.actions import Wanted
from products.models import Batch, Handover, Service
from tests import make
from tests.invoices.papers import pay
from tickets import actions, clocks, handing, schedule
from tickets.answering import answer
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def support():
    return make.user("support", name="Ольга Зимина")


@pytest.fixture
def manager():
    return make.user("account_manager")


def sold(manager) -> Service:
    """Five users from 01.02.2019, sent: a hand-over waits."""
    access = make.product("Доступ", {"half_year": "4800.00"}, handover_subject="Доступ", unit="польз.")
    order = make.order(make.client(), Wanted(access, "half_year", 5), starts_on=date(2019, 2, 1))
    (main,) = billing.accept_order(order, by=manager)
    billing.send_invoice(main, by=manager)
    return Service.objects.get()


@pytest.fixture
def service(manager):
    with time_machine.travel("2019-01-14 10:00+00:00", tick=False):
        return sold(manager)


def grown(service: Service, manager) -> Ticket:
    """The five users are given and paid; a sixth is sold: its ticket."""
    for ticket in handing.open_handovers():
        handing.carry_out(ticket, by=manager)
    pay(Invoice.objects.get())
    service.refresh_from_db()
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 2, 8)), by=manager)
    billing.send_invoice(draft, by=manager)
    (ticket,) = handing.open_handovers()
    return ticket


def test_a_sold_user_is_a_ticket_in_the_offices_words(service, manager):
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        ticket = grown(service, manager)
    assert (ticket.subject, ticket.client_id) == ("Доступ + 1 польз.", service.client_id)
    assert ticket.department == Department.objects.get(takes_handovers=True)
    (first,) = ticket.messages.all()
    assert (first.kind, first.text, first.author) == (Message.Kind.NOTE, "Δ 5-6", None)
    assert ticket.solve_due_at == ticket.opened_at + timedelta(hours=2)
    assert ticket.answer_due_at is None
    assert clocks.drifted(Ticket.objects.all()) == []


def test_the_client_hears_nothing_of_it(service, support):
    before = Letter.objects.count()
    (ticket,) = handing.open_handovers()
    with pytest.raises(Refused):
        answer(ticket, "Готово", by=support)
    handing.carry_out(ticket, by=support)
    assert Letter.objects.count() == before


def test_carrying_it_out_gives_the_units_and_the_amount_follows(service, manager, support):
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        ticket = grown(service, manager)
        service.refresh_from_db()
        assert service.recurring == Decimal("24000.00")
        ticket = handing.carry_out(ticket, by=support)
    service.refresh_from_db()
    batch = Batch.objects.latest("pk")
    assert (service.recurring, batch.given_at, batch.handover.done_by) == (
        Decimal("28800.00"), ticket.closed_at, support)  # fmt: skip
    assert (ticket.status, ticket.solve_due_at) == (Ticket.Status.CLOSED, None)
    last = ticket.messages.last()
    assert (last.kind, last.author) == (Message.Kind.NOTE, support)
    assert "5, " in last.text
    assert last.text.endswith("6 польз.")
    assert clocks.drifted(Ticket.objects.all()) == []


def test_closing_the_ticket_carries_it_out(service, support):
    (ticket,) = handing.open_handovers()
    actions.close(ticket, by=support)
    assert Handover.objects.get().status == Handover.Status.DONE
    service.refresh_from_db()
    assert (service.status, service.recurring) == (Service.Status.ACTIVE, Decimal("24000.00"))


def test_it_is_opened_once_however_often_the_clock_runs(service):
    assert len(handing.open_handovers()) == 1
    assert handing.open_handovers() == []
    schedule.open_handovers()
    assert Ticket.objects.count() == 1


def test_it_is_carried_out_once(service, support):
    (ticket,) = handing.open_handovers()
    handing.carry_out(ticket, by=support)
    with pytest.raises(Refused):
        handing.carry_out(Ticket.objects.get(), by=support)
    with pytest.raises(Refused):
        actions.close(Ticket.objects.get(), by=support)
    with pytest.raises(Refused):
        actions.reopen(Ticket.objects.get(), by=support)


def test_a_ticket_of_something_else_is_not_carried_out(support):
    ticket = Ticket.objects.create(subject="Т", department=make.department(), last_at=clock.now())
    with pytest.raises(Refused):
        handing.carry_out(ticket, by=support)


@pytest.mark.parametrize("how", ["withdrawn", "elsewhere"])
def test_what_was_settled_elsewhere_closes_its_ticket_and_says_why(service, support, how):
    handing.open_handovers()
    if how == "withdrawn":
        products.take_back(list(Batch.objects.all()), by=support)
    else:
        products.carry_out(Handover.objects.get(), by=support)
    schedule.open_handovers()
    schedule.open_handovers()
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.messages.count()) == (Ticket.Status.CLOSED, 2)
    assert Handover.objects.get().status == ("withdrawn" if how == "withdrawn" else "done")
    assert clocks.drifted([ticket]) == []


def test_without_a_department_for_it_the_hand_over_waits(service):
    Department.objects.update(takes_handovers=False)
    assert handing.open_handovers() == []
    Department.objects.update(takes_handovers=True)
    assert len(handing.open_handovers()) == 1


def test_thirty_tickets_are_opened_by_as_many_queries_as_two(service):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            handing.open_handovers()
        return len(queries)

    def more(n: int) -> None:
        Handover.objects.bulk_create(
            Handover(service=service, subject="Т", body="Δ", was=1, becomes=2) for _ in range(n)
        )

    handing.open_handovers()
    more(2)
    few = count()
    more(30)
    assert count() == few
    assert Ticket.objects.count() == 33


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_open_one_ticket_each():
    service = sold(make.user("account_manager"))
    Handover.objects.bulk_create(
        Handover(service=service, subject="Т", body="Δ", was=1, becomes=2) for _ in range(20)
    )
    together, troubles = threading.Barrier(4), []

    def run() -> None:
        try:
            together.wait()
            handing.open_handovers()
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handing.open_handovers()  # what a run had locked is the next one's
    assert troubles == []
    assert Ticket.objects.count() == Handover.objects.count() == 21
    assert Message.objects.count() == 21
