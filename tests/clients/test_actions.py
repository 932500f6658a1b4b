import pytest

from billing_site.journal.models import Entry
from billing_site.journal.moves import IllegalMove, Stale
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import actions, noting
from clients.models import Client, EmailAddress, Payer
from tests import make

Kind = EmailAddress.Kind


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", email="main@romashka.example", account_manager=manager, by=manager)


def told(client, verb):
    return Entry.objects.filter(client_no=client.pk, verb=verb)


def test_a_client_comes_with_its_address_payer_and_story(client, manager):
    assert client.main_email == "main@romashka.example"
    assert client.payers.get().is_default
    assert told(client, "clients.created").get().actor_name == manager.name


def test_a_client_without_a_free_address_is_not_made_at_all(client):
    with pytest.raises(Refused, match="Ромашка"):
        make.client(name="Двойник", email="main@romashka.example")
    assert not Client.objects.filter(name="Двойник").exists()


def test_who_may_not_see_the_owner_reads_a_number_and_whom_to_ask(client, manager):
    other = make.user("sales", scope=User.Scope.PORTFOLIO)
    with pytest.raises(Refused) as refused:
        make.client(name="Двойник", email="main@romashka.example", by=other)
    assert "Ромашка" not in refused.value.message
    assert f"№ {client.pk}" in refused.value.message
    assert manager.name in refused.value.message
    code = client.payers.get().counterparty_code
    with pytest.raises(Refused) as refused:
        make.client(by=other, payer={"counterparty_code": code})
    assert refused.value.field == "counterparty_code"
    assert "Ромашка" not in refused.value.message


def test_what_stands_there_already_changes_nothing_even_late(client, manager):
    actions.change_client(client, by=manager, version=0, source="сайт")
    again = actions.change_client(client, by=manager, version=0, source="сайт")
    assert again.version == 1
    assert told(client, "clients.changed").count() == 1


def test_a_stale_save_names_who_was_quicker(client, manager, sales):
    actions.change_client(client, by=sales, version=0, source="сайт")
    with pytest.raises(Stale, match="Борис Ветров") as stale:
        actions.change_client(client, by=manager, version=0, source="выставка")
    assert stale.value.row.source == "сайт"
    assert Client.objects.get().source == "сайт"


def test_a_change_is_told_with_old_and_new(client, manager, sales):
    actions.change_client(client, by=manager, version=0, account_manager=sales, never_suspend=True)
    facts = told(client, "clients.changed").get().facts
    assert facts["before"] == {"account_manager": "Анна Ветрова", "never_suspend": "False"}
    assert facts["after"] == {"account_manager": "Борис Ветров", "never_suspend": "True"}


def test_status_goes_where_it_may(client, manager):
    actions.change_status(client, Client.Status.CLOSED, by=manager)
    with pytest.raises(IllegalMove):
        actions.change_status(client, Client.Status.INACTIVE, by=manager)
    assert Client.objects.get().status == Client.Status.CLOSED


def test_the_old_main_address_stays_as_former(client, manager):
    actions.replace_main_address(client, "new@romashka.example", by=manager)
    kinds = dict(client.addresses.values_list("address", "kind"))
    assert kinds == {"main@romashka.example": Kind.FORMER, "new@romashka.example": Kind.PROFILE}
    actions.replace_main_address(client, "new@romashka.example", by=manager)  # twice: nothing
    assert told(client, "clients.email_changed").count() == 1


def test_the_main_address_may_go_back(client, manager):
    actions.replace_main_address(client, "new@romashka.example", by=manager)
    actions.replace_main_address(client, "main@romashka.example", by=manager)
    assert client.addresses.get(kind=Kind.PROFILE).address == "main@romashka.example"


def test_an_address_of_the_clients_own_contact_is_named(client, manager):
    actions.add_contact(client, by=manager, email="zoya@romashka.example", name="Зоя")
    with pytest.raises(Refused, match="Зоя"):
        actions.replace_main_address(client, "zoya@romashka.example", by=manager)
    with pytest.raises(Refused):
        actions.add_contact(client, by=manager, email="main@romashka.example", name="Зоя")
    assert client.main_email == "main@romashka.example"


