"""Numbers of invoices: every one once, none missing, whatever is rolled back (R6.3)."""

import random
import threading

import pytest
from django.db import connection, transaction

from billing_site.journal.models import Series
from billing_site.journal.series import next_number, next_numbers

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """The transaction that took the number fails."""


def test_numbers_follow_one_another(db):
    assert [next_number("a"), next_number("a"), next_number("b")] == [1, 2, 1]
    assert list(next_numbers("a", 3)) == [3, 4, 5]


def test_a_series_goes_on_where_the_old_system_ended(db):
    Series.objects.create(name="invoices", last=72814)
    assert next_number("invoices") == 72815


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_inside_a_transaction_only():
    with pytest.raises(RuntimeError):
        next_number("a")


@pytest.mark.django_db(transaction=True)
def test_no_gap_under_eight_threads_with_rollbacks():
    start, taken = threading.Barrier(8), []

    def work(seed: int):
        chance = random.Random(seed)
        start.wait()
        for _ in range(25):
            try:
                with transaction.atomic():
                    number = next_number("invoices")
                    if chance.random() < 0.3:
                        raise Undone
                taken.append(number)
            except Undone:
                continue
        connection.close()

    workers = [threading.Thread(target=work, args=[seed]) for seed in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == list(range(1, len(taken) + 1))
    assert Series.objects.get().last == len(taken)
    assert 0 < len(taken) < 200
