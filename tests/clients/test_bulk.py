"""Managers, groups and states of many clients."""

import pytest

from billing_site.journal.models import Entry
from clients import schedule
from clients.models import Client, ClientGroup
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def clients(manager):
    return [make.client(by=manager, name=f"Клиент {n}", account_manager=manager) for n in range(3)]


def names(rows) -> list[str]:
    return [row.name for row in rows]


def test_a_manager_is_given_to_those_who_lack_it(clients, manager):
    other = make.user("account_manager", name="Другой")
    Client.objects.filter(pk=clients[0].pk).update(account_manager=other)
    Client.objects.filter(pk=clients[1].pk).update(status=Client.Status.CLOSED)
    ids, data = [client.pk for client in clients], {"account_manager": other}
    plan = schedule.GIVE_MANAGER.plan(ids, data, manager)
    assert names(plan.rows) == ["Клиент 2"]
    assert sorted(map(len, plan.skipped.values())) == [1, 1]
    assert schedule.GIVE_MANAGER.carry_out(ids, data, manager) == {}
    clients[2].refresh_from_db()
    assert clients[2].account_manager == other
    told = Entry.objects.get(verb="clients.changed")
    assert (told.client_no, told.actor_id) == (clients[2].pk, manager.pk)
    assert names(schedule.GIVE_MANAGER.plan(ids, data, manager).rows) == []


def test_groups_are_put_and_taken_away(clients, manager):
    group = ClientGroup.objects.create(name="Крупные")
    ids = [client.pk for client in clients]
    schedule.PUT_INTO_GROUP.carry_out(ids, {"client_group": group}, manager)
    assert set(Client.objects.values_list("client_group", flat=True)) == {group.pk}
    schedule.PUT_INTO_GROUP.carry_out(ids[:1], {"client_group": None}, manager)
    assert Client.objects.filter(client_group=None).get().pk == ids[0]


def test_a_state_is_left_where_it_cannot_go(clients, manager):
    Client.objects.filter(pk=clients[0].pk).update(status=Client.Status.CLOSED)
    ids = [client.pk for client in clients]
    plan = schedule.MOVE_STATUS.plan(ids, {"status": "inactive"}, manager)
    assert names(plan.rows) == ["Клиент 1", "Клиент 2"]
    schedule.MOVE_STATUS.carry_out(ids, {"status": "inactive"}, manager)
    assert Client.objects.filter(status="inactive").count() == 2


def test_pages_offer_what_the_worker_knows(browse, manager, clients):
    sent = {"list": "/clients/?status=active", "ids": [client.pk for client in clients]}
    for name in ("manager", "group", "status"):
        text = browse(manager).post(f"/clients/bulk/{name}/", sent).content.decode()
        assert "Выбраны 3 строки" in text
        assert "Показать, что произойдёт" in text
