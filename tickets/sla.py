"""The clocks of a ticket as a pure function of its history (R9.1); due times are working time.

Answer clock: runs while the client waits for a word from us. The first unanswered message starts it, a
staff answer or closing stops it; notes, automatic mail and waiting never touch it.
Solve clock: runs while the ticket is ours to solve. Starts with the first client message or hand-over,
pauses in waiting (found in the history, never counted by a running counter), stops at closing.
Opening again starts new cycles of both; what an old cycle was late stays on it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

What = Literal[
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
AddWork = Callable[[datetime, timedelta], datetime]
WorkBetween = Callable[[datetime, datetime], timedelta]
StageName = Literal["warning", "breach", "escalation"]
_STAGES: tuple[StageName, ...] = ("warning", "breach", "escalation")


class Happening(NamedTuple):
    """Something that happened to the ticket. `handed_over` opens a hand-over that no client wrote."""

    at: datetime
    what: What


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits in working minutes, stages in percent of them."""

    answer_minutes: int = 120
    solve_minutes: int = 120
    warning_percent: int = 75
    breach_percent: int = 100
    escalation_percent: int = 200

    def minutes(self, clock: str) -> int:
        return self.answer_minutes if clock == "answer" else self.solve_minutes

    def percent(self, stage: str) -> int:
        return getattr(self, f"{stage}_percent")


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of a clock: the spans in which it ticked; the last one is open (None) while it runs."""

    clock: Literal["answer", "solve"]
    number: int
    spans: tuple[tuple[datetime, datetime | None], ...]
    stopped_at: datetime | None = None

    @property
    def started_at(self) -> datetime:
        return self.spans[0][0]

    @property
    def is_ticking(self) -> bool:
        return self.spans[-1][1] is None

    @property
    def name(self) -> str:
        """The key under which a stage of this cycle fires once: `answer.1`."""
        return f"{self.clock}.{self.number}"


class Stage(NamedTuple):
    """A point that a clock reaches or will reach: `at` is an instant, the name one of three."""

    at: datetime
    cycle: str
    name: StageName


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the clocks show. Times in UTC; a due time is None when its clock does not tick.

    `answered_at` is the last answer of a person, `first_answer_minutes` the working minutes that the
    first one took. `stages` are those reached and those ahead if nothing happens any more.
    """

    answer_due_at: datetime | None
    answered_at: datetime | None
    first_answer_minutes: int | None
    solve_due_at: datetime | None
    solve_paused: bool
    solve_left_minutes: int | None
    cycles: tuple[Cycle, ...]
    stages: tuple[Stage, ...]

    def breached(self, now: datetime) -> bool:
        """Any clock, also of an earlier cycle, has been late by `now`. The due instant is in time."""
        return any(stage.name == "breach" and stage.at < now for stage in self.stages)

    def reached(self, now: datetime) -> list[Stage]:
        """Stages that the clocks which tick now have reached, in order."""
        ticking = {cycle.name for cycle in self.cycles if cycle.stopped_at is None and cycle.is_ticking}
        return [stage for stage in self.stages if stage.at <= now and stage.cycle in ticking]

    def next_stage(self, after: datetime) -> Stage | None:
        """The first stage later than the instant: when to look again."""
        return next((stage for stage in self.stages if stage.at > after), None)


def clocks(
    history: Iterable[Happening], policy: Policy, add_work: AddWork, work_between: WorkBetween
) -> Clocks:
    """The clocks after this history, in whatever order and zones it comes.

    `add_work(start, work)` and `work_between(start, end)` are those of kit.worktime bound to a calendar.
    """
    events = sorted((Happening(at.astimezone(UTC), what) for at, what in history), key=lambda event: event.at)
    cycles = _cycles(events)
    answer = _last(cycles, "answer")
    solve = _last(cycles, "solve")
    paused = solve if solve and solve.stopped_at is None and not solve.is_ticking else None
    answers = [event.at for event in events if event.what == "staff_answer"]
    stages = [stage for cycle in cycles for stage in stage_times(cycle, policy, add_work, work_between)]
    return Clocks(
        answer_due_at=_due(answer, policy, add_work, work_between),
        answered_at=answers[-1] if answers else None,
        first_answer_minutes=_first_answer_minutes(cycles, answers, work_between),
        solve_due_at=_due(solve, policy, add_work, work_between),
        solve_paused=paused is not None,
        solve_left_minutes=_left_minutes(paused, policy, work_between) if paused else None,
        cycles=cycles,
        stages=tuple(sorted(stages)),
    )


