"""The clocks of tickets, read from what happened to them and stored to be sorted (R9.1).

Everything is derived: messages and the journal's moves go in, due times come out. Nothing is counted up.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from billing_site.journal.models import Entry, subject_of
from billing_site.journal.moves import record_many
from billing_site.kit import clock, worktime
from billing_site.office.actions import CLOSES, OPENS
from billing_site.office.models import WorkDay
from tickets import sla
from tickets.models import Message, SlaEvent, SlaPolicy, Ticket

_MESSAGES: dict[str, sla.What] = {
    Message.Kind.CLIENT: "client_message",
    Message.Kind.STAFF: "staff_answer",
    Message.Kind.NOTE: "internal_note",
    Message.Kind.AUTO: "auto",
}
CHUNK = 500  # tickets of one transaction
_MOVES = tuple(f"tickets.ticket.{state}" for state in Ticket.Status.values)


class Calendar:
    """The working calendar as `kit.worktime` asks for it; a year is one query, read once.

    Days the table doesn't know are ordinary weeks: the clocks of old tickets go on.
    """

    def __init__(self) -> None:
        self._years: dict[int, dict[date, tuple[time, time] | None]] = {}
        self._sums: dict[int, list[timedelta]] = {}
        self._totals: dict[int, timedelta] = {}

    def __call__(self, day: date) -> tuple[time, time] | None:
        if day.year not in self._years:
            rows = WorkDay.objects.filter(day__year=day.year).values_list("day", "opens", "closes")
            self._years[day.year] = {
                on: (opens, closes) if opens and closes else None for on, opens, closes in rows
            }
        usual = (OPENS, CLOSES) if day.weekday() < 5 else None
        return self._years[day.year].get(day, usual)

    def add(self, start: datetime, work: timedelta) -> datetime:
        return worktime.add_work(start, work, self)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time; whole days between are not walked through, so an age of years costs as a day does."""
        began, ended = clock.moscow(start), clock.moscow(end)
        first, last = began.date() + timedelta(days=1), ended.date()
        if last <= first:
            return worktime.work_between(start, end, self)
        return (
            worktime.work_between(start, datetime.combine(first, time(), clock.MOSCOW), self)
            + self._worked_before(last)
            - self._worked_before(first)
            + self._whole(first.year, last.year)
            + worktime.work_between(datetime.combine(last, time(), clock.MOSCOW), end, self)
        )

    def _worked_before(self, day: date) -> timedelta:
        """Working time of the days of its year before `day`."""
        return self._running(day.year)[day.timetuple().tm_yday - 1]

    def _running(self, year: int) -> list[timedelta]:
        """Working time before each day of a year, and of the whole year at the end."""
        if year not in self._sums:
            day, sums = date(year, 1, 1), [timedelta(0)]
            while day.year == year:
                hours = self(day)
                sums.append(sums[-1] + (_span(*hours) if hours else timedelta(0)))
                day += timedelta(days=1)
            self._sums[year] = sums
        return self._sums[year]

    def _whole(self, first: int, last: int) -> timedelta:
        """Working time of the years from `first` to the one before `last`, summed by the database."""
        if missing := [year for year in range(first, last) if year not in self._totals]:
            known = (
                WorkDay.objects.filter(day__year__range=(missing[0], missing[-1]))
                .order_by()
                .values("day__year")
                .annotate(
                    worked=Sum(F("closes") - F("opens")),
                    weekdays=Count("pk", filter=Q(day__iso_week_day__lte=5)),
                )
            )
            sums = {row["day__year"]: (row["worked"], row["weekdays"]) for row in known}
            for year in missing:
                worked, weekdays = sums.get(year, (None, 0))
                usual = (_weekdays_of(year) - weekdays) * _span(OPENS, CLOSES)
                self._totals[year] = (worked or timedelta(0)) + usual
        return sum((self._totals[year] for year in range(first, last)), timedelta(0))

    def is_open(self, at: datetime) -> bool:
        """Whether the office works at this instant; the closing instant still belongs to the day."""
        local = clock.moscow(at)
        hours = self(local.date())
        return hours is not None and hours[0] <= local.time().replace(second=0, microsecond=0) <= hours[1]


@cache
def _span(opens: time, closes: time) -> timedelta:
    return datetime.combine(date.min, closes) - datetime.combine(date.min, opens)


def _weekdays_of(year: int) -> int:
    """How many days of a year are from Monday to Friday."""
    days = range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    first = date(year, 1, 1).weekday()
    return sum((first + day) % 7 < 5 for day in days)


class Policies:
    """Limits of every department, read once."""

    def __init__(self) -> None:
        self._rows = {row.department_id: row for row in SlaPolicy.objects.all()}

    def of(self, department_id: int, *, is_handover: bool) -> sla.Policy:
        """A department's own limits, else those of all; a hand-over has its own clock."""
        row = self._rows.get(department_id) or self._rows.get(None) or SlaPolicy()
        solve = row.handover_minutes if is_handover else row.solve_minutes
        return sla.Policy(answer_minutes=row.answer_minutes, solve_minutes=solve)

    def longest(self) -> timedelta:
        limits = [
            max(row.answer_minutes, row.solve_minutes, row.handover_minutes) for row in self._rows.values()
        ]
        return timedelta(minutes=max(limits, default=120))


def read_clocks(
    tickets: Sequence[Ticket], calendar: Calendar | None = None, policies: Policies | None = None
) -> dict[int, sla.Clocks]:
    """What the clocks of these tickets show, by ticket, in a constant number of queries."""
    calendar, policies = calendar or Calendar(), policies or Policies()
    happened = _histories(tickets)
    return {
        ticket.pk: sla.clocks(
            happened[ticket.pk],
            policies.of(ticket.department_id, is_handover=ticket.handover_id is not None),
            calendar.add,
            calendar.between,
        )
        for ticket in tickets
    }


