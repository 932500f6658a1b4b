"""Time and memory of one thing, taken in turn with the floor it is compared to."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

ENOUGH = 0.5  # seconds that one thing is repeated for
LEAST, MOST = 5, 20


@dataclass(frozen=True)
class Goal:
    """At most so many milliseconds, in the middle or for all but one in twenty, or times the floor."""

    ms: float | None = None
    p95: float | None = None
    ratio: float | None = None

    def __str__(self) -> str:
        said = (
            f"≤ {self.ms:g} ms" if self.ms else "",
            f"p95 ≤ {self.p95:g} ms" if self.p95 else "",
            f"≤ {self.ratio:g}×" if self.ratio else "",
        )
        return ", ".join(word for word in said if word)


@dataclass(frozen=True)
class Measurement:
    """Milliseconds and MiB. `floor` says in words what `floor_median` is the time of.

    `parts` splits the median: {"sql": …, "template": …, "rest": …}. `rows` were done in one run.
    """

    what: str
    times: list[float]
    floor: str = ""
    floor_times: list[float] = field(default_factory=list)
    queries: int | None = None
    memory: float | None = None
    parts: dict[str, float] = field(default_factory=dict)
    rows: int | None = None
    goal: Goal = Goal()

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def ratio(self) -> float | None:
        return self.median / statistics.median(self.floor_times) if self.floor_times else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal == Goal():
            return None
        bounds = (
            (self.median, self.goal.ms),
            (percentile(self.times, 95), self.goal.p95),
            (self.ratio or 0.0, self.goal.ratio),
        )
        return all(bound is None or figure <= bound for figure, bound in bounds)

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "n": len(self.times),
            "median": round(self.median, 2),
            "p95": round(percentile(self.times, 95), 2),
            "queries": self.queries,
            "memory": None if self.memory is None else round(self.memory, 1),
            "floor": self.floor,
            "floor_median": round(statistics.median(self.floor_times), 2) if self.floor_times else None,
            "ratio": None if self.ratio is None else round(self.ratio, 2),
            "parts": {name: round(ms, 2) for name, ms in self.parts.items()},
            "rows": self.rows,
            "goal": str(self.goal),
            "met": self.met,
            "load": round(os.getloadavg()[0], 1),
        }


def percentile(times: list[float], percent: int) -> float:
    """The least of the times that so many percent do not exceed."""
    ordered = sorted(times)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def worked() -> float:
    """Milliseconds that this process and its database backend have worked so far, whatever the neighbours do.

    Processes that help the backend, and a server elsewhere, are not seen.
    """
    spent = time.process_time() * 1000
    backend = (
        Path(f"/proc/{connection.connection.info.backend_pid}/schedstat") if connection.connection else None
    )
    if backend and backend.exists():
        spent += int(backend.read_text().split()[0]) / 1_000_000
    return spent


def clocked(deed: Callable[[], Any]) -> float:
    """Milliseconds of one run."""
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1000


def in_turn(
    deed: Callable[[], Any], floor: Callable[[], Any], *, warm: int = 1, least: int = LEAST, most: int = MOST
) -> tuple[list[float], list[float]]:
    """Times of a thing and of its floor, one after the other, so that a neighbour's load meets both."""
    for _n in range(warm):
        deed()
        floor()
    gc.collect()
    times: list[float] = []
    floors: list[float] = []
    while len(times) < least or (len(times) < most and sum(times) < ENOUGH * 1000):
        times.append(clocked(deed))
        floors.append(clocked(floor))
    return times, floors


def repeated(deed: Callable[[], Any], *, warm: int = 1, least: int = LEAST, most: int = MOST) -> list[float]:
    """Times of a thing without a floor."""
    return in_turn(deed, lambda: None, warm=warm, least=least, most=most)[0]


class Queries:
    """What the database was asked, and how long it took."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any, float]] = []

    def __call__(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.asked.append((sql, params, (time.perf_counter() - began) * 1000))

    @property
    def ms(self) -> float:
        return sum(ms for _sql, _params, ms in self.asked)


@contextmanager
def listened() -> Iterator[Queries]:
    """Listens to the queries inside."""
    queries = Queries()
    with connection.execute_wrapper(queries):
        yield queries


def peak(deed: Callable[[], Any]) -> float:
    """MiB that the process grew by at most while the deed was done."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _resident("VmRSS")
    deed()
    return max(0.0, (_resident("VmHWM") - before) / 1024)


def _resident(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))
