"""Dialogs of a service in a real browser, in Russian: typed, previewed, pressed; axe is content."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.kit import clock
from billing_site.office.models import User
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted, carry_out
from products.models import Handover, Option, PlannedChange, Product, Service
from tests import make
from tests.browser import PASSWORD, chromium_at
from tests.test_journey import looked_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _playwright_keeps_a_loop(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def service(live_server) -> Service:
    """Five users, half-year, paid and given; a yes-no option, an addon and another package are sold."""
    anna = User.objects.create_superuser("anna@office.example", PASSWORD, name="Анна Ветрова")
    seller = make.seller()
    access = make.product("Доступ «Стандарт»", {"half_year": "4800.00", "year": "9000.00"}, seller=seller)
    make.product("Доступ «Проф»", {"half_year": "6000.00"}, seller=seller, family=access.family)
    make.product("Антивирус", {"half_year": "600.00"}, seller=seller, kind=Product.Kind.ADDON)
    make.option(access, {"half_year": "300.00"}, name="Мониторинг", line_text="Мониторинг",
                kind=Option.Kind.YES_NO, pack=1, measure="")  # fmt: skip
    client = make.client(name="Ромашка", account_manager=anna, by=anna)
    start = clock.today().replace(day=1)
    order = make.order(client, Wanted(access, "half_year", 5), starts_on=start, by=anna)
    (main,) = billing.accept_order(order, by=anna)
    billing.send_invoice(main, by=anna)
    invoice = Invoice.objects.get(pk=main.pk)
    billing.receive(
        billing.Receipt(
            client.pk, invoice.payer_id, seller.pk, clock.today(), invoice.total,
            ((invoice.pk, invoice.total),),
        ),
        by=None,
    )  # fmt: skip
    carry_out(Handover.objects.get(), by=anna)
    return Service.objects.get()


@pytest.fixture
def page(live_server):
    with chromium_at(live_server.url) as windows:
        yield windows.enter("anna@office.example")
    assert list(differences()) == []


def test_a_service_grows_by_users_an_answer_and_an_addon(service, page):
    page.goto(reverse("service-change", args=[service.pk]))
    page.fill("[name=becomes]", "7")
    page.wait_for_selector(".summary >> text=Δ 5-7")
    looked_at(page, "change")
    page.click("button.btn-primary")
    page.wait_for_url("**/invoices/*/")
    looked_at(page, "change-draft")
    page.goto(reverse("service-change", args=[service.pk]))
    page.select_option("[name=what]", label="Мониторинг")
    page.wait_for_selector(".summary >> text=Подключить: Мониторинг")
    page.click("button.btn-primary")
    page.wait_for_url("**/invoices/*/")
    page.goto(reverse("service-addon", args=[service.pk]))
    page.select_option("[name=product]", label="Антивирус")
    page.fill("[name=quantity]", "2")
    page.wait_for_selector(".summary >> text=Δ 0-2")
    looked_at(page, "addon")
    page.click("button.btn-primary")
    page.wait_for_url("**/invoices/*/")
    draft = Invoice.objects.get(status="draft")  # changes of one call collect in one
    assert draft.revision.lines.count() == 3


def test_a_planned_cycle_and_package(service, page):
    page.goto(reverse("service-plan", args=[service.pk]))
    page.select_option("[name=cycle]", label="год")
    page.wait_for_selector(".summary >> text=45 000,00")
    looked_at(page, "plan-cycle")
    page.select_option("[name=cycle]", label="как есть")
    page.select_option("[name=product]", label="Доступ «Проф»")
    page.wait_for_selector(".summary >> text=30 000,00")
    looked_at(page, "plan-package")
    page.click("button.btn-primary")
    page.wait_for_url(f"**/services/{service.pk}/")
    page.wait_for_selector("text=пакет «Доступ «Проф»»")
    assert PlannedChange.objects.get().product.name == "Доступ «Проф»"


def test_held_and_transferred_then_terminated(service, page):
    other = make.client(name="Василёк", account_manager=User.objects.get())
    page.goto(reverse("service-not-until", args=[service.pk]))
    page.fill("[name=until]", f"{clock.today() + timedelta(days=9):%Y-%m-%d}")
    page.fill("[name=because]", "Ждут субсидию")
    looked_at(page, "not-until")
    page.click("button.btn-primary")
    page.wait_for_url(f"**/services/{service.pk}/")
    page.goto(reverse("service-transfer", args=[service.pk]))
    page.fill("[name=to]", str(other.pk))
    page.fill("[name=because]", "Разделились")
    looked_at(page, "transfer")
    page.click("button.btn-primary")
    page.wait_for_selector(f"a[href='{reverse('client-detail', args=[other.pk])}']")
    page.goto(reverse("service-terminate", args=[service.pk]))
    page.fill("[name=because]", "Просят закрыть")
    page.fill("[name=typed]", str(service.pk))
    looked_at(page, "terminate")
    page.click("button.btn-danger")
    page.wait_for_url(f"**/services/{service.pk}/")
    assert Service.objects.get().status == "terminated"


def test_an_unpaid_invoice_is_split_and_reissued(service, page):
    anna = User.objects.get()
    option = service.product.options.get()
    for becomes, what in ((7, None), (1, option)):
        change = billing.quote_change(service, becomes, on=clock.today(), option=what)
        draft = billing.change_service(change, by=anna)
    billing.send_invoice(draft, by=anna)
    invoice = Invoice.objects.get(pk=draft.pk)
    page.goto(reverse("invoice-detail", args=[invoice.pk]))
    page.click(".more-deeds > summary")
    page.click(f"a[href='{reverse('invoice-split', args=[invoice.pk])}']")
    page.check(".ticked-lines li:nth-child(2) input")
    page.wait_for_selector(".summary >> text=Новый черновик")
    page.fill("[name=because]", "Разными платёжками")
    looked_at(page, "split")
    page.click("button.btn-primary")
    page.wait_for_selector("h1:has-text('Черновик')")
    page.goto(reverse("invoice-reissue", args=[invoice.pk]))
    page.fill("[name=because]", "Другой срок")
    page.fill("[name=typed]", str(invoice.number))
    looked_at(page, "reissue")
    page.click("button.btn-primary")
    page.wait_for_selector(f"h1:has-text('{invoice.number + 1}')")
    assert Invoice.objects.get(pk=invoice.pk).replaced_by.number == invoice.number + 1
