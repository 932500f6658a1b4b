"""The queue of pending orders by cause, closed many at once; cashback of what was paid."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.kit import clock
from invoices import billing
from invoices.billing.cashback import settle_cashback
from invoices.models import CreditAccount, CreditEntry, Invoice
from products import schedule, waiting
from products.actions import Wanted, create_order
from products.models import Order
from tests import make
from tests.invoices.papers import pay, sent

pytestmark = pytest.mark.django_db
START = date(2026, 3, 1)


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def access():
    return make.product("Доступ", {"month": "800.00"})


def queue(cause: str) -> list[int]:
    return list(waiting.because(Order.objects.order_by("pk"), cause).values_list("pk", flat=True))


def test_each_pending_order_waits_for_one_cause(manager, access):
    paid = make.order(make.client(), Wanted(access, "month"), starts_on=START)
    (draft,) = billing.accept_order(paid, by=manager)
    pay(sent(draft))
    Order.objects.filter(pk=paid.pk).update(status="pending")
    old = make.order(make.client(), Wanted(access, "month"), starts_on=START)
    Order.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(days=31))
    fresh = make.order(make.client(), Wanted(access, "month"), starts_on=START)
    make_closed = make.order(make.client(), Wanted(access, "month"), starts_on=START)
    Order.objects.filter(pk=make_closed.pk).update(status="cancelled")
    assert (queue("paid"), queue("old"), queue("waiting")) == ([paid.pk], [old.pk], [fresh.pk])
    shown = {row.pk: row.cause for row in waiting.with_cause(Order.objects.all())}
    assert shown == {paid.pk: "paid", old.pk: "old", fresh.pk: "waiting", make_closed.pk: ""}


def test_what_runs_already_by_another_order_is_seen(manager, access):
    client = make.client()
    first = make.order(client, Wanted(access, "month"), starts_on=START)
    second = make.order(client, Wanted(access, "month"), starts_on=START)
    Order.objects.update(created_at=datetime(2026, 2, 1, tzinfo=UTC))
    (draft,) = billing.accept_order(second, by=manager)
    pay(sent(draft))
    assert queue("paid") == [first.pk]


def test_many_orders_are_closed_at_once(browse, manager, access):
    orders = [
        make.order(make.client(account_manager=manager), Wanted(access, "month"), starts_on=START)
        for _n in range(3)
    ]
    Order.objects.filter(pk=orders[2].pk).update(status="refused")
    ids, data = [order.pk for order in orders], {"to": "cancelled", "because": "передумали"}
    plan = schedule.CLOSE_ORDERS.plan(ids, data, manager)
    assert ([row.pk for row in plan.rows], len(plan.skipped)) == (ids[:2], 1)
    posted = {"list": reverse("order-list") + "?status=pending", "ids": ids, **data, "stage": "plan"}
    text = browse(manager).post(reverse("order-bulk-close"), posted).content.decode()
    assert "only pending orders are closed" in text
    assert schedule.CLOSE_ORDERS.carry_out(ids, data, manager) == {}
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "cancelled", "refused"]
    told = Entry.objects.filter(verb="products.order.cancelled").first()
    assert told.facts["because"] == "передумали"


def test_the_list_shows_the_queue(browse, manager, access):
    make.order(make.client(account_manager=manager), Wanted(access, "month"), starts_on=START)
    for cause, found in (("waiting", True), ("old", False), ("paid", False)):
        text = (
            browse(manager).get(reverse("order-list"), {"status": "pending", "cause": cause}).content.decode()
        )
        assert (reverse("order-detail", args=[Order.objects.get().pk]) in text) is found


def bought(manager, product) -> Invoice:
    order = create_order(make.client(), [Wanted(product, "month")], starts_on=START, by=manager)
    (draft,) = billing.accept_order(order, by=manager)
    return Invoice.objects.get(pk=draft.pk)


def test_cashback_comes_with_the_payment_and_goes_with_it(manager):
    product = make.product("Доступ", {"month": "801.00"}, cashback=Decimal("2.5"))
    invoice = sent(bought(manager, product))
    assert not CreditEntry.objects.exists()
    invoice = pay(invoice)
    account = CreditAccount.objects.get()
    assert (account.balance, account.payer) == (Decimal("20.03"), invoice.payer)  # 20.025, half up
    settle_cashback([invoice], by=manager)
    assert CreditEntry.objects.count() == 1
    invoice.status = Invoice.Status.REFUNDED
    settle_cashback([invoice], by=manager)
    settle_cashback([invoice], by=manager)
    account.refresh_from_db()
    assert (account.balance, CreditEntry.objects.count()) == (Decimal(0), 2)


def test_spent_cashback_is_not_taken_below_zero(manager):
    product = make.product("Доступ", {"month": "800.00"}, cashback=Decimal(10))
    invoice = pay(sent(bought(manager, product)))
    account = CreditAccount.objects.get()
    CreditEntry.objects.create(account=account, amount=Decimal(-50), because="зачёт")
    CreditAccount.objects.update(balance=Decimal(30))
    invoice.status = Invoice.Status.REFUNDED
    settle_cashback([invoice], by=manager)
    account.refresh_from_db()
    assert account.balance == 0


@pytest.mark.parametrize("spent", [50, 80])
def test_cashback_that_was_spent_is_never_taken_from_later_credit(manager, spent):
    product = make.product("Доступ", {"month": "800.00"}, cashback=Decimal(10))
    invoice = pay(sent(bought(manager, product)))
    account = CreditAccount.objects.get()
    CreditEntry.objects.create(account=account, amount=Decimal(-spent), because="зачёт")
    CreditAccount.objects.update(balance=Decimal(80 - spent))
    invoice.status = Invoice.Status.ISSUED  # un-applied
    settle_cashback([invoice], by=manager)
    CreditEntry.objects.create(account=account, amount=Decimal(500), because="переплата")
    CreditAccount.objects.update(balance=Decimal(500))
    settle_cashback([invoice], by=manager)
    account.refresh_from_db()
    assert account.balance == 500
    invoice.status = Invoice.Status.PAID  # and paid again: what was taken is given anew
    settle_cashback([invoice], by=manager)
    account.refresh_from_db()
    assert account.balance == 500 + 80 - spent


def test_the_books_stay_right(manager):
    product = make.product("Доступ", {"month": "800.00"}, cashback=Decimal(10))
    pay(sent(bought(manager, product)))
    assert list(differences()) == []
