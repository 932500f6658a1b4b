"""Pages of products, orders and services: they work, ask for their right, keep to the scope."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing_site.office.models import User
from invoices import billing
from products.actions import Wanted
from products.models import Order, Price, Product, Service
from tests import make

pytestmark = pytest.mark.django_db
START = date(2026, 3, 1)


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def access():
    return make.product("Доступ «Стандарт»", {"half_year": "4800.00", "month": "800.00"})


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def order(client, access):
    return make.order(client, Wanted(access, "half_year", 5, discount=Decimal(5)), starts_on=START)


def line(n: int, thing, **more) -> dict:
    values = {"thing": thing, "cycle": "half_year", "quantity": 1, "discount": "0", **more}
    return {f"line-{n}-{name}": value for name, value in values.items()}


def new_order(client) -> str:
    return reverse("order-new") + f"?client={client.pk}"


@pytest.mark.parametrize("name", ["product-list", "order-list", "order-new", "service-list"])
def test_lists_work(browse, manager, order, name):
    make.option(Product.objects.get())
    assert browse(manager).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["product-list", "order-list", "service-list"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_are_exported(browse, manager, order, name, kind):
    billing.accept_order(order, by=manager)
    assert browse(manager).get(reverse(name) + f"?export={kind}").status_code == 200


def test_the_list_of_products_shows_prices_in_force(browse, manager, access):
    Price.objects.create(product=access, cycle="month", valid_from=date(2020, 1, 1), amount=Decimal(900))
    Price.objects.create(product=access, cycle="month", valid_from=date(2099, 1, 1), amount=Decimal(999))
    text = browse(manager).get(reverse("product-list")).content.decode()
    assert "900,00" in text
    assert "999,00" not in text


@pytest.mark.parametrize("name", ["order-list", "service-list", "product-list"])
def test_queries_of_a_list_do_not_grow(browse, manager, django_assert_max_num_queries, name):
    for _n in range(12):
        product = make.product()
        billing.accept_order(
            make.order(make.client(), Wanted(product, "half_year"), starts_on=START), by=manager
        )
    browser = browse(manager)
    with django_assert_max_num_queries(14):
        assert browser.get(reverse(name)).status_code == 200


def test_a_client_is_found_by_name_number_inn_and_address(browse, manager, client):
    payer = client.payers.get()
    browser = browse(manager)
    for typed in ("ромаш", str(client.pk), payer.inn, client.main_email):
        text = browser.get(reverse("order-clients"), {"who": typed}).content.decode()
        assert f"?client={client.pk}" in text, typed
    assert "data-pick" not in browser.get(reverse("order-clients"), {"who": "нет такого"}).content.decode()


def test_the_sum_is_shown_while_typing(browse, manager, client, access):
    values = {"client": client.pk, "starts_on": "2018-02-12", **line(0, access.pk, quantity=2)}
    text = browse(manager).get(reverse("order-summary"), values).content.decode()
    assert "8\u00a0960,00\u00a0₽" in text  # 2 × (800 / 30 × 18 + 5 × 800)
    assert "12.02.2018 – 31.07.2018" in text
    assert not Order.objects.exists()


def test_an_unfinished_form_has_a_summary_too(browse, manager, client, access):
    browser = browse(manager)
    for more in (
        {},
        {"starts_on": "x"},
        line(0, "9999"),
        line(0, access.pk, quantity="", cycle="x"),
        line(0, access.pk, cycle="three_years"),
        {"line-x-thing": "1", "line-0-thing": ""},
    ):
        answer = browser.get(
            reverse("order-summary"), {"client": client.pk, "starts_on": "2026-03-01", **more}
        )
        assert answer.status_code == 200


def test_an_order_is_made_as_typed(browse, manager, client, access):
    disk = make.option(access)
    values = {
        "starts_on": "2026-03-01", "comment": "по телефону",
        **line(0, access.pk, quantity=5, discount="5"), **line(3, ""),
        **line(7, f"{access.pk}-{disk.pk}", quantity=2, price="300,00", because="акция"),
    }  # fmt: skip
    answer = browse(manager).post(new_order(client), values)
    order = Order.objects.get()
    assert answer.url == reverse("order-detail", args=[order.pk])
    assert (order.total, order.author) == (Decimal("23400.00"), manager)
    assert [(x.option, x.quantity, x.own_price_because) for x in order.lines.order_by("pk")] == [
        (None, 5, ""), (disk, 2, "акция"),
    ]  # fmt: skip


def test_what_was_typed_wrong_is_said_and_kept(browse, manager, client, access):
    values = {"starts_on": "2026-03-01", **line(0, access.pk, price="1,00", quantity=7)}
    answer = browse(manager).post(new_order(client), values)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Say why the price differs from the catalogue." in text
    assert 'value="7"' in text
    assert not Order.objects.exists()


def test_an_empty_order_is_refused(browse, manager, client):
    text = browse(manager).post(new_order(client), {"starts_on": "2026-03-01"}).content.decode()
    assert "The order has no lines." in text
    assert not Order.objects.exists()


def test_a_doubled_product_leads_to_the_service(browse, manager, order, client, access):
    billing.accept_order(order, by=manager)
    service = Service.objects.get()
    Service.objects.update(status="active")
    browser = browse(manager)
    values = {"starts_on": "2026-03-01", **line(0, access.pk)}
    text = browser.get(reverse("order-summary"), {"client": client.pk, **values}).content.decode()
    assert reverse("service-change", args=[service.pk]) in text
    text = browser.post(new_order(client), values).content.decode()
    assert "change the existing service instead" in text
    assert Order.objects.count() == 1
    answer = browser.post(new_order(client), {**values, "line-0-doubled": "вторая база"})
    assert "You lack the right to sell a second service of one kind." in answer.content.decode()
    head = browse(make.user("head", language="en"))
    assert head.post(new_order(client), {**values, "line-0-doubled": "вторая база"}).status_code == 302


def test_another_line_has_its_own_place(browse, manager, client, access):
    text = browse(manager).get(reverse("order-line"), {"client": client.pk, "n": "4"}).content.decode()
    assert 'name="line-4-thing"' in text
    assert "n=5" in text


@pytest.mark.parametrize(
    ("name", "status"),
    [("order-cancel", "cancelled"), ("order-refuse", "refused"), ("order-fraud", "fraud")],
)
def test_an_order_is_closed_and_opened_again(browse, manager, order, name, status):
    browser = browse(manager)
    address = reverse(name, args=[order.pk])
    assert browser.get(address).status_code == 200
    assert browser.post(address).status_code == 302
    order.refresh_from_db()
    assert order.status == status
    assert browser.get(reverse("order-detail", args=[order.pk])).status_code == 200
    browser.post(reverse("order-reopen", args=[order.pk]))
    order.refresh_from_db()
    assert order.status == "pending"


def test_a_service_explains_its_amount(browse, manager, order):
    billing.accept_order(order, by=manager)
    service = Service.objects.get()
    service.batches.update(given_at="2026-03-01 00:00+00:00")
    text = browse(manager).get(reverse("service-detail", args=[service.pk])).content.decode()
    for told in ("5 × 4\u00a0800,00", "24\u00a0000,00", "−1\u00a0200,00", "22\u00a0800,00\u00a0₽"):
        assert told in text
    assert "which differs by" in text  # nobody has settled the stored amount


def test_a_price_from_a_date_keeps_the_old_one(browse, access):
    head = make.user("head")
    values = {"what": "", "cycle": "month", "amount": "900", "valid_from": "2030-01-01"}
    assert browse(head).post(reverse("price-new", args=[access.pk]), values).status_code == 302
    prices = Price.objects.filter(product=access, cycle="month").order_by("valid_from")
    assert [price.amount for price in prices] == [Decimal("800.00"), Decimal("900.00")]


def test_a_product_is_edited(browse, access):
    kept = {
        "group": access.group_id, "kind": "subscription", "family": access.family, "unit": "польз.",
        "seller": access.seller_id, "vat_treatment": "none", "cashback": "1,5", "module": "manual",
    }  # fmt: skip
    values = {**kept, "name": "Доступ", "line_text": "Доступ", "handover_rule": "paid"}
    answer = browse(make.user("head")).post(reverse("product-edit", args=[access.pk]), values)
    assert answer.status_code == 302
    access.refresh_from_db()
    assert (access.name, access.handover_rule, access.active) == ("Доступ", "paid", False)
    assert access.cashback == Decimal("1.50")


def pages(order: Order) -> dict[str, tuple[str, str]]:
    """Address → (right's owners, kind of object)."""
    service, product = Service.objects.get(), Product.objects.get()
    return {
        reverse("order-detail", args=[order.pk]): "view",
        reverse("order-cancel", args=[order.pk]): "sell",
        reverse("order-reopen", args=[order.pk]): "sell",
        reverse("service-detail", args=[service.pk]): "view",
        reverse("client-services", args=[order.client_id]): "view",
        reverse("client-orders", args=[order.client_id]): "view",
        reverse("product-detail", args=[product.pk]): "view",
        reverse("product-edit", args=[product.pk]): "head",
        reverse("price-new", args=[product.pk]): "head",
        new_order(order.client): "sell",
        reverse("order-summary") + f"?client={order.client_id}": "sell",
    }


def test_pages_ask_for_their_right(browse, manager, order):
    billing.accept_order(order, by=manager)
    may = {
        "view": {"head", "account_manager", "treasury"},
        "sell": {"head", "account_manager"},
        "head": {"head"},
    }
    people = {role: browse(make.user(role)) for role in ("head", "account_manager", "treasury")}
    people["nobody"] = browse(make.user())
    for address, kind in pages(order).items():
        for role, browser in people.items():
            expected = 200 if role in may[kind] else 403
            assert browser.get(address).status_code == expected, (address, role)


def test_a_client_outside_the_scope_is_not_found(browse, manager, order):
    billing.accept_order(order, by=manager)
    other = browse(make.user("account_manager", scope=User.Scope.PORTFOLIO))
    for address in pages(order):
        if "/products/" not in address:
            assert other.get(address).status_code == 404, address
    assert "data-pick" not in other.get(reverse("order-clients"), {"who": "ромаш"}).content.decode()


def test_two_sellers_make_two_drafts_in_the_summary(browse, manager, client, access):
    work = make.product("Час специалиста", {"one_time": "2400.00"})
    values = {
        "client": client.pk, "starts_on": "2026-03-01",
        **line(0, access.pk), **line(1, work.pk, cycle="one_time", quantity=2),
    }  # fmt: skip
    answer = browse(manager).get(reverse("order-summary"), values)
    assert answer.context["drafts"] == [
        (access.seller, Decimal("4800.00")), (work.seller, Decimal("4800.00")),
    ]  # fmt: skip
    assert f"draft of {work.seller}" in answer.content.decode()


@pytest.mark.parametrize("batches", [3, 30])
def test_queries_of_the_service_do_not_grow(browse, manager, order, django_assert_max_num_queries, batches):
    billing.accept_order(order, by=manager)
    service = Service.objects.get()
    option = make.option(service.product)
    for n in range(batches):
        service.batches.create(option=option, quantity=n + 1, price=Decimal(60), since=START)
    browser = browse(manager)
    for name, pk in (("service-detail", service.pk), ("client-services", client_of(service))):
        with django_assert_max_num_queries(16):
            assert browser.get(reverse(name, args=[pk])).status_code == 200


def client_of(service: Service) -> int:
    return service.client_id


@pytest.mark.parametrize("lines", [2, 20])
def test_queries_of_the_summary_do_not_grow(browse, manager, client, django_assert_max_num_queries, lines):
    seller = make.seller()
    things = [make.product(seller=seller) for _ in range(lines)]
    values = {"client": client.pk, "starts_on": "2026-03-01"}
    for n, thing in enumerate(things):
        values |= line(n, thing.pk)
    browser = browse(manager)
    with django_assert_max_num_queries(16):
        assert len(browser.get(reverse("order-summary"), values).context["quoted"]) == lines
