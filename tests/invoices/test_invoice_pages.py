"""The list of invoices, an invoice's page, payments, and what other rooms show of them."""

from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients import queries
from clients.models import Client
from invoices import drafting, issuing, tasks
from invoices.models import BankLine, Invoice, Line, Payment, Statement
from products.models import Order
from tests import make
from tests.invoices.papers import figure_5, pay, sent

pytestmark = pytest.mark.django_db
ROLES = ("sales", "account_manager", "support", "treasury", "head", None)
EVERYBODY = {"sales", "account_manager", "support", "treasury", "head"}
BILLING, SELLING = {"account_manager", "head"}, {"sales", "account_manager", "head"}
PAGES = {
    "invoice-list": EVERYBODY,
    "invoice-detail": EVERYBODY,
    "invoice-paper": EVERYBODY,
    "invoice-send": BILLING,
    "invoice-letter": BILLING,
    "invoice-letter-again": BILLING,
    "invoice-discard": BILLING,
    "invoice-void": BILLING,
    "order-accept": SELLING,
    "order-invoices": EVERYBODY,
    "service-invoices": EVERYBODY,
    "client-invoices": EVERYBODY,
    "client-payments": EVERYBODY,
    "payment-list": EVERYBODY,
    "payment-detail": EVERYBODY,
}


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-10 09:00+00:00", tick=False):
        yield


def text_of(answer) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def address_of(name: str, draft: Invoice) -> str:
    if name.endswith("-list"):
        return reverse(name)
    if name == "payment-detail":
        return reverse(name, args=[Payment.objects.get().pk])
    service = Line.objects.filter(revision__invoice=draft).first().batch.service_id
    about = {"order": draft.order_id, "service": service, "client": draft.client_id}
    return reverse(name, args=[about.get(name.split("-")[0], draft.pk)])


@pytest.fixture
def draft():
    made = figure_5()
    Payment.objects.create(
        client=made.client, payer=made.payer, seller=made.seller, received_on="2019-02-09", amount=5
    )
    return made


@pytest.mark.parametrize("role", ROLES)
def test_every_page_asks_for_its_right(browse, draft, role):
    browser = browse(make.user(role))
    Order.objects.filter(pk=draft.order_id).update(status=Order.Status.PENDING)
    found = {name: browser.get(address_of(name, draft)).status_code for name in PAGES}
    assert found == {name: 200 if role in allowed else 403 for name, allowed in PAGES.items()}


def test_what_is_outside_the_scope_is_not_found(browse, draft):
    browser = browse(make.user("head", scope=User.Scope.PORTFOLIO))
    for name in PAGES:
        answer = browser.get(address_of(name, draft))
        if name.endswith("-list"):
            assert draft.client.name not in text_of(answer)
        else:
            assert answer.status_code == 404, name
            assert browser.post(address_of(name, draft)).status_code in (404, 405), name
    assert Invoice.objects.get(pk=draft.pk).status == Invoice.Status.DRAFT


@pytest.mark.parametrize("few", [0, 500])
def test_a_manager_of_few_clients_and_of_many_sees_the_same_rows(browse, monkeypatch, few):
    monkeypatch.setattr(queries, "FEW", few)
    manager = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    own, sold, others = figure_5(), figure_5(), figure_5()
    Client.objects.filter(pk=own.client_id).update(account_manager=manager)
    Client.objects.filter(pk=sold.client_id).update(sales_manager=manager)
    for one in (own, sold, others):
        Payment.objects.create(
            client=one.client, payer=one.payer, seller=one.seller, received_on="2019-02-09", amount=5
        )
    browser = browse(manager)
    assert listed(browser) == {own.pk, sold.pk}
    assert listed(browser, f"?client={others.client_id}") == set()
    rows = browser.get(reverse("payment-list")).context["rows"]
    paid = Payment.objects.filter(client__in=(own.client, sold.client))
    assert {row.id for row in rows} == {payment.pk for payment in paid}


def listed(browser, query: str = "") -> set[int]:
    rows = browser.get(reverse("invoice-list") + query).context["rows"]
    return {row.id for row in rows}


