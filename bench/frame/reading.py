"""A page read in this process: how long it took, and how much of that was SQL and how much templates."""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.backends.django import Template
from django.test import Client as Browser

from bench.frame.addresses import FLOOR
from bench.frame.measuring import Goal, Measurement, Queries, in_turn, listened, worked
from billing_site.kit import live
from billing_site.office.models import User

TRIVIAL = "a signed-in page of one query without a template"


@dataclass
class Printing:
    """Time inside templates, without the queries that they set off."""

    queries: Queries
    ms: float = 0
    depth: int = 0

    def watch(self, render: Any) -> Any:
        def watched(template: Template, *args: Any, **kwargs: Any) -> str:
            if self.depth:
                return render(template, *args, **kwargs)
            began, asked = time.perf_counter(), self.queries.ms
            self.depth += 1
            try:
                return render(template, *args, **kwargs)
            finally:
                self.depth -= 1
                self.ms += (time.perf_counter() - began) * 1000 - (self.queries.ms - asked)

        return watched


@dataclass
class Reading:
    """One page as one reader gets it."""

    status: int
    ms: float
    sql: float
    template: float
    cpu: float
    asked: list[tuple[str, Any, float]] = field(default_factory=list)


class Reader:
    """A member of staff with a browser."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.browser = Browser(raise_request_exception=False)
        self.browser.force_login(user)

    def read(self, address: str) -> Reading:
        """One request; the counters of the frame are counted anew, as they are after any deed."""
        live.forget(f"counters:{self.user.pk}")
        with listened() as queries:
            printing, plain = Printing(queries), Template.render
            Template.render = printing.watch(plain)  # type: ignore[method-assign]
            began, before = time.perf_counter(), worked()
            try:
                answer = self.browser.get(address)
            finally:
                ms, cpu = (time.perf_counter() - began) * 1000, worked() - before
                Template.render = plain  # type: ignore[method-assign]
        return Reading(answer.status_code, ms, queries.ms, printing.ms, cpu, queries.asked)

    def may_read(self, address: str) -> bool:
        """Whether the page is there for this reader; one that fails is told."""
        status = self.read(address).status
        if status >= 500:
            print(f"{address} answers {status}", file=sys.stderr)
        return status == 200

    def measured(self, what: str, address: str, goal: Goal) -> Measurement:
        """A page, in turn with the least that a page can be. It must answer 200: look before."""
        readings: list[Reading] = []
        _times, floors = in_turn(
            lambda: readings.append(self.read(address)), lambda: self.browser.get(FLOOR), warm=1
        )
        kept = readings[1:]
        return Measurement(
            what,
            times=[reading.ms for reading in kept],
            floor=TRIVIAL,
            floor_times=floors,
            queries=len(kept[-1].asked),
            parts=self.parts(kept),
            goal=goal,
        )

    @staticmethod
    def parts(readings: Sequence[Reading]) -> dict[str, float]:
        """The middle of what the queries, the templates and all the rest took."""
        return {
            "sql": statistics.median(reading.sql for reading in readings),
            "template": statistics.median(reading.template for reading in readings),
            "cpu": statistics.median(reading.cpu for reading in readings),
            "rest": statistics.median(reading.ms - reading.sql - reading.template for reading in readings),
        }
