"""R3.5: companions are proposed ticked, each with its line; leaving one out needs a reason."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.kit import clock
from clients import licensing
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted, carry_out, settle_recurring, units
from products.models import Companion, Handover, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
ON = date(2019, 2, 8)


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        yield
    assert list(differences()) == []


@pytest.fixture
def service(manager):
    """Five of access and of rented licences, one disk pack; they go together."""
    seller = make.seller()
    access = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    licences = make.product("Аренда лицензий", {"half_year": "2700.00"}, seller=seller)
    disk = make.option(access)
    Companion.objects.create(product=access, companion_product=licences, only_rent=True)
    Companion.objects.create(product=access, companion_option=disk, rule="minimum", minimum=1)
    client = make.client(account_manager=manager)
    licensing.add_licence(
        client, by=manager, product="Бухгалтерия", ownership="rent", active_from=date(2019, 1, 1)
    )
    order = make.order(
        client, Wanted(access, "half_year", 5), Wanted(licences, "half_year", 5), starts_on=date(2019, 2, 1)
    )
    (main,) = billing.accept_order(order, by=manager)
    billing.send_invoice(main, by=manager)
    pay(Invoice.objects.get(pk=main.pk))
    for handover in Handover.objects.all():
        carry_out(handover, by=manager)
    return Service.objects.get(product=access)


def test_what_is_needed_more_is_proposed_and_bought_in_one_draft(service, manager):
    change = billing.quote_change(service, 6, on=ON)
    licences, disk = billing.quote_companions(change)
    assert [(one.change.was, one.change.becomes) for one in (licences, disk)] == [(5, 6), (0, 1)]
    draft = billing.change_together([change, licences.change, disk.change], by=manager)
    lines = draft.revision.lines.order_by("position")
    # 800 / 30 × 22 + 800 × 5; 450 / 30 × 22 + 450 × 5; 60 / 30 × 22 + 60 × 5
    assert [line.gross for line in lines] == [Decimal("4586.67"), Decimal("2580.00"), Decimal("344.00")]
    assert Invoice.objects.get(pk=draft.pk).total == Decimal("7510.67")
    assert billing.quote_companions(billing.quote_change(service, 6 + 1, on=ON))[0].change.was == 6


def test_a_client_who_rents_nothing_is_proposed_no_rent(service):
    service.client.licences.all().delete()
    assert [one.name for one in billing.quote_companions(billing.quote_change(service, 6, on=ON))] == [
        "Дисковое пространство 5 ГБ"
    ]


def test_the_dialog_ticks_them_and_asks_why_without(service, manager, browse):
    browser, path = browse(manager), reverse("service-change", args=[service.pk])
    page = browser.get(path).content.decode()
    rent, disk = Companion.objects.order_by("pk")
    assert f'name="with-{rent.pk}"' in page
    typed = {"what": "", "becomes": "6", "on": "2019-02-08", "discount": "", "price": "", "because": ""}
    both = {**typed, f"with-{rent.pk}": "on", f"with-{disk.pk}": "on"}
    shown = browser.get(path, both, HTTP_HX_REQUEST="true")
    assert "2 580,00 ₽" in shown.content.decode().replace("\u00a0", " ")
    one = {**typed, f"with-{rent.pk}": "on", "without": ""}
    left = browser.get(path, one, HTTP_HX_REQUEST="true")
    answer = browser.post(path, {**one, "seen": left.context["seen"]})
    assert list(answer.context["form"].errors) == ["without"]
    one["without"] = "диск у клиента свой"
    assert browser.post(path, {**one, "seen": left.context["seen"]}).status_code == 302
    assert units(Service.objects.get(product__name="Аренда лицензий")) == 6
    assert units(service, disk.companion_option) == 0
    assert Entry.objects.get(verb="products.companion_left").facts["because"] == "диск у клиента свой"


def test_unequal_companions_stand_in_the_drift_list(service, manager, browse):
    found = {one.companion.pk: one for one in billing.scan(Service.objects.all()).found}
    rent, disk = Companion.objects.order_by("pk")
    assert (found[disk.pk].has, found[disk.pk].needs) == (0, 1)
    assert rent.pk not in found
    billing.change_service(billing.quote_change(service, 7, on=ON), by=manager)
    for handover in Handover.objects.filter(status="waiting"):
        carry_out(handover, by=manager)
    service.batches.update(given_at=clock.now())
    settle_recurring([service.pk])
    found = {one.companion.pk: one for one in billing.scan(Service.objects.all()).found}
    assert (found[rent.pk].has, found[rent.pk].needs) == (5, 7)
    billing.look_further()
    text = browse(manager).get(reverse("drift-list")).content.decode()
    licences = Service.objects.get(product__name="Аренда лицензий")
    assert f"{reverse('service-change', args=[licences.pk])}?what=&amp;becomes=7" in text
