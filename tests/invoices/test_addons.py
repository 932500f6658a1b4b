"""An addon of a running service: co-terminated, priced as shown, ends and renews with its host."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from invoices import billing, drafting
from invoices.models import Invoice
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Product, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
END, RUN = date(2019, 8, 1), date(2019, 7, 12)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel("2019-03-04 09:00+00:00", tick=False):
        yield
        assert list(differences()) == []


@pytest.fixture
def host(manager) -> Service:
    """Five users, half-year, paid until 31.07.2019 and given."""
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        client = make.client(name="Ромашка", account_manager=manager)
        access = make.product("Доступ", {"half_year": "4800.00"})
        order = make.order(client, Wanted(access, "half_year", 5), starts_on=date(2019, 2, 1))
        (main,) = billing.accept_order(order, by=manager)
        billing.send_invoice(main, by=manager)
        pay(Invoice.objects.get(pk=main.pk))
    carry_out(Handover.objects.get(), by=manager)
    return Service.objects.get()


@pytest.fixture
def antivirus(host) -> Product:
    return make.product(
        "Антивирус", {"half_year": "600.00"}, kind=Product.Kind.ADDON, seller=host.product.seller
    )


def attached(host, product, manager, quantity=2, **how) -> Invoice:
    change = billing.quote_addon(host, product, quantity, on=how.pop("on", date(2019, 3, 4)), **how)
    return billing.attach_addon(change, by=manager, seen=change.fingerprint)


def test_what_was_shown_is_what_is_written(host, antivirus, manager):
    change = billing.quote_addon(host, antivirus, 2, on=date(2019, 3, 4))
    assert change.total == Decimal("973.33")  # 2 × (100 / 30 × 26 + 4 × 100)
    assert (change.recurring, change.handover.body) == (1200, "Δ 0-2")
    draft = billing.attach_addon(change, by=manager, seen=change.fingerprint)
    addon = Service.objects.get(product=antivirus)
    assert (addon.host, addon.cycle, addon.anchor, addon.status) == (host, host.cycle, host.anchor, "pending")
    line = draft.revision.lines.get()
    assert (draft.role, line.gross, line.period.upper) == ("addon", change.total, END)


def test_paid_it_ends_and_renews_with_its_host(host, antivirus, manager):
    draft = attached(host, antivirus, manager)
    billing.send_invoice(draft, by=manager)
    pay(Invoice.objects.get(pk=draft.pk))
    addon = Service.objects.get(product=antivirus)
    assert (addon.status, addon.paid_until, addon.recurring) == ("active", END, 1200)
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (renewal,) = billing.renew_clients([host.client_id], RUN)
    assert sorted(line.gross for line in renewal.revision.lines.all()) == [1200, 24000]
    billing.end_with_period(Service.objects.get(pk=host.pk), by=manager, because="уходят")
    addon.refresh_from_db()
    assert addon.ends


def test_a_drafted_renewal_of_the_host_takes_its_next_period(host, antivirus, manager):
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (renewal,) = billing.renew_clients([host.client_id], RUN)
        draft = attached(host, antivirus, manager, on=RUN)
    assert draft != renewal
    renewal.refresh_from_db()
    assert renewal.total == 24000 + 1200


def test_discarded_it_is_cancelled(host, antivirus, manager):
    drafting.discard(attached(host, antivirus, manager), by=manager)
    assert Service.objects.get(product=antivirus).status == "cancelled"
    assert Batch.objects.get(service__product=antivirus).taken_back_at


@pytest.mark.parametrize("what", ["twice", "nested", "no_addon", "no_price"])
def test_what_cannot_be_added_says_why(host, antivirus, manager, what):
    product, to = antivirus, host
    if what in ("twice", "nested"):
        attached(host, antivirus, manager)
    if what == "nested":
        to = Service.objects.get(product=antivirus)
        Service.objects.filter(pk=to.pk).update(status="active")
        to.refresh_from_db()
    if what == "no_addon":
        product = host.product
    if what == "no_price":
        product = make.product("Мониторинг", {"year": "1.00"}, kind=Product.Kind.ADDON)
    with pytest.raises(Refused) as refused:
        billing.quote_addon(to, product, 1, on=date(2019, 3, 4))
    assert refused.value.field == {"twice": "product", "nested": None, "no_addon": "product"}.get(
        what, "cycle"
    )


def test_the_dialog(host, antivirus, manager, browse):
    browser, address = browse(manager), reverse("service-addon", args=[host.pk])
    assert address in browser.get(reverse("service-detail", args=[host.pk])).content.decode()
    typed = {"product": antivirus.pk, "quantity": "2", "on": "2019-03-04", "discount": "", "price": "",
             "because": "", "promo": ""}  # fmt: skip
    assert "Антивирус" in browser.get(address).content.decode()
    shown = browser.get(address, typed, **HTMX)
    assert "973,33" in shown.content.decode().replace("\u00a0", " ")
    refused = browser.post(address, {**typed, "price": "1 000,50", "seen": ""})
    assert list(refused.context["form"].errors) == ["because"]
    assert 'value="1 000,50"' in refused.content.decode()
    browser.post(address, {**typed, "seen": shown.context["seen"]})
    assert Service.objects.filter(host=host).count() == 1
    again = browser.post(address, {**typed, "seen": shown.context["seen"]})
    assert list(again.context["form"].errors) == ["product"]
