"""The counters of the top bar, counted anew."""

from collections.abc import Iterator

from django.db import connection

from bench.frame.measuring import Goal, Measurement, in_turn, listened
from bench.frame.offices import Office
from billing_site.pages import counters

GOAL = Goal(ms=5)


def measure(office: Office) -> Iterator[Measurement]:
    for who, user in (("everything", office.head), ("a manager's own", office.manager)):

        def count(user=user) -> None:
            counters.recount(user)
            counters.counters(user)

        user.has_perm("invoices.view_invoice")  # rights are read once a request, before the counters
        with listened() as queries:
            count()
        times, floors = in_turn(count, _nothing, least=50, most=200)
        yield Measurement(
            f"counters, {who}",
            times,
            floor="a query for nothing",
            floor_times=floors,
            queries=len(queries.asked),
            parts={"sql": queries.ms},
            goal=GOAL,
        )


def _nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
