"""From a wish to drafts: MISSION's figures 2 and 4 by the real verbs, doubled products, options."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing_site.journal.moves import IllegalMove
from billing_site.kit.errors import Refused
from invoices import billing, drafting
from invoices.models import Invoice
from products.actions import Wanted, close_order, create_order, quote_order
from products.models import Batch, Order, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
FEBRUARY = date(2019, 2, 1)


@pytest.fixture(autouse=True)
def _in_january():
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("account_manager")


@pytest.fixture
def seller():
    return make.seller()


@pytest.fixture
def access(seller):
    return make.product("Доступ «Стандарт»", {"half_year": "4800.00", "month": "800.00"}, seller=seller)


@pytest.fixture
def client():
    return make.client()


def figure_2(client, access, seller) -> Order:
    licences = make.product("Аренда лицензий", {"half_year": "2700.00"}, seller=seller)
    module = make.product("Модуль", {"half_year": "13380.00"}, seller=seller)
    five = Decimal(5)
    return make.order(
        client,
        Wanted(access, "half_year", 5, discount=five),
        Wanted(licences, "half_year", 5, discount=five),
        Wanted(module, "half_year", discount=five),
        starts_on=FEBRUARY,
    )


def test_three_products_of_one_order_make_figure_2(client, access, seller, manager):
    order = figure_2(client, access, seller)
    assert order.total == Decimal("48336.00")
    (draft,) = billing.accept_order(order, by=manager)
    assert (draft.total, draft.status, draft.role) == (Decimal("48336.00"), "draft", "main")
    lines = list(draft.current.lines.all())
    assert [line.gross for line in lines] == [Decimal("22800.00"), Decimal("12825.00"), Decimal("12711.00")]
    assert {(line.period.lower, line.period.upper) for line in lines} == {(FEBRUARY, date(2019, 8, 1))}
    assert lines[0].why == [
        {"text": "5 × 800,00 × 6 месяцев", "amount": "24000.00"},
        {"text": "скидка 5 %", "amount": "-1200.00"},
    ] or lines[0].why == [
        {"text": "5 × 800,00 × 6 months", "amount": "24000.00"},
        {"text": "discount 5 %", "amount": "-1200.00"},
    ]
    assert lines[0].shares == [[f"2019-0{month}-01", "3800.00"] for month in range(2, 8)]


def test_figure_2_and_4_renew_together(client, access, seller, manager):
    disk = make.option(access)
    (main,) = billing.accept_order(figure_2(client, access, seller), by=manager)
    billing.send_invoice(main, by=manager)
    pay(Invoice.objects.get(pk=main.pk))
    service = Service.objects.get(product=access)
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        change = billing.quote_change(service, 1, option=disk, on=date(2019, 2, 8))
        assert (change.total, change.period.last_day) == (Decimal("344.00"), date(2019, 7, 31))
        assert change.main == Invoice.objects.get(pk=main.pk)
        draft = billing.change_service(change, by=manager)
        assert (draft.role, draft.due_on) == ("addon", date(2019, 2, 15))
        billing.send_invoice(draft, by=manager)
    pay(Invoice.objects.get(pk=draft.pk))
    service.refresh_from_db()
    assert (service.recurring, service.paid_until) == (Decimal("23160.00"), date(2019, 8, 1))
    (renewal,) = billing.renew_clients([client.pk], date(2019, 7, 12))
    assert renewal.total == Decimal("48696.00")
    grosses = sorted(line.gross for line in renewal.current.lines.all())
    assert grosses == [Decimal("360.00"), Decimal("12711.00"), Decimal("12825.00"), Decimal("22800.00")]


def test_a_service_that_starts_inside_a_month_runs_to_a_months_end(client, access, manager):
    order = make.order(client, Wanted(access, "half_year"), starts_on=date(2018, 2, 12))
    (draft,) = billing.accept_order(order, by=manager)
    (line,) = draft.current.lines.all()
    assert (line.period.lower, line.period.upper) == (date(2018, 2, 12), date(2018, 8, 1))
    assert line.gross == order.total == draft.total == Decimal("4480.00")  # 800 / 30 × 18 + 5 × 800


def test_each_seller_gets_a_draft_of_its_own(client, access, manager):
    work = make.product("Работа", {"one_time": "2000.00"})
    order = make.order(client, Wanted(access, "half_year"), Wanted(work, "one_time", 3), starts_on=FEBRUARY)
    drafts = {draft.seller_id: draft for draft in billing.accept_order(order, by=manager)}
    assert drafts[access.seller_id].role == Invoice.Role.MAIN
    assert (drafts[work.seller_id].role, drafts[work.seller_id].total) == ("one_off", Decimal("6000.00"))


def test_an_order_is_accepted_once(client, access, manager):
    order = make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY)
    billing.accept_order(order, by=manager)
    with pytest.raises(IllegalMove):
        billing.accept_order(Order.objects.get(pk=order.pk), by=manager)
    assert Invoice.objects.count() == Service.objects.count() == 1


def test_a_doubled_product_is_refused(client, access, manager):
    billing.accept_order(make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY), by=manager)
    other = make.product(family=access.family)
    for product in (access, other):
        with pytest.raises(Refused) as refused:
            make.order(client, Wanted(product, "half_year"), starts_on=FEBRUARY)
        assert refused.value.field == "product"


def test_a_second_service_needs_a_reason(client, access, manager):
    billing.accept_order(make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY), by=manager)
    second = Wanted(access, "half_year", doubled_because="другая база")
    billing.accept_order(make.order(client, second, starts_on=FEBRUARY), by=manager)
    assert Service.objects.live().filter(client=client).count() == 2


def test_the_same_product_twice_in_an_order_is_refused(client, access):
    with pytest.raises(Refused):
        make.order(client, Wanted(access, "half_year"), Wanted(access, "half_year"), starts_on=FEBRUARY)


def test_the_same_product_twice_with_a_reason_makes_two_whole_services(client, access, manager):
    order = make.order(
        client, Wanted(access, "half_year", 2),
        Wanted(access, "half_year", 3, doubled_because="второй сервер"), starts_on=FEBRUARY,
    )  # fmt: skip
    billing.accept_order(order, by=manager)
    held = [list(s.batches.values_list("quantity", flat=True)) for s in Service.objects.order_by("id")]
    assert held == [[2], [3]]


def test_of_two_orders_for_one_product_only_one_is_accepted(client, access, manager):
    first = make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY)
    second = make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY)
    billing.accept_order(first, by=manager)
    with pytest.raises(Refused):
        billing.accept_order(second, by=manager)
    second.refresh_from_db()
    assert second.status == Order.Status.PENDING


def test_an_option_joins_the_product_of_the_order(client, access, manager):
    disk = make.option(access)
    order = make.order(
        client, Wanted(access, "half_year"), Wanted(access, "half_year", 2, option=disk), starts_on=FEBRUARY
    )
    (draft,) = billing.accept_order(order, by=manager)
    assert (Service.objects.count(), draft.total) == (1, Decimal("5520.00"))


def test_an_option_for_a_paid_service_ends_with_it(client, access, manager):
    disk = make.option(access)
    (main,) = billing.accept_order(
        make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY), by=manager
    )
    billing.send_invoice(main, by=manager)
    pay(Invoice.objects.get(pk=main.pk))
    order = make.order(client, Wanted(access, "half_year", option=disk), starts_on=date(2019, 2, 8))
    assert order.total == Decimal("344.00")
    (draft,) = billing.accept_order(order, by=manager)
    assert (draft.total, draft.role) == (Decimal("344.00"), "addon")


def test_an_option_for_an_unpaid_service_ends_with_its_cycle(client, access, manager):
    disk = make.option(access)
    billing.accept_order(make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY), by=manager)
    order = make.order(client, Wanted(access, "half_year", option=disk), starts_on=date(2019, 3, 8))
    (draft,) = billing.accept_order(order, by=manager)
    (line,) = draft.current.lines.all()
    assert (line.period.lower, line.period.upper) == (date(2019, 3, 8), date(2019, 8, 1))
    assert order.total == draft.total == Decimal("284.00")  # 60 / 30 × 22 + 4 × 60


def test_an_option_without_its_product_is_refused(client, access):
    with pytest.raises(Refused):
        make.order(client, Wanted(access, "half_year", option=make.option(access)), starts_on=FEBRUARY)


def test_an_option_takes_the_cycle_of_its_service(client, access):
    disk = make.option(access, {"month": "60.00"})
    with pytest.raises(Refused) as refused:
        make.order(
            client, Wanted(access, "half_year"), Wanted(access, "month", option=disk), starts_on=FEBRUARY
        )
    assert refused.value.field == "cycle"


def test_an_own_price_needs_a_reason(client, access):
    with pytest.raises(Refused) as refused:
        make.order(client, Wanted(access, "half_year", price=Decimal(1)), starts_on=FEBRUARY)
    assert refused.value.field == "own_price_because"


def test_a_product_without_a_price_for_the_cycle_is_refused(client, access):
    with pytest.raises(Refused) as refused:
        make.order(client, Wanted(access, "year"), starts_on=FEBRUARY)
    assert refused.value.field == "cycle"


def test_a_client_without_a_payer_keeps_its_order_pending(client, access, manager):
    order = make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY)
    client.payers.all().delete()
    with pytest.raises(Refused):
        billing.accept_order(order, by=manager)
    order.refresh_from_db()
    assert (order.status, Service.objects.count()) == (Order.Status.PENDING, 0)


def test_a_quote_shows_what_the_order_writes(client, access):
    wanted = [Wanted(access, "half_year", 3, discount=Decimal("7.5"))]
    (shown,) = quote_order(client, wanted, starts_on=date(2019, 2, 12))
    assert Order.objects.count() == 0
    order = create_order(client, wanted, starts_on=date(2019, 2, 12), by=None)
    assert order.total == shown.charge.amount == sum(step.amount for step in shown.charge.steps)


def test_a_discarded_draft_takes_the_services_with_it_and_frees_the_order(client, access, manager):
    order = make.order(client, Wanted(access, "half_year"), starts_on=FEBRUARY)
    (draft,) = billing.accept_order(order, by=manager)
    drafting.discard(draft, by=manager)
    assert Service.objects.get().status == Service.Status.CANCELLED
    assert not Batch.objects.standing().exists()
    close_order(order, Order.Status.PENDING, by=manager)
    (again,) = billing.accept_order(order, by=manager)
    assert again.total == order.total
