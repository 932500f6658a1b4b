"""A client with 300 services costs its pages as many queries and as much text as one with 60."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.kit import clock, live
from products.models import Batch, Service
from tests import make
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
PAGES = ("service-detail", "service-drift", "service-change", "service-plan", "service-plans",
         "service-terminate", "service-transfer", "service-invoices")  # fmt: skip
CLIENT_PAGES = ("client-detail", "client-services", "client-counts", "client-account", "client-money")


@pytest.fixture
def head():
    return make.user("head", language="en")


@pytest.fixture
def client(head):
    return make.client(account_manager=head)


@pytest.fixture
def product():
    return make.product("Доступ", {"month": "800.00"})


def add_services(client, product, count: int, **fields) -> list[Service]:
    """So many live services side by side, each with units and an option."""
    first, disk = client.services.count(), product.options.first() or make.option(product)
    start = date(2018, 1, 1)
    fields = {"status": "active", "paid_until": date(2099, 1, 1), "recurring": Decimal(860), **fields}
    made = Service.objects.bulk_create(
        Service(client=client, product=product, family=f"{product.family}-{n}", cycle="month", anchor=start,
                starts_on=start, **fields)
        for n in range(first, first + count)
    )  # fmt: skip
    given = {"since": start, "given_at": clock.now()}
    Batch.objects.bulk_create(
        Batch(service=one, option=option, quantity=1, price=price, **given)
        for one in made
        for option, price in ((None, Decimal(800)), (disk, Decimal(60)))
    )
    return made


def test_three_hundred_services_cost_no_more_than_sixty(browse, head, client, product):
    browser = browse(head)
    service = add_services(client, product, 60)[0]
    places = [reverse(name, args=[service.pk]) for name in PAGES]
    places += [reverse(name, args=[client.pk]) for name in CLIENT_PAGES]

    def cost() -> dict[str, tuple[int, int]]:
        told = {}
        for place in places:
            browser.get(place)  # what is kept between requests does not count; the counters of the frame do
            live.forget(f"counters:{head.pk}")
            with CaptureQueriesContext(connection) as asked:
                answer = browser.get(place)
            assert answer.status_code == 200, place
            told[place] = len(asked), answer.content.count(b"<tr")
        return told

    few = cost()
    add_services(client, product, 240)
    many = cost()
    assert {place: (few[place], many[place]) for place in places if few[place] != many[place]} == {}


def test_a_ticket_shows_some_of_the_services_beside(browse, head, client, product):
    add_services(client, product, 40)
    ticket = Ticket.objects.create(
        subject="Вопрос", client=client, department=make.department(), last_at=clock.now()
    )
    text = browse(head).get(reverse("ticket-detail", args=[ticket.pk])).content.decode()
    assert text.count('<li><a href="/services/') == 10


def test_every_service_of_a_client_can_be_reached_live_ones_first(browse, head, client, product):
    ended = add_services(client, product, 3, status="terminated")
    live = add_services(client, product, 110)
    browser, address, seen = browse(head), reverse("client-services", args=[client.pk]), []
    pages = 0
    more: int | None = 0
    while more is not None:
        answer = browser.get(address, {"from": more})
        more, pages = answer.context["more"], pages + 1
        seen += [service for service, _held in answer.context["rows"]]
        assert (b"<thead" in answer.content) == (pages == 1)
    assert seen == [*live, *ended]
    assert pages == 3
    assert browser.get(address, {"from": "x"}).context["start"] == 0
