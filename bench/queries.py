"""The ten heaviest queries of all pages, each alone; with --keep their plans go to bench/plans."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse

from bench.frame.databases import ROOT
from bench.frame.measuring import Goal, Measurement, repeated
from bench.frame.offices import Office
from bench.frame.reading import Reader
from bench.frame.walking import Place, general, lists, of_client
from bench.lists import middle

TIMES = 3  # each page is read; the quickest of a query's times counts
HEAVIEST = 10
GOAL = Goal(ms=50)
PLANS = ROOT / "bench" / "plans"


@dataclass(frozen=True)
class Query:
    """A statement as a page asked it."""

    page: str
    sql: str
    params: Any
    ms: float

    def plan(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {self.sql}", self.params)
            return "\n".join(row[0] for row in cursor.fetchall())


def measure(office: Office) -> Iterator[Measurement]:
    reader = Reader(office.head)
    heaviest = sorted(asked(reader, office), key=lambda one: -one.ms)[:HEAVIEST]
    for place, query in enumerate(heaviest, 1):
        if os.environ.get("BENCH_KEEP"):
            keep(office, place, query)
        with connection.cursor() as cursor:
            times = repeated(lambda: cursor.execute(query.sql, query.params))  # noqa: B023 - used at once
        yield Measurement(f"{query.page}: {shape(query.sql)[:70]}", times, goal=GOAL)


def asked(reader: Reader, office: Office) -> list[Query]:
    """The queries of all pages, those of one shape once."""
    slowest: dict[str, Query] = {}
    for place in places(reader, office):
        if not reader.may_read(place.address):
            continue
        readings = [reader.read(place.address) for _n in range(TIMES)]
        for same in zip(*(reading.asked for reading in readings), strict=False):
            sql, params, _ms = same[-1]
            ms = min(ms for _sql, _params, ms in same)
            known = slowest.get(shape(sql))
            if sql.startswith("SELECT") and (known is None or known.ms < ms):
                slowest[shape(sql)] = Query(place.name, sql, params, ms)
    return list(slowest.values())


def places(reader: Reader, office: Office) -> Iterator[Place]:
    for name, page in lists().items():
        address = reverse(name)
        yield Place(name, address)
        for part in ("part=tabs", "part=sums", "q=нет такого слова"):
            yield Place(f"{name}?{part}", f"{address}?{part}")
        if reader.may_read(address) and (after := middle(reader, name, page)):
            yield Place(f"{name}?after", f"{address}?after={after}")
    yield from general(office)
    for client in (office.typical, office.heavy):
        yield from of_client(office, client)


def shape(sql: str) -> str:
    """What a statement reads and under which condition, without the columns that it selects."""
    body = re.sub(r"\s+", " ", sql)
    return re.sub(r"^SELECT .*? FROM", "FROM", body).replace('"', "")


def keep(office: Office, place: int, query: Query) -> None:
    PLANS.mkdir(exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", query.page).strip("-")
    for former in PLANS.glob(f"{place:02d}-*.txt"):
        former.unlink()
    text = f"{query.page}, office of {office.size}\n\n{query.sql % tuple(map(repr, query.params or ()))}\n\n"
    (PLANS / f"{place:02d}-{name}.txt").write_text(text + query.plan() + "\n")