def stage_times(
    cycle: Cycle, policy: Policy, add_work: AddWork, work_between: WorkBetween
) -> tuple[Stage, ...]:
    """The stages that the cycle reached or, ticking, will reach; a stopped or paused one goes no further."""
    found = []
    for name in _STAGES:
        work = timedelta(minutes=policy.minutes(cycle.clock)) * policy.percent(name) / 100
        at = _reached(cycle, work, add_work, work_between)
        if at is not None and (cycle.stopped_at is None or at < cycle.stopped_at):
            found.append(Stage(at, cycle.name, name))
    return tuple(found)


def _reached(cycle: Cycle, work: timedelta, add_work: AddWork, work_between: WorkBetween) -> datetime | None:
    """When the cycle has ticked for so much working time."""
    left = work
    for start, end in cycle.spans:
        if end is None:
            return add_work(start, left)
        ticked = work_between(start, end)
        if ticked > left or (ticked == left and ticked):
            return add_work(start, left)
        left -= ticked
    return None


def _due(
    cycle: Cycle | None, policy: Policy, add_work: AddWork, work_between: WorkBetween
) -> datetime | None:
    if cycle is None or not cycle.is_ticking:
        return None
    return _reached(cycle, timedelta(minutes=policy.minutes(cycle.clock)), add_work, work_between)


def _left_minutes(cycle: Cycle, policy: Policy, work_between: WorkBetween) -> int:
    """Whole minutes left of a paused clock, below zero when it was late already."""
    ticked = sum((work_between(start, end) for start, end in cycle.spans if end), timedelta(0))
    return int((timedelta(minutes=policy.minutes(cycle.clock)) - ticked).total_seconds() // 60)


def _first_answer_minutes(
    cycles: tuple[Cycle, ...], answers: list[datetime], work_between: WorkBetween
) -> int | None:
    first = next((cycle for cycle in cycles if cycle.clock == "answer"), None)
    if first is None:
        return None
    answered = next((at for at in answers if at >= first.started_at), None)
    return int(work_between(first.started_at, answered).total_seconds() // 60) if answered else None


def _last(cycles: tuple[Cycle, ...], clock: str) -> Cycle | None:
    return next((cycle for cycle in reversed(cycles) if cycle.clock == clock), None)


def _cycles(events: list[Happening]) -> tuple[Cycle, ...]:
    """All cycles of both clocks, the running ones last of their kind."""
    answer, solve = _Tape("answer"), _Tape("solve")
    for at, what in events:
        if what in {"client_message", "reopened"}:
            answer.start(at)
            solve.start(at)
        elif what == "handed_over":
            solve.begin(at)
        elif what == "resumed":
            solve.resume(at)
        elif what == "staff_answer":
            answer.stop(at)
        elif what == "waiting":
            solve.pause(at)
        elif what == "closed":
            answer.stop(at)
            solve.stop(at)
    return (*answer.cycles, *solve.cycles)


class _Tape:
    """Records the cycles of one clock as things happen."""

    def __init__(self, clock: Literal["answer", "solve"]):
        self._clock = clock
        self.cycles: list[Cycle] = []

    def start(self, at: datetime) -> None:
        """Starts a cycle, or lets the paused one go on; one that ticks is left alone."""
        self.begin(at)
        self.resume(at)

    def begin(self, at: datetime) -> None:
        """Starts a cycle when none is open."""
        if not self._open():
            self.cycles.append(Cycle(self._clock, len(self.cycles) + 1, ((at, None),)))

    def resume(self, at: datetime) -> None:
        if self._open() and not self.cycles[-1].is_ticking:
            self._change(spans=(*self.cycles[-1].spans, (at, None)))

    def pause(self, at: datetime) -> None:
        if self._open() and self.cycles[-1].is_ticking:
            *before, (start, _end) = self.cycles[-1].spans
            self._change(spans=(*before, (start, at)))

    def stop(self, at: datetime) -> None:
        if self._open():
            self.pause(at)
            self._change(stopped_at=at)

    def _open(self) -> bool:
        return bool(self.cycles) and self.cycles[-1].stopped_at is None

    def _change(self, **values) -> None:
        self.cycles[-1] = replace(self.cycles[-1], **values)
