"""Filters of the list of clients: who is found by what."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict

from billing_site.kit import clock
from billing_site.letters.models import Hold
from billing_site.office.models import Department
from clients.client_filters import ClientFilter
from clients.models import (
    Client,
    ClientGroup,
    ClientOption,
    CompanyGroup,
    Contract,
    EmailAddress,
    LicenceItem,
    Note,
    Payer,
    Referral,
)
from clients.views.lists import ClientList
from invoices.models import CreditAccount, Invoice, Payment
from products.models import Product, Service
from tests import make

pytestmark = pytest.mark.django_db
TODAY = clock.today()
DAY = timedelta(days=1)
A, B, C = "Астра", "Берёза", "Верба"


@pytest.fixture
def office(manager, sales):
    """Астра has everything that is asked for, Берёза the other values, Верба next to nothing."""
    a = make.client(name=A, account_manager=manager, source="Выставка ИТ")
    b = make.client(name=B, account_manager=sales)
    c = make.client(name=C, payer={"counterparty_code": ""})
    _fields(a, manager, sales)
    Client.objects.filter(pk=b.pk).update(
        language="en", currency="USD", status="inactive", payment_method="card"
    )
    _people_and_papers(a, b, c, manager)
    _money(a, b)
    _licences(a, b)
    return {
        "group": a.client_group_id,
        "department": a.department_id,
        "manager": manager.pk,
        "a": a.pk,
        "product": Product.objects.get().pk,
    }


def _fields(a, manager, sales):
    Client.objects.filter(pk=a.pk).update(
        sales_manager=sales, client_group=ClientGroup.objects.create(name="Холдинги"), lead="Л-77",
        company_group=CompanyGroup.objects.create(name="Группа «Ёлка»"), office_name="Тверь",
        department=Department.objects.create(name="Продажи юга"),
        utm={"source": "yandex", "campaign": "осень"},
        registered_on=date(2020, 5, 5), tax_exempt=True, no_late_fee=True, no_overdue_notices=True,
        separate_invoices=True, never_suspend=True, reliable_payer=True, recovery=True, no_auto_card=True,
    )  # fmt: skip
    a.refresh_from_db()


def _people_and_papers(a, b, c, manager):
    Hold.objects.create(client_no=a.pk, by=manager)
    Note.objects.create(client=a, text="Звонить утром", important=True, author=manager)
    contact = a.contacts.create(name="Зоя")
    EmailAddress.objects.create(client=a, contact=contact, address="zoya@astra.example", kind="exclusive")
    a.addresses.filter(kind="profile").update(bounced_at=clock.now())
    c.addresses.filter(kind="profile").update(kind="former")
    Referral.objects.create(referrer=a, client=b)
    Payer.objects.filter(client=b).update(kind=Payer.Kind.SOLE, kpp="")
    Contract.objects.create(
        client=a, payer=a.payers.get(), seller=make.seller(), number="Д-1", date=TODAY, state="scan"
    )


def _money(a, b):
    seller, product = make.seller(), make.product(name="Доступ")
    for client, due in ((a, TODAY - DAY), (b, TODAY + DAY)):
        Invoice.objects.create(
            client=client, payer=client.payers.get(), seller=seller, status="issued", total=Decimal(100),
            series="", number=client.pk, issued_on=TODAY - 9 * DAY, due_on=due,
        )  # fmt: skip
    CreditAccount.objects.create(payer=a.payers.get(), seller=seller, balance=Decimal(5))
    Payment.objects.create(client=a, seller=seller, received_on=date(2026, 3, 3), amount=Decimal(5))
    Payment.objects.create(client=b, seller=seller, received_on=date(2025, 3, 3), amount=Decimal(5))
    for client, status in ((a, "active"), (b, "terminated")):
        Service.objects.create(
            client=client, product=product, family=product.family, cycle="month", status=status,
            anchor=TODAY, starts_on=TODAY,
        )  # fmt: skip


def _licences(a, b):
    LicenceItem.objects.create(
        client=a, product="1С:Бухгалтерия", ownership="rent", active_from=date(2020, 1, 1),
        its_until=date(2026, 12, 31), registration_number="8001234567",
    )  # fmt: skip
    LicenceItem.objects.create(client=b, product="1С:УТ", ownership="own", active_from=date(2020, 1, 1))
    ClientOption.objects.create(client=a, kind="edi", state="requested", since=date(2024, 1, 1))
    ClientOption.objects.create(
        client=a, kind="edi", state="connected", since=date(2025, 1, 1), until=date(2027, 1, 1)
    )
    ClientOption.objects.create(client=b, kind="kazakhstan", state="off", since=date(2025, 1, 1))


FLAGS = ("tax_exempt", "no_late_fee", "no_overdue_notices", "separate_invoices", "never_suspend",
         "reliable_payer", "recovery", "no_auto_card")  # fmt: skip
TABLE = [
    ("", {A, B, C}),
    ("status=inactive", {B}),
    ("manager=mine", {A}),
    ("manager=nobody", {C}),
    ("manager={manager}", {A}),
    ("sales=nobody", {B, C}),
    ("debt=any", {A, B}),
    ("debt=overdue", {A}),
    ("debt=collections", set()),
    ("debt=none", {C}),
    ("services=live", {A}),
    ("services=suspended", set()),
    ("services=none", {B, C}),
    ("licences=rent", {A}),
    ("licences=own", {B}),
    ("licences=none", {C}),
    ("group={group}", {A}),
    ("group=none", {B, C}),
    ("grouped=yes", {A}),
    ("grouped=no", {B, C}),
    ("company_group=елка", {A}),
    ("payer_kind=sole", {B}),
    ("language=en", {B}),
    ("currency=USD", {B}),
    ("payment_method=card", {B}),
    ("hold=yes", {A}),
    ("hold=no", {B, C}),
    ("important=yes", {A}),
    ("important=no", {B, C}),
    ("mail=no_main", {C}),
    ("mail=no_contact", {B, C}),
    ("mail=bounced", {A}),
    ("contacts=some", {A}),
    ("contacts=none", {B, C}),
    ("code=without", {C}),
    ("code=with", {A, B}),
    ("contract=scan", {A}),
    ("contract=edi", set()),
    ("contract=none", {B, C}),
    ("department={department}", {A}),
    ("department=none", {B, C}),
    ("office=твер", {A}),
    ("since=2020-05-06", {B, C}),
    ("until=2020-05-05", {A}),
    ("source=выставка", {A}),
    ("lead=л-7", {A}),
    ("referral=brought", {B}),
    ("referral=own", {A, C}),
    ("referral=brings", {A}),
    ("referrer={a}", {B}),
    ("utm_source=yandex", {A}),
    ("utm_campaign=осень", {A}),
    ("credit=yes", {A}),
    ("credit=no", {B, C}),
    ("paid_since=2026-03-03", {A}),
    ("unpaid_since=2026-01-01", {B, C}),
    ("product={product}", {A}),
    ("option=edi", {A}),
    ("option=edi&option_state=requested", set()),
    ("option_state=connected", {A}),
    ("option=edi&option_until=2026-12-31", {A}),
    ("option=edi&option_until=2026-12-30", set()),
    ("its_until=2026-12-31", {A}),
    ("its_since=2027-01-01", set()),
    ("its_since=2026-12-01&its_until=2026-12-31", {A}),
    ("registration=8001234567", {A}),
    *((f"{flag}=yes", {A}) for flag in FLAGS),
    *((f"{flag}=no", {B, C}) for flag in FLAGS),
    ("debt=any&services=none", {B}),
    ("since=завтра", {A, B, C}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "found"), TABLE)
def test_clients_are_found(rf, manager, office, query, found):
    request = rf.get("/clients/")
    request.user = manager
    asked = QueryDict(query.format(**office))
    chosen = ClientFilter(asked, queryset=ClientList.queryset.all(), request=request)
    assert set(chosen.qs.values_list("name", flat=True)) == found


def test_every_filter_is_tried_and_stands_somewhere():
    tried = {name for query, _found in TABLE for name in QueryDict(query)}
    placed = {*ClientFilter.bar, *(name for _title, names in ClientFilter.more for name in names)}
    assert set(ClientFilter.base_filters) == placed == tried


def test_a_set_filter_is_told_and_can_be_taken_off(browse, manager, office):
    text = browse(manager).get("/clients/?recovery=yes&status=active&q=астра").content.decode()
    assert "взыскание" in text.lower()
    assert 'href="?status=active&amp;q=%D0%B0%D1%81%D1%82%D1%80%D0%B0"' in text
    assert '<input type="hidden" name="recovery" value="yes">' in text


def test_the_others_come_when_they_are_asked_for(browse, manager, office):
    browser = browse(manager)
    assert 'name="utm_campaign"' not in browser.get("/clients/").content.decode()
    for address in ("/clients/?more=1&recovery=yes", "/clients/?part=filters&more=1&recovery=yes"):
        text = browser.get(address).content.decode()
        assert 'name="utm_campaign"' in text
        assert '<option value="yes" selected>' in text


def test_a_day_that_is_none_is_told(browse, manager, office):
    text = browse(manager).get("/clients/?since=завтра").content.decode()
    assert 'class="set-filter wrong"' in text
    assert "завтра" in text
