"""To send by the 20th (R5.2): odd drafts first, the others in one letter a client, and who has looked."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from invoices import billing, issuing, tasks
from invoices.models import DraftCheck, Invoice, Revision
from invoices.schedule import SEND_RENEWALS, run_renewals
from products.actions import Wanted
from products.models import Batch
from tests import make
from tests.invoices.test_renewing import RUN, drafts, running

pytestmark = pytest.mark.django_db
BOARD = "/renewals/board/"
AUGUST = {"starts": "2019-08"}


@pytest.fixture(autouse=True)
def _in_july():
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager(client):
    user = make.user("account_manager", name="Петрова")
    client.force_login(user)
    return user


@pytest.fixture
def access():
    return make.product("Доступ", {"half_year": "4800.00"})


def renewed(manager, *products, **fields):
    """A client of the manager with a renewal draft of each product's seller."""
    made = make.client(account_manager=manager, **fields)
    for product in products:
        running(made, manager, Wanted(product, "half_year", 1))
    run_renewals(RUN)
    return made


def shown(browser, **asked):
    answer = browser.get(BOARD, {**AUGUST, **asked})
    assert answer.status_code == 200
    return answer.context["board"]


def names(rows):
    return [row.client for row in rows]


def oddities(of) -> list[str]:
    (one,) = billing.drafts_of(billing.renewal_drafts().filter(client=of))
    return [str(odd.odd) for odd in one.oddities]


def test_an_ordinary_draft_is_ready_to_go(client, manager, access):
    ordinary = renewed(manager, access, name="Альфа")
    board = shown(client)
    assert (names(board.odd), names(board.ready)) == ([], [ordinary])


@pytest.mark.parametrize("odd", ["changed", "no_code", "bounced", "no_address", "hold"])
def test_odd_drafts_stand_first_with_the_reason(client, manager, access, odd):
    one = renewed(manager, access)
    if odd == "changed":
        drafts().get().revision.lines.update(gross=Decimal("5000.00"), net=Decimal("5000.00"))
    if odd == "no_code":
        one.payers.update(counterparty_code="")
    if odd == "bounced":
        one.addresses.update(bounced_at="2019-07-01T00:00Z")
    if odd == "no_address":
        one.addresses.update(kind="former")
    if odd == "hold":
        letters.hold(one.pk, by=manager)
    assert oddities(one) == [odd]
    assert names(shown(client).odd) == [one]


def test_unequal_companions_are_odd(manager, access):
    licence = make.product("Лицензии", {"half_year": "2700.00"}, seller=access.seller)
    one = make.client(account_manager=manager)
    running(one, manager, Wanted(access, "half_year", 5), Wanted(licence, "half_year", 4))
    run_renewals(RUN)
    access.companions.create(companion_product=licence)
    assert oddities(one) == ["companions"]


def test_who_has_looked_is_kept_until_the_draft_changes(client, manager, access):
    one = renewed(manager, access)
    one.payers.update(counterparty_code="")
    draft = drafts().get()
    page = client.get(f"/invoices/{draft.pk}/send/")
    answer = client.post(f"/invoices/{draft.pk}/checked/", {"seen": page.context["looked"]})
    assert answer.url == f"{BOARD}?starts=2019-08"
    assert DraftCheck.objects.get().by == manager
    assert names(shown(client).ready) == [one]
    draft.revision.lines.update(text="Другое")
    assert names(shown(client).odd) == [one]
    with pytest.raises(Refused):
        billing.check_draft(draft, by=manager, seen=page.context["looked"])


def test_both_sellers_go_in_one_letter_when_both_papers_are_made(
    manager, access, django_capture_on_commit_callbacks
):
    one = renewed(manager, access, make.product(prices={"half_year": "600.00"}))
    first, second = drafts().order_by("pk")
    letter = billing.send_renewals(one, by=manager)
    assert letter.status == Letter.Status.QUEUED
    assert letter.needs
    assert Invoice.objects.filter(status="issued", renewal_key__gt="").count() == 2
    for invoice in (first, second):
        assert list(issuing.letters_about(invoice, issuing.revisions_of(invoice))) == [letter]
        invoice.refresh_from_db()
        assert f"№ {invoice.number}" in letter.text.replace("\u00a0", " ")
    tasks.keep(Revision.objects.get(invoice=first), b"%PDF first")
    letter.refresh_from_db()
    assert (bool(letter.needs), letter.attachments.count()) == (True, 0)
    tasks.keep(Revision.objects.get(invoice=second), b"%PDF second")
    letter.refresh_from_db()
    assert (letter.needs, letter.attachments.count()) == ("", 2)
    assert list(differences()) == []


