"""Growth of a service: co-terminated, priced as shown, into the right draft (MISSION row 11, R3.3, R4)."""

import threading
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from invoices import billing, drafting, issuing
from invoices.models import Invoice, Line
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Product, Service
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
    line = Line.objects.get(revision__invoice=renewal, batch__quantity=1)
    assert (line.period.lower, line.period.upper) == (date(2019, 7, 30), date(2020, 2, 1))
    assert line.gross == Decimal("4560.00") == sum(Decimal(step["amount"]) for step in line.why)


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


def sold_after_the_renewal(service, manager) -> tuple[Invoice, Invoice]:
    """A renewal draft, and an add-on draft whose units joined it."""
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 7, 16)), by=manager)
    return Invoice.objects.get(pk=renewal.pk), Invoice.objects.get(pk=draft.pk)


def test_a_discarded_renewal_leaves_the_units_that_the_add_on_sells(service, manager):
    renewal, draft = sold_after_the_renewal(service, manager)
    drafting.discard(renewal, by=manager)
    assert sum(service.batches.standing().values_list("quantity", flat=True)) == 6
    with time_machine.travel("2019-07-16 09:00+00:00", tick=False):
        billing.send_invoice(draft, by=manager)
    pay(draft)
    service.refresh_from_db()
    assert service.recurring == Decimal("27360.00")
    assert list(differences()) == []


def test_a_discarded_add_on_leaves_the_drafted_renewal_too(service, manager):
    renewal, draft = sold_after_the_renewal(service, manager)
    drafting.discard(draft, by=manager)
    renewal.refresh_from_db()
    assert renewal.total == Decimal("22800.00")
    assert renewal.current.lines.count() == 1
    assert list(differences()) == []


def test_a_void_add_on_whose_units_stand_in_a_sent_renewal_keeps_them(service, manager):
    renewal, draft = sold_after_the_renewal(service, manager)
    with time_machine.travel("2019-07-16 09:00+00:00", tick=False):
        billing.send_invoice(renewal, by=manager)
        billing.send_invoice(draft, by=manager)
        issuing.void(draft, by=manager, because="передумали начинать в июле")
    assert sum(service.batches.standing().values_list("quantity", flat=True)) == 6
    assert list(differences()) == []


def test_a_void_add_on_takes_its_units_and_their_hand_over_back(service, manager):
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 2, 8)), by=manager)
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        billing.send_invoice(draft, by=manager)
        issuing.void(draft, by=manager, because="передумали")
    assert service.batches.standing().count() == 1
    assert Handover.objects.latest("id").status == Handover.Status.WITHDRAWN
    assert list(differences()) == []


def test_units_paid_after_the_renewal_are_renewed_by_themselves(service, manager):
    """An add-on that is paid when the next period is billed and paid already must not be forgotten."""
    Product.objects.update(handover_rule=Product.HandoverRule.ON_PAID)
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 6, 3)), by=manager)
    with time_machine.travel("2019-06-03 09:00+00:00", tick=False):
        billing.send_invoice(draft, by=manager)
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    assert renewal.total == Decimal("22800.00")  # the sixth is neither given nor paid
    with time_machine.travel("2019-07-13 09:00+00:00", tick=False):
        billing.send_invoice(renewal, by=manager)
    pay(renewal)
    pay(draft)
    (late,) = billing.renew_clients([service.client_id], date(2019, 7, 25))
    (line,) = late.current.lines.all()
    assert (line.period.lower, line.period.upper, line.gross) == (END, date(2020, 2, 1), Decimal("4560.00"))
    assert billing.renew_clients([service.client_id], date(2019, 7, 25)) == []
    assert list(differences()) == []


def test_units_given_while_the_renewal_is_a_draft_join_it(service, manager):
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 6, 3)), by=manager)
    (renewal,) = billing.renew_clients([service.client_id], RUN)
    with time_machine.travel("2019-07-14 09:00+00:00", tick=False):
        billing.send_invoice(draft, by=manager)
    carry_out(Handover.objects.get(status=Handover.Status.WAITING), by=manager)
    assert billing.renew_clients([service.client_id], RUN) == []
    renewal = Invoice.objects.get(pk=renewal.pk)
    assert renewal.total == Decimal("27360.00")
    assert list(differences()) == []


