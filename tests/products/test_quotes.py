"""Quotes: offered, kept as offered, accepted by the client or by staff, declined, over."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from billing_site.journal.models import Entry
from billing_site.journal.moves import IllegalMove
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from invoices import billing
from products import offering
from products.actions import Wanted
from products.models import Order, Price, Promotion, Quote, Service
from products.offering import Terms
from tests import make

pytestmark = pytest.mark.django_db
START = date(2026, 12, 1)
TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-25 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def access():
    return make.product("Доступ", {"half_year": "4800.00", "month": "800.00"}, family="access")


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


def terms(**more) -> Terms:
    return Terms(**{"starts_on": START, "valid_until": TODAY + timedelta(days=14), **more})


def quote(client, *wanted, by=None, **more) -> Quote:
    return offering.make_quote(client, wanted, terms(**more), by=by)


def sent(made: Quote, token: str = "hash") -> Quote:
    Quote.objects.filter(pk=made.pk).update(status="sent", token_hash=token, sent_at=clock.now())
    made.refresh_from_db()
    return made


def test_a_quote_is_numbered_priced_and_told(client, access, manager):
    first = quote(client, Wanted(access, "half_year", 5, discount=Decimal(5)), by=manager)
    second = quote(client, Wanted(access, "month", 1), by=manager)
    assert (first.number, second.number) == (1, 2)
    assert (first.total, first.status, first.author) == (Decimal("22800.00"), "draft", manager)
    assert first.lines.get().price == Decimal("4800.00")
    told = Entry.objects.get(verb="products.quote_made", subject=f"products.quote:{first.pk}")
    assert told.facts == {"total": "22800.00", "lines": 1}
    assert not Order.objects.exists()


def test_a_draft_is_changed_and_nothing_else(client, access, manager):
    made = quote(client, Wanted(access, "half_year", 5), by=manager)
    changed = offering.change_quote(
        made, [Wanted(access, "half_year", 2)], terms(comment="Без настройки"), by=manager
    )
    assert (changed.total, changed.comment, changed.number) == (Decimal("9600.00"), "Без настройки", 1)
    assert [line.quantity for line in changed.lines.all()] == [2]
    with pytest.raises(Refused, match="только черновик"):
        offering.change_quote(sent(made), [Wanted(access, "half_year", 2)], terms(), by=manager)


def test_what_an_order_refuses_a_quote_refuses(client, access, manager):
    with pytest.raises(Refused):
        quote(client)
    with pytest.raises(Refused) as over:
        quote(client, Wanted(access, "half_year"), valid_until=TODAY - timedelta(days=1))
    assert over.value.field == "valid_until"
    with pytest.raises(Refused) as priceless:
        quote(client, Wanted(access, "three_years"))
    assert priceless.value.field == "cycle"
    with pytest.raises(Refused) as unknown:
        quote(client, Wanted(access, "half_year"), promo="NONE")
    assert unknown.value.field == "promo"
    billing.accept_order(make.order(client, Wanted(access, "half_year"), starts_on=START), by=manager)
    with pytest.raises(Refused) as doubled:
        quote(client, Wanted(access, "half_year"))
    assert doubled.value.field == "product"
    assert not Quote.objects.exists()


def test_prices_stay_as_offered(client, access):
    disk = make.option(access)
    made = sent(quote(client, Wanted(access, "half_year", 5), Wanted(access, "half_year", 2, option=disk)))
    Price.objects.create(
        product=access, cycle="half_year", valid_from=date(2026, 11, 1), amount=Decimal("6000.00")
    )
    order = offering.accept_quote(made, by=None)
    assert (order.status, order.total, order.author) == ("pending", Decimal("24720.00"), None)
    lines = list(order.lines.order_by("pk"))
    assert [(line.price, line.quantity) for line in lines] == [
        (Decimal("4800.00"), 5),
        (Decimal("360.00"), 2),
    ]
    assert [line.own_price_because for line in lines] == ["предложено в КП № 1", ""]
    made.refresh_from_db()
    assert (made.status, made.order, made.accepted_at) == ("accepted", order, clock.now())


def test_the_order_bills_what_the_quote_said(client, access, manager):
    Promotion.objects.create(code="SPRING", name="Весна", value=5, valid_until=TODAY)
    made = sent(quote(client, Wanted(access, "half_year", 5), promo="spring"))
    assert made.total == Decimal("22800.00")
    with time_machine.travel("2026-11-30 09:00+00:00"):  # the code is over, the offer stands
        order = offering.accept_quote(made, by=None)
        (draft,) = billing.accept_order(order, by=manager)
    assert draft.total == order.total == made.total
    assert Service.objects.get().batches.get().promotion.code == "SPRING"


def test_late_yes_starts_that_day(client, access):
    made = sent(quote(client, Wanted(access, "half_year"), starts_on=date(2026, 11, 1), valid_until=START))
    order = offering.accept_quote(made, by=None)
    assert order.starts_on == TODAY
    assert order.total < made.total == Decimal("4800.00")
    assert offering.start_of(Quote.objects.get(), START) == TODAY


def test_a_quote_is_accepted_once(client, access):
    made = sent(quote(client, Wanted(access, "half_year")))
    offering.accept_quote(made, by=None)
    with pytest.raises(IllegalMove):
        offering.accept_quote(made, by=None)
    assert Order.objects.count() == 1


def test_the_client_cannot_accept_what_is_over_staff_can(client, access, manager):
    made = sent(quote(client, Wanted(access, "half_year"), valid_until=TODAY))
    with time_machine.travel("2026-11-26 09:00+00:00"):
        with pytest.raises(Refused):
            offering.accept_quote(made, by=None)
        assert offering.accept_quote(made, by=manager).author == manager


def test_a_draft_is_accepted_by_staff_only(client, access, manager):
    made = quote(client, Wanted(access, "half_year"))
    with pytest.raises(Refused):
        offering.accept_quote(made, by=None)
    assert offering.accept_quote(made, by=manager).status == "pending"


def test_what_the_client_has_bought_meanwhile_stops_the_order_not_the_yes(client, access, manager):
    made = sent(quote(client, Wanted(access, "half_year")))
    billing.accept_order(make.order(client, Wanted(access, "half_year"), starts_on=START), by=manager)
    order = offering.accept_quote(made, by=None)
    with pytest.raises(Refused):
        billing.accept_order(order, by=manager)


def test_declined_with_a_reason_and_opened_again(client, access, manager):
    made = sent(quote(client, Wanted(access, "half_year")), "secret")
    with pytest.raises(Refused) as silent:
        offering.decline_quote(made, by=manager, because=" ")
    assert silent.value.field == "because"
    offering.decline_quote(made, by=manager, because="дорого")
    assert Entry.objects.get(verb="products.quote.declined").facts["because"] == "дорого"
    with pytest.raises(IllegalMove):
        offering.accept_quote(made, by=manager)
    offering.reopen_quote(made, by=manager)
    made.refresh_from_db()
    assert (made.status, made.token_hash, made.sent_at) == ("draft", "", None)
    assert offering.find_quote("") is None


def test_the_client_declines_in_silence(client, access):
    made = offering.decline_quote(sent(quote(client, Wanted(access, "half_year"))), by=None, because="")
    assert made.status == "declined"
    assert Entry.objects.get(verb="products.quote.declined").facts["who"] == "client"


def test_the_clock_ends_what_is_over(client, access):
    over = sent(quote(client, Wanted(access, "half_year"), valid_until=TODAY), "a")
    stands = sent(quote(client, Wanted(access, "half_year"), valid_until=START), "b")
    draft = quote(client, Wanted(access, "half_year"), valid_until=TODAY)
    assert offering.expire_quotes(TODAY) == 0
    assert offering.expire_quotes(TODAY + timedelta(days=1)) == 1
    assert offering.expire_quotes(TODAY + timedelta(days=1)) == 0
    assert [Quote.objects.get(pk=x.pk).status for x in (over, stands, draft)] == ["expired", "sent", "draft"]


def test_later_cycles_are_summed_by_their_length(client, access):
    work = make.product("Час", {"one_time": "2400.00"})
    monthly = make.product("Отчётность", {"month": "100.00"})
    made = quote(
        client, Wanted(access, "half_year", 2), Wanted(monthly, "month", 3), Wanted(work, "one_time")
    )
    later = offering.per_cycle(offering.lines_of(made))
    assert list(later.items()) == [("month", Decimal("300.00")), ("half_year", Decimal("9600.00"))]


def test_accepting_asks_the_same_queries_for_any_number_of_lines(client, django_assert_max_num_queries):
    seller = make.seller()
    for count in (2, 20):
        things = [make.product(seller=seller) for _ in range(count)]
        made = sent(quote(client, *(Wanted(thing, "half_year") for thing in things)), f"{count}")
        with django_assert_max_num_queries(16):
            offering.accept_quote(made, by=None)