def test_a_former_address_is_free_for_others(client, manager):
    actions.replace_main_address(client, "new@romashka.example", by=manager)
    assert make.client(email="main@romashka.example").main_email == "main@romashka.example"


def test_one_payer_is_the_default(client, manager):
    first = client.payers.get()
    second = actions.add_payer(client, by=manager, name="ИП Иванов", kind=Payer.Kind.SOLE)
    assert not second.is_default
    with pytest.raises(Refused) as refused:
        actions.change_payer(first, by=manager, is_default=False)
    assert refused.value.field == "is_default"
    actions.change_payer(second, by=manager, is_default=True)
    assert list(client.payers.filter(is_default=True)) == [second]
    third = actions.add_payer(client, by=manager, is_default=True, name="ООО Третье")
    assert list(client.payers.filter(is_default=True)) == [third]


def test_a_code_stands_at_one_payer(client, manager):
    payer = client.payers.get()
    actions.change_payer(payer, by=manager, counterparty_code=payer.counterparty_code)  # its own
    other = make.client().payers.get()
    with pytest.raises(Refused) as refused:
        actions.change_payer(other, by=manager, counterparty_code=payer.counterparty_code)
    assert refused.value.field == "counterparty_code"


@pytest.fixture
def contact(client, manager):
    return actions.add_contact(
        client, by=manager, email="zoya@romashka.example", name="Зоя", phone="+74955550011",
        powers=["papers", "order"],
    )  # fmt: skip


def change(contact, by, **fields):
    kept = {
        "name": contact.name,
        "post": "",
        "phone": contact.phone,
        "extension": "",
        "powers": contact.powers,
    }
    return actions.change_contact(contact, by=by, **{"email": "zoya@romashka.example", **kept, **fields})


def test_a_changed_contact_leaves_its_old_data_in_an_important_note(client, contact, manager):
    change(contact, manager, email="z@romashka.example", phone="+74955550012", because="Звонок директора")
    text = client.notes.get(important=True).text
    for old in ("zoya@romashka.example", "+7 495 555-00-11", "документы, заказ и оплата", "Звонок директора"):
        assert old in text
    kinds = dict(contact.addresses.values_list("address", "kind"))
    assert kinds == {"zoya@romashka.example": Kind.FORMER, "z@romashka.example": Kind.EXCLUSIVE}
    assert told(client, "clients.contact_changed").get().facts["after"]["email"] == "z@romashka.example"


def test_a_changed_name_of_a_contact_needs_no_note_and_nothing_is_nothing(client, contact, manager):
    change(contact, manager, name="Зоя Ильинична")
    assert not client.notes.exists()
    before = Entry.objects.count()
    change(contact, manager, name="Зоя Ильинична")
    assert Entry.objects.count() == before


def test_a_contact_cannot_take_anothers_address(client, contact, manager):
    make.client(email="main@other.example")
    with pytest.raises(Refused) as refused:
        change(contact, manager, email="main@other.example")
    assert refused.value.field == "email"
    assert contact.addresses.get().kind == Kind.EXCLUSIVE


def test_an_address_becomes_shared_and_own_again_while_nobody_else_owns_it(client, contact, manager):
    change(contact, manager, shared=True)
    other = make.client()
    actions.add_contact(other, by=manager, email="zoya@romashka.example", name="Зоя", shared=True)
    assert contact.addresses.get().kind == Kind.SHARED
    change(contact, manager, shared=False)
    assert contact.addresses.get().kind == Kind.EXCLUSIVE


def test_notes_are_told_and_a_deleted_one_stays_in_the_log(client, manager):
    note = actions.add_note(client, "Звонить после обеда", by=manager)
    note = noting.change_note(note, by=manager, text="Звонить утром", important=True, version=0)
    assert note.changed_at
    actions.delete_note(note, by=manager)
    assert told(client, "clients.note_deleted").get().facts["text"] == "Звонить утром"
