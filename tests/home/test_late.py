"""Renewals on the home page: what was parked, and to heads what nobody has sent by the day (R5.2)."""

from datetime import date

import pytest
import time_machine

from billing_site.home import panels
from invoices.models import ParkedRenewal
from invoices.schedule import run_renewals
from products.actions import Wanted
from tests import make
from tests.invoices.test_renewing import RUN, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return make.user("account_manager")


@pytest.fixture
def head():
    return make.user("head")


def block(user, key):
    return next((one for one in panels.my_day(user) if one.block.key == key), None)


def test_parked_renewals_are_counted_for_their_manager_and_the_head(client, manager, head):
    for who in (*[manager] * 7, make.user("account_manager")):
        ParkedRenewal.objects.create(
            client=make.client(account_manager=who), starts_on=date(2026, 12, 1), reason="no_payer",
            facts={"found": [{"code": "no_payer"}]},
        )  # fmt: skip
    assert [block(who, "parked").count for who in (manager, head)] == [7, 8]
    client.force_login(manager)
    rows = client.get(block(manager, "parked").more_url).context["rows"]
    assert len(rows) == 7
    assert "У клиента нет плательщика" in client.get("/").content.decode()


def test_drafts_that_nobody_sent_by_the_twentieth_go_to_the_head(client, manager, head):
    access = make.product("Доступ", {"half_year": "4800.00"})
    running(make.client(name="Ромашка", account_manager=manager), manager, Wanted(access, "half_year", 5))
    with time_machine.travel("2019-07-20 09:00+00:00", tick=False):
        run_renewals(RUN)
        assert block(head, "late").rows == []
    with time_machine.travel("2019-07-21 09:00+00:00", tick=False):
        assert block(head, "late").count == 1
        assert block(manager, "late") is None
        client.force_login(head)
        assert "Не отправлены к сроку" in client.get("/").content.decode()
        assert client.get(block(head, "late").more_url).context["late"]
