"""Pages of quotes: the form of an order, Check & send, the client's page by link."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from billing_site.journal.models import subject_of
from billing_site.kit import live
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from invoices import offering as papers
from invoices import schedule
from products import offering
from products.actions import Wanted
from products.models import Order, Quote
from products.offering import Terms
from tests import make

pytestmark = pytest.mark.django_db
START, TODAY, LAST = date(2026, 12, 1), date(2026, 11, 25), date(2026, 12, 9)


@pytest.fixture(autouse=True)
def _today():
    live.forget("wrong-links:127.0.0.1")
    with time_machine.travel("2026-11-25 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("sales", language="en", phone="+74955405151", extension="2207")


@pytest.fixture
def access():
    return make.product("Доступ «Стандарт»", {"half_year": "4800.00", "month": "800.00"})


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def quote(client, access, manager):
    wanted = [Wanted(access, "half_year", 5, discount=Decimal(5))]
    return offering.make_quote(client, wanted, Terms(START, LAST, comment="Как договорились"), by=manager)


def line(n: int, thing, **more) -> dict:
    values = {"thing": thing, "cycle": "half_year", "quantity": 1, "discount": "0", **more}
    return {f"line-{n}-{name}": value for name, value in values.items()}


def sent(quote: Quote) -> str:
    """The client's address of a quote that was just sent, as the letter says it."""
    letter = papers.send_quote(quote, by=quote.author)
    return re.search(r"/q/[\w-]+/", letter.text)[0]


def words(answer) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def test_a_quote_is_made_as_typed(browse, manager, client, access):
    browser = browse(manager)
    assert browser.get(reverse("quote-new")).status_code == 200
    address = reverse("quote-new") + f"?client={client.pk}"
    form = browser.get(address)
    assert form.context["form"]["valid_until"].value() == LAST
    values = {
        "starts_on": "2026-12-01", "valid_until": "2026-12-20", "comment": "Ждём",
        **line(0, access.pk, quantity=3),
    }  # fmt: skip
    answer = browser.post(address, values)
    quote = Quote.objects.get()
    assert answer.url == reverse("quote-detail", args=[quote.pk])
    assert (quote.total, quote.valid_until, quote.comment) == (
        Decimal("14400.00"),
        date(2026, 12, 20),
        "Ждём",
    )
    values["valid_until"] = "2026-11-01"
    assert "This day is over." in browser.post(address, values).content.decode()
    assert Quote.objects.count() == 1


def test_a_form_begins_with_what_is_there(browse, manager, quote, client, access):
    browser = browse(manager)
    for address in (
        reverse("quote-edit", args=[quote.pk]), reverse("quote-new") + f"?client={client.pk}&like={quote.pk}",
    ):  # fmt: skip
        (typed,) = browser.get(address).context["form"].lines
        assert (typed["thing"].value(), typed["quantity"].value()) == (str(access.pk), 5)
        assert typed["price"].value() is None
    other = make.client()
    assert browser.get(reverse("quote-new") + f"?client={other.pk}&like={quote.pk}").status_code == 404
    values = {"starts_on": "2026-12-01", "valid_until": "2026-12-20", **line(0, access.pk, quantity=2)}
    browser.post(reverse("quote-edit", args=[quote.pk]), values)
    quote.refresh_from_db()
    assert (quote.total, quote.number) == (Decimal("9600.00"), 1)


def test_the_paper_says_what_is_offered(browse, manager, quote):
    text = words(browse(manager).get(reverse("quote-paper", args=[quote.pk])))
    for said in (
        "Коммерческое предложение № 1 от 25 ноября 2026", "черновик", "Доступ «Стандарт»",
        "01.12.2026 – 31.05.2027",
        "4 800,00", "5%", "22 800,00", "9 декабря 2026", "Как договорились", "22 800,00 руб. / полугодие",
        manager.name, "доб. 2207", "Без налога (НДС)",
    ):  # fmt: skip
        assert said in text, said


def test_two_sellers_stand_apart(browse, manager, client, access):
    work = make.product("Час специалиста", {"one_time": "2400.00"})
    wanted = [Wanted(access, "half_year"), Wanted(work, "one_time", 2)]
    quote = offering.make_quote(client, wanted, Terms(START, LAST), by=manager)
    paper = papers.paper_of(quote, offering.lines_of(quote))
    assert [part.total for part in paper.parts] == ["4\u00a0800,00", "4\u00a0800,00"]
    assert paper.total == "9\u00a0600,00"
    assert words(browse(manager).get(reverse("quote-paper", args=[quote.pk]))).count("Исполнитель:") == 2


def test_nothing_leaves_before_the_button(browse, manager, quote):
    browser = browse(manager)
    page = browser.get(reverse("quote-send", args=[quote.pk]))
    assert quote.client.main_email in page.content.decode()
    assert browser.get(reverse("quote-letter", args=[quote.pk])).status_code == 200
    assert not Letter.objects.filter(kind="quote").exists()
    answer = browser.post(reverse("quote-send", args=[quote.pk]), {"seen": page.context["seen"]})
    assert answer.url == reverse("quote-detail", args=[quote.pk])
    letter = Letter.objects.get(kind="quote")
    quote.refresh_from_db()
    assert (quote.status, letter.to, letter.about) == ("sent", [quote.client.main_email], subject_of(quote))
    assert letter.attachments.get().name == "КП_1.pdf"
    assert letter.status == "queued"
    pdf = browser.get(reverse("quote-pdf", args=[quote.pk]))
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    assert browser.post(reverse("quote-send", args=[quote.pk]), {"seen": "x"}).status_code == 302
    assert Letter.objects.filter(kind="quote").count() == 1


