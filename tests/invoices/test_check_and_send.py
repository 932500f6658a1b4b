"""Check & send, and accepting an order, as a person does them: through the pages."""

from datetime import date

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from billing_site.letters.actions import hold
from billing_site.letters.models import Letter
from clients.actions import add_contact
from invoices import issuing
from invoices.models import Invoice, Line
from products.actions import Wanted
from products.models import Order
from tests import make
from tests.invoices.papers import figure_5

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-09 09:00+00:00", tick=False):
        yield


@pytest.fixture
def draft(_in_february):
    return figure_5()


@pytest.fixture
def browser(browse, manager):
    return browse(manager)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def where(draft: Invoice) -> str:
    return reverse("invoice-send", args=[draft.pk])


def send(browser, draft: Invoice, seen: str | None = None, **more):
    seen = browser.get(where(draft)).context["seen"] if seen is None else seen
    return browser.post(where(draft), {"seen": seen}, **more)


def test_everything_that_will_go_is_shown_and_nothing_has_gone(browser, draft):
    page = text_of(browser.get(where(draft)))
    for words in (
        draft.client.main_email, "Счёт № … на 860,00 ₽", "Строки и итог", "01.03.2019 – 31.03.2019",
        "31 день", "860,00 ₽", "Оплата по счету 88#… от 09.02.19", reverse("invoice-letter", args=[draft.pk]),
        reverse("invoice-paper", args=[draft.pk]),
    ):  # fmt: skip
        assert words in page
    paper = text_of(browser.get(reverse("invoice-paper", args=[draft.pk])))
    assert "черновик" in paper
    assert not Letter.objects.exists()
    assert Invoice.objects.get(pk=draft.pk).number is None


def test_the_letter_is_shown_in_a_frame_that_can_do_nothing(browser, draft):
    answer = browser.get(reverse("invoice-letter", args=[draft.pk]))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "sandbox" in policy
    assert "style=" in answer.content.decode()  # as the mail program gets it


def test_a_draft_s_letter_keeps_its_stops(browser, draft):
    """«…» stands for the number; a full stop right behind it would make it «….»."""
    _to, shown = issuing.preview(Invoice.objects.get(pk=draft.pk))
    assert "Счёт № … для вас готов." in shown.html
    assert "…." not in shown.text + shown.html


def test_the_letter_goes_as_it_was_shown(browser, draft):
    _to, shown = issuing.preview(Invoice.objects.get(pk=draft.pk))
    send(browser, draft)
    letter, invoice = Letter.objects.get(), Invoice.objects.get(pk=draft.pk)
    link = issuing.public_url(invoice.links.get().token)

    def open_again(text: str) -> str:
        return (
            text.replace(link, "#")
            .replace(f"№ {invoice.number}", "№ …")
            .replace(f"88#{invoice.number}", "88#…")
        )

    assert open_again(letter.text) == shown.text
    assert open_again(letter.html) == shown.html


def test_one_click_sends_and_a_second_changes_nothing(browser, draft):
    seen = browser.get(where(draft)).context["seen"]
    first = send(browser, draft, seen, follow=True)
    invoice = Invoice.objects.get(pk=draft.pk)
    assert f"Счёт № {invoice.number} выставлен. Письмо уйдёт само, когда будет готов PDF." in text_of(first)
    second = send(browser, draft, seen, follow=True)
    assert "это уже не черновик" in text_of(second)
    assert second.redirect_chain[-1][0] == reverse("invoice-detail", args=[draft.pk])
    assert (Letter.objects.count(), Invoice.objects.get(pk=draft.pk).number) == (1, invoice.number)
    assert browser.get(where(draft)).status_code == 302


def test_what_was_not_looked_at_does_not_go(browser, draft, manager):
    seen = browser.get(where(draft)).context["seen"]
    add_contact(draft.client, by=manager, email="book@romashka.example", name="Бухгалтер", powers=["papers"])
    answer = send(browser, draft, seen)
    assert answer.context["form"].errors
    assert "book@romashka.example" in text_of(answer)
    assert answer.context["seen"] != seen
    assert not Letter.objects.exists()
    send(browser, draft, answer.context["seen"])
    assert Letter.objects.get().to == [draft.client.main_email, "book@romashka.example"]


