"""The renewal run: once per client, payer, seller and due date, however often and however many at once."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.letters.models import Letter
from invoices import billing, drafting
from invoices.models import Invoice, Line
from invoices.schedule import run_renewals
from products.actions import Wanted
from products.models import Service
from tests import make

pytestmark = pytest.mark.django_db
RUN = date(2019, 7, 12)  # twenty days before 01.08.2019


@pytest.fixture
def manager():
    return make.user("head")


@pytest.fixture
def access():
    return make.product("Доступ", {"half_year": "4800.00", "month": "800.00"})


def running(client, manager, *wanted: Wanted, pays: bool = True) -> Invoice:
    """Services since 01.02.2019, paid until 31.07.2019."""
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        order = make.order(client, *wanted, starts_on=date(2019, 2, 1))
        (draft,) = billing.accept_order(order, by=manager)
        billing.send_invoice(draft, by=manager)
    invoice = Invoice.objects.get(pk=draft.pk)
    if pays:
        pay(invoice)
    return invoice


def pay(invoice: Invoice) -> None:
    receipt = billing.Receipt(
        invoice.client_id, invoice.payer_id, invoice.seller_id, date(2019, 1, 20), invoice.total,
        ((invoice.pk, invoice.total),),
    )  # fmt: skip
    billing.receive(receipt, by=None)


def drafts():
    return Invoice.objects.filter(status=Invoice.Status.DRAFT)


def test_it_works(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5))
    letters = Letter.objects.count()
    run = run_renewals(RUN)
    (draft,) = run.drafts
    line = draft.revision.lines.get()
    assert (draft.due_on, draft.total) == (date(2019, 8, 1), Decimal("24000.00"))
    assert (line.period.lower, line.period.upper) == (date(2019, 8, 1), date(2020, 2, 1))
    assert Letter.objects.count() == letters
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("on", "found"), [(date(2019, 7, 11), 0), (date(2019, 7, 12), 1), (date(2019, 9, 1), 1)]
)
def test_periods_that_start_up_to_twenty_days_later_are_drafted(access, manager, on, found):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    assert len(run_renewals(on).drafts) == found


def test_a_second_run_makes_nothing(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    run_renewals(RUN)
    assert run_renewals(RUN).drafts == []
    assert run_renewals(date(2019, 7, 25)).drafts == []
    assert drafts().count() == 1


def test_services_of_one_due_date_share_a_draft(access, manager):
    other = make.product("Лицензии", {"half_year": "2700.00"}, seller=access.seller)
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5), Wanted(other, "half_year", 5))
    (draft,) = run_renewals(RUN).drafts
    assert draft.total == Decimal("37500.00")
    assert draft.revision.lines.count() == 2


def test_two_sellers_make_two_drafts(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5))
    running(client, manager, Wanted(make.product(), "half_year", 1))
    assert {draft.seller_id for draft in run_renewals(RUN).drafts} == set(
        Service.objects.values_list("product__seller", flat=True)
    )


def test_a_client_may_want_separate_invoices(access, manager):
    other = make.product("Лицензии", {"half_year": "2700.00"}, seller=access.seller)
    client = make.client(separate_invoices=True)
    running(client, manager, Wanted(access, "half_year", 5), Wanted(other, "half_year", 5))
    assert len(run_renewals(RUN).drafts) == 2


def test_a_service_with_an_unpaid_period_is_not_billed_again(access, manager):
    """R5.1."""
    running(make.client(), manager, Wanted(access, "half_year", 5))
    (draft,) = run_renewals(RUN).drafts
    billing.send_invoice(draft, by=manager)
    assert run_renewals(date(2020, 1, 15)).drafts == []


def test_the_next_period_follows_once_it_is_paid(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    (draft,) = run_renewals(RUN).drafts
    billing.send_invoice(draft, by=manager)
    pay(Invoice.objects.get(pk=draft.pk))
    (following,) = run_renewals(date(2020, 1, 15)).drafts
    assert following.due_on == date(2020, 2, 1)
    assert following.revision.lines.get().period.upper == date(2020, 8, 1)


def test_a_discarded_draft_does_not_come_back(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    (draft,) = run_renewals(RUN).drafts
    drafting.discard(draft, by=manager)
    assert run_renewals(RUN).drafts == []
    assert run_renewals(date(2019, 8, 20)).drafts == []
    assert list(differences()) == []


def test_a_service_that_ends_is_not_renewed(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    Service.objects.update(ends=True)
    assert run_renewals(RUN).drafts == []


def test_a_client_without_a_payer_is_parked_and_holds_up_nobody(access, manager):
    lost, fine = make.client(), make.client()
    for client in (lost, fine):
        running(client, manager, Wanted(access, "half_year", 5))
    lost.payers.update(is_default=False)
    run = run_renewals(RUN)
    assert [draft.client_id for draft in run.drafts] == [fine.pk]
    assert Entry.objects.filter(verb="invoices.renewal_parked", client_no=lost.pk).count() == 1


def test_a_broken_row_stands_alone(access, manager):
    """A chunk that fails is halved until the client at fault is parked by itself."""
    broken = make.product("Сломанный", {"half_year": "10.00"}, vat_treatment="none")
    clients = [make.client() for _ in range(5)]
    for n, client in enumerate(clients):
        running(client, manager, Wanted(broken if n == 2 else access, "half_year", 1))
    broken.vat_treatment = "general"  # a treatment that has no rate in this office
    broken.save()
    run = run_renewals(RUN)
    assert [client for client, _because in run.parked] == [clients[2].pk]
    assert {draft.client_id for draft in run.drafts} == {c.pk for c in clients} - {clients[2].pk}


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_make_each_draft_once(access, manager):
    for _ in range(8):
        running(make.client(), manager, Wanted(access, "half_year", 1))
    trouble, start = [], threading.Barrier(3)

    def run() -> None:
        try:
            start.wait()
            run_renewals(RUN)
        except Exception as error:
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    run_renewals(RUN)
    assert drafts().count() == 8
    assert Line.objects.filter(live=True, period__startswith=date(2019, 8, 1)).count() == 8
    assert list(differences()) == []


@pytest.mark.parametrize("clients", [3, 30])
def test_queries_of_a_chunk_do_not_grow_with_clients(access, manager, clients, django_assert_max_num_queries):
    for _ in range(clients):
        running(make.client(), manager, Wanted(access, "half_year", 1))
    with django_assert_max_num_queries(28):
        assert len(run_renewals(RUN).drafts) == clients


def test_month_ends_stay_month_ends_for_ten_years(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "month", 1))
    ends = []
    for n in range(120):
        service = Service.objects.get()
        ends.append(service.paid_until)
        (draft,) = run_renewals(service.paid_until).drafts
        if n % 40 == 0:
            assert draft.total == Decimal("800.00")
        Invoice.objects.filter(pk=draft.pk).update(
            status=Invoice.Status.VOID, number=10_000 + n, issued_on=RUN
        )
        Line.objects.filter(revision__invoice=draft).update(kind=Line.Kind.OPENING)
        billing.receiving.settle_paid_until([service.pk])
    assert all(day.day == 1 for day in ends)
    assert len(set(ends)) == 120


def test_the_command_shows_a_dry_run_and_then_does_it(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5))
    out = StringIO()
    call_command("bill", "--on", "2019-07-12", "--dry-run", "--json", stdout=out)
    (row,) = map(json.loads, out.getvalue().splitlines())
    assert (row["invoice"], row["client"], row["total"], row["due_on"]) == (
        None, client.pk, "24000.00", "2019-08-01",
    )  # fmt: skip
    assert drafts().count() == 0
    out = StringIO()
    call_command("bill", "--on", "2019-07-12", "--json", stdout=out)
    (row,) = map(json.loads, out.getvalue().splitlines())
    assert row["invoice"] == drafts().get().pk
    out = StringIO()
    call_command("bill", "--on", "2019-07-12", stdout=out)
    assert out.getvalue() == "0 drafts, 12.07.2019\n"


def test_a_quote_prices_a_change(access, manager):
    """MISSION figure 4: a disk pack bought on 08.02.2019, ending with the main invoice."""
    disk = make.option(access)
    running(make.client(), manager, Wanted(access, "half_year", 5))
    out = StringIO()
    call_command(
        "quote", "--json", "--service", str(Service.objects.get().pk), "--quantity", "1", "--option",
        str(disk.pk), "--on", "2019-02-08", stdout=out,
    )  # fmt: skip
    quote = json.loads(out.getvalue())
    assert (quote["start"], quote["end"], quote["rule"]) == ("2019-02-08", "2019-07-31", "office")
    assert (quote["total"], quote["recurring"]) == ("344.00", "24360.00")
    assert [step["amount"] for step in quote["steps"]] == ["44.00", "300.00"]


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_half_way_leaves_nothing_half_made(access, manager):
    """The process dies between the drafts and their lines; the next run makes each draft once."""
    for _ in range(4):
        running(make.client(), manager, Wanted(access, "half_year", 1))
    before = Invoice.objects.count()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE invoices_line IN SHARE MODE")  # reading goes on, writing lines waits
        run = subprocess.Popen(
            [sys.executable, "manage.py", "bill", "--on", "2019-07-12"],
            env={**os.environ, "DATABASE_URL": address_of_the_test_database()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for_a_lock(cursor)
        finally:
            run.kill()
            run.wait()
    assert Invoice.objects.count() == before
    assert len(run_renewals(RUN).drafts) == 4
    assert run_renewals(RUN).drafts == []
    assert list(differences()) == []


def address_of_the_test_database() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + connection.settings_dict["NAME"]


def wait_for_a_lock(cursor) -> None:
    """Until another session waits to write a line; fails when none does in a minute and a half."""
    for _ in range(900):
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'invoices_line'::regclass"
        )
        if cursor.fetchone()[0]:
            return
        time.sleep(0.1)
    pytest.fail("the run never came to its lines")
