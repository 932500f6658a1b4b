"""R3.2: unpaid after 14 days — expires when nobody was given it, else more time or «10 → 5»."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from invoices import billing
from invoices.models import Invoice, Line
from invoices.schedule import run_renewals
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
SOLD, LATE = "2019-03-04 09:00+00:00", date(2019, 3, 20)


@pytest.fixture(autouse=True)
def _books():
    yield
    assert list(differences()) == []


@pytest.fixture
def service(manager):
    """Five users, half-year, paid and given."""
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        order = make.order(
            make.client(name="Ромашка", account_manager=manager),
            Wanted(make.product("Доступ", {"half_year": "4800.00"}), "half_year", 5),
            starts_on=date(2019, 2, 1),
        )
        (main,) = billing.accept_order(order, by=manager)
        billing.send_invoice(main, by=manager)
        pay(Invoice.objects.get(pk=main.pk))
    carry_out(Handover.objects.get(), by=manager)
    return Service.objects.get()


@pytest.fixture
def sold(service, manager):
    """Five more, sent on 04.03.2019."""
    with time_machine.travel(SOLD, tick=False):
        change = billing.quote_change(service, 10, on=date(2019, 3, 4))
        draft = billing.change_service(change, by=manager)
        billing.send_invoice(draft, by=manager)
    return Invoice.objects.get(pk=draft.pk)


@pytest.fixture
def given(sold, manager):
    carry_out(Handover.objects.get(status="waiting"), by=manager)
    return sold


def late() -> time_machine.travel:
    return time_machine.travel(f"{LATE} 09:00+00:00", tick=False)


def test_the_fourteen_days_are_counted_from_the_sale(sold):
    assert [list(billing.unpaid_units(date(2019, 3, d))) for d in (18, 19)] == [[], [sold]]


def test_an_invoice_knows_what_becomes_of_its_units(sold, manager):
    def units() -> str:
        return Invoice.objects.values_list("unpaid_units", flat=True).get(pk=sold.pk)

    told = [units()]
    carry_out(Handover.objects.get(status="waiting"), by=manager)
    told.append(units())
    Batch.objects.filter(lines__revision__invoice=sold).update(taken_back_at=clock.now())
    told.append(units())
    Batch.objects.update(taken_back_at=None)
    told.append(units())
    pay(Invoice.objects.get(pk=sold.pk))
    assert told == ["ordered", "given", "", "given"]
    assert not billing.unpaid_units(date(2026, 1, 1)).exists()


def test_a_renewal_sells_no_units(service, manager):
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (draft,) = run_renewals(date(2019, 7, 12)).drafts
        billing.send_invoice(draft, by=manager)
    assert Invoice.objects.get(pk=draft.pk).unpaid_units == ""


def test_what_was_given_to_nobody_expires_with_a_held_letter(sold, service):
    with late():
        assert billing.expire_unpaid(LATE) == 1
        assert billing.expire_unpaid(LATE) == 0
    sold.refresh_from_db()
    assert sold.status == "void"
    assert service.batches.standing().count() == 1
    assert Handover.objects.latest("pk").status == "withdrawn"
    letter = Letter.objects.latest("pk")
    assert (letter.status, letter.kind) == ("held", "invoice-void")
    assert str(sold.number) in letter.text


def test_what_was_given_waits_for_its_manager(given):
    with late():
        assert billing.expire_unpaid(LATE) == 0
    assert [(i, i.unpaid_units) for i in billing.unpaid_units(LATE)] == [(given, "given")]


def test_more_time_is_a_revision_with_a_held_letter(given, manager):
    with late():
        with pytest.raises(Refused) as refused:
            billing.prolong(given, by=manager, until=date(2019, 3, 15), because="просят")
        assert refused.value.field == "until"
        billing.prolong(given, by=manager, until=date(2019, 4, 5), because="просят")
    given.refresh_from_db()
    assert (given.due_on, given.revision.n, given.status) == (date(2019, 4, 5), 2, "issued")
    assert Letter.objects.latest("pk").status == "held"
    assert list(billing.unpaid_units(LATE)) == []
    assert list(billing.unpaid_units(date(2019, 4, 13))) == [given]


def test_taking_back_gives_support_ten_to_five(given, service, manager):
    service.refresh_from_db()
    assert service.recurring == Decimal("48000.00")
    with late():
        quoted = billing.quote_take_back(given, logins="ivanov, petrov")
        assert [one.body for one in quoted.handovers] == ["Δ 10-5\nУбрать: ivanov, petrov"]
        billing.take_back_units(given, by=manager, because="не заплатили", logins="ivanov, petrov")
    handover = Handover.objects.latest("pk")
    assert (handover.was, handover.becomes, handover.status) == (10, 5, "waiting")
    service.refresh_from_db()
    assert (service.recurring, service.status) == (Decimal("24000.00"), "active")
    assert service.paid_until == date(2019, 8, 1)
    carry_out(handover, by=manager)
    assert Service.objects.get().recurring == Decimal("24000.00")
    with pytest.raises(Refused):
        billing.take_back_units(given, by=manager, because="ещё раз")


def test_a_service_that_loses_all_it_had_is_terminated(manager):
    with time_machine.travel(SOLD, tick=False):
        order = make.order(make.client(), Wanted(make.product(), "half_year", 2), starts_on=date(2019, 3, 4))
        (draft,) = billing.accept_order(order, by=manager)
        billing.send_invoice(draft, by=manager)
    carry_out(Handover.objects.get(), by=manager)
    with late():
        billing.take_back_units(Invoice.objects.get(), by=manager, because="не заплатили")
    service = Service.objects.get()
    assert (service.status, service.terminated_on, service.recurring) == ("terminated", LATE, 0)
    assert Handover.objects.latest("pk").body == "Δ 2-0"


def test_units_drafted_for_the_next_period_leave_that_draft(given, service, manager):
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (renewal,) = billing.renew_clients([service.client_id], date(2019, 7, 12))
        assert renewal.total == Decimal("48000.00")
        billing.take_back_units(given, by=manager, because="не заплатили")
    renewal.refresh_from_db()
    assert renewal.total == Decimal("24000.00")


def test_money_or_another_paper_holds_the_units(given, service, manager):
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (renewal,) = billing.renew_clients([service.client_id], date(2019, 7, 12))
        billing.send_invoice(renewal, by=manager)
        with pytest.raises(Refused, match=str(Invoice.objects.get(pk=renewal.pk).number)):
            billing.take_back_units(given, by=manager, because="не заплатили")
    pay(given, Decimal("1.00"))
    given.refresh_from_db()
    with pytest.raises(Refused):
        billing.take_back_units(given, by=manager, because="не заплатили")
    assert Line.objects.filter(revision__invoice=given, live=True).exists()


def test_the_pages(given, manager, browse):
    browser = browse(manager)
    with late():
        text = browser.get(reverse("unpaid-units")).content.decode()
        assert "Ромашка" in text
        assert reverse("invoice-take-back", args=[given.pk]) in text
        assert [r.id for r in browser.get(reverse("unpaid-units"), {"given": "false"}).context["rows"]] == []
        path = reverse("invoice-take-back", args=[given.pk])
        assert "Δ 10-5" in browser.get(path).content.decode()
        assert browser.post(path, {"because": "", "logins": "ivanov"}).status_code == 200
        prolong = reverse("invoice-prolong", args=[given.pk])
        answer = browser.post(prolong, {"until": "2019-03-10", "because": "просят"})
        assert list(answer.context["form"].errors) == ["until"]
        assert browser.post(path, {"because": "не заплатили", "logins": "ivanov"}).status_code == 302
    assert "ivanov" in Handover.objects.latest("pk").body


@pytest.mark.parametrize("rows", [3, 30])
def test_queries_do_not_grow(manager, browse, django_assert_max_num_queries, rows):
    product = make.product()
    with time_machine.travel(SOLD, tick=False):
        for _ in range(rows):
            order = make.order(make.client(), Wanted(product, "half_year"), starts_on=date(2019, 3, 4))
            (draft,) = billing.accept_order(order, by=manager)
            billing.send_invoice(draft, by=manager)
    with late():
        browser = browse(manager)
        browser.get(reverse("unpaid-units"))
        with django_assert_max_num_queries(14):
            assert len(browser.get(reverse("unpaid-units")).context["rows"]) == rows
