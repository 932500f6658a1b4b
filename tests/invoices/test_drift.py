"""The drift list (R3.6): figure 3 and the slide of an error are found, nothing is corrected silently."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.journal.jobs import run_job
from billing_site.journal.models import Entry, Job
from billing_site.kit.errors import Refused
from invoices import billing
from invoices.models import Drifted, Invoice
from products.actions import Wanted, carry_out, settle_recurring
from products.drift import Kind
from products.models import Batch, Handover, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
START, END = date(2019, 2, 1), date(2019, 8, 1)
RUN = date(2019, 7, 12)


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        yield


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


def bought(client, manager, *wanted, starts_on=START) -> None:
    """Ordered, accepted, sent, given, paid."""
    order = make.order(client, *wanted, starts_on=starts_on)
    for draft in billing.accept_order(order, by=manager):
        billing.send_invoice(draft, by=manager)
        pay(Invoice.objects.get(pk=draft.pk))
    for handover in Handover.objects.filter(status=Handover.Status.WAITING):
        carry_out(handover, by=manager)


@pytest.fixture
def figure_3(client, manager):
    """Figure 2 billed five at −5 %; the service list shows 5 × 4 800 + 4 560 and 5 × 2 700 + 2 565."""
    seller = make.seller()
    access = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    licences = make.product("Аренда лицензий", {"half_year": "2700.00"}, seller=seller)
    five = Decimal(5)
    bought(
        client, manager, Wanted(access, "half_year", 5, discount=five),
        Wanted(licences, "half_year", 5, discount=five),
    )  # fmt: skip
    Batch.objects.update(discount=Decimal(0))
    for product, price in ((access, "4560.00"), (licences, "2565.00")):
        service = Service.objects.get(product=product)
        change = billing.quote_change(service, 6, on=START, price=Decimal(price), because="как у всех")
        draft = billing.change_service(change, by=manager)
        billing.send_invoice(draft, by=manager)
        pay(Invoice.objects.get(pk=draft.pk))
    for handover in Handover.objects.filter(status=Handover.Status.WAITING):
        carry_out(handover, by=manager)
    settle_recurring(Service.objects.values_list("pk", flat=True))
    return {s.product.name: s for s in Service.objects.select_related("product", "client")}


def found(kind=None) -> list:
    return [one for one in billing.scan(Service.objects.all()).found if kind in (None, one.kind)]


def test_figure_3_is_found_with_its_differences(figure_3):
    sums = {one.service.product.name: (one.stored, one.expected, one.difference) for one in found()}
    assert sums == {
        "Доступ": (Decimal("28560.00"), Decimal("27360.00"), Decimal("1200.00")),
        "Аренда лицензий": (Decimal("16065.00"), Decimal("15390.00"), Decimal("675.00")),
    }
    assert Service.objects.get(product__name="Доступ").recurring == Decimal("28560.00")


def test_a_repair_shows_what_it_does_and_does_it_from_the_next_period(figure_3, manager):
    access = figure_3["Доступ"]
    quoted = billing.quote_repair(access, Kind.AMOUNT)
    assert (quoted.recurring, quoted.starts, quoted.lines) == (Decimal("27360.00"), END, ())
    billing.repair(quoted, by=manager, seen=quoted.fingerprint)
    access.refresh_from_db()
    assert (access.recurring, access.paid_until) == (Decimal("27360.00"), END)
    assert [one.service.product.name for one in found()] == ["Аренда лицензий"]
    (renewal,) = billing.renew_clients([access.client_id], RUN)
    assert renewal.total == Decimal("27360.00") + Decimal("16065.00")
    told = Entry.objects.get(verb="products.drift_repaired")
    assert (told.facts["was"], told.facts["becomes"]) == ("28560.00", "27360.00")
    assert list(differences()) == []


def test_a_drafted_renewal_is_drawn_anew(figure_3, manager):
    access = figure_3["Доступ"]
    (renewal,) = billing.renew_clients([access.client_id], RUN)
    quoted = billing.quote_repair(access, Kind.AMOUNT)
    ((draft, total),) = quoted.drafts
    assert (draft, total) == (renewal, renewal.total - 1200)
    billing.repair(quoted, by=manager)
    assert Invoice.objects.get(pk=renewal.pk).total == total
    assert list(differences()) == []


def test_what_was_put_right_meanwhile_is_not_done_twice(figure_3, manager):
    quoted = billing.quote_repair(figure_3["Доступ"], Kind.AMOUNT)
    billing.repair(quoted, by=manager)
    with pytest.raises(Refused):
        billing.repair(quoted, by=manager)


def test_the_slide_of_an_error_both_services_are_found(client, manager):
    """Figure 4: 5 GB at 60.00 on a half-year cycle and 15 GB at 1,026.00 side by side."""
    seller = make.seller()
    disk = {"seller": seller, "family": "disk"}
    small = make.product("Диск 5 ГБ", {"half_year": "360.00", "month": "60.00"}, **disk)
    large = make.product("Диск 15 ГБ", {"half_year": "1080.00"}, **disk)
    bought(client, manager, Wanted(small, "half_year"))
    five = Decimal(5)
    bought(client, manager, Wanted(large, "half_year", discount=five, doubled_because="из старой программы"))
    Batch.objects.filter(service__product=small).update(price=Decimal("60.00"))
    settle_recurring(Service.objects.values_list("pk", flat=True))
    shown = {(one.service.product.name, one.kind): one for one in found()}
    assert {name for name, _kind in shown} == {"Диск 5 ГБ", "Диск 15 ГБ"}
    wrong = shown["Диск 5 ГБ", Kind.CYCLE]
    assert (wrong.stored, wrong.expected, wrong.parts[0].other_cycle) == (60, 360, "month")
    assert shown["Диск 15 ГБ", Kind.DOUBLED].sibling == Service.objects.get(product=small)
    large_one = Service.objects.get(product=large)
    assert large_one.recurring == Decimal("1026.00")
    billing.repair(billing.quote_repair(Service.objects.get(product=small), Kind.CYCLE), by=manager)
    assert Service.objects.get(product=small).recurring == Decimal("360.00")
    billing.repair(billing.quote_repair(large_one, Kind.DOUBLED), by=manager)
    assert Service.objects.get(product=large).ends
    assert found() == []


def test_a_sibling_that_ends_earlier_is_brought_to_the_same_day(client, manager):
    seller = make.seller()
    one, other = (make.product(prices={"half_year": "360.00"}, seller=seller) for _ in range(2))
    bought(client, manager, Wanted(one, "half_year"))
    bought(client, manager, Wanted(other, "half_year"), starts_on=date(2018, 12, 1))
    (drift,) = found()
    assert (drift.kind, drift.service.product) == (Kind.ENDS, other)
    quoted = billing.quote_repair(drift.service, Kind.ENDS)
    assert (quoted.total, quoted.until) == (Decimal("120.00"), END)
    draft = billing.repair(quoted, by=manager)
    billing.send_invoice(draft, by=manager)
    pay(draft)
    assert set(Service.objects.values_list("paid_until", "anchor")) == {(END, START)}
    assert found() == []
    (renewal,) = billing.renew_clients([client.pk], RUN)
    assert renewal.total == Decimal("720.00")
    assert list(differences()) == []


def test_what_runs_and_is_billed_for_no_day_is_found_and_billed(client, manager):
    access = make.product(prices={"half_year": "360.00"})
    bought(client, manager, Wanted(access, "half_year"))
    with time_machine.travel("2019-09-10 09:00+00:00", tick=False):
        (drift,) = found()
        quoted = billing.quote_repair(drift.service, Kind.UNPAID)
        assert (drift.kind, quoted.total) == (Kind.UNPAID, Decimal("360.00"))
        draft = billing.repair(quoted, by=manager)
        assert (draft.total, draft.status) == (Decimal("360.00"), "draft")
        assert found() == []
    assert list(differences()) == []


def test_a_sum_that_is_not_its_parts_is_settled(figure_3, manager):
    access = figure_3["Доступ"]
    Service.objects.filter(pk=access.pk).update(recurring=Decimal("1.00"))
    billing.repair(billing.quote_repair(access, Kind.STORED), by=manager)
    assert Service.objects.get(pk=access.pk).recurring == Decimal("28560.00")


def test_the_pages_show_and_repair(figure_3, manager, browse):
    browser, access = browse(manager), figure_3["Доступ"]
    billing.look_further()
    text = browser.get(reverse("drift-list")).content.decode().replace("\u00a0", " ")
    for told in ("28 560,00 ₽", "27 360,00 ₽", "1 200,00 ₽", "675,00 ₽", "5 × 4 800,00 − 5 %"):
        assert told in text, told
    assert "28 560,00 ₽" not in browser.get(reverse("drift-list"), {"kind": "ends"}).content.decode()
    panel = browser.get(reverse("service-drift", args=[access.pk])).content.decode().replace("\u00a0", " ")
    assert "27 360,00 ₽" in panel
    path = reverse("drift-repair", args=[access.pk, "amount"])
    page = browser.get(path)
    assert page.context["repair"].recurring == Decimal("27360.00")
    assert "5 × 4 800,00" in page.content.decode().replace("\u00a0", " ")
    assert browser.post(path, {"seen": "other"}).status_code == 200
    assert Service.objects.get(pk=access.pk).recurring == Decimal("28560.00")
    assert browser.post(path, {"seen": page.context["repair"].fingerprint}).status_code == 302
    assert Service.objects.get(pk=access.pk).recurring == Decimal("27360.00")
    assert "исправлено" in browser.get(path).content.decode()
    assert browser.get(reverse("drift-repair", args=[access.pk, "nothing"])).status_code == 404


def test_the_list_keeps_to_rights_and_scope(figure_3, browse):
    billing.look_further()
    stranger = browse(make.user("account_manager", scope="portfolio"))
    assert "Доступ" not in stranger.get(reverse("drift-list")).content.decode()
    path = reverse("drift-repair", args=[figure_3["Доступ"].pk, "amount"])
    assert stranger.get(path).status_code == 404
    assert browse(make.user("support")).get(path).status_code == 403


@pytest.mark.parametrize("rows", [3, 30])
def test_queries_do_not_grow(manager, browse, django_assert_max_num_queries, rows):
    access = make.product(prices={"half_year": "360.00"})
    for _ in range(rows):
        bought(make.client(), manager, Wanted(access, "half_year"))
    Batch.objects.update(price=Decimal("1.00"))
    settle_recurring(Service.objects.values_list("pk", flat=True))
    billing.look_further()
    browser = browse(manager)
    browser.get(reverse("drift-list"))
    with django_assert_max_num_queries(18):
        assert len(browser.get(reverse("drift-list")).context["rows"]) == rows


def test_a_look_keeps_what_it_finds_and_forgets_what_is_right(figure_3, manager):
    def known() -> list[tuple[str, Decimal]]:
        return list(Drifted.objects.order_by("pk").values_list("kind", "difference"))

    assert billing.look_further() is None
    billing.look_further()
    assert known() == [("amount", Decimal("1200.00")), ("amount", Decimal("675.00"))]
    billing.repair(billing.quote_repair(figure_3["Доступ"], Kind.AMOUNT), by=manager)
    assert known() == [("amount", Decimal("675.00"))]
    Service.objects.update(status=Service.Status.TERMINATED)
    billing.look_further()
    assert known() == []


def test_a_look_goes_on_from_stretch_to_stretch(manager):
    access = make.product(prices={"half_year": "360.00"})
    for _ in range(3):
        bought(make.client(), manager, Wanted(access, "half_year"))
    Batch.objects.update(price=Decimal("1.00"))
    first = billing.look_further(limit=2)
    assert (first is not None, Drifted.objects.count()) == (True, 4)
    assert billing.look_further(first, limit=2) is None
    assert Drifted.objects.count() == 6


def test_what_was_put_right_since_the_look_says_so(figure_3, manager, browse):
    billing.look_further()
    Batch.objects.filter(service=figure_3["Доступ"]).update(own_price_because="как у всех")
    rows = browse(manager).get(reverse("drift-list")).context["rows"]
    assert [row.css for row in rows] == ["muted", ""]
    assert "уже исправлено" in rows[0].cells[2].text


def test_the_whole_look_is_a_job_one_at_a_time(figure_3, manager, browse):
    browser = browse(manager)
    assert "ещё не проверялись" in browser.get(reverse("drift-list")).content.decode()
    browser.post(reverse("drift-look"))
    browser.post(reverse("drift-look"))
    job = Job.objects.get()
    assert (job.author, job.total) == (manager, 1)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, Drifted.objects.count()) == (Job.State.DONE, 1, 2)
    assert "ещё не проверялись" not in browser.get(reverse("drift-list")).content.decode()


def test_the_list_goes_into_a_file(figure_3, manager, browse):
    billing.look_further()
    text = browse(manager).get(reverse("drift-list"), {"export": "csv"}).getvalue().decode()
    assert "сумма не по прайсу" in text
    assert "1200" in text


def test_a_debt_is_no_drift(client, manager):
    bought(client, manager, Wanted(make.product(prices={"half_year": "360.00"}), "half_year"))
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (renewal,) = billing.renew_clients([client.pk], RUN)
        billing.send_invoice(renewal, by=manager)
    with time_machine.travel("2020-03-01 09:00+00:00", tick=False):
        assert found() == []


def test_a_price_that_is_announced_counts_as_it_is(client, manager):
    bought(client, manager, Wanted(make.product(prices={"half_year": "360.00"}), "half_year"))
    Batch.objects.update(next_price=Decimal("400.00"), next_price_from=END)
    settle_recurring(Service.objects.values_list("pk", flat=True))
    assert Service.objects.get().recurring == Decimal("400.00")
    assert found() == []
