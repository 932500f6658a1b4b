"""Stages of the clocks: 75, 100 and 200 per cent, each told once, in working hours only (R9.1)."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_site.journal.models import Entry
from billing_site.kit.clock import MOSCOW
from tests import make
from tests.tickets.mails import mail
from tickets import actions, clocks, schedule
from tickets.answering import answer, note
from tickets.intake import process, receive_raw
from tickets.models import Mailbox, SlaEvent, SlaPolicy, Ticket

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=MOSCOW)


def later(minutes: float):
    return time_machine.travel(MONDAY + timedelta(minutes=minutes), tick=False)


@pytest.fixture
def ticket():
    """A mail came on Monday at ten; the answer is due at noon."""
    SlaPolicy.objects.update(solve_minutes=24 * 60)
    with later(0):
        raw, _new = receive_raw(Mailbox.objects.get(), mail())
        ticket = process(raw.pk).ticket
        ticket.refresh_from_db()
    assert ticket.answer_due_at == MONDAY + timedelta(hours=2)
    return ticket


def told() -> list[tuple[str, str]]:
    return list(SlaEvent.objects.order_by("id").values_list("clock", "stage"))


def test_each_stage_is_told_once_as_time_goes(ticket):
    seen = []
    for minute in range(0, 300, 5):
        with later(minute):
            schedule.watch_clocks()
            schedule.watch_clocks()
        seen.append((minute, len(told())))
    first = [next(minute for minute, count in seen if count == n) for n in (1, 2, 3)]
    assert first == [90, 120, 240]
    assert told() == [("answer.1", "warning"), ("answer.1", "breach"), ("answer.1", "escalation")]
    verbs = Entry.objects.about(ticket).filter(verb__startswith="tickets.answer_").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "tickets.answer_warning", "tickets.answer_breach", "tickets.answer_escalation"]  # fmt: skip
    ticket.refresh_from_db()
    assert ticket.breached
    assert clocks.drifted([ticket]) == []


def test_after_a_pause_of_the_watch_only_the_last_stage_is_told(ticket):
    with later(250):
        clocks.watch()
    assert len(told()) == 3
    assert [entry.verb for entry in Entry.objects.filter(verb__startswith="tickets.answer_")] == [
        "tickets.answer_escalation"
    ]


@pytest.mark.parametrize("deed", ["answered", "closed"])
def test_a_clock_that_stopped_is_silent(ticket, deed):
    with later(80):
        by = make.user("support")
        answer(ticket, "Да", by=by) if deed == "answered" else actions.close(ticket, by=by)
    with later(300):
        clocks.watch()
    assert told() == []


def test_a_note_stops_no_clock(ticket):
    with later(80):
        note(ticket, "Смотрю", by=make.user("support"))
    with later(95):
        clocks.watch()
    assert told() == [("answer.1", "warning")]


def test_a_new_cycle_has_its_own_stages(ticket):
    with later(245):
        clocks.watch()
        ticket = actions.close(ticket, by=make.user("support"))
    with later(250):
        ticket = actions.reopen(ticket, by=make.user("support"))
        clocks.watch()
    assert len(told()) == 3
    with later(345):
        clocks.watch()
    assert told()[3:] == [("answer.2", "warning")]
    ticket.refresh_from_db()
    assert ticket.breached, "what an old cycle was late stays"


def test_nothing_is_told_out_of_hours(ticket):
    with later(8 * 60 + 30):  # 18:30
        clocks.watch()
    assert told() == []
    with later(23 * 60 + 5):  # Tuesday 9:05
        clocks.watch()
    assert len(told()) == 3


def test_waiting_pauses_the_clock_of_the_solution(ticket):
    SlaPolicy.objects.update(solve_minutes=120)
    by = make.user("support")
    with later(60):
        answer(ticket, "Какой принтер?", by=by)
        ticket = actions.wait(ticket, by=by)
        assert ticket.solve_due_at is None
    with later(300):
        clocks.watch()
        assert told() == []
        ticket = actions.resume(ticket, by=by)
        assert ticket.solve_due_at == MONDAY + timedelta(minutes=360)
    with later(331):
        clocks.watch()
    assert told() == [("solve.1", "warning")]
    assert clocks.drifted([ticket]) == []


def test_what_has_no_stage_left_is_not_read_again(ticket):
    with later(250):
        clocks.watch()
        assert list(clocks._near("answer", MONDAY + timedelta(days=1))) == []


def test_the_watch_asks_as_much_for_thirty_as_for_three():
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            clocks.watch()
        return len(queries)

    def more(n: int) -> None:
        with later(0):
            for _ in range(n):
                number = Ticket.objects.count()
                letter = mail(Message_ID=f"<{number}@client.example>", Subject=f"Т {number}")
                process(receive_raw(Mailbox.objects.get(), letter)[0].pk)

    more(3)
    with later(95):
        few = count()
        assert len(told()) == 6
    more(27)
    with later(95):
        assert count() == few
        assert len(told()) == 60


@pytest.mark.django_db(transaction=True)
def test_two_watches_at_once_tell_once(ticket):
    together, troubles = threading.Barrier(4), []

    def run() -> None:
        try:
            together.wait()
            clocks.watch()
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    with later(100):
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert troubles == []
    assert told() == [("answer.1", "warning")]
    assert Entry.objects.filter(verb="tickets.answer_warning").count() == 1
