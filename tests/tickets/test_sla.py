from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit import worktime
from tickets.sla import Clocks, Happening, Policy, Stage, clocks

MOSCOW = ZoneInfo("Europe/Moscow")
OFFICE_RULE = Policy()
HOLIDAY, SHORT = date(2026, 11, 4), date(2026, 11, 3)


def office(day: date) -> tuple[time, time] | None:
    """Monday to Friday 9–18; 4 November is off and the day before it an hour shorter."""
    if day.weekday() > 4 or day == HOLIDAY:
        return None
    return time(9), time(17) if day == SHORT else time(18)


add_work = partial(worktime.add_work, hours=office)
work_between = partial(worktime.work_between, hours=office)
always = {
    "add_work": lambda start, work: start + work,
    "work_between": lambda start, end: max(end - start, timedelta(0)),
}


def at(moment: str) -> datetime:
    """ "23 14:05" is a moment of November 2026 in Moscow; the 23rd is a Monday."""
    day, clock = moment.split()
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, int(day), hour, minute, tzinfo=MOSCOW)


def read(story: str, policy: Policy = OFFICE_RULE) -> Clocks:
    """A story is lines of "23 14:05 client_message"."""
    lines = [line.split() for line in story.strip().splitlines()]
    history = [Happening(at(f"{day} {clock}"), what) for day, clock, what in lines]
    return clocks(history, policy, add_work, work_between)


def due(moment: str | None) -> datetime | None:
    return at(moment) if moment else None


