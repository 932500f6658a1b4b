"""Accounts that have paid for a client before."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from django.db import connection

from billing_site.kit import clock
from invoices.models import BankLine, LearnedPayer

ADD = f"""
    INSERT INTO {LearnedPayer._meta.db_table} AS known (account, inn, client_id, times, last_on)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::int[], %s::date[])
    ON CONFLICT (account, client_id) DO UPDATE
    SET times = known.times + EXCLUDED.times, last_on = greatest(known.last_on, EXCLUDED.last_on)
"""  # noqa: S608 - a table's own name


def learn_payers(pairs: Iterable[tuple[BankLine, int]]) -> None:
    """Remember that these lines' accounts paid for these clients; a second client makes one say nothing."""
    times: Counter[tuple[str, int]] = Counter()
    inns: dict[tuple[str, int], str] = {}
    days: dict[tuple[str, int], date] = {}
    for line, client_id in pairs:
        if line.payer_account:
            key = (line.payer_account, client_id)
            times[key] += 1
            inns[key] = line.payer_inn
            days[key] = max(received_on(line), days.get(key, received_on(line)))
    if not times:
        return
    keys = sorted(times)  # one order for everybody: two imports at once don't lock each other
    columns = (
        [account for account, _client in keys],
        [inns[key] for key in keys],
        [client for _account, client in keys],
        [times[key] for key in keys],
        [days[key] for key in keys],
    )
    with connection.cursor() as cursor:
        cursor.execute(ADD, columns)


def received_on(line: BankLine) -> date:
    """The day the money came, as the bank says; today where it says nothing."""
    return line.posted_on or line.date or clock.today()