def settle(*tickets: Ticket) -> dict[int, sla.Clocks]:
    """Store what the clocks show now. The caller holds the tickets' locks."""
    read = read_clocks(tickets)
    for ticket in tickets:
        shown = read[ticket.pk]
        ticket.answer_due_at, ticket.solve_due_at = shown.answer_due_at, shown.solve_due_at
        ticket.breached = shown.breached(clock.now())
    Ticket.objects.bulk_update(tickets, ["answer_due_at", "solve_due_at", "breached"])
    return read


def watch() -> int:
    """Tell each stage that a running clock has reached, once; returns how many. Silent out of hours."""
    calendar, policies, now = Calendar(), Policies(), clock.now()
    if not calendar.is_open(now):
        return 0
    horizon = calendar.add(now, policies.longest())  # what is due later has reached no stage yet
    near = sorted({pk for name in ("answer", "solve") for pk in _near(name, horizon)})
    chunks = (near[start : start + CHUNK] for start in range(0, len(near), CHUNK))
    return sum(_tell_stages(chunk, now, calendar, policies) for chunk in chunks)


def _near(name: str, horizon: datetime) -> Iterable[int]:
    """Tickets whose clock has stages left: the last one of its cycle is not told yet."""
    due = f"{name}_due_at"
    last = SlaEvent.objects.filter(
        ticket=OuterRef("pk"),
        clock__startswith=f"{name}.",
        stage=SlaEvent.Stage.ESCALATION,
        at__gt=OuterRef(due),  # those of earlier cycles stand before this cycle began
    )
    tickets = Ticket.objects.exclude(status=Ticket.Status.CLOSED).filter(
        ~Exists(last), **{f"{due}__lte": horizon}
    )
    return tickets.order_by(F(due).asc()).values_list("pk", flat=True)


@transaction.atomic
def _tell_stages(pks: Sequence[int], now: datetime, calendar: Calendar, policies: Policies) -> int:
    free = Ticket.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    tickets = list(free.filter(pk__in=pks).exclude(status=Ticket.Status.CLOSED).order_by("pk"))
    read = read_clocks(tickets, calendar, policies)
    events = SlaEvent.objects.filter(ticket__in=tickets)
    known = set(events.values_list("ticket_id", "clock", "stage"))
    reached = [
        (ticket, stage)
        for ticket in tickets
        for stage in read[ticket.pk].reached(now)
        if (ticket.pk, stage.cycle, stage.name) not in known
    ]
    SlaEvent.objects.bulk_create(
        SlaEvent(ticket=ticket, clock=stage.cycle, stage=stage.name, at=stage.at) for ticket, stage in reached
    )
    late = {ticket.pk for ticket, stage in reached if stage.name == "breach"}
    Ticket.objects.filter(pk__in=late).update(breached=True)
    # Stages that came together, after a pause of the watch, are told by the last of them.
    latest = {(ticket.pk, stage.cycle): (ticket, stage) for ticket, stage in reached}
    verbs: dict[str, list[tuple[Ticket, dict]]] = {}
    for ticket, stage in latest.values():
        verb = f"tickets.{stage.cycle.partition('.')[0]}_{stage.name}"
        verbs.setdefault(verb, []).append((ticket, {"cycle": stage.cycle}))
    for verb, facts in verbs.items():
        record_many(verb, facts, by=None)
    return len(reached)


def drifted(tickets: Iterable[Ticket]) -> list[tuple[Ticket, str, str]]:
    """Tickets whose stored due times are not those of their history: (ticket, stored, expected)."""
    rows = list(tickets)
    read = read_clocks(rows)
    found = []
    for ticket in rows:
        stored = (ticket.answer_due_at, ticket.solve_due_at)
        expected = (read[ticket.pk].answer_due_at, read[ticket.pk].solve_due_at)
        if stored != expected:
            found.append((ticket, _shown(stored), _shown(expected)))
    return found


def _shown(dues: tuple[datetime | None, datetime | None]) -> str:
    return " / ".join(due.isoformat(timespec="seconds") if due else "-" for due in dues)


def _histories(tickets: Sequence[Ticket]) -> dict[int, list[sla.Happening]]:
    """Messages first, then moves: at the same instant a message is what caused the move."""
    happened: dict[int, list[sla.Happening]] = {ticket.pk: [] for ticket in tickets}
    for ticket in tickets:
        if ticket.handover_id is not None:
            happened[ticket.pk].append(sla.Happening(ticket.opened_at, "handed_over"))
    messages = Message.objects.filter(ticket__in=happened).order_by("at", "id")
    for ticket_id, at, kind in messages.values_list("ticket_id", "at", "kind"):
        happened[ticket_id].append(sla.Happening(at, _MESSAGES[kind]))
    subjects = {subject_of(ticket): ticket.pk for ticket in tickets}
    moves = Entry.objects.filter(Q(verb__in=_MOVES), subject__in=subjects).order_by("id")
    for subject, at, facts in moves.values_list("subject", "at", "facts"):
        what = _move(facts["from"], facts["to"])
        if what:
            happened[subjects[subject]].append(sla.Happening(at, what))
    return happened


def _move(was: str, becomes: str) -> sla.What | None:
    if becomes == Ticket.Status.CLOSED:
        return "closed"
    if becomes == Ticket.Status.WAITING:
        return "waiting"
    if was == Ticket.Status.CLOSED:
        return "reopened"
    return "resumed" if was == Ticket.Status.WAITING else None
