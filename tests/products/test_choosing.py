"""A product is chosen by typing: a catalogue of 1,000 costs the order form no more than one of three."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.kit import live
from products.models import Cycle, Option, Order, Price, Product
from products.queries import things_called, things_of
from tests import make

pytestmark = pytest.mark.django_db
SHOWN = 30


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def seller():
    return make.seller()


@pytest.fixture
def client(manager):
    return make.client(account_manager=manager)


def named(name: str, seller, **fields) -> Product:
    product = make.product(seller=seller, prices={"month": "800.00"})
    Product.objects.filter(pk=product.pk).update(name=name, **fields)
    product.refresh_from_db()
    return product


def fill_catalogue(seller, count: int) -> None:
    """So many further products, each with an option and a price."""
    like, first = make.product(seller=seller), Product.objects.count()
    kept = {"group": like.group, "seller": seller, "line_text": "Услуга"}
    made = Product.objects.bulk_create(
        Product(name=f"Тариф {n:04}", family=f"tariff-{n}", **kept) for n in range(first, first + count)
    )
    Option.objects.bulk_create(Option(product=one, name="Диск 5 ГБ", line_text="Диск") for one in made)
    Price.objects.bulk_create(
        Price(product=one, cycle="month", valid_from="2020-01-01", amount=Decimal(500)) for one in made
    )


def line(key: str, **fields: str) -> dict[str, str]:
    values = {"thing": key, "cycle": Cycle.MONTH, "quantity": "1", "discount": "0", **fields}
    return {f"line-0-{name}": value for name, value in values.items()}


def names(*words: str) -> list[str]:
    return [str(thing) for thing in things_called(words, SHOWN)]


def test_a_thing_is_found_by_words_of_its_product_option_and_answer(seller):
    access = named("Учётный сервер", seller)
    disk = make.option(access, name="Диск 5 ГБ")
    place = make.option(access, name="Площадка", kind="choice")
    moscow = place.choices.create(name="Москва")
    named("Архив", seller, active=False)
    whole = f"{access.name} + {disk.name}"
    assert names("учетный") == [access.name, whole, f"{access.name} + Площадка: Москва"]
    assert names("диск", "учет") == [whole]
    assert names("моск") == [f"{access.name} + Площадка: Москва"]
    assert names("диск", "моск") == names("архив") == names("100%") == []
    keys = (f"{access.pk}-{place.pk}-{moscow.pk}", "9999999", "x", "²", "")
    assert things_of(keys)[keys[0]].choice == moscow
    assert things_of(["9999999", "x", "²", ""]) == {}


def test_the_list_says_that_there_is_more(browse, manager, seller):
    fill_catalogue(seller, SHOWN)
    text = browse(manager).get(reverse("order-things"), {"q": "тариф 00"}).content.decode()
    assert text.count('role="option"') == SHOWN
    assert "The first 30 are shown" in text
    text = browse(manager).get(reverse("order-things"), {"q": "тариф 0007"}).content.decode()
    assert text.count('role="option"') == 2  # it and its option
    assert "are shown" not in text
    text = browse(manager).get(reverse("order-things"), {"q": "нет такого"}).content.decode()
    assert "Nothing is called so." in text


def test_what_was_typed_and_not_chosen_is_refused_and_kept(browse, manager, client, seller):
    named("Доступ", seller)
    values = {"starts_on": "2026-03-01", **line("", **{"thing-typed": "досту <б>"})}
    text = browse(manager).post(f"{reverse('order-new')}?client={client.pk}", values).content.decode()
    assert "Choose it in the list that opens while you type." in text
    assert 'value="досту &lt;б&gt;"' in text
    assert not Order.objects.exists()


def test_what_was_chosen_comes_back_by_its_name(browse, manager, client, seller):
    access = named("Доступ", seller)
    values = {"starts_on": "x", **line(str(access.pk), **{"thing-typed": "Доступ"})}
    text = browse(manager).post(f"{reverse('order-new')}?client={client.pk}", values).content.decode()
    assert f'name="line-0-thing" value="{access.pk}"' in text
    assert 'value="Доступ"' in text


def test_a_thousand_products_cost_the_form_no_more_than_three(browse, manager, client, seller):
    access = named("Доступ", seller)
    about = f"?client={client.pk}"
    values = {"client": client.pk, "starts_on": "2026-03-01", **line(str(access.pk))}
    browser = browse(manager)

    def cost() -> dict[str, tuple[int, int]]:
        told = {}
        for name, query in (("order-new", {"client": client.pk}), ("order-line", {"client": client.pk}),
                            ("order-summary", values)):  # fmt: skip
            live.forget(f"counters:{manager.pk}")
            with CaptureQueriesContext(connection) as asked:
                text = browser.get(reverse(name), query).content
            told[name] = len(asked), len(text)
        live.forget(f"counters:{manager.pk}")
        with CaptureQueriesContext(connection) as asked:
            text = browser.post(reverse("order-new") + about, {**values, "starts_on": "x"}).content
        told["refused"] = len(asked), len(text)
        return told

    fill_catalogue(seller, 3)
    cost()  # what is kept between requests does not count
    few = cost()
    fill_catalogue(seller, 1000)
    assert cost() == few
