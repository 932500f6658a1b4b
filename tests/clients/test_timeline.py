import pytest
from django.db import connection

from billing_site.journal.moves import record
from clients import actions
from clients.models import Client, Contact
from clients.timeline import timeline
from tests import make


@pytest.fixture
def client(manager, sales):
    return make.client(name="Ромашка", account_manager=manager, by=sales)


def lines(client, **how):
    told, more = timeline(Client.objects.get(pk=client.pk), **{"before": None, "size": 50, **how})
    return told, more


def changes(client):
    return {(str(c.label), c.old, c.new) for one in lines(client)[0] for c in one.changes}


def test_a_verb_and_the_fields_it_changed_stand_on_one_line(client, manager, sales):
    actions.change_client(client, by=manager, version=0, account_manager=sales, phone="+74955405151")
    first = lines(client)[0][0]
    assert (first.text, first.who) == ("Профиль изменён", manager.name)
    told = {(str(c.label), c.old, c.new) for c in first.changes}
    assert told == {
        ("персональный менеджер", "Анна Ветрова", "Борис Ветров"), ("телефон", "—", "+7 495 540-51-51"),
    }  # fmt: skip


def test_a_note_in_the_same_breath_does_not_take_the_change(client, manager):
    contact = actions.add_contact(client, by=manager, email="", name="Зоя", powers=["papers"])
    actions.change_contact(contact, by=manager, email="", name="Зоя", powers=["papers", "order"])
    by_text = {one.text: one.changes for one in lines(client)[0]}
    assert by_text["Добавлена заметка"] == []
    (change,) = by_text["Контакт изменён: Зоя"]
    assert (change.old, change.new) == ("документы", "документы, заказ и оплата")


def test_bulk_updates_and_raw_sql_are_told_too(client):
    Client.objects.filter(pk=client.pk).update(source="выгрузка")
    Client.objects.bulk_update([Client(pk=client.pk, admin_notes="пачкой")], ["admin_notes"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET never_suspend = true WHERE id = %s", [client.pk])
    assert {
        ("источник", "—", "выгрузка"), ("только для нас", "—", "пачкой"), ("не отключать", "нет", "да"),
    } <= changes(client)  # fmt: skip


def test_deeds_of_one_moment_don_t_swallow_each_other(client, manager):
    payer = client.payers.get()
    actions.change_payer(payer, by=manager, kpp="770301001")
    actions.change_email(client, "new@romashka.example", by=manager)
    told = lines(client)[0]
    (line,) = [one for one in told if one.text == "Плательщик изменён"]
    assert [(c.old, c.new) for c in line.changes] == [("770201001", "770301001")]


def test_pages_follow_each_other_without_gap_or_double(client, manager):
    for n in range(25):
        record("clients.note_added", client, by=manager, note=n)
    seen, before = [], None
    while True:
        told, before = lines(client, before=before, size=10)
        seen += told
        if before is None:
            break
    assert len(seen) == 25 + 2  # with the client and its payer


@pytest.mark.parametrize("before", ["0", "9" * 30, "x", "-1", "٣"])
def test_a_bent_place_breaks_nothing(browse, manager, client, before):
    assert browse(manager).get(f"/clients/{client.pk}/log/?before={before}").status_code == 200


def test_the_timeline_of_another_client_stays_there(client, manager):
    other = make.client()
    Contact.objects.create(client=other, name="Чужая")
    actions.add_note(other, "чужое", by=manager)
    assert len(lines(client)[0]) == 2
