from datetime import date

import pytest

from billing_site.journal.models import Entry
from clients.models import Client, ClientGroup, Contact
from invoices import billing
from products.actions import Wanted
from products.models import Price
from tests import make


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager, by=manager)


def typed(client, **changed):
    """What the profile's form sends when only `changed` differs."""
    return {
        "name": client.name,
        "language": "ru",
        "payment_method": "transfer",
        "version": client.version,
        **changed,
    }


def save(browse, manager, client, **changed):
    return browse(manager).post(f"/clients/{client.pk}/edit/", typed(client, **changed))


def test_every_field_of_the_profile_is_kept_and_shown(browse, manager, client):
    department = make.department(name="Отдел продаж")
    group = ClientGroup.objects.create(name="Справочные")
    contact = Contact.objects.create(client=client, name="Зоя Бухгалтер")
    lines = {
        "company": "Ромашка-сервис", "postal_address": "Москва, а/я 5", "office_name": "Казань",
        "source": "выставка", "lead": "L-77", "cloud_login": "romashka01", "portal_login": "its-romashka",
        "security_question": "Кличка собаки",
    }  # fmt: skip
    answer = save(
        browse, manager, client, **lines, client_group=group.pk, billing_contact=contact.pk,
        department=department.pk, recovery="on", no_auto_card="on", utm_source="yandex",
        utm_campaign="осень", portal_password="тайна-1", security_answer="Шарик",
    )  # fmt: skip
    assert answer.status_code == 302
    kept = Client.objects.get(pk=client.pk)
    assert {name: getattr(kept, name) for name in lines} == lines
    assert (kept.client_group, kept.billing_contact, kept.department) == (group, contact, department)
    assert kept.recovery
    assert kept.no_auto_card
    assert kept.utm == {"source": "yandex", "campaign": "осень"}
    assert (kept.portal_password, kept.security_answer) == ("тайна-1", "Шарик")
    shown = browse(manager).get(f"/clients/{client.pk}/?tab=profile").content.decode()
    for text in (*lines.values(), "Справочные", "Зоя Бухгалтер", "Отдел продаж", "source: yandex"):
        assert text in shown
    for secret in ("тайна-1", "Шарик"):
        assert secret not in shown
        assert secret not in browse(manager).get(f"/clients/{client.pk}/edit/").content.decode()


def test_the_journal_knows_that_a_secret_changed_but_not_to_what(browse, manager, client):
    save(browse, manager, client, portal_login="its", portal_password="тайна-1")
    entry = Entry.objects.get(client_no=client.pk, verb="clients.changed")
    assert entry.facts["after"]["portal_login"] == "its"
    assert entry.facts["after"]["portal_password"] == "•••"
    assert "тайна" not in repr(entry.facts)


def test_an_empty_secret_keeps_the_stored_one_and_without_its_login_it_goes(browse, manager, client):
    save(browse, manager, client, portal_login="its", portal_password="тайна-1")
    client.refresh_from_db()
    save(browse, manager, client, portal_login="its-2")
    client.refresh_from_db()
    assert (client.portal_login, client.portal_password) == ("its-2", "тайна-1")
    save(browse, manager, client, portal_login="")
    client.refresh_from_db()
    assert (client.portal_login, client.portal_password) == ("", "")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("portal_password", "тайна", "Заполните и это поле"),
        ("security_answer", "Шарик", "Заполните и это поле"),
        ("office_name", "я" * 81, "80"),
        ("utm_source", "x" * 121, "120"),
        ("client_group", "999", "Выберите"),
        ("phone", "12", "телефон"),
    ],
)
def test_a_wrong_value_is_told_and_nothing_typed_is_lost(browse, manager, client, field, value, told):
    answer = save(browse, manager, client, company="Ромашка-сервис", **{field: value})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert told in text
    assert 'value="Ромашка-сервис"' in text
    assert Client.objects.get(pk=client.pk).version == 0


def test_the_currency_stays_once_something_stands_in_it(browse, manager, client):
    assert save(browse, manager, client, currency="USD").status_code == 302
    client.refresh_from_db()
    assert client.currency == "USD"
    access = make.product("Доступ", {})
    Price.objects.create(
        product=access, cycle="month", currency="USD", amount=10, valid_from=date(2019, 1, 1)
    )
    order = make.order(client, Wanted(access, "month"), starts_on=date(2026, 12, 1), by=manager)
    billing.accept_order(order, by=manager)
    assert save(browse, manager, client, currency="RUB").status_code == 302
    client.refresh_from_db()
    assert client.currency == "USD"
    assert "уже есть услуги или счета" in browse(manager).get(f"/clients/{client.pk}/edit/").content.decode()
    assert "выберите" in save(browse, manager, make.client(), currency="XXX").content.decode().lower()


def test_a_contact_of_another_client_pays_for_nobody_here(browse, manager, client):
    stranger = Contact.objects.create(client=make.client(), name="Чужой")
    assert save(browse, manager, client, billing_contact=stranger.pk).status_code == 200
    assert Client.objects.get(pk=client.pk).billing_contact is None


def test_unseen_signs_leave_the_lines_and_scripts_stay_text(browse, manager, client):
    save(browse, manager, client, company="Ро\u202eмашка  <script>", lead="🌼 \u0645\u0631")
    client.refresh_from_db()
    assert client.company == "Ромашка <script>"
    assert client.lead == "🌼 \u0645\u0631"
    assert "<script>" not in browse(manager).get(f"/clients/{client.pk}/?tab=profile").content.decode().split(
        "<main"
    )[1].replace("<script src", "")


def test_what_the_short_form_left_is_counted_until_it_is_filled(browse, manager, client):
    page = f"/clients/{client.pk}/?tab=profile"
    before = browse(manager).get(page).content.decode()
    assert "Осталось заполнить" in before
    assert "почтовый адрес" in before
    save(browse, manager, client, postal_address="Москва, а/я 5")
    after = browse(manager).get(page).content.decode()
    assert "почтовый адрес" not in after.split("Осталось заполнить")[1].split("</p>")[0]
