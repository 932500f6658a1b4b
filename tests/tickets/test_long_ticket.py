"""A ticket of 500 messages opens as fast as one of nine; the others are read when they are asked for."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.kit import clock, live
from tests import make
from tickets.models import File, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make.user("head", language="en")


@pytest.fixture
def ticket(head):
    return empty_ticket(head)


def empty_ticket(head) -> Ticket:
    return Ticket.objects.create(
        subject="Не открывается база", client=make.client(account_manager=head),
        department=make.department(), last_at=clock.now(),
    )  # fmt: skip


def write(ticket, count: int) -> None:
    """So many further messages, two of each minute, each with a file."""
    first, now = ticket.messages.count(), clock.now()
    made = Message.objects.bulk_create(
        Message(ticket=ticket, kind="client", text=f"Сказано {n:04}", from_address="a@b.example",
                at=now + timedelta(minutes=n // 2))
        for n in range(first, first + count)
    )  # fmt: skip
    File.objects.bulk_create(
        File(message=one, name="a.txt", content_type="text/plain", size=1, sha256="0" * 64,
             storage_name=f"a/{one.pk}") for one in made
    )  # fmt: skip


def said(text: str) -> list[int]:
    """Numbers of the messages that a page shows, in its order."""
    return [int(number) for number in re.findall(r"Сказано (\d{4})", text)]


def test_five_hundred_messages_cost_no_more_than_nine(browse, head, ticket):
    browser, address = browse(head), reverse("ticket-detail", args=[ticket.pk])

    def cost() -> tuple[int, int]:
        browser.get(address)  # what is kept between requests does not count; the counters of the frame do
        live.forget(f"counters:{head.pk}")
        with CaptureQueriesContext(connection) as asked:
            text = browser.get(address).content.decode()
        return len(asked), len(re.findall(r"<article", text))

    write(ticket, 9)
    few = cost()
    write(ticket, 491)
    assert cost() == few


def test_every_message_can_be_reached(browse, head, ticket):
    write(ticket, 120)
    browser = browse(head)
    text = browser.get(reverse("ticket-detail", args=[ticket.pk])).content.decode()
    first, *seen = said(text)
    parts = 0
    while asked := re.search(r'hx-get="([^"]*/earlier/\?before=\d+)"', text):
        text = browser.get(asked[1]).content.decode()
        seen, parts = [*said(text), *seen], parts + 1
    assert [first, *seen] == list(range(120))
    assert parts == 3  # 114 of them, 50 at once


def test_an_earlier_message_is_read_inside_its_ticket(browse, head, ticket):
    other = empty_ticket(head)
    write(other, 3)
    address = reverse("ticket-earlier", args=[ticket.pk])
    assert browse(head).get(address, {"before": other.messages.latest("pk").pk}).status_code == 404
    assert browse(head).get(address, {"before": "x"}).status_code == 200
    outsider = make.user("account_manager", scope="portfolio")
    assert browse(outsider).get(address).status_code == 404


def test_all_that_came_while_an_answer_was_written_is_shown(browse, head, ticket):
    write(ticket, 20)
    seen = ticket.messages.order_by("at", "pk").last().pk
    write(ticket, 8)
    answer = browse(head).post(
        reverse("ticket-answer", args=[ticket.pk]), {"text": "Ответ", "seen": str(seen)}
    )
    text = answer.content.decode()
    assert len(re.findall("said-new", text)) == 8
