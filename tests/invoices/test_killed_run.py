"""A renewal run that dies at any moment, or meets another: nothing doubled, nothing missing."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import time_machine
from django.db import connection, transaction

from billing_site.home.books import differences
from invoices import billing
from invoices.models import Invoice, Line
from invoices.schedule import run_renewals
from products.actions import Wanted
from products.models import Service
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
RUN = date(2019, 7, 12)  # twenty days before 01.08.2019
NEXT = date(2019, 8, 1)
CLIENTS, CHUNK, KILLS = 36, 3, 5
CHUNK_TAKES = 0.03  # seconds, more or less


@pytest.fixture
def expected() -> Counter:
    """An office whose periods end; what a run makes that nobody disturbs."""
    by = make.user("head")
    access = make.product("Доступ", {"half_year": "4800.00"})
    hours = make.product("Сопровождение", {"half_year": "900.00"})
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        for n in range(CLIENTS):
            wanted = [Wanted(access, "half_year", 1 + n % 4), *[Wanted(hours, "half_year", 1)] * (n % 3 == 0)]
            order = make.order(make.client(), *wanted, starts_on=date(2019, 2, 1))
            for draft in billing.accept_order(order, by=by):
                billing.send_invoice(draft, by=by)
                sent = Invoice.objects.get(pk=draft.pk)
                whole = (sent.pk, sent.total)
                billing.receive(
                    billing.Receipt(
                        sent.client_id, sent.payer_id, sent.seller_id, date(2019, 1, 20), sent.total, (whole,)
                    ),
                    by=None,
                )
    with transaction.atomic():
        run_renewals(RUN)
        made = renewals()
        transaction.set_rollback(True)
    assert len(made) == CLIENTS + CLIENTS // 3
    return made


def renewals() -> Counter:
    """Drafts that stand, as people would compare them, with the periods and sums of their lines."""
    drafts = Invoice.objects.filter(status=Invoice.Status.DRAFT).select_related("current")
    return Counter(
        (
            draft.client_id, draft.payer_id, draft.seller_id, draft.due_on, draft.total,
            *((line.batch_id, line.period.lower, line.period.upper, line.gross)
              for line in draft.revision.lines.order_by("batch")),
        )
        for draft in drafts
    )  # fmt: skip


@contextmanager
def running() -> Iterator[subprocess.Popen]:
    """A run in a process of its own; gone afterwards, whatever happened."""
    database = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "bill", "--on", RUN.isoformat(), "--chunk", str(CHUNK)],
        env={**os.environ, "DATABASE_URL": database},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(process: subprocess.Popen, drafts: int) -> bool:
    """Until so many drafts are committed; false when the run ended before."""
    while Invoice.objects.filter(status=Invoice.Status.DRAFT).count() < drafts:
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    return True


def finish() -> None:
    with running() as process:
        assert process.wait(timeout=120) == 0


def assert_as_if_undisturbed(expected: Counter) -> None:
    assert renewals() == expected
    billed = Counter(Line.objects.filter(live=True, period__startswith=NEXT).values_list("batch", flat=True))
    assert set(billed.values()) == {1}
    assert len(billed) == Service.objects.count()
    assert list(differences()) == []
    assert run_renewals(RUN).drafts == []


def test_a_run_killed_five_times_ends_as_if_undisturbed(expected):
    dice = random.Random(2026)
    killed = []
    for _kill in range(KILLS):
        there = sum(renewals().values())
        if there > sum(expected.values()) - CHUNK:
            break
        with running() as process:
            if until(process, there + dice.randint(1, 2 * CHUNK)):
                time.sleep(dice.random() * CHUNK_TAKES)  # somewhere inside one of its transactions
            process.kill()
            killed.append(process.wait())
    assert -9 in killed
    assert renewals() <= expected
    finish()
    assert_as_if_undisturbed(expected)


def test_two_runs_at_once_one_of_them_killed(expected):
    dice = random.Random(2027)
    with running() as first, running() as second:
        until(first, dice.randint(1, CLIENTS // 2))
        time.sleep(dice.random() * CHUNK_TAKES)
        first.kill()
        assert second.wait(timeout=120) == 0
    finish()
    assert_as_if_undisturbed(expected)
