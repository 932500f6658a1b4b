"""Domains: services of their own year, one for each name, renewed with their registrar."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import BadRequisite, normal_domain
from invoices import billing
from invoices.models import Invoice
from products import calling, domains
from products.actions import Wanted, carry_out, create_order
from products.models import Domain, Handover, ModuleCall, ModuleEndpoint, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
START = date(2026, 3, 10)


@pytest.fixture
def clock():
    with time_machine.travel("2026-03-10 09:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(clock):
    return make.user("account_manager")


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def product():
    return make.product(
        "Домен .ru", {"year": "990.00"}, kind="domain", family="domain", own_year=True, unit="шт.",
        line_text="Домен",
    )  # fmt: skip


def wanted(product, name, how="register", **more):
    return Wanted(product, "year", domain=name, domain_how=how, **more)


def bought(client, manager, *lines) -> list[Service]:
    order = create_order(client, lines, starts_on=START, by=manager)
    for draft in billing.accept_order(order, by=manager):
        billing.send_invoice(draft, by=manager)
    return list(Service.objects.filter(order_line__order=order).order_by("pk"))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Romashka.RU", "romashka.ru"),
        (" romashka.ru. ", "romashka.ru"),
        ("xn--80aswg.xn--p1ai", "сайт.рф"),
        ("САЙТ.РФ", "сайт.рф"),
        ("a.b-c.d1.example", "a.b-c.d1.example"),
    ],
)
def test_a_name_is_kept_as_people_read_it(typed, name):
    assert normal_domain(typed) == name


@pytest.mark.parametrize(
    "typed",
    ["", "romashka", "-a.ru", "a-.ru", "a..ru", "a b.ru", "http://a.ru", "10.0.0.1", "a.ru/x", "a_b.ru",
     "я" * 64 + ".рф", "a." * 130 + "ru", "xn--\u0430.ru", "\x00.ru"],
)  # fmt: skip
def test_what_is_no_name_is_refused(typed):
    with pytest.raises(BadRequisite):
        normal_domain(typed)


def test_a_client_may_have_many_domains_and_each_goes_to_support_by_name(client, manager, product):
    first, second = bought(
        client, manager, wanted(product, "Romashka.ru"), wanted(product, "xn--80aswg.xn--p1ai", "transfer")
    )
    assert (first.domain, second.domain) == ("romashka.ru", "сайт.рф")
    assert first.family != second.family
    invoice = Invoice.objects.get()
    texts = list(invoice.current.lines.order_by("pk").values_list("text", flat=True))
    assert texts == ["Домен romashka.ru", "Домен сайт.рф"]
    assert invoice.total == Decimal("1980.00")
    subjects = list(Handover.objects.order_by("pk").values_list("subject", flat=True))
    assert subjects == ["Зарегистрировать домен romashka.ru", "Перенести к нам домен сайт.рф"]
    for handover in Handover.objects.all():
        carry_out(handover, by=manager)
    assert set(Domain.objects.values_list("expires_on", flat=True)) == {date(2027, 3, 10)}
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([""], "domain"),
        (["нет точки"], "domain"),
        (["romashka.ru", "ROMASHKA.ru"], "domain"),
        (["taken.ru"], "domain"),
    ],
)
def test_a_wrong_or_taken_name_is_refused_at_its_field(client, manager, product, lines, field):
    other = make.client(by=manager)
    bought(other, manager, wanted(product, "taken.ru"))
    with pytest.raises(Refused) as refused:
        create_order(client, [wanted(product, name) for name in lines], starts_on=START, by=manager)
    assert refused.value.field == field


def test_two_of_one_name_are_not_sold(client, manager, product):
    with pytest.raises(Refused) as refused:
        create_order(client, [wanted(product, "romashka.ru", quantity=2)], starts_on=START, by=manager)
    assert refused.value.field == "quantity"


def test_an_order_that_lost_the_race_for_a_name_is_not_accepted(client, manager, product):
    order = create_order(client, [wanted(product, "romashka.ru")], starts_on=START, by=manager)
    bought(make.client(by=manager), manager, wanted(product, "romashka.ru"))
    with pytest.raises(Refused):
        billing.accept_order(order, by=manager)
    assert Domain.objects.count() == 1


def test_the_clients_own_domain_costs_nothing_and_is_connected_at_once(client, manager, product):
    order = create_order(client, [wanted(product, "romashka.ru", "own")], starts_on=START, by=manager)
    assert billing.accept_order(order, by=manager) == []
    handover = Handover.objects.get()
    assert handover.subject == "Подключить домен клиента romashka.ru"
    carry_out(handover, by=manager)
    service = Service.objects.get()
    assert (service.status, service.recurring) == (Service.Status.ACTIVE, 0)
    assert Domain.objects.get().expires_on is None
    assert billing.renew_clients([client.pk], date(2027, 2, 20)) == []
    assert list(differences()) == []


def test_own_and_ours_in_one_order(client, manager, product):
    order = create_order(
        client, [wanted(product, "a.ru", "own"), wanted(product, "b.ru")], starts_on=START, by=manager
    )
    (draft,) = billing.accept_order(order, by=manager)
    assert draft.total == Decimal("990.00")
    assert Handover.objects.get().service.domain == "a.ru"


@pytest.fixture
def paid(client, manager, product):
    """Registered on 10.03.2026 and paid for a year."""
    (service,) = bought(client, manager, wanted(product, "romashka.ru"))
    pay(Invoice.objects.get())
    carry_out(Handover.objects.get(), by=manager)
    return Service.objects.get(pk=service.pk)


def test_a_paid_renewal_is_asked_of_the_registrar_once(paid, client, manager, clock):
    assert paid.paid_until == date(2027, 3, 10)
    assert domains.renew_paid() == []
    clock.move_to("2027-02-20 09:00+00:00")
    (draft,) = billing.renew_clients([client.pk], date(2027, 2, 20))
    assert draft.total == Decimal("990.00")
    billing.send_invoice(draft, by=manager)
    assert domains.renew_paid() == []
    pay(Invoice.objects.get(pk=draft.pk))
    (asked,) = domains.renew_paid()
    assert asked.subject == "Продлить домен romashka.ru"
    assert (asked.body, asked.was, asked.becomes) == ("10.03.2027 → 10.03.2028", 2027, 2028)
    assert domains.renew_paid() == []
    carry_out(asked, by=manager)
    assert Domain.objects.get().expires_on == date(2028, 3, 10)
    assert domains.renew_paid() == []
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("expires", "paid_until", "years"),
    [
        (date(2027, 3, 10), date(2027, 3, 10), 0),
        (date(2027, 3, 8), date(2027, 3, 10), 0),  # registered two days before it was paid
        (date(2027, 3, 12), date(2028, 3, 10), 1),
        (date(2027, 3, 8), date(2028, 3, 10), 1),
        (date(2027, 3, 10), date(2029, 3, 10), 2),
        (date(2028, 2, 29), date(2029, 2, 28), 1),
        (None, date(2029, 3, 10), 0),
    ],
)
def test_years_to_ask_for(expires, paid_until, years):
    assert domains.years_ahead(Domain(name="a.ru", expires_on=expires), paid_until) == years


def test_an_ended_domain_may_be_bought_by_somebody_else(paid, manager, product):
    billing.terminate(paid, by=make.user("head"), because="закрылись")
    assert Handover.objects.latest("pk").subject == "Домен .ru romashka.ru − 1 шт."
    other = make.client(by=manager)
    (service,) = bought(other, manager, wanted(product, "romashka.ru"))
    domain = Domain.objects.get()
    assert (domain.service, domain.expires_on) == (service, None)


def test_a_program_registers_and_renews(client, manager, product, clock):
    product.module, product.endpoint = (
        "http",
        ModuleEndpoint.objects.create(name="Регистратор", url="https://registrar.example/", secret="тайна"),
    )
    product.save()
    (service,) = bought(client, manager, wanted(product, "сайт.рф", "transfer"))
    domain = Domain.objects.get()
    domains.change_domain(domain, by=manager, auth_code="код-9", registrar="R01")
    call = ModuleCall.objects.get()
    body = calling.body_of(call).decode()
    assert '"xn--80aswg.xn--p1ai"' in body
    assert '"how": "transfer"' in body
    assert "код-9" in body
    assert "код-9" not in str(Entry.objects.values_list("facts", flat=True))
    pay(Invoice.objects.get())
    carry_out(Handover.objects.get(), by=manager)
    Service.objects.filter(pk=service.pk).update(paid_until=date(2028, 3, 10))
    domains.renew_paid()
    renewal = ModuleCall.objects.latest("pk")
    assert (renewal.event, renewal.old["until"], renewal.new["until"]) == (
        "change",
        "2027-03-10",
        "2028-03-10",
    )
    assert renewal.change == "10.03.2027 → 10.03.2028"


def test_the_list_by_expiry_and_the_search_by_name(browse, paid, client, manager, product, clock):
    bought(client, manager, wanted(product, "сайт.рф"), wanted(product, "own.ru", "own"))
    clock.move_to("2027-02-20 09:00+00:00")
    page = browse(manager).get("/domains/?state=soon").content.decode()
    assert "romashka.ru" in page
    assert "сайт.рф" not in page
    clock.move_to("2027-04-20 09:00+00:00")
    browser = browse(manager)
    assert "romashka.ru" in browser.get("/domains/?state=expired").content.decode()
    assert "сайт.рф" in browser.get("/domains/?state=undated").content.decode()
    assert "own.ru" in browser.get("/domains/?state=own").content.decode()
    assert "own.ru" not in browser.get("/domains/?state=live").content.decode()
    assert "сайт.рф" in browser.get("/domains/?q=xn--80aswg.xn--p1ai").content.decode()
    for typed in ("xn--80aswg.xn--p1ai", "сайт.рф"):
        found = browser.get("/search/", {"q": typed})
        assert found.status_code == 302 or "сайт.рф" in found.content.decode()


def test_the_order_form_asks_for_the_name(browse, client, manager, product):
    browser = browse(manager)
    line = {"line-0-thing": str(product.pk), "line-0-cycle": "year", "line-0-quantity": "1"}
    page = browser.post(f"/orders/new/?client={client.pk}", {"starts_on": "2026-03-10", **line})
    assert page.status_code == 200
    assert "Введите имя домена" in page.content.decode()
    line |= {"line-0-domain": "Сайт.рф", "line-0-domain_how": "transfer"}
    assert (
        browser.post(f"/orders/new/?client={client.pk}", {"starts_on": "2026-03-10", **line}).status_code
        == 302
    )
    shown = browser.get(f"/orders/{client.orders.get().pk}/").content.decode()
    assert "сайт.рф" in shown


def test_registration_is_edited_and_the_code_is_masked(browse, paid, manager):
    domain, browser = Domain.objects.get(), browse(manager)
    typed = {"registrar": "R01", "expires_on": "2027-03-12", "auth_code": "код-9"}
    assert browser.post(f"/domains/{domain.pk}/edit/", typed).status_code == 302
    domain.refresh_from_db()
    assert (domain.registrar, domain.expires_on, domain.auth_code) == ("R01", date(2027, 3, 12), "код-9")
    assert browser.post(f"/domains/{domain.pk}/edit/", {**typed, "auth_code": ""}).status_code == 302
    domain.refresh_from_db()
    assert domain.auth_code == "код-9"
    panel = browser.get(f"/services/{paid.pk}/domain/").content.decode()
    assert "12.03.2027" in panel
    assert "код-9" not in panel
    shown = browser.post(f"/domains/{domain.pk}/code/")
    assert "код-9" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert Entry.objects.filter(verb="products.domain_code_revealed", client_no=paid.client_id).count() == 1
