"""Whose a ticket is and in what state: assigned, passed on, bound, paused, closed, opened again."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection

from billing_site.journal.models import Entry
from billing_site.kit.clock import MOSCOW
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from tests import make
from tests.tickets.mails import mail
from tickets import actions, clocks
from tickets.answering import answer
from tickets.intake import process, receive_raw
from tickets.models import Mailbox, Message, SlaPolicy, Ticket

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=MOSCOW)


def arrives(**headers: str) -> Ticket:
    return process(receive_raw(Mailbox.objects.get(), mail(**headers))[0].pk).ticket


@pytest.fixture
def ticket():
    with time_machine.travel(MONDAY, tick=False):
        yield arrives()
    assert clocks.drifted(Ticket.objects.all()) == []


@pytest.fixture
def support():
    return make.user("support")


def told(ticket: Ticket) -> list[str]:
    return list(Entry.objects.about(ticket).order_by("id").values_list("verb", flat=True))


def test_a_ticket_is_given_to_a_person_and_back(ticket, support):
    assert actions.assign(ticket, support, by=support).assignee == support
    actions.assign(ticket, support, by=support)
    assert actions.assign(ticket, None, by=support).assignee is None
    assert told(ticket).count("tickets.assigned") == 2


def test_nobody_who_left_gets_a_ticket(ticket, support):
    left, there = make.user("support", is_active=False), make.department()
    with pytest.raises(Refused) as assigning:
        actions.assign(ticket, left, by=support)
    with pytest.raises(Refused) as handing:
        actions.hand_to(ticket, there, by=support, assignee=left)
    assert assigning.value.field == handing.value.field == "assignee"


def test_passing_on_changes_the_limits_and_says_why(ticket, support):
    quick = make.department()
    SlaPolicy.objects.create(department=quick, answer_minutes=30)
    actions.assign(ticket, support, by=support)
    passed = actions.hand_to(ticket, quick, by=support, text="Это про сервер")
    assert (passed.department, passed.assignee) == (quick, None)
    assert passed.answer_due_at == MONDAY + timedelta(minutes=30)
    last = passed.messages.last()
    assert (last.kind, last.text) == (Message.Kind.NOTE, "Это про сервер")
    assert not Letter.objects.exists()


def test_the_priority_is_one_of_ours(ticket, support):
    assert actions.change_priority(ticket, "high", by=support).priority == "high"
    with pytest.raises(Refused):
        actions.change_priority(ticket, "сейчас же", by=support)


def test_a_ticket_on_hold_goes_back_to_where_it_was(ticket, support):
    actions.wait(ticket, by=support)
    assert actions.resume(ticket, by=support).status == Ticket.Status.OPEN
    answer(ticket, "Да?", by=support)
    arrives(Message_ID="<2@client.example>", In_Reply_To="<1@client.example>")
    actions.wait(ticket, by=support)
    assert actions.resume(ticket, by=support).status == Ticket.Status.CLIENT_REPLY


@pytest.mark.parametrize("verb", [actions.reopen, actions.resume])
def test_what_is_open_is_not_opened(ticket, support, verb):
    with pytest.raises(Refused):
        verb(ticket, by=support)


def test_a_ticket_is_closed_once(ticket, support):
    closed = actions.close(ticket, by=support)
    assert (closed.status, closed.closed_at, closed.answer_due_at) == (Ticket.Status.CLOSED, MONDAY, None)
    with pytest.raises(Refused):
        actions.close(ticket, by=support)
    assert told(ticket).count("tickets.ticket.closed") == 1


def test_binding_finds_the_contact_and_the_profile(support):
    ticket = arrives(From="ivan@client.example")
    client = make.client()
    client.addresses.update(address="ivan@client.example")
    bound = actions.bind_client(ticket, client, by=support)
    assert (bound.client, bound.messages.get().from_profile) == (client, True)
    other = actions.bind_client(ticket, make.client(), by=support)
    assert not other.messages.get().from_profile, "a wrong binding is corrected, the badge with it"


@pytest.mark.django_db(transaction=True)
def test_two_people_answer_at_once_and_one_is_asked_to_read():
    make.client(email="ivan@client.example")
    ticket, seen = arrives(), Message.objects.get().pk
    together, outcomes = threading.Barrier(3), []

    def run(who) -> None:
        try:
            together.wait()
            answer(ticket, "Да", by=who, seen=seen)
            outcomes.append("sent")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    people = [make.user("support") for _ in range(3)]
    threads = [threading.Thread(target=run, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "sent"]
    assert Letter.objects.count() == 1
