"""The spine in a real browser, in Russian: from a new client to a paid service that grows, and a ticket.

SCREENSHOTS=folder keeps a picture of each page.
"""

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Page

from billing_site.kit import clock
from billing_site.kit.requisites import make_inn
from billing_site.letters import tasks as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.models import Client
from invoices import schedule, tasks
from invoices.models import Invoice, Statement
from products.models import Service
from tests import make
from tests.browser import (
    DESK,
    PASSWORD,
    PHONE,
    Windows,
    chromium_at,
    is_wider_than_its_window,
    keep_picture,
    serious,
)
from tests.invoices import bank
from tests.letters.post import listening, mail_to_nobody
from tests.tickets.mails import mail
from tickets import intake
from tickets.models import Mailbox, Ticket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAIN = "buh@vasilek.example"


@pytest.fixture(autouse=True)
def _playwright_keeps_a_loop(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def post_office(settings, live_server):
    settings.SITE_URL = live_server.url
    with listening(mail_to_nobody(settings)) as office:
        yield office


@pytest.fixture
def windows(live_server, post_office):
    with chromium_at(live_server.url) as windows:
        yield windows


def test_from_a_new_client_to_a_growing_service(windows, tmp_path):
    User.objects.create_superuser("anna@office.example", PASSWORD, name="Анна Ветрова")
    seller = make.seller()
    make.product("Доступ «Стандарт»", {"half_year": "4800.00"}, seller=seller, unit="польз.")
    make.client(name="Ромашка", payer={"inn": make_inn("770255501")})
    bank.number_from(72814)
    page = windows.enter("anna@office.example")
    looked_at(page, "clients")
    make_client(page)
    order(page)
    check_and_send(page)
    read_letter(page)
    open_link(windows)
    load_statement(page, tmp_path)
    change_service(page)
    answer_ticket(page)
    call_command("check_books")


def looked_at(page: Page, name: str) -> None:
    """A page as it stands: no English, nothing serious for axe in both themes, no wider than its window."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.lang") == "ru"
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
        assert serious(page) == [], (name, theme)
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    before = page.viewport_size
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 768})
        assert not is_wider_than_its_window(page), (name, width)
        keep_picture(page, f"{name}-{width}")
    page.set_viewport_size(before)


def make_client(page: Page) -> None:
    page.goto(reverse("client-new"))
    page.fill("[name=name]", "Василёк")
    page.fill("[name=email]", MAIN)
    page.fill("[name=inn]", make_inn("770255501"))
    page.wait_for_selector("#similar >> text=Ромашка")
    looked_at(page, "client-new-similar")
    page.fill("[name=inn]", "7702555010")
    page.fill("[name=counterparty_code]", "КА-900001")
    page.keyboard.press("Control+Enter")
    wrong = page.locator("#error_1_id_inn")
    wrong.wait_for()
    assert "контрольн" in wrong.inner_text().lower()
    typed = {
        name: page.input_value(f"[name={name}]") for name in ("name", "email", "counterparty_code", "inn")
    }
    assert typed == {"name": "Василёк", "email": MAIN, "counterparty_code": "КА-900001", "inn": "7702555010"}
    looked_at(page, "client-new-refused")
    page.fill("[name=inn]", make_inn("770255502"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:has-text('Василёк')")
    looked_at(page, "client")


def order(page: Page) -> None:
    client = Client.objects.get(name="Василёк")
    page.goto(reverse("order-new") + f"?client={client.pk}")
    page.fill("[name=line-0-thing-typed]", "станд")
    page.click("[role=option]:text-is('Доступ «Стандарт»')")
    page.fill("[name=starts_on]", f"{clock.today():%Y-%m}-01")
    page.fill("[name=line-0-quantity]", "5")
    page.wait_for_selector(".summary >> text=24 000,00")
    page.fill("[name=line-0-discount]", "5")
    page.wait_for_selector(".summary >> text=22 800,00")
    looked_at(page, "order-new")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/*/")
    looked_at(page, "order")
    page.click("a[href$='/accept/']")
    looked_at(page, "order-accept")
    page.click("button.btn-primary")
    page.wait_for_url("**/invoices/*/")
    assert "Черновик" in page.inner_text("h1")
    looked_at(page, "draft")


def check_and_send(page: Page) -> None:
    page.click("a[href$='/send/']")
    page.frame_locator(".paper-frame").locator("text=черновик").first.wait_for()
    looked_at(page, "send")
    page.click("button.btn-primary")
    page.wait_for_selector("h1:has-text('72815')")
    looked_at(page, "invoice")


def read_letter(page: Page) -> None:
    """A worker makes the paper and sends; the letter can be read under Letters."""
    tasks.render_paper(Invoice.objects.get().current_id)
    letters.send(Letter.objects.get().pk)
    page.goto(reverse("letter-list"))
    looked_at(page, "letters")
    page.click("tbody a:has-text('72815')")
    page.wait_for_url("**/letters/*/")
    assert MAIN in page.inner_text("main")
    assert "Счет_72815" in page.inner_text("main")
    looked_at(page, "letter")


def open_link(windows: Windows) -> None:
    """The client's phone, without a session and without JavaScript."""
    phone = windows.open(PHONE, java_script_enabled=False)
    letter = Letter.objects.get()
    (link,) = [word for word in letter.text.split() if word.startswith(f"{django_settings.SITE_URL}/i/")]
    phone.goto(link)
    shown = phone.inner_text("main")
    for told in ("Счёт № 72815", "22 800,00", "40702810"):
        assert told in shown.replace("\u00a0", " "), told
    keep_picture(phone, "public-phone")
    looked_at_by_the_client = windows.open(PHONE)
    looked_at_by_the_client.goto(link)
    looked_at(looked_at_by_the_client, "public")


def load_statement(page: Page, tmp_path) -> None:
    invoice = Invoice.objects.get()
    file = tmp_path / "kl_to_1c.txt"
    call_command("demo_statement", "72815", str(file))
    page.goto(reverse("statement-new"))
    page.set_input_files("[name=files]", file)
    looked_at(page, "statement-new")
    page.click("button.btn-primary")
    page.wait_for_url("**/bank/statements/*/")
    schedule.read_statement(Statement.objects.get().pk)
    page.reload()
    page.wait_for_selector("text=Василёк")
    looked_at(page, "statement")
    page.goto(reverse("invoice-detail", args=[invoice.pk]))
    page.wait_for_selector(".heading >> text=оплачен")
    looked_at(page, "invoice-paid")
    page.goto(reverse("service-detail", args=[Service.objects.get().pk]))
    page.wait_for_selector(".heading >> text=действует")
    looked_at(page, "service")


def change_service(page: Page) -> None:
    page.click("a[href$='/change/']")
    page.fill("[name=becomes]", "6")
    page.wait_for_selector(".summary >> text=Δ 5-6")
    looked_at(page, "service-change")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/invoices/*/")
    assert "Черновик" in page.inner_text("h1")


def answer_ticket(page: Page) -> None:
    box = Mailbox.objects.get()
    asked = mail(
        "Добрый день!", From=MAIN, To=box.address, Subject="Не печатает", Message_ID="<1@vasilek.example>",
        Content_Type="text/plain; charset=utf-8",
    )  # fmt: skip
    raw, _new = intake.receive_raw(box, asked)
    intake.process(raw.pk)
    page.goto(reverse("ticket-list"))
    looked_at(page, "tickets")
    page.click("tbody a:has-text('Не печатает')")
    page.wait_for_url("**/tickets/*/")
    looked_at(page, "ticket")
    page.fill("#answer_text", "Сейчас посмотрим")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article >> text=Сейчас посмотрим")
    assert Ticket.objects.get(handover=None).status == Ticket.Status.ANSWERED
    looked_at(page, "ticket-answered")