def monthly(service, manager, *, pays: bool) -> Service:
    """A service on a monthly cycle beside the half-yearly one, from 01.03.2019, given."""
    disk = make.product("Диск", {"month": "60.00"}, seller=service.product.seller)
    with time_machine.travel("2019-02-20 09:00+00:00", tick=False):
        order = make.order(service.client, Wanted(disk, "month"), starts_on=date(2019, 3, 1))
        (first,) = billing.accept_order(order, by=manager)
        billing.send_invoice(first, by=manager)
    carry_out(Handover.objects.get(status=Handover.Status.WAITING), by=manager)
    if pays:
        pay(first)
    return Service.objects.get(product=disk)


def test_a_monthly_service_ends_with_its_own_month(service, manager):
    disk = monthly(service, manager, pays=True)
    change = billing.quote_change(disk, 2, on=date(2019, 3, 8))
    assert (change.period.end, change.total) == (date(2019, 4, 1), Decimal("44.00"))


def test_an_unpaid_service_ends_with_the_clients_main_invoice_and_renews_after_it(service, manager):
    """R4.2 by the letter; units billed to different days are each billed on from their own end."""
    disk = monthly(service, manager, pays=False)
    change = billing.quote_change(disk, 2, on=date(2019, 3, 8))
    assert (change.main, change.period.end) == (Invoice.objects.earliest("id"), END)
    draft = billing.change_service(change, by=manager)
    with time_machine.travel("2019-03-08 09:00+00:00", tick=False):
        billing.send_invoice(draft, by=manager)
    pay(draft)
    disk.refresh_from_db()
    assert disk.paid_until == date(2019, 3, 1)  # what it began with is still unpaid
    assert billing.due_clients(date(2019, 3, 20)) == []  # and not billed again (R5.1)
    pay(Invoice.objects.get(role="main", total=Decimal("60.00")))
    disk.refresh_from_db()
    assert disk.paid_until == date(2019, 4, 1)
    (april,) = billing.renew_clients([service.client_id], date(2019, 3, 20))
    (line,) = april.current.lines.all()
    assert (line.period.lower, line.period.upper, line.gross) == (
        date(2019, 4, 1), date(2019, 5, 1), Decimal("60.00"),
    )  # fmt: skip
    assert list(differences()) == []


def test_an_option_of_another_product_is_refused(service):
    with pytest.raises(Refused) as refused:
        billing.quote_change(service, 1, option=make.option(make.product()), on=date(2019, 3, 1))
    assert refused.value.field == "option"


def test_a_closed_period_is_not_changed(service):
    service.product.seller.closed_until = date(2019, 2, 28)
    with pytest.raises(Refused) as refused:
        billing.quote_change(service, 6, on=date(2019, 2, 8))
    assert refused.value.field == "on"
    assert billing.quote_change(service, 6, on=date(2019, 3, 1)).total


@pytest.mark.django_db(transaction=True)
def test_one_change_pressed_twice_at_once_is_done_once(service, manager):
    changes = [billing.quote_change(service, 6, on=date(2019, 3, 4)) for _ in range(3)]
    done, refused, start = [], [], threading.Barrier(3)

    def press(change) -> None:
        try:
            start.wait()
            done.append(billing.change_service(change, by=manager))
        except Refused as why:
            refused.append(why)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 2)
    assert Batch.objects.count() == 2


@pytest.mark.parametrize("services", [2, 12])
def test_queries_of_sending_do_not_grow_with_lines(manager, services, django_assert_max_num_queries):
    seller = make.seller()
    wanted = [Wanted(make.product(seller=seller), "half_year") for _ in range(services)]
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        order = make.order(make.client(), *wanted, starts_on=date(2019, 2, 1))
        (draft,) = billing.accept_order(order, by=manager)
        with django_assert_max_num_queries(47):
            billing.send_invoice(draft, by=manager)
    assert Handover.objects.count() == services
