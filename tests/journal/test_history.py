"""Field history sees what no verb tells: bulk updates and raw SQL, with who asked for them (HOUSE 4)."""

import pghistory
import pytest
from django.db import connection

from billing_site.celery import app
from clients.models import Client
from tests import make

pytestmark = pytest.mark.django_db
History = Client.pgh_event_model


@pytest.fixture
def clients():
    return [make.client(name="Ромашка"), make.client(name="Василёк")]


def test_bulk_update_leaves_the_old_values_of_each_row(clients, manager):
    with pghistory.context(user=manager.pk):
        for client in clients:
            client.source = "выставка"
        Client.objects.bulk_update(clients, ["source"])
    rows = History.objects.order_by("pgh_obj_id")
    assert [(row.pgh_obj_id, row.source) for row in rows] == [(client.pk, "") for client in clients]
    assert {row.pgh_context.metadata["user"] for row in rows} == {manager.pk}


def test_raw_sql_leaves_it_too(clients, manager):
    with pghistory.context(user=manager.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET name = 'Колокольчик' WHERE id = %s", [clients[0].pk])
    row = History.objects.get()
    assert (row.pgh_obj_id, row.name, row.pgh_context.metadata["user"]) == (
        clients[0].pk,
        "Ромашка",
        manager.pk,
    )


def test_a_queryset_s_update_is_one_event_a_row(clients):
    Client.objects.update(language="en")
    assert History.objects.count() == 2


def test_what_did_not_change_leaves_nothing(clients):
    Client.objects.update(version=99)
    assert not History.objects.exists()


def test_a_deleted_row_is_kept(manager):
    client = make.client()
    payer = client.payers.get()
    kept = type(payer).pgh_event_model
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clients_payer WHERE id = %s", [payer.pk])
    assert kept.objects.get(pgh_obj_id=payer.pk).inn == payer.inn


def test_a_page_s_change_names_its_user(browse, manager):
    client = make.client(account_manager=manager)
    browse(manager).post(f"/clients/{client.pk}/status/", {"status": "inactive"})
    row = History.objects.latest("pgh_id")
    assert (row.status, row.pgh_context.metadata["user"]) == ("active", manager.pk)


def test_an_errand_s_change_names_the_errand(clients):
    @app.task(name="tests.rename", shared=False)
    def rename():
        Client.objects.update(source="задание")

    rename()
    assert {row.pgh_context.metadata["errand"] for row in History.objects.all()} == {"tests.rename"}