@pytest.mark.parametrize("seen", ["", "0" * 16])
def test_nothing_goes_without_a_look(browser, draft, seen):
    assert send(browser, draft, seen).status_code == 200
    assert not Letter.objects.exists()
    assert Invoice.objects.get(pk=draft.pk).status == Invoice.Status.DRAFT


def stop_by_address(draft: Invoice) -> str:
    draft.client.addresses.all().delete()
    return "У клиента нет адреса для письма."


def stop_by_account(draft: Invoice) -> str:
    draft.seller.accounts.update(active=False)
    return "У организации нет банковского счёта"


def stop_by_total(draft: Invoice) -> str:
    Line.objects.filter(revision__invoice=draft).update(gross=0, net=0, vat=0)
    return "В счёте нечего оплачивать."


def stop_by_inn(draft: Invoice) -> str:
    draft.client.payers.update(inn="")
    return "У плательщика нет ИНН."


@pytest.mark.parametrize("stop", [stop_by_address, stop_by_account, stop_by_total, stop_by_inn])
def test_a_stop_is_shown_and_keeps_the_invoice_in_the_house(browser, draft, stop):
    told = stop(draft)
    page = browser.get(where(draft))
    assert told in text_of(page)
    assert '<button type="submit" class="btn btn-primary" disabled' in text_of(page)
    assert told in text_of(send(browser, draft, page.context["seen"]))
    assert browser.get(reverse("invoice-letter", args=[draft.pk])).status_code == 200
    assert not Letter.objects.exists()
    assert Invoice.objects.get(pk=draft.pk).number is None


def test_a_client_on_hold_gets_a_number_and_no_letter(browser, draft, manager):
    hold(draft.client_id, by=manager, because="готовится переезд")
    assert "письмо будет ждать" in text_of(browser.get(where(draft)))
    assert "письмо будет ждать, пока письма не разрешат" in text_of(send(browser, draft, follow=True))
    assert Letter.objects.get().status == Letter.Status.HELD
    assert Invoice.objects.get(pk=draft.pk).status == Invoice.Status.ISSUED


@pytest.fixture
def order():
    first = make.product("Доступ", {"month": "800.00"})
    second = make.product("Настройка", {"one_time": "3000.00"})
    wanted = (Wanted(first, "month", quantity=5), Wanted(second, "one_time"))
    return make.order(make.client(), *wanted, starts_on=date(2019, 3, 1))


def test_accepting_says_what_it_makes_and_makes_it_once(browser, order):
    address = reverse("order-accept", args=[order.pk])
    page = text_of(browser.get(address))
    for words in ("Будет создано 2 черновика", "4 000,00 ₽", "3 000,00 ₽", "01.03.2019 – 31.03.2019"):
        assert words in page
    assert not Invoice.objects.exists()
    assert browser.post(address).url == reverse("order-detail", args=[order.pk])  # drafts of two sellers
    browser.post(address)
    assert browser.get(address).url == reverse("order-detail", args=[order.pk])
    drafts = Invoice.objects.order_by("total")
    assert [(invoice.status, int(invoice.total)) for invoice in drafts] == [("draft", 3000), ("draft", 4000)]
    listed = text_of(browser.get(reverse("order-invoices", args=[order.pk])))
    assert all(reverse("invoice-detail", args=[invoice.pk]) in listed for invoice in drafts)
    assert not Letter.objects.exists()
    assert mail.outbox == []


def test_accepting_leads_to_the_one_draft(browser, order):
    order.lines.filter(product__name="Настройка").delete()
    answer = browser.post(reverse("order-accept", args=[order.pk]))
    assert answer.url == reverse("invoice-detail", args=[Invoice.objects.get().pk])


def test_an_order_without_a_payer_says_so(browser, order):
    order.client.payers.all().delete()
    address = reverse("order-accept", args=[order.pk])
    assert "нет плательщика" in text_of(browser.get(address))
    assert "нет плательщика" in text_of(browser.post(address, follow=True))
    assert Order.objects.get(pk=order.pk).status == Order.Status.PENDING