def test_tabs_and_filters_find_what_they_say(browse, manager):
    draft, unpaid, late, half = figure_5(), sent(figure_5()), sent(figure_5()), sent(figure_5())
    full = pay(sent(figure_5()))
    pay(half, Decimal("60.00"))
    Invoice.objects.filter(pk=late.pk).update(due_on="2019-02-09")
    browser = browse(manager)
    assert listed(browser) == {draft.pk, unpaid.pk, late.pk, half.pk, full.pk}
    assert listed(browser, "?status=draft") == {draft.pk}
    assert listed(browser, "?state=overdue") == {late.pk}
    assert listed(browser, "?state=partly") == {half.pk}
    assert listed(browser, "?state=open") == {unpaid.pk, late.pk, half.pk}
    assert listed(browser, "?status=paid") == {full.pk}
    assert listed(browser, f"?client={late.client_id}") == {late.pk}
    assert listed(browser, "?client=1e40") == set()
    assert listed(browser, "?due_until=2019-02-09") == {late.pk}
    assert listed(browser, f"?manager={full.client.account_manager_id}") == {full.pk}
    words = text_of(browser.get(reverse("invoice-list")))
    for word in ("черновик", "не оплачен", "просрочен", "оплачен частично", "800,00 ₽"):
        assert word in words


@pytest.mark.parametrize("shape", ["number", "#number", "name", "inn", "№ number"])
def test_the_search_takes_number_name_and_inn(browse, manager, shape):
    wanted, _other = sent(figure_5(name="Василёк и сыновья")), sent(figure_5())
    typed = {"name": "василек", "inn": wanted.payer.inn}.get(shape) or shape.replace(
        "number", str(wanted.number)
    )
    browser = browse(manager)
    answer = browser.get(reverse("invoice-list"), {"q": typed})
    assert [row.id for row in answer.context["rows"]] == [wanted.pk]


def test_sums_leave_out_what_is_no_more(browse, manager):
    gone, half = sent(figure_5()), sent(figure_5())
    issuing.void(gone, by=manager, because="ошибка")
    pay(half, Decimal("60.00"))
    sums = text_of(browse(manager).get(reverse("invoice-list") + "?part=sums"))
    assert ("860,00 ₽" in sums, "60,00 ₽" in sums, "800,00 ₽" in sums) == (True, True, True)
    assert "1 720,00" not in sums


def test_the_export_has_words_and_numbers(browse, manager):
    invoice = sent(figure_5())
    answer = browse(manager).get(reverse("invoice-list") + "?export=csv")
    told = b"".join(answer.streaming_content) if answer.streaming else answer.content
    row = told.decode("utf-8-sig").splitlines()[1]
    for word in (str(invoice.number), invoice.payer.inn, "не оплачен", "860"):
        assert word in row


def test_an_issued_page_tells_what_happened_and_what_can_be_done(browse, manager):
    invoice = sent(figure_5())
    tasks.render_paper(invoice.current_id)
    pay(invoice, Decimal("60.00"))
    seen = text_of(browse(manager).get(reverse("invoice-detail", args=[invoice.pk])))
    for words in (
        f"Счёт № {invoice.number}", "оплачен частично", "860,00 ₽", "60,00 ₽", "800,00 ₽", invoice.payer.inn,
        "01.03.2019 – 31.03.2019", "31 день", issuing.public_url(invoice.links.get().token),
        "ещё не открывали", reverse("revision-pdf", args=[invoice.current_id]), "Платёж 12.02.2019",
        reverse("order-detail", args=[invoice.order_id]),
        f"Выставлен: № {invoice.number}, 860,00", "перевыставьте его", "Последнее письмо ещё не ушло",
        "0 → 1", reverse("letter-detail", args=[Letter.objects.get().pk]),
    ):  # fmt: skip
        assert words in seen


def test_a_missing_right_is_named_on_the_button(browse):
    draft = figure_5()
    seen = text_of(browse(make.user("support")).get(reverse("invoice-detail", args=[draft.pk])))
    assert "Не хватает права «Проверять и отправлять счета»" in seen
    assert reverse("invoice-send", args=[draft.pk]) not in seen


def test_the_page_speaks_english_too(browse):
    invoice = sent(figure_5())
    user = make.user("account_manager", language="en")
    seen = text_of(browse(user).get(reverse("invoice-detail", args=[invoice.pk])))
    for words in ("How it was counted", "31 days", "Download PDF", "unpaid", "not opened yet"):
        assert words in seen


