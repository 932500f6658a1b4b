"""The one search box over clients: mistakes, the other layout, former numbers, logins, domains, the scope."""

import pytest
from django.db import connection

from billing_site.kit.requisites import make_inn
from billing_site.office.models import User
from billing_site.pages.search import route
from clients.models import Client, Contact, EmailAddress, FormerId, LicenceItem, Payer
from products.models import Service
from tests import make


@pytest.fixture
def head(db):
    return make.user("head", name="Вера Главная")


@pytest.fixture
def outsider(db):
    """Has every right of a manager, but looks after other clients."""
    return make.user("account_manager", scope=User.Scope.PORTFOLIO)


@pytest.fixture
def daisy(db):
    client = Client.objects.create(name="ООО «Ромашка»", registered_on="2026-01-01", phone="+74951234567")
    EmailAddress.objects.create(client=client, address="buh@romashka.ru", kind="profile")
    Payer.objects.create(
        client=client, name="ООО «Ромашка»", inn=make_inn("770708389"), valid_from="2026-01-01"
    )
    Client.objects.create(name="Ёлочка и К", registered_on="2026-01-01")
    return client


def found(typed, user):
    groups, exact = route(typed, user)
    return [one.url for group in groups for one in group.found], exact


@pytest.mark.parametrize("typed", ["рамашка", "ромшака", "hfvfirf", "ромашшка", "ооо рамашка"])
def test_a_mistake_is_forgiven_in_either_layout(daisy, head, typed):
    """«рамашка», two letters swapped, the wrong layout as well."""
    urls, exact = found(typed, head)
    assert urls == [f"/clients/{daisy.pk}/"]
    assert not exact


def test_the_nearest_name_comes_first(daisy, head):
    other = Client.objects.create(name="Рамашкин и партнёры", registered_on="2026-01-01")
    assert found("рамошкин", head)[0][0] == f"/clients/{other.pk}/"


def test_payers_and_contacts_with_a_mistake(daisy, head):
    Payer.objects.create(client=daisy, name="ООО «Тюльпан»", is_default=False, valid_from="2026-01-01")
    Contact.objects.create(client=daisy, name="Зоя Ильинична Ёжикова")
    for typed in ("тюлпан", "ежекова"):
        groups, _exact = route(typed, head)
        assert [one.url for group in groups for one in group.found] == [f"/clients/{daisy.pk}/"], typed


@pytest.mark.parametrize("typed", ["рома", "цветок", "qqqqqqqq"])
def test_what_is_not_alike_is_not_guessed(daisy, head, typed):
    Client.objects.update(name="ООО «Василёк»")
    Payer.objects.update(name="ООО «Василёк»")
    EmailAddress.objects.update(address="a@b.ru")
    assert found(typed, head) == ([], False)


def test_mistakes_keep_to_the_scope(daisy, outsider):
    assert found("рамашка", outsider) == ([], False)


@pytest.fixture
def known(daisy):
    """The client with everything else it can be found by."""
    FormerId.objects.create(former=770011, client=daisy)
    LicenceItem.objects.create(
        client=daisy, product="1С:Бухгалтерия", registration_number="80012345678", portal_login="Rom-1C",
        active_from="2026-01-01",
    )  # fmt: skip
    Client.objects.filter(pk=daisy.pk).update(cloud_login="CLD-romashka", portal_login="portal.rom")
    return daisy


@pytest.mark.parametrize(
    "typed", ["#770011", "770011", "80012345678", " 800 123 456 78 ", "Rom-1C", "CLD-romashka", "portal.rom"]
)
def test_former_ids_numbers_and_logins_are_landed_on(known, head, browse, typed):
    assert found(typed, head) == ([f"/clients/{known.pk}/"], True)
    assert browse(head).get("/search/", {"q": typed}).headers["Location"] == f"/clients/{known.pk}/"


@pytest.mark.parametrize("typed", ["770011", "80012345678", "CLD-romashka", "1c.romashka.ru"])
def test_exact_marks_keep_to_the_scope(known, service, outsider, typed):
    assert found(typed, outsider) == ([], False)


@pytest.fixture
def service(daisy):
    product = make.product()
    return Service.objects.create(
        client=daisy, product=product, family=product.family, cycle="month", anchor="2026-01-01",
        starts_on="2026-01-01", domain="1c.romashka.ru",
    )  # fmt: skip


@pytest.mark.parametrize("typed", ["1c.romashka.ru", "1C.Romashka.RU"])
def test_a_domain_leads_to_its_service(service, head, typed):
    assert found(typed, head) == ([f"/services/{service.pk}/"], True)


@pytest.mark.parametrize("typed", ["rv-07", "RV-07.oblako", "10.20.30", "oblako"])
def test_a_part_of_a_host_leads_to_its_service(service, head, typed):
    Service.objects.filter(pk=service.pk).update(domain="Srv-07.Oblako.example 10.20.30.40")
    assert found(typed, head) == ([f"/services/{service.pk}/"], False)


@pytest.mark.parametrize("typed", ["10.20.30.40", "usr1_romashka", "USR1_Romashka"])
def test_an_ip_or_a_login_leads_to_its_service(service, head, treasury, outsider, typed):
    Service.objects.filter(pk=service.pk).update(domain="10.20.30.40", username="usr1_Romashka")
    assert found(typed, head) == ([f"/services/{service.pk}/"], True)
    assert found(typed, outsider) == ([], False)


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (Service.objects.on_host("1c.romashka.ru"), "service_host"),
        (Service.objects.on_host_like("romashka"), "service_host_trgm"),
        (Service.objects.of_login("romashka"), "service_login"),
    ],
)
def test_an_index_serves_the_search_of_services(service, rows, index):
    same = {"client": service.client, "product": service.product, "family": service.family, "cycle": "month"}
    dates = {"anchor": "2026-01-01", "starts_on": "2026-01-01", "doubled_because": "ещё одна"}
    Service.objects.bulk_create(
        Service(domain=f"host{n}.example", username=f"user{n}", **same, **dates) for n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('service_host_trgm')")
        cursor.execute("ANALYZE products_service")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert f"on {index} " in rows.explain() or f"using {index} " in rows.explain()


def test_the_company_of_a_client_leads_to_it(daisy, head):
    Client.objects.filter(pk=daisy.pk).update(company="Торговый дом «Полевые цветы»")
    assert found("полевые цв", head)[0] == [f"/clients/{daisy.pk}/"]
