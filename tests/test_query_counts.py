"""What pages ask the database: as much for thirty rows as for three, and what tests/budget.py says."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.journal.models import Job
from billing_site.kit import clock, live
from billing_site.letters import actions as letters
from billing_site.office.models import User
from clients import actions as clients
from clients import assigning, grouping, noting
from clients.models import CompanyGroup
from invoices import billing, matching
from invoices.models import Invoice
from products import offering, working
from products.actions import Wanted
from products.models import Order
from tests import budget, make, small_office
from tests.budget import PAGES
from tests.invoices.bank import file_of, paid_by
from tests.tickets.mails import mail
from tickets import handing, intake
from tickets.models import Mailbox

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 30
STARTS_ON = date(2026, 12, 1)


class Office:
    """An office that grows: `grow(n)` adds n of everything to its one client, and n more clients."""

    def __init__(self) -> None:
        self.head = User.objects.create_superuser("root@office.example", name="Администратор")
        self.seller = make.seller()
        make.department(takes_handovers=True)
        self.client = make.client(name="Ромашка", email=small_office.MAIN, account_manager=self.head)
        self.grown = 0

    def grow(self, count: int) -> None:
        with clock.standing_at(small_office.NOW):
            for _n in range(count):
                self.grown += 1
                self._client()
                self._money()
                self._mail()
            handing.open_handovers()

    def _client(self) -> None:
        other = make.client(name=f"Ромашка {self.grown}", account_manager=self.head)
        grouping.join_group(self.client, by=self.head, group=None, new=f"Ромашки {self.grown}")
        grouping.join_group(self.client, by=self.head, group=CompanyGroup.objects.earliest("pk"))
        grouping.join_group(other, by=self.head, group=CompanyGroup.objects.earliest("pk"))
        grouping.refer(other, by=self.head, referrer=self.client)
        paper = letters.FilePart(f"{self.grown}.pdf", "application/pdf", b"%PDF-1.7")
        noting.write_note(
            self.client, f"Заметка {self.grown} @Администратор", by=self.head, important=True, files=[paper]
        )
        assigning.give_todo(f"Дело {self.grown}", by=self.head, assignee=self.head, client=self.client)
        clients.add_contact(
            self.client, by=self.head, email=f"c{self.grown}@romashka.example", name=f"Контакт {self.grown}",
            phone=f"+7495555{self.grown:04}",
        )  # fmt: skip
        letters.queue(
            letters.Content(f"Письмо {self.grown}", "Текст"), to=[small_office.MAIN], kind="test",
            by=self.head, client_no=self.client.pk,
        )  # fmt: skip
        Job.objects.create(kind="test", title=f"Выгрузка {self.grown}", author=self.head)

    def _money(self) -> None:
        def order() -> Order:
            product = make.product(prices={"month": "860.00"}, seller=self.seller)
            return make.order(self.client, Wanted(product, "month"), starts_on=STARTS_ON)

        order()
        self._offer()
        billing.accept_order(order(), by=self.head)
        for part in (1, 2):  # paid, half paid
            (draft,) = billing.accept_order(order(), by=self.head)
            billing.send_invoice(draft, by=self.head)
            sent = Invoice.objects.get(pk=draft.pk)
            amount = sent.total / part
            receipt = billing.Receipt(
                self.client.pk, sent.payer_id, self.seller.pk, clock.today(), amount, ((sent.pk, amount),)
            )
            billing.receive(receipt, by=None)
        line = paid_by(self.client, f"{100 + self.grown}.17", f"Неизвестно {self.grown}", on=clock.today())
        data = file_of(self.seller, line, starts_on=clock.today(), ends_on=clock.today())
        matching.load_and_match(data, f"{self.grown}.txt", by=self.head)

    def _offer(self) -> None:
        """A quote, and work that waits for an invoice."""
        product = make.product(prices={"month": "860.00"}, seller=self.seller)
        last = STARTS_ON.replace(day=28)
        offering.make_quote(
            self.client, [Wanted(product, "month")], offering.Terms(STARTS_ON, last), by=self.head
        )
        hour = make.product(prices={"one_time": "2400.00"}, kind="hours", seller=self.seller)
        working.add_work(self.client, working.Work(hour, Decimal(1), clock.today()), by=self.head)

    def _mail(self) -> None:
        raw = mail("Здравствуйте", From=f"<{small_office.MAIN}>", Message_ID=f"<{self.grown}@x.example>")
        kept, _new = intake.receive_raw(Mailbox.objects.get(), raw)
        intake.process(kept.pk)
        stuck, _new = intake.receive_raw(Mailbox.objects.get(), raw.replace(b"@x.", b"@stuck."))
        intake.quarantine(stuck, "проба")


def queries(browser: Browser, url: str) -> int:
    """Asked twice: what is kept between requests does not count, the counters of the frame do."""
    browser.get(url)
    for key in live.connection().scan_iter("counters:*"):
        live.forget(key)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200, url
    return len(captured)


def count(office: Office) -> dict[str, int]:
    browser, counted = Browser(), {}
    browser.force_login(office.head)
    with clock.standing_at(small_office.NOW):
        for name, page in PAGES.items():
            about = [page.of(office).pk] if page.of else []
            counted[name] = queries(browser, reverse(name, args=about) + page.query)
    return counted


def test_pages_ask_as_much_for_many_rows_as_for_few():
    office = Office()
    office.grow(FEW)
    few = count(office)
    office.grow(MANY - FEW)
    many = count(office)
    steady = [name for name, page in PAGES.items() if not page.by_kind]
    assert {name: (few[name], many[name]) for name in steady if few[name] != many[name]} == {}
    assert budget.exceeded(many) == {}
    assert budget.unused(many) == {}, "lower the budget: the page asks less by now"


def test_a_page_with_a_query_more_is_over_its_budget():
    counted = {name: page.budget for name, page in PAGES.items()}
    assert budget.exceeded(counted) == budget.unused(counted) == {}
    counted["client-list"] += 1
    assert budget.exceeded(counted) == {"client-list": (counted["client-list"], PAGES["client-list"].budget)}
    counted["client-list"] -= 2
    assert set(budget.unused(counted)) == {"client-list"}
