"""The clock of a ticket in words: who owes an answer, since when, until when (R9.1)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from billing_site.kit import clock
from tickets import sla
from tickets.clocks import read_clocks
from tickets.models import Ticket
from tickets.queries import Left, TimeLeft
from tickets.tables import duration, left_in_words, near


@dataclass(frozen=True)
class ClockLine:
    """One clock: what it says, in what colour, and the instant it runs to."""

    text: str
    colour: str = "grey"
    left: str = ""
    due: datetime | None = None


COLOURS = {"": "blue", "warning": "amber", "breach": "red", "escalation": "red"}


def clock_of(ticket: Ticket) -> list[ClockLine]:
    """The answer's clock, then that of the solution (or of the hand-over), then what was late."""
    shown = read_clocks([ticket])[ticket.pk]
    reading = TimeLeft()
    lines = [_answer(ticket, shown, reading), _solution(ticket, shown, reading)]
    if shown.breached(clock.now()) and not any(line and line.colour == "red" for line in lines):
        lines.append(ClockLine(_("A time limit was missed earlier."), "amber"))
    return [line for line in lines if line]


def _answer(ticket: Ticket, shown: sla.Clocks, reading: TimeLeft) -> ClockLine | None:
    cycle = next((one for one in reversed(shown.cycles) if one.clock == "answer"), None)
    if cycle and cycle.is_ticking and shown.answer_due_at:
        text = _("We owe an answer since %(since)s, until %(until)s.") % {
            "since": near(cycle.started_at),
            "until": near(shown.answer_due_at),
        }
        left = reading.of(
            shown.answer_due_at, "answer", ticket.department_id, is_handover=ticket.handover_id is not None
        )
        return _ticking(text, left)
    if shown.answered_at is None:
        return None
    text = _("Answered %(at)s: nobody waits for our word.") % {"at": near(shown.answered_at)}
    if shown.first_answer_minutes is not None:
        took = _("The first answer took %(time)s.") % {"time": duration(shown.first_answer_minutes)}
        text = f"{text} {took}"
    return ClockLine(text, "green")


def _solution(ticket: Ticket, shown: sla.Clocks, reading: TimeLeft) -> ClockLine | None:
    is_handover = ticket.handover_id is not None
    if shown.solve_due_at:
        due = near(shown.solve_due_at)
        text = _("To be carried out until %(at)s.") if is_handover else _("To be solved until %(at)s.")
        left = reading.of(shown.solve_due_at, "solve", ticket.department_id, is_handover=is_handover)
        return _ticking(text % {"at": due}, left)
    if shown.solve_paused:
        minutes = shown.solve_left_minutes or 0
        rest = _("%(time)s left") if minutes >= 0 else _("late by %(time)s")
        text = _("On hold: the solution's clock stands.")
        return ClockLine(text, "grey", rest % {"time": duration(abs(minutes))})
    if ticket.closed_at:
        return ClockLine(_("Closed %(at)s.") % {"at": near(ticket.closed_at)}, "green")
    return None


def _ticking(text: str, left: Left) -> ClockLine:
    return ClockLine(text, COLOURS[left.stage], left_in_words(left), left.due)
