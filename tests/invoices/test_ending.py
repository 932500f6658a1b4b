"""The end of a service, its hold and its transfer (MISSION row 20): what is shown is what is done."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.kit.errors import Refused
from invoices import billing
from invoices.models import Invoice
from products import running
from products.actions import Wanted, carry_out
from products.models import Handover, PlannedChange, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
END, RUN = date(2019, 8, 1), date(2019, 7, 12)


@pytest.fixture(autouse=True)
def _books():
    yield
    assert list(differences()) == []


@pytest.fixture(autouse=True)
def _in_july():
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        yield


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def service(client, manager):
    """Access for five and another service beside it, half-year, paid until 31.07.2019."""
    seller = make.seller()
    access = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    other = make.product("Сайт", {"half_year": "600.00"}, seller=seller)
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        order = make.order(
            client, Wanted(access, "half_year", 5), Wanted(other, "half_year"), starts_on=date(2019, 2, 1)
        )
        (main,) = billing.accept_order(order, by=manager)
        billing.send_invoice(main, by=manager)
        pay(Invoice.objects.get(pk=main.pk))
        for handover in Handover.objects.all():
            carry_out(handover, by=manager)
    return Service.objects.get(product=access)


def drafted(client, manager) -> Invoice:
    (renewal,) = billing.renew_clients([client.pk], RUN)
    return renewal


def test_an_end_with_the_period_leaves_the_next_draft_and_comes_back(service, client, manager):
    renewal = drafted(client, manager)
    quoted = billing.quote_ending(service, now=False)
    assert quoted.drafts == ((renewal, Decimal("600.00")),)
    assert (quoted.on, quoted.handovers) == (END, ())
    billing.end_with_period(service, by=manager, because="закрываются")
    renewal.refresh_from_db()
    service.refresh_from_db()
    assert (renewal.total, service.ends, service.end_because) == (Decimal("600.00"), True, "закрываются")
    billing.go_on(service, by=manager)
    renewal.refresh_from_db()
    assert renewal.total == Decimal("24600.00")
    with pytest.raises(Refused):
        billing.go_on(service, by=manager)


def test_it_is_terminated_when_the_period_is_over(service, client, manager):
    billing.end_with_period(service, by=manager, because="закрываются")
    assert billing.terminate_ended(date(2019, 7, 31)) == 0
    with time_machine.travel("2019-08-01 09:00+00:00", tick=False):
        assert (billing.terminate_ended(END), billing.terminate_ended(END)) == (1, 0)
    service.refresh_from_db()
    assert (service.status, service.terminated_on) == ("terminated", END)
    assert Handover.objects.latest("pk").body == "Δ 5-0"


def test_terminated_now_with_addons_plans_and_work(service, client, manager):
    addon = make.product("Модуль", {"half_year": "60.00"}, seller=service.product.seller)
    order = make.order(client, Wanted(addon, "half_year"), starts_on=date(2019, 7, 12))
    billing.accept_order(order, by=manager)
    module = Service.objects.get(product=addon)
    module.host = service
    module.save()
    billing.plan_change(billing.quote_plan(service, becomes=3), by=manager)
    renewal = drafted(client, manager)
    quoted = billing.quote_ending(service, now=True, logins="ivanov")
    assert quoted.services == (service, module)
    assert [one.body for one in quoted.handovers] == ["Δ 5-0\nУбрать: ivanov"]
    billing.terminate(service, by=make.user("head"), because="просят", logins="ivanov")
    renewal.refresh_from_db()
    assert renewal.total == Decimal("600.00")
    assert dict(Service.objects.values_list("product__name", "status")) == {
        "Доступ": "terminated", "Сайт": "active", "Модуль": "cancelled",
    }  # fmt: skip
    assert PlannedChange.objects.get().status == "withdrawn"
    with pytest.raises(Refused):
        billing.terminate(service, by=make.user("head"), because="ещё раз")


def test_a_hold_needs_a_reason_and_a_day_to_come(service, manager):
    for until, because, field in ((date(2019, 7, 1), "x", "until"), (date(2019, 9, 1), " ", "because")):
        with pytest.raises(Refused) as refused:
            running.hold_until(service, until, by=manager, because=because)
        assert refused.value.field == field
    running.hold_until(service, date(2019, 9, 1), by=manager, because="платят в августе")
    service.refresh_from_db()
    assert (service.not_until, service.not_until_because) == (date(2019, 9, 1), "платят в августе")
    running.hold_until(service, None, by=manager, because="")
    service.refresh_from_db()
    assert (service.not_until, service.not_until_because) == (None, "")


def test_a_transfer_leaves_history_and_moves_the_future(service, client, manager):
    renewal, other = drafted(client, manager), make.client(name="Лютик")
    billing.transfer(service, other, by=manager, because="продали фирму")
    renewal.refresh_from_db()
    service.refresh_from_db()
    assert (service.client, service.paid_until, service.recurring) == (other, END, Decimal("24000.00"))
    assert (renewal.client, renewal.total) == (client, Decimal("600.00"))
    assert Invoice.objects.filter(client=client, status="paid").count() == 1
    theirs = Invoice.objects.get(client=other)
    assert (theirs.total, theirs.payer.client, theirs.due_on) == (Decimal("24000.00"), other, END)
    assert Entry.objects.filter(verb="products.transferred").values_list("client_no", flat=True).count() == 2


def test_what_cannot_be_transferred_is_refused_at_its_field(service, client, manager):
    other = make.client()
    with pytest.raises(Refused) as refused:
        billing.transfer(service, client, by=manager, because="x")
    assert refused.value.field == "to"
    with pytest.raises(Refused) as refused:
        billing.transfer(service, other, by=manager, because=" ")
    assert refused.value.field == "because"
    renewal = drafted(client, manager)
    billing.send_invoice(renewal, by=manager)
    with pytest.raises(Refused, match=str(Invoice.objects.get(pk=renewal.pk).number)):
        billing.transfer(service, other, by=manager, because="x")


def test_the_pages(service, client, manager, browse):
    drafted(client, manager)
    head = browse(make.user("head"))
    card = head.get(reverse("service-detail", args=[service.pk])).content.decode()
    names = ("service-not-until", "service-end", "service-transfer", "service-terminate")
    for name in names:
        assert reverse(name, args=[service.pk]) in card, name
        assert head.get(reverse(name, args=[service.pk])).status_code == 200
    end = reverse("service-terminate", args=[service.pk])
    text = head.get(end).content.decode().replace("\u00a0", " ")
    assert "Δ 5-0" in text
    assert "600,00 ₽" in text
    wrong = head.post(end, {"because": "просят", "logins": "", "typed": "1000000"})
    assert list(wrong.context["form"].errors) == ["typed"]
    to = reverse("service-transfer", args=[service.pk])
    assert list(head.post(to, {"to": "999999", "because": "x"}).context["form"].errors) == ["to"]
    hold = reverse("service-not-until", args=[service.pk])
    assert list(head.post(hold, {"until": "2019-09-01", "because": ""}).context["form"].errors) == ["because"]
    assert head.post(end, {"because": "просят", "logins": "", "typed": service.pk}).status_code == 302
    assert Service.objects.get(pk=service.pk).status == "terminated"
    assert browse(make.user("sales")).get(end).status_code == 403
    stranger = browse(make.user("account_manager", scope="portfolio"))
    assert stranger.get(hold).status_code == 404