def test_one_draft_goes_as_it_always_did(manager, access):
    one = renewed(manager, access)
    letter = billing.send_renewals(one, by=manager)
    assert letter.key.startswith("invoice-")
    with pytest.raises(Refused):
        billing.send_renewals(one, by=manager)


def test_an_odd_draft_keeps_the_others_of_its_client_back(manager, access):
    one = renewed(manager, access, make.product(prices={"half_year": "600.00"}))
    drafts().earliest("pk").revision.lines.update(gross=Decimal("9.00"), net=Decimal("9.00"))
    with pytest.raises(Refused):
        billing.send_renewals(one, by=manager)
    assert drafts().count() == 2


def test_the_ticked_ones_are_sent_and_the_odd_ones_told(client, manager, access):
    fine, odd = renewed(manager, access, name="Альфа"), renewed(manager, access, name="Бета")
    letters.hold(odd.pk, by=manager)
    asked = {"list": BOARD + "?starts=2019-08", "ids": [fine.pk, odd.pk], "stage": "plan"}
    plan = client.post("/renewals/send/", asked)
    assert (plan.context["touched"], [n for _why, n, _rows in plan.context["skipped"]]) == (1, [1])
    done = {"list": asked["list"], "picked": f"{fine.pk},{odd.pk}", "stage": "do", "planned": ""}
    assert client.post("/renewals/send/", done).url == asked["list"]
    assert list(drafts()) == list(odd.invoices.filter(status="draft"))
    assert fine.invoices.filter(status="issued", renewal_key__gt="").count() == 1


def test_a_foreign_address_leads_back_to_the_board(client, manager, access):
    answer = client.post("/renewals/send/", {"list": "https://evil.example/", "ids": []})
    assert answer.url == BOARD


def test_other_peoples_clients_are_neither_seen_nor_sent(client, manager, access):
    other = renewed(make.user("account_manager"), access)
    User.objects.filter(pk=manager.pk).update(scope=User.Scope.PORTFOLIO)
    assert shown(client, manager="all").ready == []
    assert SEND_RENEWALS.plan([other.pk], {}, User.objects.get(pk=manager.pk)).rows == []


def test_the_funnel_of_each_manager(client, manager, access):
    for _n in range(3):
        renewed(manager, access)
    first, second, _third = drafts().order_by("pk")
    for draft in (first, second):
        billing.send_renewals(draft.client, by=manager)
    issuing.note_opened(first.links.get())
    answer = client.get("/renewals/board/2019/8/managers/")
    (row,) = answer.context["rows"]
    assert [row[key] for key in ("made", "checked", "sent", "opened", "paid")] == [3, 2, 2, 1, 0]


@pytest.mark.parametrize(
    ("due", "day"),
    [
        (date(2019, 8, 1), date(2019, 7, 20)),
        (date(2020, 1, 1), date(2019, 12, 20)),
        (date(2019, 8, 15), date(2019, 8, 5)),
    ],
)
def test_the_day_to_be_sent(due, day):
    assert billing.send_by(due) == day


@pytest.mark.parametrize(("due"), [date(2019, 8, 1), date(2019, 8, 15)])
def test_a_draft_is_late_on_the_day_after(manager, access, due):
    renewed(manager, access)
    Invoice.objects.filter(status="draft").update(due_on=due)
    day = billing.send_by(due)
    assert billing.late_drafts(day).count() == 0
    assert billing.late_drafts(day + timedelta(days=1)).count() == 1


@pytest.mark.parametrize("clients", [3, 12])
def test_the_board_asks_as_much_for_many_as_for_few(
    client, manager, access, clients, django_assert_max_num_queries
):
    for _n in range(clients):
        renewed(manager, access)
    Batch.objects.first()
    with django_assert_max_num_queries(20):
        assert len(shown(client).ready) == clients


@pytest.mark.parametrize("typed", ["2019-13", "x", "99999-01", "2019-08-01"])
def test_no_month_is_the_next_one(client, manager, typed):
    assert client.get(BOARD, {"starts": typed}).context["first"] == date(2019, 8, 1)
