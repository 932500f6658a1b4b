from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_site.journal.moves import record, record_many
from billing_site.kit import clock
from billing_site.office.models import User
from clients import actions, assigning, grouping
from clients.models import Client, Contact
from clients.timeline import KINDS, timeline
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from tests import make
from tests.tickets.mails import mail
from tickets import handing, intake
from tickets.models import Mailbox


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
    actions.replace_main_address(client, "new@romashka.example", by=manager)
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


@pytest.fixture
def busy(client, manager):
    """One thing of each kind, by the real verbs."""
    product = make.product(prices={"month": "860.00"})
    order = make.order(client, Wanted(product, "month"), starts_on=date(2026, 12, 1), by=manager)
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    sent = Invoice.objects.get(pk=draft.pk)
    paid = ((sent.pk, sent.total),)
    billing.receive(
        billing.Receipt(client.pk, sent.payer_id, sent.seller_id, clock.today(), sent.total, paid), by=None
    )
    make.department(takes_handovers=True)
    handing.open_handovers()
    actions.add_note(client, "звонить", by=manager)
    raw = mail("Вопрос", From=f"<{client.main_email}>", Message_ID="<one@x.example>")
    intake.process(intake.receive_raw(Mailbox.objects.get(), raw)[0].pk)
    actions.change_client(client, by=manager, version=0, phone="+74955405151")
    return client


@pytest.mark.parametrize("kind", [kind.key for kind in KINDS])
def test_every_kind_tells_its_own_and_nothing_twice(busy, kind):
    everything = lines(busy, size=500)[0]
    own = lines(busy, size=500, kind=kind)[0]
    assert own
    assert {one.kind.key for one in own if one.kind} == {kind}
    assert len(own) == len([one for one in everything if one.kind and one.kind.key == kind])


def test_all_kinds_together_are_everything(busy):
    everything = lines(busy, size=500)[0]
    assert sum(len(lines(busy, size=500, kind=kind.key)[0]) for kind in KINDS) == len(everything)


def test_a_line_leads_to_what_it_is_about(busy):
    invoice = Invoice.objects.get()
    assert f"/invoices/{invoice.pk}/" in {one.about.url for one in lines(busy, size=500)[0] if one.about}


def test_nobody_reads_of_what_he_may_not_see(busy, treasury, browse):
    """Treasury sees everything; somebody who may see the card only, the card's changes only."""
    clerk = make.user(name="Секретарь")
    clerk.user_permissions.add(Permission.objects.get(codename="view_client"))
    told = lines(busy, size=500, user=User.objects.get(pk=clerk.pk))[0]
    assert {one.kind.key for one in told} == {"changes"}
    asked_for = lines(busy, size=500, kind="letters", user=User.objects.get(pk=clerk.pk))[0]
    assert {one.kind.key for one in asked_for} == {"changes"}
    text = browse(treasury).get(f"/clients/{busy.pk}/?tab=log&kind=payments").content.decode()
    assert 'aria-current="true"' in text


def test_a_client_with_a_long_past_opens_with_the_same_queries(busy, manager):
    """10,000 invoices and 5,000 notes behind it: the first page asks as much as with a few."""

    def asked(kind: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            timeline(Client.objects.get(pk=busy.pk), before=None, size=40, kind=kind)
        return len(captured)

    few = {kind.key: asked(kind.key) for kind in KINDS}
    invoice = Invoice.objects.get()
    record_many("invoices.drafted", ((invoice, {"total": "1.00"}) for _n in range(10_000)), by=None)
    record_many("clients.note_added", ((busy, {"note": n}) for n in range(5_000)), by=None)
    many = {kind.key: asked(kind.key) for kind in KINDS}
    assert {kind: (few[kind], many[kind]) for kind in few if many[kind] > few[kind]} == {}


def test_a_note_is_quoted_and_a_deleted_one_only_told(client, manager):
    actions.add_note(client, "Звонить после обеда", by=manager)
    gone = actions.add_note(client, "Ошибся клиентом", by=manager)
    actions.delete_note(gone, by=manager)
    told, _more = timeline(client, before=None, size=40)
    quotes = [one.quote for one in told if one.verb == "clients.note_added"]
    assert quotes == ["", "Звонить после обеда"]


def test_a_long_note_is_quoted_in_part(client, manager):
    actions.add_note(client, "ы" * 5_000, by=manager)
    (told,) = [one for one in timeline(client, before=None, size=40)[0] if one.verb == "clients.note_added"]
    assert told.quote == "ы" * 160 + "…"


def test_a_change_that_the_line_says_is_not_said_twice(client, manager):
    grouping.join_group(client, by=manager, group=None, new="Холдинг «Волга»")
    assigning.give_todo("Позвонить", by=manager, assignee=manager, client=client)
    told, _more = timeline(client, before=None, size=40)
    assert [(one.text, one.changes) for one in told[:2]] == [
        (f"Дело ({manager.name}): Позвонить", []),
        ("Группа компаний: — → Холдинг «Волга»", []),
    ]
