"""The catalogue: options of all kinds, set-up fees, addons, companions; nothing old breaks."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing_site.kit.errors import Refused
from invoices import billing
from invoices.models import Line
from products import cataloguing
from products.actions import Wanted, quote_order
from products.models import Companion, Option, OptionChoice, Price, Product, ProductGroup, Service
from tests import make

pytestmark = pytest.mark.django_db
START = date(2026, 3, 1)


@pytest.fixture
def head():
    return make.user("head", language="en")


@pytest.fixture
def access():
    return make.product("Доступ «Стандарт»", {"half_year": "4800.00", "month": "800.00"})


@pytest.fixture
def client():
    return make.client()


def choice(of: Product) -> Option:
    """Database size: 5 GB at 100, 10 GB at 150 a month, with a set-up fee."""
    made = Option.objects.create(product=of, name="База", line_text="База", kind="choice", unit="шт.")
    for name, amount in (("5 ГБ", "100.00"), ("10 ГБ", "150.00")):
        answer = OptionChoice.objects.create(option=made, name=name)
        Price.objects.create(
            option=made, choice=answer, cycle="month", valid_from=date(2015, 1, 1), amount=Decimal(amount),
            setup_fee=Decimal("70.00"),
        )  # fmt: skip
    return made


def test_a_product_is_made_with_its_option_and_price(browse, head):
    group, seller = ProductGroup.objects.create(name="Облако"), make.seller()
    browser = browse(head)
    values = {
        "name": "Диск", "group": group.pk, "kind": "subscription", "family": "disk", "unit": "пакет",
        "line_text": "Диск", "seller": seller.pk, "vat_treatment": "none", "cashback": "0",
        "handover_rule": "sent", "module": "manual", "active": "on",
    }  # fmt: skip
    assert browser.post(reverse("product-new"), values).status_code == 302
    product = Product.objects.get()
    values = {
        "name": "База", "line_text": "База", "kind": "choice", "active": "on", "choices": "5 ГБ\n10  ГБ",
        "unit": "шт.", "pack": 1, "minimum": 0, "step": 1,
    }  # fmt: skip
    assert browser.post(reverse("option-new", args=[product.pk]), values).status_code == 302
    option = Option.objects.get()
    assert [one.name for one in option.choices.all()] == ["5 ГБ", "10 ГБ"]
    small = option.choices.get(name="5 ГБ")
    values = {"what": f"{option.pk}-{small.pk}", "cycle": "month", "amount": "1 100,50", "setup_fee": "70",
              "valid_from": "2026-01-01"}  # fmt: skip
    assert browser.post(reverse("price-new", args=[product.pk]), values).status_code == 302
    price = Price.objects.get()
    assert (price.choice, price.amount, price.setup_fee) == (small, Decimal("1100.50"), Decimal("70.00"))
    text = browser.get(reverse("product-detail", args=[product.pk])).content.decode()
    assert "База: 5 ГБ" in text
    assert "1\u00a0100,50" in text


def test_an_answer_with_prices_stays(access, head):
    option = choice(access)
    with pytest.raises(Refused, match="есть цены") as refused:
        cataloguing.save_option(option, choices=["10 ГБ", "20 ГБ"], by=head)
    assert refused.value.field == "choices"


def test_a_product_with_live_services_keeps_its_family(browse, client, access, head):
    billing.accept_order(make.order(client, Wanted(access, "month"), starts_on=START), by=head)
    with pytest.raises(Refused, match="действующие услуги") as refused:
        cataloguing.change_product(access, by=head, family="another")
    assert refused.value.field == "family"
    assert cataloguing.change_product(access, by=head, name="Доступ", family=Service.objects.get().family)


@pytest.mark.parametrize(
    ("fields", "quantity", "told"),
    [
        ({"minimum": 2}, 1, "не меньше 2"), ({"maximum": 3}, 4, "не больше 3"), ({"step": 5}, 7, "по 5"),
        ({"kind": "yes_no"}, 2, "один раз"), ({"kind": "choice"}, 1, "выберите вариант"),
    ],
)  # fmt: skip
def test_an_option_is_sold_as_it_says(client, access, fields, quantity, told):
    disk = make.option(access, {"month": "60.00"}, **fields)
    with pytest.raises(Refused, match=told):
        quote_order(
            client, [Wanted(access, "month"), Wanted(access, "month", quantity, option=disk)], starts_on=START
        )


def test_an_answer_has_its_price_and_fee(client, access, head):
    option = choice(access)
    large = option.choices.get(name="10 ГБ")
    order = make.order(
        client, Wanted(access, "month"), Wanted(access, "month", option=option, choice=large), starts_on=START
    )
    assert order.total == Decimal("1020.00")  # 800 + 150 + 70 once
    (draft,) = billing.accept_order(order, by=head)
    lines = [(line.text, line.gross, line.kind) for line in draft.revision.lines.order_by("position")]
    assert lines == [
        ("Доступ «Стандарт»", Decimal("800.00"), "charge"), ("База: 10 ГБ", Decimal("150.00"), "charge"),
        ("Подключение: База", Decimal("70.00"), "fee"),
    ]  # fmt: skip
    assert draft.total == order.total
    assert not Line.objects.get(kind="fee").recurring


def test_an_addon_hangs_on_the_product_above_it(client, access, head):
    backup = make.product("Резервные копии", {"month": "300.00"}, kind="addon", seller=access.seller)
    order = make.order(client, Wanted(access, "month"), Wanted(backup, "month"), starts_on=START)
    (draft,) = billing.accept_order(order, by=head)
    host, addon = Service.objects.order_by("pk")
    assert (addon.host, host.host, draft.total) == (host, None, Decimal("1100.00"))
    assert addon.batches.get().lines.get().period.upper == host.batches.get().lines.get().period.upper


def test_an_addon_alone_is_refused(client, access):
    backup = make.product("Резервные копии", {"month": "300.00"}, kind="addon")
    with pytest.raises(Refused, match="ниже строки"):
        quote_order(client, [Wanted(backup, "month"), Wanted(access, "month")], starts_on=START)


def test_companions_are_kept_and_dropped(browse, head, access):
    licences = make.product("Аренда лицензий", {"month": "450.00"})
    browser, new = browse(head), reverse("companion-new", args=[access.pk])
    wrong = {"rule": "minimum", "companion_product": licences.pk}
    assert "Say how many at least." in browser.post(new, wrong).content.decode()
    assert "one of them" in browser.post(new, {"rule": "same"}).content.decode()
    assert (
        "with itself" in browser.post(new, {"rule": "same", "companion_product": access.pk}).content.decode()
    )
    values = {"rule": "same", "companion_product": licences.pk, "only_rent": "on"}
    assert browser.post(new, values).status_code == 302
    made = Companion.objects.get()
    assert licences.name in browser.get(reverse("product-detail", args=[access.pk])).content.decode()
    assert browser.post(reverse("companion-drop", args=[made.pk])).status_code == 302
    assert not Companion.objects.exists()


def test_groups_are_made_and_listed(browse, head):
    browser = browse(head)
    assert browser.post(reverse("product-group-new"), {"name": "Облако", "position": 1}).status_code == 302
    group = ProductGroup.objects.get()
    edit = reverse("product-group-edit", args=[group.pk])
    assert browser.post(edit, {"name": "Облако 1С", "position": 2}).status_code == 302
    assert "Облако 1С" in browser.get(reverse("product-group-list")).content.decode()


def test_the_catalogue_asks_for_its_right(browse, access):
    manager = browse(make.user("account_manager"))
    names = ("price-new", "option-new", "companion-new", "product-edit")
    for address in (reverse("product-new"), reverse("product-group-new"), reverse("promotion-new"),
                    *(reverse(name, args=[access.pk]) for name in names)):  # fmt: skip
        assert manager.get(address).status_code == 403, address


def test_the_order_form_shows_every_sum(browse, client, access):
    option = choice(access)
    large = option.choices.get(name="10 ГБ")
    access.cashback = Decimal(2)
    access.save()
    values = {
        "client": client.pk, "starts_on": "2026-03-01",
        "line-0-thing": access.pk, "line-0-cycle": "month", "line-0-quantity": 2, "line-0-discount": "5",
        "line-1-thing": f"{access.pk}-{option.pk}-{large.pk}", "line-1-cycle": "month",
        "line-1-quantity": 1, "line-1-discount": "0",
    }  # fmt: skip
    manager = make.user("account_manager", language="en")
    text = browse(manager).get(reverse("order-summary"), values).content.decode()
    told = (
        "1\u00a0750,00",
        "−80,00",
        "70,00",
        "1\u00a0740,00",
        "33,40",
    )  # 1 520 + 150 + 70 once; 2 % without it
    assert [sum_ for sum_ in told if sum_ not in text] == []
