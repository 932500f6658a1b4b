"""Promo codes: what they make of a price, for whom, for how long, and the ledger of their uses."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from billing_site.kit.periods import Period
from billing_site.office.models import VatTable
from invoices import billing
from invoices.documents import paper_of
from invoices.drafting import charge_line
from invoices.models import Invoice
from products import pricing, promotions
from products.actions import Wanted, close_order, create_order
from products.models import Batch, Order, Promotion, PromotionUse, Service
from tests import make
from tests.invoices.papers import pay, sent

pytestmark = pytest.mark.django_db
FEBRUARY = date(2019, 2, 1)


@pytest.fixture(autouse=True)
def _in_january():
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def seller():
    return make.seller()


@pytest.fixture
def module(seller):
    return make.product("Модуль", {"half_year": "13380.00"}, seller=seller)


@pytest.fixture
def client():
    return make.client()


def promotion(code: str = "REF5", **fields) -> Promotion:
    fields = {"name": "Референс", "value": Decimal(5), "valid_from": date(2019, 1, 1), **fields}
    made = Promotion(code=code, **{k: v for k, v in fields.items() if k not in ("products", "options")})
    chosen = {name: fields.get(name, ()) for name in ("products", "options")}
    return promotions.save_promotion(made, by=make.user("head"), **chosen)


def bought(client, manager, *wanted: Wanted, promo: str = "REF5") -> Invoice:
    order = create_order(client, wanted, starts_on=FEBRUARY, by=manager, promo=promo)
    (draft,) = billing.accept_order(order, by=manager)
    assert draft.total == order.total
    return draft


def test_figure_2_shows_the_discount_as_a_line_of_its_own(client, manager, seller, module):
    access = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    licences = make.product("Аренда лицензий", {"half_year": "2700.00"}, seller=seller)
    promotion(shown="line", products=[module])
    five = Decimal(5)
    draft = bought(
        client, manager, Wanted(access, "half_year", 5, discount=five),
        Wanted(licences, "half_year", 5, discount=five), Wanted(module, "half_year"),
    )  # fmt: skip
    assert draft.total == Decimal("48336.00")
    rows = [(row.text, row.amount.replace("\u00a0", " ")) for row in paper_of(draft, draft.revision).rows]
    assert rows == [
        ("Доступ", "22 800,00"), ("Аренда лицензий", "12 825,00"), ("Модуль", "13 380,00"),
        ("Скидка по промокоду REF5", "−669,00"),
    ]  # fmt: skip
    line = draft.revision.lines.get(text="Модуль")
    assert sum(Decimal(step["amount"]) for step in line.why) == line.gross == Decimal("12711.00")
    use = PromotionUse.objects.get()
    assert (use.amount, use.client, use.batch) == (Decimal("669.00"), client, line.batch)


def test_inside_the_discount_percents_add_up(client, manager, module):
    promotion()
    line = bought(client, manager, Wanted(module, "half_year", discount=Decimal(5))).revision.lines.get()
    assert (line.discount, line.gross, line.off_text) == (Decimal(10), Decimal("12042.00"), "")


@pytest.mark.parametrize(
    ("kind", "value", "total"),
    [("fixed", "1000", "12380.00"), ("price", "10000", "10000.00"), ("fixed", "99999", "0.00")],
)
def test_a_sum_off_and_a_price_of_its_own(client, manager, module, kind, value, total):
    promotion(kind=kind, value=Decimal(value))
    assert bought(client, manager, Wanted(module, "half_year")).total == Decimal(total)


def test_a_code_of_two_cycles_ends_with_the_second(client, manager, module):
    promotion(cycles=2)
    draft = bought(client, manager, Wanted(module, "half_year"))
    batch = Batch.objects.get()
    assert batch.promo_until == date(2020, 2, 1)
    amounts = [
        charge_line(batch, Period(*days), seller=draft.seller, vat=VatTable()).gross
        for days in (
            (date(2019, 8, 1), date(2020, 2, 1)),
            (date(2020, 2, 1), date(2020, 8, 1)),
        )
    ]
    assert amounts == [Decimal("12711.00"), Decimal("13380.00")]


def test_the_recurring_amount_follows_the_code_and_its_end(client, manager, module):
    promotion(cycles=1)
    pay(sent(bought(client, manager, Wanted(module, "half_year"))))
    service = Service.objects.get()
    assert (service.paid_until, service.recurring) == (date(2019, 8, 1), Decimal("13380.00"))
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("fields", "recurring"),
    [
        ({}, "12711.00"), ({"cycles": 2}, "12711.00"), ({"kind": "fixed", "value": Decimal(380)}, "13000.00"),
        ({"kind": "price", "value": Decimal(9000)}, "9000.00"),
    ],
)  # fmt: skip
def test_the_books_know_what_a_code_makes_of_the_sum(client, manager, module, fields, recurring):
    promotion(**fields)
    pay(sent(bought(client, manager, Wanted(module, "half_year"))))
    assert Service.objects.get().recurring == Decimal(recurring)
    assert list(differences()) == []


def test_a_code_of_chosen_products_serves_no_other(client, manager, seller, module):
    other = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    promotion(products=[other])
    assert bought(client, manager, Wanted(module, "half_year")).total == Decimal("13380.00")
    assert not PromotionUse.objects.exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"active": False}, "Нет промокода"),
        ({"valid_from": date(2019, 1, 13)}, "с 13.01.2019"),
        ({"valid_until": date(2019, 1, 11)}, "до 11.01.2019"),
    ],
)
def test_a_code_out_of_its_days_is_refused(client, manager, module, fields, told):
    promotion(**fields)
    with pytest.raises(Refused, match=told) as refused:
        create_order(client, [Wanted(module, "half_year")], starts_on=FEBRUARY, by=manager, promo="ref5")
    assert refused.value.field == "promo"


def test_a_code_is_used_once_by_a_client_and_is_free_when_the_order_falls(client, manager, seller, module):
    promotion()
    other = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    order = create_order(client, [Wanted(module, "half_year")], starts_on=FEBRUARY, by=manager, promo="REF5")
    again = ([Wanted(other, "half_year")],)
    with pytest.raises(Refused, match="уже воспользовался"):
        create_order(client, *again, starts_on=FEBRUARY, by=manager, promo="REF5")
    close_order(order, Order.Status.CANCELLED, by=manager)
    bought(client, manager, Wanted(other, "half_year"))
    with pytest.raises(Refused, match="уже воспользовался"):
        promotions.promotion_for("REF5", client, date(2019, 1, 12))
    close_order(Order.objects.get(status="accepted"), Order.Status.PENDING, by=manager)
    assert sum(use.amount for use in PromotionUse.objects.all()) == 0
    assert promotions.promotion_for("REF5", make.client(), date(2019, 1, 12))


def test_a_code_with_a_limit_is_used_up(manager, module):
    promotion(limit_total=1, limit_per_client=None)
    bought(make.client(), manager, Wanted(module, "half_year"))
    with pytest.raises(Refused, match="исчерпан"):
        bought(make.client(), manager, Wanted(module, "half_year"))


def test_a_used_code_keeps_its_terms(client, manager, module):
    code = promotion()
    bought(client, manager, Wanted(module, "half_year"))
    code.value = Decimal(50)
    with pytest.raises(Refused, match="условия не меняются"):
        promotions.save_promotion(code, products=[], options=[], by=manager)


def test_promotions_are_made_and_seen_in_the_panel(browse, client, manager, module):
    head = browse(make.user("head", language="en"))
    values = {
        "code": "spring", "name": "Весна", "kind": "percent", "value": "7,5", "scope": "new_units",
        "shown": "net", "valid_from": "2019-01-01", "active": "on", "products": [module.pk],
    }  # fmt: skip
    assert head.post(reverse("promotion-new"), values).status_code == 302
    made = Promotion.objects.get()
    assert (made.code, made.value, list(made.products.all())) == ("SPRING", Decimal("7.50"), [module])
    bought(client, manager, Wanted(module, "half_year"), promo="spring")
    text = browse(manager).get(reverse("promotion-detail", args=[made.pk])).content.decode()
    assert client.name in text
    assert "1\u00a0003,50" in text  # 7.5 % of 13 380
    assert "SPRING" in browse(manager).get(reverse("promotion-list")).content.decode()
    assert browse(manager).get(reverse("promotion-edit", args=[made.pk])).status_code == 403


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"value": "101"}, "Percents end at a hundred."),
        ({"valid_until": "2018-12-31"}, "The last day is before the first."),
        ({"cycles": "0"}, "One cycle or more"),
    ],
)
def test_a_promotion_typed_wrong_says_why(browse, more, told):
    values = {
        "code": "x", "name": "Х", "kind": "percent", "value": "5", "scope": "all", "shown": "net",
        "valid_from": "2019-01-01", **more,
    }  # fmt: skip
    answer = browse(make.user("head", language="en")).post(reverse("promotion-new"), values)
    assert told in answer.content.decode()
    assert not Promotion.objects.exists()


money = st.decimals(0, 100_000, places=2)


@given(money, st.decimals(0, 100, places=2), st.sampled_from(["percent", "fixed", "price"]), money)
def test_a_promotion_never_makes_a_price_negative(price, discount, kind, value):
    if kind == "percent":
        value = min(value, Decimal(100))
    price, discount = pricing.promoted(price, discount, kind=kind, value=value)
    assert price >= 0
    assert 0 <= discount <= 100


@pytest.mark.parametrize(("scope", "discounted"), [("all", True), ("new_units", False)])
def test_units_added_later_are_served_by_a_code_for_all(client, manager, module, scope, discounted):
    promotion(scope=scope)
    pay(sent(bought(client, manager, Wanted(module, "half_year"))))
    change = billing.quote_change(Service.objects.get(), 2, on=FEBRUARY)
    assert (change.batch.promotion is not None) is discounted
    assert change.total == Decimal("12711.00" if discounted else "13380.00")
    billing.change_service(change, by=manager)
    assert Batch.objects.filter(promotion__isnull=False).count() == 1 + discounted
