"""Gapless numbers."""

from django.db import connection

from billing_site.journal.models import Series


def next_number(name: str) -> int:
    """Take the next number of the series `name` (created at first use).

    Call it inside the transaction, as its last statement but one: the row stays locked until commit,
    and a rollback gives the number back, so the series has no gaps (R6.3).
    """
    return next_numbers(name, 1)[0]


def next_numbers(name: str, count: int) -> range:
    """Take `count` numbers in a row."""
    if not connection.in_atomic_block:
        raise RuntimeError("a number is taken inside the transaction that uses it")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Series._meta.db_table} AS s (name, last) VALUES (%s, %s)"  # noqa: S608
            " ON CONFLICT (name) DO UPDATE SET last = s.last + EXCLUDED.last RETURNING last",
            [name, count],
        )
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)