def test_what_changed_since_is_looked_at_again(browse, manager, quote, access):
    browser = browse(manager)
    seen = browser.get(reverse("quote-send", args=[quote.pk])).context["seen"]
    offering.change_quote(quote, [Wanted(access, "half_year", 1)], Terms(START, LAST), by=manager)
    answer = browser.post(reverse("quote-send", args=[quote.pk]), {"seen": seen})
    assert "look again" in answer.content.decode()
    assert not Letter.objects.filter(kind="quote").exists()


def test_a_stop_keeps_it_in_the_house(browse, manager, quote):
    Quote.objects.update(valid_until=TODAY - timedelta(days=1))
    page = browse(manager).get(reverse("quote-send", args=[quote.pk]))
    assert page.context["stops"] == 1
    with pytest.raises(Refused):
        papers.send_quote(Quote.objects.get(), by=manager)
    assert Quote.objects.get().status == "draft"


def test_a_hold_holds_the_letter(manager, quote):
    letters.hold(quote.client_id, by=manager, because="готовится договор")
    assert papers.send_quote(quote, by=manager).status == "held"


def test_the_client_looks_and_accepts(quote):
    address, browser = sent(quote), Browser()
    page = browser.get(address)
    text = words(page)
    for said in (
        "Коммерческое предложение № 1",
        "09.12.2026",
        "22 800,00 ₽",
        "01.12.2026 – 31.05.2027",
        "Принять предложение",
    ):
        assert said in text, said
    assert (page["Referrer-Policy"], page["Content-Language"]) == ("same-origin", "ru")
    assert browser.get(address + "accept/").status_code == 200
    assert not Order.objects.exists()  # looking changes nothing
    assert browser.post(address + "accept/").url == address
    order = Order.objects.get()
    assert (order.status, order.total, order.author) == ("pending", Decimal("22800.00"), None)
    assert "Вы приняли предложение" in words(browser.get(address))
    assert browser.post(address + "accept/").status_code == 302
    assert Order.objects.count() == 1
    assert b"".join(browser.get(address + "pdf/").streaming_content).startswith(b"%PDF")


def test_the_client_declines(quote):
    address, browser = sent(quote), Browser()
    assert browser.get(address + "decline/").status_code == 200
    browser.post(address + "decline/", {"because": "Нашли дешевле"})
    assert Quote.objects.get().status == "declined"
    assert "Предложение отклонено" in words(browser.get(address))
    assert browser.get(address + "accept/").status_code == 302
    browser.post(address + "accept/")
    assert not Order.objects.exists()


def test_an_offer_that_is_over_says_so_before_the_clock_has_come(quote):
    address, browser = sent(quote), Browser()
    with time_machine.travel("2026-12-10 09:00+00:00", tick=False):
        text = words(browser.get(address))
        assert "Предложение действовало до 09.12.2026" in text
        assert "Принять предложение" not in text
        browser.post(address + "accept/")
        assert not Order.objects.exists()
        schedule.expire_quotes()
        assert Quote.objects.get().status == "expired"
        assert "действовало до" in words(browser.get(address))


def test_a_quote_taken_back_tells_nothing(quote, manager):
    address, browser = sent(quote), Browser()
    quote.refresh_from_db()
    offering.reopen_quote(quote, by=manager)
    for tail in ("", "pdf/", "accept/", "decline/"):
        assert browser.get(address + tail).status_code == 404
    assert browser.get("/q/wrong/").content == browser.get(address).content
    quote.refresh_from_db()
    assert sent(quote) != address


def test_what_can_no_more_be_billed_asks_for_the_manager(quote, client, access):
    disk = make.option(access)
    address, browser = sent(quote), Browser()
    quote.lines.update(option=disk)  # an option without its product
    assert browser.get(address).status_code == 200
    text = words(browser.post(address + "accept/"))
    assert "мы всё поправим" in text
    assert not Order.objects.exists()


def test_staff_accept_and_decline(browse, manager, quote):
    browser = browse(manager)
    assert browser.post(reverse("quote-decline", args=[quote.pk]), {"because": ""}).status_code == 200
    browser.post(reverse("quote-decline", args=[quote.pk]), {"because": "дорого"})
    browser.post(reverse("quote-reopen", args=[quote.pk]))
    answer = browser.post(reverse("quote-accept", args=[quote.pk]))
    order = Order.objects.get()
    assert answer.url == reverse("order-detail", args=[order.pk])
    assert order.author == manager
    page = words(browser.get(answer.url))
    assert reverse("quote-detail", args=[quote.pk]) in page
    assert "22 800,00" in words(browser.get(reverse("client-quotes", args=[quote.client_id])))
    assert browser.get(reverse("quote-detail", args=[quote.pk])).status_code == 200


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_is_exported_and_searched(browse, manager, quote, kind):
    browser = browse(manager)
    assert "22 800,00" in words(browser.get(reverse("quote-list") + "?q=ромаш&status=draft"))
    assert browser.get(reverse("quote-list") + f"?export={kind}").status_code == 200