STORIES = {
    "nobody has written": ("23 10:00 staff_answer", None, None, False),
    "asked in the morning": ("23 10:00 client_message", "23 12:00", "23 12:00", False),
    "asked on Friday evening": ("27 17:30 client_message", "30 10:30", "30 10:30", False),
    "asked at night before a holiday": ("3 16:00 client_message", "5 10:00", "5 10:00", False),
    "asked twice, the first one counts": (
        "23 10:00 client_message\n23 11:30 client_message",
        "23 12:00",
        "23 12:00",
        False,
    ),
    "answered, then asked again": (
        "23 10:00 client_message\n23 10:30 staff_answer\n23 15:00 client_message",
        "23 17:00",
        "23 12:00",
        True,  # not solved within two hours
    ),
    "notes and automatic mail change nothing": (
        "23 10:00 client_message\n23 10:20 internal_note\n23 10:30 auto\n23 11:00 handed_over",
        "23 12:00",
        "23 12:00",
        False,
    ),
    "waits for the client, who answers next day": (
        "23 10:00 client_message\n23 10:30 staff_answer\n23 10:30 waiting\n24 12:00 client_message",
        "24 14:00",
        "24 13:30",
        False,
    ),
    "waiting does not excuse a missing answer": (
        "23 10:00 client_message\n23 12:01 waiting",
        "23 12:00",
        None,
        True,
    ),
    "answered too late": ("23 10:00 client_message\n23 12:01 staff_answer", None, "23 12:00", True),
    "answered and closed at the very due": (
        "23 10:00 client_message\n23 12:00 staff_answer\n23 12:00 closed",
        None,
        None,
        False,
    ),
    "opened again: new clocks, the old breach stays": (
        "23 10:00 client_message\n23 13:00 staff_answer\n23 13:00 closed\n"
        "25 10:00 client_message\n25 10:00 reopened",
        "25 12:00",
        "25 12:00",
        True,
    ),
    "opened again by staff": (
        "23 10:00 client_message\n23 10:10 staff_answer\n23 10:20 closed\n25 10:00 reopened",
        "25 12:00",
        "25 12:00",
        False,
    ),
    "closed without a word": ("23 10:00 client_message\n23 10:05 closed", None, None, False),
    "a hand-over has the solve clock only": ("23 10:00 handed_over", None, "23 12:00", False),
    "pending, open, pending, closed": (
        "23 10:00 client_message\n23 10:10 staff_answer\n23 10:30 waiting\n23 16:00 resumed\n"
        "23 16:30 waiting\n25 9:00 resumed\n25 9:45 closed",
        None,
        None,
        False,
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_life_stories(name):
    story, answer, solve, late = STORIES[name]
    shown = read(story)
    assert (shown.answer_due_at, shown.solve_due_at) == (due(answer), due(solve))
    day, clock, _what = story.splitlines()[-1].split()
    assert shown.breached(at(f"{day} {clock}")) is late


def test_the_due_instant_is_in_time_the_next_moment_is_late():
    shown = read("23 10:00 client_message")
    assert not shown.breached(at("23 12:00"))
    assert shown.breached(at("23 12:00") + timedelta(seconds=1))


def test_the_first_answer_is_measured_in_working_minutes():
    shown = read(
        "27 17:30 client_message\n30 9:15 staff_answer\n30 11:00 client_message\n30 11:01 staff_answer"
    )
    assert shown.first_answer_minutes == 45
    assert shown.answered_at == at("30 11:01")


def test_a_word_of_ours_before_the_first_question_is_no_first_answer():
    shown = read("23 9:00 staff_answer\n23 10:00 client_message")
    assert shown.first_answer_minutes is None
    assert shown.answer_due_at == at("23 12:00")


def test_a_paused_clock_says_what_is_left():
    shown = read("23 10:00 client_message\n23 10:30 waiting")
    assert (shown.solve_due_at, shown.solve_paused, shown.solve_left_minutes) == (None, True, 90)
    assert read("23 10:00 client_message\n23 13:00 waiting").solve_left_minutes == -60
    assert read("23 10:00 client_message").solve_left_minutes is None


class TestStages:
    def test_the_three_of_each_clock(self):
        shown = read("23 16:00 client_message", Policy(answer_minutes=120, solve_minutes=240))
        assert shown.stages == (
            Stage(at("23 17:30"), "answer.1", "warning"),
            Stage(at("23 18:00"), "answer.1", "breach"),
            Stage(at("24 10:00"), "solve.1", "warning"),
            Stage(at("24 11:00"), "answer.1", "escalation"),
            Stage(at("24 11:00"), "solve.1", "breach"),
            Stage(at("24 15:00"), "solve.1", "escalation"),
        )
        assert shown.next_stage(at("23 17:30")) == shown.stages[1]
        assert shown.next_stage(at("24 15:00")) is None

    def test_an_answer_keeps_what_was_reached_and_drops_what_was_ahead(self):
        shown = read("23 10:00 client_message\n23 11:45 staff_answer\n23 11:50 closed")
        assert shown.stages == (
            Stage(at("23 11:30"), "answer.1", "warning"),
            Stage(at("23 11:30"), "solve.1", "warning"),
        )

    def test_each_cycle_has_its_own(self):
        shown = read("23 10:00 client_message\n23 10:01 staff_answer\n23 15:00 client_message")
        assert {stage.cycle for stage in shown.stages} == {"answer.2", "solve.1"}

    def test_a_pause_moves_what_is_ahead(self):
        shown = read("23 10:00 client_message\n23 10:00 staff_answer\n23 11:00 waiting\n24 10:00 resumed")
        assert [stage.at for stage in shown.stages] == [at("24 10:30"), at("24 11:00"), at("24 13:00")]


def test_clients_zones_and_a_missing_hour():
    """The night of 2014-10-26 Moscow's clocks went from 4:00 to 3:00 offset: a day of 25 hours."""
    asked = datetime(2014, 10, 24, 17, 0, tzinfo=MOSCOW)
    shown = clocks([Happening(asked, "client_message")], Policy(), add_work, work_between)
    assert (
        shown.answer_due_at
        == datetime(2014, 10, 27, 10, 0, tzinfo=MOSCOW)
        == datetime(2014, 10, 27, 7, tzinfo=UTC)
    )


MINUTES = st.integers(0, 60 * 24 * 20)
WHAT = st.sampled_from(
    [
        "client_message",
        "staff_answer",
        "internal_note",
        "auto",
        "waiting",
        "resumed",
        "closed",
        "reopened",
        "handed_over",
    ]
)
HISTORY = st.lists(st.tuples(MINUTES, WHAT), max_size=12, unique_by=lambda event: event[0])
START = at("2 9:00")


def happenings(events: list[tuple[int, str]], zone: timezone = UTC) -> list[Happening]:
    return [
        Happening((START + timedelta(minutes=minutes)).astimezone(zone), what) for minutes, what in events
    ]


def shown_by(events: list[tuple[int, str]], policy: Policy = OFFICE_RULE, zone: timezone = UTC) -> Clocks:
    return clocks(happenings(events, zone), policy, add_work, work_between)


@given(HISTORY, st.integers(-12, 14), st.randoms())
def test_neither_zones_nor_order_matter(events, hours, random):
    shuffled = events[:]
    random.shuffle(shuffled)
    assert shown_by(shuffled, zone=timezone(timedelta(hours=hours))) == shown_by(events)


@given(HISTORY, MINUTES, st.sampled_from(["internal_note", "auto"]))
def test_notes_and_automatic_mail_never_touch_a_clock(events, minute, what):
    assert shown_by([*events, (minute, what)]) == shown_by(events)


@given(HISTORY, st.integers(1, 600), st.integers(0, 600))
def test_due_never_comes_earlier_when_the_limit_grows(events, minutes, more):
    short = shown_by(events, Policy(minutes, minutes))
    long = shown_by(events, Policy(minutes + more, minutes + more))
    for before, after in ((short.answer_due_at, long.answer_due_at), (short.solve_due_at, long.solve_due_at)):
        assert (before is None) == (after is None)
        assert before is None or before <= after


@given(MINUTES, st.integers(0, 5000))
def test_due_never_comes_earlier_when_the_question_comes_later(minute, later):
    first, second = shown_by([(minute, "client_message")]), shown_by([(minute + later, "client_message")])
    assert first.answer_due_at <= second.answer_due_at
    assert work_between(START + timedelta(minutes=minute), first.answer_due_at) == timedelta(minutes=120)


@given(st.lists(MINUTES, min_size=4, max_size=4, unique=True).map(sorted), st.booleans())
def test_splitting_a_pause_changes_nothing(moments, closed):
    asked, paused, middle, resumed = moments
    story = [(asked, "client_message"), (paused, "waiting"), (resumed, "closed" if closed else "resumed")]
    split = [*story[:2], (middle, "resumed"), (middle, "waiting"), story[2]]
    whole, parted = shown_by(story), shown_by(split)
    assert (whole.solve_due_at, whole.answer_due_at, whole.stages) == (
        parted.solve_due_at,
        parted.answer_due_at,
        parted.stages,
    )


@given(MINUTES, MINUTES, MINUTES)
def test_a_pause_moves_the_due_by_the_work_it_held(asked, pause, length):
    """As much is worked outside the pause as the policy allows."""
    story = [(asked, "client_message"), (asked + pause, "waiting"), (asked + pause + length, "resumed")]
    start, paused, resumed = (event.at for event in happenings(story))
    shown = shown_by(story)
    before = work_between(start, min(paused, shown.solve_due_at))
    after = work_between(resumed, shown.solve_due_at)
    assert before + after == timedelta(minutes=120)


@given(HISTORY)
def test_stages_stand_in_order_and_once(events):
    stages = shown_by(events).stages
    assert list(stages) == sorted(stages)
    assert len({(stage.cycle, stage.name) for stage in stages}) == len(stages)


@given(HISTORY)
def test_round_the_clock_is_a_calendar_like_any_other(events):
    shown = clocks(happenings(events), Policy(), **always)
    running = next((c for c in shown.cycles if c.clock == "answer" and c.is_ticking), None)
    assert shown.answer_due_at == (running.started_at + timedelta(minutes=120) if running else None)
