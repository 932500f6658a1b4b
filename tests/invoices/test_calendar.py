"""The calendar of renewals: what the run will draft, what is due, what ends and changes on which day."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing_site.office.models import User
from invoices import billing
from products.actions import Wanted
from products.models import Service
from tests import make
from tests.invoices.test_renewing import RUN, running

pytestmark = pytest.mark.django_db
PAGE = "/renewals/calendar/"


@pytest.fixture(autouse=True)
def _in_july():
    with time_machine.travel("2019-07-08 09:00+00:00", tick=False):
        yield


@pytest.fixture
def head(client):
    user = make.user("head")
    client.force_login(user)
    return user


@pytest.fixture
def service(head):
    access = make.product("Доступ", {"half_year": "4800.00"})
    running(make.client(name="Ромашка"), head, Wanted(access, "half_year", 5))
    return Service.objects.get()


def days(browser, **asked):
    weeks = browser.get(PAGE, asked).context["weeks"]
    return {day.on: day for week in weeks for day in week}


def test_the_day_of_the_run(client, service):
    day = days(client)[RUN]
    assert (day.services, day.amount) == (1, Decimal("24000.00"))
    assert f"/renewals/?on={RUN.isoformat()}" in client.get(PAGE).content.decode()


def test_past_days_of_the_run_are_not_still_to_be_drafted(client, service):
    assert client.get(PAGE).context["amount"] == Decimal("24000.00")
    with time_machine.travel("2019-07-13 09:00+00:00", tick=False):
        assert client.get(PAGE).context["amount"] == 0


def test_the_day_to_be_paid(client, head, service):
    from_run = billing.renew_clients([service.client_id], RUN)
    billing.send_invoice(from_run[0], by=head)
    day = days(client, month="2019-08")[date(2019, 8, 1)]
    assert (day.invoices, day.due) == (1, Decimal("24000.00"))


def test_planned_changes_and_ends(client, head, service):
    billing.plan_change(billing.quote_plan(service, becomes=4), by=head)
    assert days(client, month="2019-08")[date(2019, 8, 1)].changes == 1
    Service.objects.update(ends=True)
    day = days(client, month="2019-08")[date(2019, 8, 1)]
    assert (day.ends, days(client)[RUN].services) == (1, 0)


def test_the_twentieth_leads_to_the_board(client, service):
    assert "/renewals/board/?starts=2019-08" in client.get(PAGE).content.decode()


def test_other_peoples_services_are_not_counted(client, service):
    client.force_login(make.user("account_manager", scope=User.Scope.PORTFOLIO))
    assert sum(day.services for day in days(client).values()) == 0


@pytest.mark.parametrize("typed", ["", "x", "2019-13", "<b>", "0001-01", "9999-12"])
def test_any_month_opens(client, head, typed):
    assert client.get(PAGE, {"month": typed}).status_code == 200
