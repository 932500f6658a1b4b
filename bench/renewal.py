"""The renewal run of a day, and the same run again over what it has billed."""

from collections.abc import Iterator
from datetime import date, timedelta

from bench.frame.measuring import Goal, Measurement, clocked
from bench.frame.offices import Office
from bench.frame.replay import compared, undone
from billing_site.kit import clock
from invoices import billing
from invoices.schedule import run_renewals

LATER = (11, 41, 101, 191)  # days from today; the first one, R5.1's twenty days added, bills a month
ENOUGH = 100  # clients that have something to renew


def measure(office: Office) -> Iterator[Measurement]:
    on = _day()
    with undone():
        drafts = len(run_renewals(on).drafts)
    yield compared(f"renewal run, {drafts} drafts", lambda: run_renewals(on), rows=drafts, goal=Goal(ratio=5))
    yield _again(on, drafts)


def _day() -> date:
    """The first day with enough to do; drafts of the next days stand in the office already."""
    days = [clock.today() + timedelta(days=later) for later in LATER]
    return next((day for day in days if len(billing.due_clients(day, limit=ENOUGH)) == ENOUGH), days[-1])


def _again(on: date, drafts: int) -> Measurement:
    """Nothing is left to draft; what it takes to see that."""
    with undone():
        first = clocked(lambda: run_renewals(on))
        again = [clocked(lambda: run_renewals(on)) for _n in range(3)]
        assert not billing.due_clients(on)
    return Measurement(
        "the same run again", again, floor="the first run", floor_times=[first], rows=drafts,
        goal=Goal(ratio=0.05),
    )  # fmt: skip
