"""The sanity gate of the renewal run (R5): what looks wrong waits for a person, with the reason."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateRange

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from clients.models import Payer
from invoices import billing, sanity
from invoices.models import Invoice, Line, ParkedRenewal
from invoices.schedule import run_renewals
from products import actions as products
from products.actions import Wanted
from products.models import Batch, Companion, Price, Service
from tests import make
from tests.invoices.papers import pay
from tests.invoices.test_renewing import RUN, drafts, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_july():
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("head")


@pytest.fixture
def access():
    return make.product("Доступ", {"half_year": "4800.00", "year": "9000.00", "month": "800.00"})


def parked() -> ParkedRenewal:
    return ParkedRenewal.objects.get(resolved_at=None)


def reprice(price: str) -> None:
    """Somebody overtypes the price in the table: nothing says why."""
    Batch.objects.update(price=Decimal(price))
    products.settle_recurring(Service.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2019, 2, 1), date(2019, 8, 1), Decimal(6)),
        (date(2019, 3, 15), date(2020, 3, 15), Decimal(12)),
        (date(2019, 2, 8), date(2019, 8, 1), Decimal(22) / 30 + 5),
        (date(2019, 2, 8), date(2019, 3, 1), Decimal(22) / 30),
        (date(2019, 7, 30), date(2019, 8, 1), Decimal(0)),
        (date(2019, 7, 10), date(2019, 7, 20), Decimal(10) / 30),
    ],
)
def test_months_are_counted_as_the_office_does(start, end, months):
    assert sanity.months_in(start, end) == months


def test_a_disk_pack_of_half_a_month_costs_what_a_whole_one_does():
    """MISSION figure 4: 344.00 from 08.02 to 31.07 are 60.00 a month."""
    assert sanity.monthly(Decimal("344.00"), date(2019, 2, 8), date(2019, 8, 1)) == Decimal("60.00")


@pytest.mark.parametrize(
    ("price", "waits"), [("4800.00", False), ("6240.00", False), ("6300.00", True), ("3300.00", True)]
)
def test_a_sum_that_jumps_is_parked(access, manager, price, waits):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice(price)
    run = run_renewals(RUN)
    assert (len(run.drafts), len(run.parked)) == ((0, 1) if waits else (1, 0))
    assert ParkedRenewal.objects.count() == waits
    assert list(differences()) == []


def test_the_percent_is_a_setting(access, manager, settings):
    settings.RENEWAL_PARK_PERCENT = 5
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("5100.00")
    assert run_renewals(RUN).drafts == []


def test_what_was_and_what_would_be_is_kept(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    ((client, because),) = run_renewals(RUN).parked
    row = parked()
    assert (row.client_id, row.reason, row.starts_on) == (client, "changed", date(2019, 8, 1))
    (found,) = row.facts["found"]
    assert (found["was"], found["becomes"], row.facts["total"]) == ("4000.00", "8000.00", "48000.00")
    assert found["lines"] == [{"text": "Доступ", "was": "4000.00", "becomes": "8000.00"}]
    assert "4" in because
    assert Entry.objects.filter(verb="invoices.renewal_parked").count() == 1


def test_a_second_run_parks_nothing_new(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    run_renewals(RUN)
    assert len(run_renewals(RUN).parked) == 1
    assert ParkedRenewal.objects.count() == 1
    assert Entry.objects.filter(verb="invoices.renewal_parked").count() == 1


def test_what_is_put_right_is_drafted_by_the_next_run(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    run_renewals(RUN)
    reprice("4800.00")
    assert len(run_renewals(RUN).drafts) == 1
    assert ParkedRenewal.objects.get().resolved_at == clock.now()


def test_what_ends_meanwhile_waits_no_more(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    run_renewals(RUN)
    Service.objects.update(ends=True)
    run_renewals(RUN)
    assert ParkedRenewal.objects.get().resolved_at


def test_units_added_on_the_way_change_no_rate(access, manager):
    """Five since February, three more since 08.02: the sum grows, nobody is surprised."""
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5))
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        change = billing.quote_change(Service.objects.get(), 8, on=date(2019, 2, 8))
        draft = billing.change_service(change, by=manager)
        billing.send_invoice(draft, by=manager)
        pay(Invoice.objects.get(pk=draft.pk))
    (draft,) = run_renewals(RUN).drafts
    assert draft.total == Decimal("38400.00")


def test_units_that_nobody_billed_are_seen(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 2))
    Batch.objects.create(
        service=Service.objects.get(), quantity=3, price=Decimal("4800.00"), since=date(2019, 2, 1),
        given_at=clock.now(),
    )  # fmt: skip
    assert run_renewals(RUN).drafts == []
    assert parked().reason == "changed"


def test_units_that_vanished_are_seen(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 2))
    Batch.objects.update(quantity=1)
    assert run_renewals(RUN).drafts == []


@pytest.mark.parametrize("asked", [{"becomes": 1}, {"cycle": "year"}])
def test_what_a_person_planned_cries_no_wolf(access, manager, asked):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    billing.plan_change(billing.quote_plan(Service.objects.get(), **asked), by=manager)
    run = run_renewals(RUN)
    assert (len(run.drafts), run.parked) == (1, [])


def test_an_announced_price_cries_no_wolf(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    Batch.objects.update(next_price=Decimal("9600.00"), next_price_from=date(2019, 8, 1))
    (draft,) = run_renewals(RUN).drafts
    assert draft.total == Decimal("48000.00")


def test_a_unit_without_a_price_is_parked(access, manager):
    backup = make.product("Копии", {"half_year": "10.00"}, seller=access.seller)
    running(make.client(), manager, Wanted(access, "half_year", 5), Wanted(backup, "half_year", 1))
    Batch.objects.filter(service__product=backup).update(price=Decimal(0))
    assert run_renewals(RUN).drafts == []
    assert parked().reason == "unpriced"
    Price.objects.filter(product=backup).update(amount=Decimal(0))
    assert len(run_renewals(RUN).drafts) == 1, "the catalogue says that it costs nothing"


def test_days_billed_twice_are_parked(access, manager):
    """An imported period and an invoice of the same days."""
    invoice = running(make.client(), manager, Wanted(access, "half_year", 5))
    line = invoice.revision.lines.get()
    line.pk, line.kind, line.position = None, Line.Kind.OPENING, 2
    line.period = DateRange(date(2019, 5, 1), date(2019, 8, 1))
    line.net = line.vat = line.gross = Decimal(0)
    line.save()
    assert run_renewals(RUN).drafts == []
    row = parked()
    assert row.reason == "overlap"
    assert row.facts["found"][0]["days"] == "01.05.2019 – 31.07.2019"


def test_unequal_companions_are_parked(access, manager):
    licence = make.product("Лицензии", {"half_year": "2700.00"}, seller=access.seller)
    Companion.objects.create(product=access, companion_product=licence)
    running(make.client(), manager, Wanted(access, "half_year", 5), Wanted(licence, "half_year", 4))
    fine = make.client()
    running(fine, manager, Wanted(access, "half_year", 5), Wanted(licence, "half_year", 5))
    (draft,) = run_renewals(RUN).drafts
    assert draft.client == fine
    found = parked().facts["found"][0]
    assert (found["code"], found["has"], found["needs"]) == ("companions", 4, 5)


def test_only_the_odd_seller_waits(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5))
    running(client, manager, Wanted(make.product(), "half_year", 1))
    Batch.objects.filter(service__product=access).update(price=Decimal("9600.00"))
    (draft,) = run_renewals(RUN).drafts
    assert draft.seller_id != access.seller_id
    assert parked().seller_id == access.seller_id


def test_a_client_who_wants_separate_invoices_gets_the_others(access, manager):
    other = make.product("Лицензии", {"half_year": "2700.00"}, seller=access.seller)
    client = make.client(separate_invoices=True)
    running(client, manager, Wanted(access, "half_year", 5), Wanted(other, "half_year", 5))
    Batch.objects.filter(service__product=access).update(price=Decimal("9600.00"))
    (draft,) = run_renewals(RUN).drafts
    assert draft.revision.lines.get().text == "Лицензии"
    made = billing.bill_as_is(parked(), by=manager, because="Новый договор")
    assert made.revision.lines.get().text == "Доступ"


def test_it_is_billed_as_it_is_for_a_reason(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    run_renewals(RUN)
    with pytest.raises(Refused) as told:
        billing.bill_as_is(parked(), by=manager, because="  ")
    assert told.value.field == "because"
    row = parked()
    draft = billing.bill_as_is(row, by=manager, because="Договорились на новую цену")
    assert (draft.total, draft.status) == (Decimal("48000.00"), Invoice.Status.DRAFT)
    row.refresh_from_db()
    assert row.resolved_by == manager
    entry = Entry.objects.get(verb="invoices.renewal_as_is")
    assert entry.facts["because"] == "Договорились на новую цену"
    with pytest.raises(Refused):
        billing.bill_as_is(row, by=manager, because="Ещё раз")
    assert run_renewals(RUN).drafts == []
    assert drafts().count() == 1
    assert list(differences()) == []


def test_counting_again_keeps_what_is_still_wrong(access, manager):
    running(make.client(), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    run_renewals(RUN)
    reprice("8000.00")
    row = billing.count_again(parked(), by=manager)
    assert row.resolved_at is None
    assert row.facts["found"][0]["becomes"] == "6666.67"
    reprice("4800.00")
    assert billing.count_again(row, by=manager).resolved_at
    assert drafts().get().total == Decimal("24000.00")


def test_a_client_without_a_payer_waits_until_there_is_one(access, manager):
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 5))
    client.payers.update(is_default=False)
    run_renewals(RUN)
    row = parked()
    assert row.reason == "no_payer"
    with pytest.raises(Refused):
        billing.bill_as_is(row, by=manager, because="Надо")
    Payer.objects.filter(client=client).update(is_default=True)
    assert billing.count_again(row, by=manager).resolved_at
    assert drafts().count() == 1


def test_a_client_that_cannot_be_counted_is_parked_with_the_trouble(access, manager):
    access.vat_treatment = "none"
    access.save()
    client = make.client()
    running(client, manager, Wanted(access, "half_year", 1))
    access.vat_treatment = "general"  # a treatment that has no rate in this office
    access.save()
    run = run_renewals(RUN)
    assert [one for one, _why in run.parked] == [client.pk]
    row = parked()
    assert (row.reason, row.starts_on) == ("broken", date(2019, 8, 1))
    assert row.facts["found"][0]["trouble"]


@pytest.fixture
def row(client, manager, access):
    client.force_login(manager)
    running(make.client(name="Ромашка", account_manager=manager), manager, Wanted(access, "half_year", 5))
    reprice("9600.00")
    run_renewals(RUN)
    return parked()


def test_the_list_says_why(client, row):
    text = client.get("/renewals/parked/").content.decode().replace("\u00a0", " ")
    assert "Ромашка" in text
    assert "было 4 000,00 в месяц, стало 8 000,00" in text
    assert client.get("/renewals/parked/", {"reason": "overlap"}).context["rows"] == []


def test_the_page_shows_the_draft_that_deciding_makes(client, row):
    page = client.get(f"/renewals/parked/{row.pk}/")
    ((plan, _lines),) = page.context["drafts"]
    assert client.post(f"/renewals/parked/{row.pk}/as-is/", {"because": ""}).status_code == 200
    answer = client.post(f"/renewals/parked/{row.pk}/as-is/", {"because": "Новый договор"})
    draft = drafts().get()
    assert answer.url == f"/invoices/{draft.pk}/"
    assert draft.total == sum(line.gross for line in plan.lines)
    assert "drafts" not in client.get(f"/renewals/parked/{row.pk}/").context


def test_counting_again_on_the_page(client, row):
    assert client.post(f"/renewals/parked/{row.pk}/again/").url == f"/renewals/parked/{row.pk}/"
    assert drafts().count() == 0
    reprice("4800.00")
    client.post(f"/renewals/parked/{row.pk}/again/")
    assert drafts().count() == 1


def test_several_are_billed_as_they_are_for_one_reason(client, row):
    asked = {"picked": str(row.pk), "stage": "do", "because": "Прайс", "planned": "because=Прайс"}
    client.post("/renewals/parked/as-is/", {**asked, "planned": "because=%D0%9F%D1%80%D0%B0%D0%B9%D1%81"})
    assert drafts().count() == 1


def test_a_page_of_the_dry_run_tells_what_would_be_parked(client, manager, row):
    Batch.objects.update(price=Decimal("9600.00"))
    (held,) = client.get("/renewals/", {"on": "2019-07-12"}).context["forecast"].parked
    assert held.client == row.client
