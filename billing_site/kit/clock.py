"""The only place that reads the clock. Days are Moscow days, instants are UTC."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")


_set: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """This instant, aware, in UTC."""
    return _set.get() or datetime.now(UTC)


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """The clock stands at `instant` inside the block: how a demo office gets its past."""
    token = _set.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)


def today() -> date:
    """Today's date in the office."""
    return now().astimezone(MOSCOW).date()


def moscow(instant: datetime) -> datetime:
    """An aware instant as the office's clocks show it."""
    return instant.astimezone(MOSCOW)


def midnight(day: date) -> datetime:
    """The first instant of an office's day."""
    return datetime.combine(day, time.min, MOSCOW)
