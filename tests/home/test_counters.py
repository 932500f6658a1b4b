"""The counters of the top bar: beside the truth, and never older than a second."""

import time
from datetime import timedelta

import pytest

from billing_site.journal.models import Job
from billing_site.kit import clock
from billing_site.pages import counters
from invoices.models import Invoice
from products.actions import Wanted
from products.models import Order
from tests import make, small_office
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    people = small_office.staff()
    small_office.office(people["account_manager"])
    return people


def truth(user) -> dict[str, int]:
    """Counted by hand, row by row."""
    unpaid = Invoice.objects.visible_to(user).filter(status="issued")
    return {
        "jobs": sum(job.author_id == user.pk and bool(job.ended_at) for job in Job.objects.all()),
        "mentions": user.mentions.count(),
        "orders": sum(order.status == "pending" for order in Order.objects.visible_to(user)),
        "invoices": sum(invoice.is_overdue() for invoice in unpaid),
        "tickets": sum(one.status in ("open", "client_reply") for one in Ticket.objects.visible_to(user)),
    }


@pytest.mark.parametrize("who", ["admin", "head", "account_manager", "outsider"])
def test_they_tell_the_truth_of_what_the_reader_may_see(staff, who):
    user = staff[who]
    Invoice.objects.filter(status="paid").update(
        status="issued", paid=0, due_on=clock.today() - timedelta(days=1)
    )
    Job.objects.update(ended_at=clock.now())
    counters.recount(user)
    counted = counters.counters(user)
    assert counted == truth(user)
    assert any(counted.values()) == (who != "outsider")


def test_who_may_not_see_a_thing_has_no_counter_of_it(staff):
    counters.recount(staff["stranger"])
    assert counters.counters(staff["stranger"]) == {"jobs": 0, "mentions": 0}


def test_what_another_person_did_is_counted_within_a_second(staff):
    head = staff["head"]
    counters.recount(head)
    before = counters.counters(head)["orders"]
    wanted = Wanted(make.product(), "half_year")
    make.order(make.client(), wanted, starts_on=clock.today(), by=staff["account_manager"])
    time.sleep(1.1)
    assert counters.counters(head)["orders"] == before + 1


def test_all_of_them_are_one_query_and_bounded(staff, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(counters, "LIMIT", 0)
    head = staff["head"]
    head.has_perm("invoices.view_invoice")
    counters.recount(head)
    with django_assert_num_queries(1):
        counted = counters.counters(head)
    assert max(counted.values()) == 1
    assert counters.shown(1) == "0+"