def counted(browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


def more_lines(draft: Invoice, n: int) -> None:
    why = [{"text": "1 × 10,00", "amount": "10.00"}]
    lines = [
        Line(kind=Line.Kind.FEE, recurring=False, text=f"Работа {i}", net=10, gross=10, why=why)
        for i in range(n)
    ]
    drafting.add_lines(draft, lines, by=None)


@pytest.mark.parametrize("name", ["invoice-detail", "invoice-send", "invoice-paper"])
def test_lines_cost_no_queries(browse, manager, name):
    draft, browser = figure_5(), browse(manager)
    few = counted(browser, reverse(name, args=[draft.pk]))
    more_lines(draft, 28)
    assert counted(browser, reverse(name, args=[draft.pk])) == few


def test_rows_cost_no_queries(browse, manager):
    browser = browse(manager)
    first = pay(sent(figure_5()))
    addresses = [reverse("invoice-list"), reverse("payment-list")]
    addresses += [reverse(name, args=[first.client_id]) for name in ("client-invoices", "client-payments")]

    def another() -> None:
        invoice = figure_5()
        Invoice.objects.filter(pk=invoice.pk).update(client=first.client_id, payer=first.payer_id)
        Payment.objects.create(client_id=first.client_id, payer_id=first.payer_id, seller_id=first.seller_id,
                               received_on="2019-02-09", amount=5)  # fmt: skip

    for _ in range(2):
        another()
    few = [counted(browser, address) for address in addresses]
    for _ in range(9):
        another()
    assert [counted(browser, address) for address in addresses] == few


def test_a_draft_is_discarded_once_and_nothing_is_mailed(browse, manager):
    draft, browser = figure_5(), browse(manager)
    address = reverse("invoice-discard", args=[draft.pk])
    assert browser.post(address).url == reverse("invoice-detail", args=[draft.pk])
    assert "toast-note error" in text_of(browser.post(address, follow=True))
    assert Invoice.objects.get(pk=draft.pk).status == Invoice.Status.DISCARDED
    assert not Letter.objects.exists()


def test_voiding_asks_for_the_number_and_a_reason(browse, manager):
    invoice, browser = sent(figure_5()), browse(manager)
    address = reverse("invoice-void", args=[invoice.pk])
    seen = text_of(browser.post(address, {"because": "ошибка в количестве", "typed": "1234567"}))
    assert "Это не номер счёта" in seen
    assert "ошибка в количестве" in seen
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.ISSUED
    browser.post(address, {"because": "ошибка", "typed": f"№ {invoice.number}"})
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.VOID
    assert "Отменён: ошибка" in text_of(browser.get(reverse("invoice-detail", args=[invoice.pk])))


def test_an_invoice_with_money_is_not_voided(browse, manager):
    invoice = pay(sent(figure_5()), Decimal("60.00"))
    address = reverse("invoice-void", args=[invoice.pk])
    answer = browse(manager).post(address, {"because": "ошибка", "typed": str(invoice.number)}, follow=True)
    assert "перевыставьте" in text_of(answer)
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.ISSUED


def test_the_letter_goes_again_only_after_it_went(browse, manager):
    invoice, browser = sent(figure_5()), browse(manager)
    address = reverse("invoice-letter-again", args=[invoice.pk])
    browser.post(address)
    assert Letter.objects.count() == 1
    Letter.objects.update(status=Letter.Status.SENT, message_id="<1@office.example>", needs="")
    assert invoice.client.main_email in text_of(browser.get(address))
    browser.post(address)
    browser.post(address)  # the second click finds a letter that is on its way
    first, again = Letter.objects.order_by("pk")
    assert (again.status, again.again_of, again.to) == (Letter.Status.QUEUED, first, first.to)


def test_no_letter_again_while_the_client_is_on_hold(browse, manager):
    invoice = sent(figure_5())
    Letter.objects.update(status=Letter.Status.SENT, message_id="<1@office.example>", needs="")
    letters.hold(invoice.client_id, by=manager, because="переезд")
    browse(manager).post(reverse("invoice-letter-again", args=[invoice.pk]))
    assert Letter.objects.latest("pk").status == Letter.Status.HELD


def test_a_payment_tells_what_it_paid(browse, manager):
    invoice = pay(sent(figure_5()), Decimal("60.00"))
    payment = Payment.objects.get()
    statement = Statement.objects.create(name="kl.txt", sha256="0" * 64, storage_name="kl.txt", size=1)
    line = BankLine.objects.create(
        key="1", direction="in", amount=60, number="77", statement=statement, purpose="за доступ"
    )
    Payment.objects.update(bank_line=line)
    browser = browse(make.user("treasury"))
    seen = text_of(browser.get(reverse("payment-detail", args=[payment.pk])))
    for words in (f"№ {invoice.number}", "60,00 ₽", "за доступ", reverse("bank-line", args=[line.pk])):
        assert words in seen
    found = browser.get(reverse("payment-list"), {"q": "77"}).context["rows"]
    assert [row.id for row in found] == [payment.pk]
