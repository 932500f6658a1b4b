"""R3.4: less, another cycle, another package — from the first unbilled day, shown on the next draft."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted, carry_out
from products.models import Handover, PlannedChange, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
END, NEXT, RUN = date(2019, 8, 1), date(2020, 2, 1), date(2019, 7, 12)


@pytest.fixture(autouse=True)
def _books():
    yield
    assert list(differences()) == []


@pytest.fixture(autouse=True)
def _in_july():
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        yield


@pytest.fixture
def service(manager):
    """Five at −5 % and, since March, two at the full price; half-year, paid until 31.07.2019."""
    access = make.product("Доступ", {"half_year": "4800.00", "year": "9000.00"}, handover_subject="Доступ")
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        order = make.order(
            make.client(name="Ромашка", account_manager=manager),
            Wanted(access, "half_year", 5, discount=Decimal(5)),
            starts_on=date(2019, 2, 1),
        )
        (main,) = billing.accept_order(order, by=manager)
        finish(main, manager)
    with time_machine.travel("2019-03-01 09:00+00:00", tick=False):
        change = billing.quote_change(Service.objects.get(), 7, on=date(2019, 3, 1), discount=Decimal(0))
        finish(billing.change_service(change, by=manager), manager)
    return Service.objects.get()


def finish(draft, manager) -> None:
    billing.send_invoice(draft, by=manager)
    pay(Invoice.objects.get(pk=draft.pk))
    for handover in Handover.objects.filter(status="waiting"):
        carry_out(handover, by=manager)


def on_day(day: date) -> int:
    with time_machine.travel(f"{day} 09:00+00:00", tick=False):
        return billing.carry_out_planned(day)


def quantities(service) -> list[int]:
    return list(service.batches.standing().order_by("pk").values_list("quantity", flat=True))


@pytest.mark.parametrize(
    ("order", "stays", "total"),
    [("dearest", [4], "18240.00"), ("newest", [4], "18240.00")],
)
def test_less_from_the_next_period(service, manager, order, stays, total):
    quoted = billing.quote_plan(service, becomes=4, order=order)
    assert (quoted.plan.on, quoted.total, quoted.recurring) == (END, Decimal(total), Decimal(total))
    assert [n for _batch, n in quoted.gone] == [1, 2]
    billing.plan_change(quoted, by=manager, seen=quoted.fingerprint)
    assert quantities(service) == [5, 2]
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    assert renewal.total == Decimal(total)
    finish(renewal, manager)
    assert on_day(date(2019, 7, 31)) == 0
    assert on_day(END) == 1
    assert on_day(END) == 0
    assert quantities(service) == stays
    service.refresh_from_db()
    assert (service.recurring, service.paid_until) == (Decimal(total), NEXT)
    handover = Handover.objects.latest("pk")
    assert (handover.body, handover.status) == ("Δ 7-4", "waiting")
    assert billing.renew_clients([service.client_id], date(2019, 8, 2)) == []


def test_which_units_leave_is_chosen(service):
    """The dearest are the two without a discount; the newest first is told apart by a cheaper late batch."""
    late = service.batches.latest("pk")
    late.discount = Decimal(50)
    late.save()
    assert [(b.pk == late.pk, n) for b, n in billing.quote_plan(service, becomes=6).gone] == [(False, 1)]
    newest = billing.quote_plan(service, becomes=6, order="newest")
    assert [(b.pk == late.pk, n) for b, n in newest.gone] == [(True, 1)]
    late.discount = Decimal(0)
    late.save()


def test_a_drafted_renewal_is_drawn_anew_and_back(service, manager):
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    before = renewal.total
    quoted = billing.quote_plan(service, becomes=5)
    assert (quoted.draft, quoted.draft_total) == (renewal, Decimal("22800.00"))
    plan = billing.plan_change(quoted, by=manager)
    renewal.refresh_from_db()
    assert (renewal.total, before) == (quoted.draft_total, Decimal("32400.00"))
    billing.withdraw_plan(plan, by=manager)
    renewal.refresh_from_db()
    assert renewal.total == before
    with pytest.raises(Refused):
        billing.withdraw_plan(plan, by=manager)


def test_another_cycle_starts_its_periods_on_the_day(service, manager):
    quoted = billing.quote_plan(service, cycle="year")
    assert quoted.total == Decimal("42750.00") + Decimal("18000.00")  # 5 × 9 000 − 5 %, 2 × 9 000
    billing.plan_change(quoted, by=manager)
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    assert {(x.period.lower, x.period.upper) for x in renewal.current.lines.all()} == {
        (END, date(2020, 8, 1))
    }
    finish(renewal, manager)
    on_day(END)
    service.refresh_from_db()
    assert (service.cycle, service.anchor, service.paid_until) == ("year", END, date(2020, 8, 1))
    assert service.recurring == quoted.total == renewal.total


def test_another_package_with_its_hand_over(service, manager):
    seller = service.product.seller
    pro = make.product("Доступ Про", {"half_year": "6000.00"}, seller=seller, family=service.family)
    quoted = billing.quote_plan(service, product=pro)
    assert quoted.total == Decimal("28500.00") + Decimal("12000.00")
    billing.plan_change(quoted, by=manager)
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    assert [line.text for line in renewal.current.lines.all()] == ["Доступ Про"] * 2
    finish(renewal, manager)
    on_day(END)
    service.refresh_from_db()
    assert (service.product, service.recurring) == (pro, quoted.total)
    assert Handover.objects.latest("pk").body == "Доступ → Доступ Про"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "becomes"),
        ({"becomes": 7}, "becomes"),
        ({"becomes": 9}, "becomes"),
        ({"becomes": 0}, "becomes"),
        ({"becomes": 5, "on": date(2019, 7, 20)}, "on"),
        ({"becomes": 5, "on": date(2019, 9, 1)}, "on"),
        ({"cycle": "quarter"}, "cycle"),
        ({"cycle": "half_year"}, "becomes"),
    ],
)
def test_what_cannot_be_planned_is_refused_at_its_field(service, asked, field):
    with pytest.raises(Refused) as refused:
        billing.quote_plan(service, **asked)
    assert refused.value.field == field


def test_what_is_billed_already_moves_the_day_on(service, manager):
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    finish(renewal, manager)
    service.refresh_from_db()
    quoted = billing.quote_plan(service, becomes=5)
    assert quoted.plan.on == NEXT
    billing.plan_change(quoted, by=manager)
    with pytest.raises(Refused) as refused:
        billing.quote_plan(service, becomes=4)
    assert refused.value.field == "what"


def test_the_dialog_shows_and_plans(service, manager, browse):
    billing.renew_clients([service.client_id], RUN)
    path, browser = reverse("service-plan", args=[service.pk]), browse(manager)
    assert browser.get(path).status_code == 200
    typed = {"what": "", "becomes": "5", "cycle": "", "product": "", "on": "", "leaving": "dearest"}
    shown = browser.get(path, typed, HTTP_HX_REQUEST="true")
    text = shown.content.decode().replace("\u00a0", " ")
    for told in ("<span>7</span> → <b>5</b>", "22 800,00 ₽", "32 400,00 ₽", "Δ 7-5", "01.08.2019"):
        assert told in text, told
    assert browser.post(path, {**typed, "seen": "other"}).status_code == 200
    assert browser.post(path, {**typed, "becomes": "70"}).context["form"].errors["becomes"]
    seen = shown.context["planned"].fingerprint
    assert browser.post(path, {**typed, "seen": seen}).status_code == 302
    plan = PlannedChange.objects.get()
    assert "22 800,00" in browser.get(reverse("service-plans", args=[service.pk])).content.decode().replace(
        "\u00a0", " "
    )
    assert browser.post(reverse("plan-withdraw", args=[plan.pk])).status_code == 302
    plan.refresh_from_db()
    assert plan.status == "withdrawn"
    stranger = browse(make.user("account_manager", scope="portfolio"))
    assert stranger.get(reverse("plan-withdraw", args=[plan.pk])).status_code == 404
    assert browse(make.user("support")).get(path).status_code == 403
