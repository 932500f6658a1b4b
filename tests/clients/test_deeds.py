"""Deeds on a client as a whole: a letter, closing, deleting."""

from datetime import date

import pytest

from billing_site.journal.models import Entry
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from clients import actions, schedule
from clients.models import Client
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from tests import make

LETTER = {"to": ["main@romashka.example"], "subject": "Каникулы", "text": "Работаем 2 января."}


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", email="main@romashka.example", by=manager, account_manager=manager)


@pytest.fixture
def head(db):
    return make.user("head", name="Вера Главная")


@pytest.fixture
def billed(client, manager):
    """A client with a live service and an unpaid invoice."""
    order = make.order(client, Wanted(make.product(), "half_year"), starts_on=date(2026, 12, 1), by=manager)
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    return client


def test_a_letter_is_shown_before_it_goes(browse, manager, client):
    answer = browse(manager).post(f"/clients/{client.pk}/letter/", {**LETTER, "preview": "1"})
    text = answer.content.decode()
    assert "Работаем 2 января." in text.split('id="preview"')[1]
    assert manager.name in text.split('id="preview"')[1]
    assert not Letter.objects.exists()


def test_a_letter_goes_and_stands_on_the_timeline(browse, manager, client):
    answer = browse(manager).post(f"/clients/{client.pk}/letter/", LETTER)
    letter = Letter.objects.get()
    assert answer.url.partition("?")[0] == f"/letters/{letter.pk}/"
    assert (letter.to, letter.client_no, letter.author) == (["main@romashka.example"], client.pk, manager)
    assert letter.text.startswith("Работаем 2 января.")
    assert Entry.objects.filter(verb="letters.written", client_no=client.pk).exists()


def test_a_letter_to_a_client_on_hold_waits(browse, manager, client):
    letters.hold(client.pk, by=manager, because="готовится")
    browse(manager).post(f"/clients/{client.pk}/letter/", LETTER)
    assert Letter.objects.get().status == Letter.Status.HELD


@pytest.mark.parametrize(
    "wrong",
    [{"to": []}, {"to": ["else@where.example"]}, {"subject": " "}, {"text": ""}, {"text": "x" * 20_001}],
)
def test_a_bent_letter_stays_in_its_form(browse, manager, client, wrong):
    answer = browse(manager).post(f"/clients/{client.pk}/letter/", {**LETTER, **wrong})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not Letter.objects.exists()


def test_what_runs_and_is_owed_stops_the_closing(browse, manager, billed):
    page = browse(manager).get(f"/clients/{billed.pk}/close/").content.decode().replace("\u00a0", " ")
    assert "Действующие услуги" in page
    assert "4 800,00 ₽" in page
    assert 'type="submit"' not in page.split('id="content"')[1].split("toasts")[0]
    with pytest.raises(Refused):
        billing.change_client_status(billed, Client.Status.CLOSED, by=manager)
    browse(manager).post(f"/clients/{billed.pk}/close/")
    browse(manager).post(f"/clients/{billed.pk}/status/", {"status": "closed"})
    assert Client.objects.get(pk=billed.pk).status == Client.Status.ACTIVE


def test_a_client_without_anything_is_closed(browse, manager, client):
    answer = browse(manager).post(f"/clients/{client.pk}/close/")
    assert answer.url == f"/clients/{client.pk}/"
    assert Client.objects.get(pk=client.pk).status == Client.Status.CLOSED


def test_a_client_made_by_mistake_goes_with_its_notes(browse, head, client):
    actions.add_note(client, "ошибка", by=head)
    browse(head).post(f"/clients/{client.pk}/delete/", {"number": client.pk})
    assert not Client.objects.filter(pk=client.pk).exists()
    told = Entry.objects.get(verb="clients.deleted")
    assert (told.facts["name"], told.client_no) == ("Ромашка", client.pk)


def test_a_client_with_papers_is_not_deleted(browse, head, billed):
    answer = browse(head).post(f"/clients/{billed.pk}/delete/", {"number": billed.pk}, follow=True)
    assert "можно только закрыть" in answer.content.decode()
    assert Client.objects.filter(pk=billed.pk).exists()
    assert not Entry.objects.filter(verb="clients.deleted").exists()


def test_a_letter_alone_keeps_a_client(head, client):
    letters.queue(
        letters.Content("Тема", "Текст"), to=["a@b.example"], kind="test", by=head, client_no=client.pk
    )
    with pytest.raises(Refused, match="письма"):
        actions.delete_client(client, by=head)


def test_the_number_is_typed_again(browse, head, client):
    answer = browse(head).post(f"/clients/{client.pk}/delete/", {"number": client.pk + 1})
    assert "Это не номер этого клиента" in answer.content.decode()
    assert Client.objects.filter(pk=client.pk).exists()


def test_staff_see_what_the_client_sees_and_open_nothing_for_him(browse, manager, billed):
    link = Invoice.objects.get().links.get()
    page = browse(manager).get(f"/clients/{billed.pk}/seen/").content.decode()
    assert f"/i/{link.token}/" in page
    assert manager.name in page
    browse(manager).get(f"/i/{link.token}/")
    link.refresh_from_db()
    assert link.first_opened_at is None


def test_many_are_closed_but_for_those_who_owe(manager, billed):
    free = make.client(by=manager, account_manager=manager)
    ids = [billed.pk, free.pk]
    failures = schedule.MOVE_STATUS.carry_out(ids, {"status": "closed"}, manager)
    assert [name.split()[1] for name in failures] == [str(billed.pk)]
    assert list(Client.objects.filter(status="closed")) == [free]
