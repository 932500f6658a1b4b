"""Growth of a service: co-terminated, priced as shown, into the right draft (MISSION row 11, R3.3, R4)."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from invoices import billing, drafting
from invoices.models import Invoice, Line
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
END = date(2019, 8, 1)
RUN = date(2019, 7, 12)


@pytest.fixture
def manager():
    return make.user("account_manager")


@pytest.fixture
def service(manager):
    """Five users since 01.02.2019, half-year, −5 %, paid until 31.07.2019."""
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        access = make.product("Доступ", {"half_year": "4800.00"})
        order = make.order(
            make.client(), Wanted(access, "half_year", 5, discount=Decimal(5)), starts_on=date(2019, 2, 1)
        )
        (main,) = billing.accept_order(order, by=manager)
        billing.send_invoice(main, by=manager)
        pay(Invoice.objects.get(pk=main.pk))
        for handover in Handover.objects.all():
            carry_out(handover, by=manager)
    return Service.objects.get()


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        (date(2019, 2, 1), "360.00"), (date(2019, 2, 8), "344.00"), (date(2019, 2, 28), "304.00"),
        (date(2019, 3, 31), "240.00"), (date(2019, 7, 1), "60.00"), (date(2019, 7, 30), "0.00"),
    ],
)  # fmt: skip
def test_the_offices_rule(service, on, amount):
    disk = make.option(service.product)
    change = billing.quote_change(service, 1, option=disk, on=on)
    assert change.total == Decimal(amount)
    assert bool(change.warnings) == (amount == "0.00")


@pytest.mark.parametrize(("rule", "amount"), [("exact", "346.08"), ("exact_roubles", "344.00")])
def test_the_other_rules(service, rule, amount):
    seller = service.product.seller
    seller.proration_rule = rule
    seller.save()
    change = billing.quote_change(service, 1, option=make.option(service.product), on=date(2019, 2, 8))
    assert change.total == Decimal(amount)


def test_what_was_shown_is_what_is_written(service, manager):
    change = billing.quote_change(service, 7, on=date(2019, 3, 4))
    draft = billing.change_service(change, by=manager)
    (line,) = draft.current.lines.all()
    assert (draft.total, draft.role, draft.status) == (change.total, "addon", "draft")
    assert (line.period.lower, line.period.upper, line.discount) == (date(2019, 3, 4), END, Decimal(5))
    assert (line.batch.quantity, line.batch.since) == (2, date(2019, 3, 4))
    assert line.gross == sum(Decimal(step["amount"]) for step in line.why)


def test_the_same_change_twice_is_done_once(service, manager):
    change = billing.quote_change(service, 6, on=date(2019, 3, 4))
    again = billing.quote_change(service, 6, on=date(2019, 3, 4))
    billing.change_service(change, by=manager)
    with pytest.raises(Refused):
        billing.change_service(again, by=manager)
    assert Batch.objects.count() == 2


def test_a_drafted_renewal_takes_the_next_period(service, manager):
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    change = billing.quote_change(service, 6, on=date(2019, 7, 16))
    assert change.draft == renewal
    draft = billing.change_service(change, by=manager)
    assert draft != renewal
    assert draft.total == change.lines[0].gross == Decimal("354.67")  # 800 / 30 × 14 × 0.95
    renewal = Invoice.objects.get(pk=renewal.pk)
    assert renewal.total == Decimal("27360.00")  # 6 × 4 560


@pytest.mark.parametrize("paid", [False, True])
def test_a_next_period_billed_already_is_charged_in_the_same_draft(service, manager, paid):
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    with time_machine.travel("2019-07-13 09:00+00:00", tick=False):
        billing.send_invoice(renewal, by=manager)
        if paid:
            pay(Invoice.objects.get(pk=renewal.pk))
            service.refresh_from_db()
        change = billing.quote_change(service, 6, on=date(2019, 7, 16))
        draft = billing.change_service(change, by=manager)
    periods = [(line.period.lower, line.period.upper) for line in draft.current.lines.all()]
    assert periods == [(date(2019, 7, 16), END), (END, date(2020, 2, 1))]
    assert draft.total == Decimal("354.67") + Decimal("4560.00")


def test_a_rest_that_costs_nothing_joins_the_drafted_renewal(service, manager):
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    change = billing.quote_change(service, 6, on=date(2019, 7, 30))
    assert billing.change_service(change, by=manager) == renewal
    lines = Line.objects.filter(revision__invoice=renewal, batch__quantity=1).order_by("period")
    assert [line.gross for line in lines] == [Decimal(0), Decimal("4560.00")]


def test_a_rest_that_costs_nothing_makes_no_draft_that_nobody_can_send(service, manager):
    change = billing.quote_change(service, 6, on=date(2019, 7, 30))
    with pytest.raises(Refused):
        billing.change_service(change, by=manager)
    assert Batch.objects.count() == 1


def test_a_renewal_drafted_after_the_quote_asks_for_another_look(service, manager):
    change = billing.quote_change(service, 6, on=date(2019, 7, 16))
    billing.renew_clients([service.client_id], RUN)
    with pytest.raises(Refused):
        billing.change_service(change, by=manager)


def test_a_renewal_sent_after_the_quote_asks_for_another_look(service, manager):
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    change = billing.quote_change(service, 6, on=date(2019, 7, 16))
    with time_machine.travel("2019-07-13 09:00+00:00", tick=False):
        billing.send_invoice(renewal, by=manager)
    with pytest.raises(Refused):
        billing.change_service(change, by=manager)


@pytest.mark.parametrize(
    ("becomes", "on", "more", "field"),
    [
        (5, date(2019, 3, 1), {}, "becomes"),
        (4, date(2019, 3, 1), {}, "becomes"),
        (6, date(2019, 1, 15), {}, "on"),
        (6, END, {}, "on"),
        (6, date(2019, 3, 1), {"price": Decimal(1)}, "because"),
    ],
)
def test_what_cannot_be_changed_so_is_refused(service, becomes, on, more, field):
    with pytest.raises(Refused) as refused:
        billing.quote_change(service, becomes, on=on, **more)
    assert refused.value.field == field


def test_a_service_that_does_not_stand_is_refused(service):
    Service.objects.update(status=Service.Status.TERMINATED)
    with pytest.raises(Refused):
        billing.quote_change(Service.objects.get(), 6, on=date(2019, 3, 1))


def test_an_own_price_is_kept_with_its_reason(service, manager):
    change = billing.quote_change(
        service, 6, on=date(2019, 3, 1), price=Decimal("3000.00"), because="акция", discount=Decimal(0)
    )
    assert change.total == Decimal("2500.00")
    billing.change_service(change, by=manager)
    assert Batch.objects.latest("id").own_price_because == "акция"


def test_a_quote_writes_nothing(service):
    billing.quote_change(service, 6, on=date(2019, 3, 1))
    assert (Batch.objects.count(), Invoice.objects.count()) == (1, 1)


def test_the_composition_follows_sending_carrying_out_and_payment(service, manager):
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 2, 8)), by=manager)
    service.refresh_from_db()
    assert service.recurring == Decimal("22800.00")
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        billing.send_invoice(draft, by=manager)
    handover = Handover.objects.get(status=Handover.Status.WAITING)
    assert (handover.was, handover.becomes) == (5, 6)
    carry_out(handover, by=manager)
    service.refresh_from_db()
    assert service.recurring == Decimal("27360.00")
    pay(Invoice.objects.get(pk=draft.pk))
    service.refresh_from_db()
    assert (service.recurring, service.paid_until) == (Decimal("27360.00"), END)


def test_a_discarded_addition_leaves_the_composition(service, manager):
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 2, 8)), by=manager)
    drafting.discard(draft, by=manager)
    change = billing.quote_change(service, 6, on=date(2019, 2, 8))
    assert (change.was, change.period) == (5, Period(date(2019, 2, 8), END))
