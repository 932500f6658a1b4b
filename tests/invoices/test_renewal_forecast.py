"""The dry run in the panel shows the very drafts that the run then makes, and writes nothing."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing_site.office.models import User
from invoices.models import Invoice, Line
from invoices.schedule import run_renewals
from products.actions import Wanted
from tests import make
from tests.invoices.test_renewing import RUN, running

pytestmark = pytest.mark.django_db
PAGE = "/renewals/"


@pytest.fixture
def head(client):
    user = make.user("head")
    client.force_login(user)
    return user


@pytest.fixture
def access():
    return make.product("Доступ", {"half_year": "4800.00", "month": "800.00"})


def forecast(browser, **asked):
    answer = browser.get(PAGE, asked)
    assert answer.status_code == 200
    return answer.context["forecast"]


@time_machine.travel("2019-07-08 09:00+00:00", tick=False)
def test_page_shows_what_the_run_drafts(client, head, access):
    running(make.client(name="Ромашка"), head, Wanted(access, "half_year", 5))
    shown = forecast(client, on=RUN.isoformat())
    before = Invoice.objects.count(), Line.objects.count()
    assert [(one.plan.due_on, one.total, one.change) for one in shown.drafts] == [
        (date(2019, 8, 1), Decimal("24000.00"), Decimal("0.0"))
    ]
    assert (Invoice.objects.count(), Line.objects.count()) == before
    (draft,) = run_renewals(RUN).drafts
    assert draft.total == shown.total
    assert forecast(client, on=RUN.isoformat()).drafts == []


@time_machine.travel("2019-07-08 09:00+00:00", tick=False)
def test_week_names_the_day_of_the_run(client, head, access):
    running(make.client(name="Ромашка"), head, Wanted(access, "half_year", 5))
    week = client.get(PAGE).context["week"]
    assert [(day.on, day.services, day.amount) for day in week if day.services] == [
        (RUN, 1, Decimal("24000.00"))
    ]
    assert forecast(client).drafts == [], "four days too early"


@time_machine.travel("2019-07-08 09:00+00:00", tick=False)
def test_page_is_a_page_of_clients(client, head, access, monkeypatch):
    monkeypatch.setattr("invoices.views.renewals.CLIENTS", 2)
    names = ["Альфа", "Бета", "Гамма"]
    for name in names:
        running(make.client(name=name), head, Wanted(access, "half_year", 1))
    first = forecast(client, on=RUN.isoformat())
    rest = forecast(client, on=RUN.isoformat(), after=first.more)
    assert [str(one.plan.client) for one in (*first.drafts, *rest.drafts)] == names
    assert rest.more is None


@time_machine.travel("2019-07-12 09:00+00:00", tick=False)
def test_empty_page_goes_on_by_itself(client, head, access, monkeypatch):
    monkeypatch.setattr("invoices.views.renewals.SERVICES", 1)
    for name in ("Альфа", "Бета"):
        running(make.client(name=name), head, Wanted(access, "half_year", 1))
    run_renewals(RUN)
    late = make.client(name="Гамма")
    running(late, head, Wanted(access, "half_year", 1))
    answer = client.get(PAGE)
    pages = 0
    while not answer.context["forecast"].drafts:
        assert 'hx-trigger="load"' in answer.content.decode()
        after = answer.context["forecast"].more
        answer = client.get(PAGE, {"on": RUN.isoformat(), "after": after}, headers={"hx-request": "true"})
        pages += 1
    assert pages == 2
    assert [one.plan.client for one in answer.context["forecast"].drafts] == [late]
    assert "<html" not in answer.content.decode()


@time_machine.travel("2019-07-08 09:00+00:00", tick=False)
def test_other_peoples_clients_are_left_out(client, access):
    own = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    mine, other = make.client(name="Своя", account_manager=own), make.client(name="Чужая")
    for one in (mine, other):
        running(one, own, Wanted(access, "half_year", 1))
    client.force_login(own)
    shown = forecast(client, on=RUN.isoformat())
    assert [one.plan.client for one in shown.drafts] == [mine]
    assert sum(day.services for day in client.get(PAGE).context["week"]) == 1


@time_machine.travel("2019-07-08 09:00+00:00", tick=False)
@pytest.mark.parametrize("typed", ["2019-07-07", "12.07.2019", "2019-02-30", "2099-01-01", "<b>"])
def test_no_day_is_told(client, head, typed):
    answer = client.get(PAGE, {"on": typed})
    assert answer.status_code == 400
    assert "не день в пределах десяти лет" in answer.content.decode()
