import pytest
from django.db import IntegrityError

from billing_site.journal.moves import Stale
from billing_site.kit.requisites import make_account, make_inn
from clients import actions
from clients.models import Payer
from tests import make


@pytest.fixture
def payer(manager):
    client = make.client(name="Ромашка", account_manager=manager, by=manager)
    return client.payers.get()


def typed(payer, **changed):
    return {
        "name": payer.name, "kind": payer.kind, "inn": payer.inn, "kpp": payer.kpp,
        "counterparty_code": payer.counterparty_code, "legal_address": payer.legal_address,
        "is_default": "on", "version": payer.version, **changed,
    }  # fmt: skip


def test_a_stale_save_of_a_payer_shows_both_and_loses_nothing(browse, manager, sales, payer):
    page = f"/clients/{payer.client_id}/payers/{payer.pk}/"
    assert 'name="version"' in browse(manager).get(page).content.decode()
    actions.change_payer(payer, by=sales, version=0, legal_address="Казань, ул. Баумана, д. 1")
    answer = browse(manager).post(page, typed(payer, legal_address="Пермь, ул. Ленина, д. 2"))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Борис Ветров" in text
    assert "Казань, ул. Баумана" in text
    assert text.count("Пермь, ул. Ленина") >= 2
    assert Payer.objects.get(pk=payer.pk).legal_address.startswith("Казань")
    again = typed(payer, legal_address="Пермь, ул. Ленина, д. 2", version=1)
    assert browse(manager).post(page, again).status_code == 302
    assert Payer.objects.get(pk=payer.pk).legal_address.startswith("Пермь")


def test_what_stands_there_already_is_no_stale_save(manager, sales, payer):
    actions.change_payer(payer, by=sales, version=0, name="ООО Новое")
    again = actions.change_payer(payer, by=manager, version=0, name="ООО Новое")
    assert again.version == 1
    with pytest.raises(Stale):
        actions.change_payer(payer, by=manager, version=0, name="ООО Другое")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"inn": make_inn("770277777")[:-1] + "x"}, "ИНН"),
        ({"kind": "sole"}, "12"),
        ({"kpp": "12"}, "КПП"),
        ({"ogrn": "123"}, "ОГРН"),
        ({"version": "x"}, ""),
    ],
)
def test_wrong_requisites_are_told_and_nothing_is_stored(browse, manager, payer, wrong, told):
    page = f"/clients/{payer.client_id}/payers/{payer.pk}/"
    answer = browse(manager).post(page, typed(payer, name="ООО Новое имя", **wrong))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert "ООО Новое имя" in answer.content.decode()
    assert Payer.objects.get(pk=payer.pk).name == payer.name


SBER, ACCOUNT = "044525225", make_account("044525225", "40702810000000012345")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"bic": SBER, "account": ACCOUNT[:-1] + str((int(ACCOUNT[-1]) + 1) % 10)}, "не сходится с БИК"),
        ({"bic": "", "account": ACCOUNT}, "заполните и его"),
        ({"bic": "12345"}, "БИК"),
        ({"bic": SBER, "account": ACCOUNT[:12]}, "20"),
        ({"bic": SBER, "account": "4070281О000000012345"}, "цифр"),
    ],
)
def test_a_wrong_bank_account_is_told_at_its_field(browse, manager, payer, wrong, told):
    page = f"/clients/{payer.client_id}/payers/{payer.pk}/"
    answer = browse(manager).post(page, typed(payer, name="ООО Новое имя", **wrong))
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) <= {"bic", "account"}
    assert told in answer.content.decode()
    assert Payer.objects.get(pk=payer.pk).name == payer.name


def test_a_bank_account_is_kept_shown_found_and_in_the_list(browse, manager, payer):
    page = f"/clients/{payer.client_id}/payers/{payer.pk}/"
    bank = {"bank_name": "ПАО Сбербанк", "bic": SBER, "account": f"{ACCOUNT[:5]} {ACCOUNT[5:]}"}
    assert browse(manager).post(page, typed(payer, **bank)).status_code == 302
    kept = Payer.objects.get(pk=payer.pk)
    assert (kept.bank_name, kept.bic, kept.account) == ("ПАО Сбербанк", SBER, ACCOUNT)
    card = browse(manager).get(f"/clients/{payer.client_id}/?tab=profile").content.decode()
    assert ACCOUNT in card
    for typed_text in (ACCOUNT, SBER):
        assert "Ромашка" in browse(manager).get("/payers/", {"q": typed_text}).content.decode()
    columns = browse(manager).get("/payers/", {"cols": "name,bank_name,account"})
    assert "ПАО Сбербанк" in columns.content.decode()


def test_the_database_refuses_an_account_without_a_bank(payer):
    payer.account = ACCOUNT
    with pytest.raises(IntegrityError, match="payer_account_at_a_bank"):
        payer.save()
