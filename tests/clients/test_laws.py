"""Laws of addresses and payers, held by the database against real threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection

from billing_site.kit.errors import Refused
from billing_site.kit.requisites import normal_address
from clients import actions, noting
from clients.models import Client, EmailAddress, Payer
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
Kind = EmailAddress.Kind


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Results of deeds begun at the same moment, each on its own connection; a refusal is a result."""
    start = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            return deed()
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def done(results: list[Any]) -> list[Any]:
    return [one for one in results if not isinstance(one, Exception)]


def test_one_main_address_in_any_case_goes_to_one_of_two_clients():
    typed = ("Info@Пример.рф", "INFO@xn--e1afmkfd.XN--P1AI", "info@пример.рф", "iNfO@ПРИМЕР.РФ")
    results = at_once(
        *(
            lambda text=text: actions.create_client(by=None, name=text, email=normal_address(text))
            for text in typed
        )
    )
    assert len(done(results)) == 1
    assert all(one.field == "email" for one in results if isinstance(one, Refused))
    assert Client.objects.count() == EmailAddress.objects.count() == 1


def test_two_clients_change_to_the_same_address_at_once():
    by, first, second = make.user("head"), make.client(), make.client()
    results = at_once(
        *(lambda c=c: actions.replace_main_address(c, "same@example.org", by=by) for c in (first, second))
    )
    assert len(done(results)) == 1
    assert EmailAddress.objects.filter(kind=Kind.PROFILE).count() == 2  # the loser kept its old one


def test_one_client_gets_two_main_addresses_at_once_and_keeps_one():
    by, client = make.user("head"), make.client()
    results = at_once(
        *(lambda n=n: actions.replace_main_address(client, f"new{n}@example.org", by=by) for n in range(4))
    )
    assert len(done(results)) == 4  # one after another, behind the client's lock
    assert client.addresses.filter(kind=Kind.PROFILE).count() == 1
    assert client.addresses.filter(kind=Kind.FORMER).count() == 4


def test_an_exclusive_address_has_one_client_and_a_shared_one_many():
    by, first, second = make.user("head"), make.client(), make.client()

    def add(client, **how):
        return lambda: actions.add_contact(client, by=by, email="buh@audit.example", name="Зоя", **how)

    assert len(done(at_once(add(first), add(second)))) == 1
    EmailAddress.objects.filter(address="buh@audit.example").delete()
    assert len(done(at_once(add(first, shared=True), add(second, shared=True)))) == 2


def test_two_default_payers_at_once_leave_one():
    by, client = make.user("head"), make.client()
    at_once(
        *(
            lambda n=n: actions.add_payer(client, by=by, is_default=True, name=f"Плательщик {n}")
            for n in range(4)
        )
    )
    assert client.payers.count() == 5
    assert client.payers.filter(is_default=True).count() == 1


def test_two_saves_of_one_version_at_once_leave_one_and_a_stale_one():
    by, client = make.user("head"), make.client()
    results = at_once(
        *(
            lambda word=word: actions.change_client(client, by=by, version=0, source=word)
            for word in ("сайт", "звонок")
        )
    )
    assert len(done(results)) == 1
    assert Client.objects.get(pk=client.pk).version == 1


def test_three_clicks_at_once_write_one_note():
    by, client = make.user("head"), make.client()
    results = at_once(
        *(lambda: noting.write_note(client, "Звонить утром", by=by, once="a" * 32) for _n in range(3))
    )
    assert len(set(done(results))) == client.notes.count() == 1


@pytest.mark.parametrize("kind", [Kind.PROFILE, Kind.EXCLUSIVE])
@pytest.mark.parametrize("held", [Kind.PROFILE, Kind.EXCLUSIVE])
def test_the_database_refuses_what_no_verb_would_do(kind, held):
    first, second = make.client(), make.client()
    second.addresses.all().delete()
    first.addresses.all().delete()
    EmailAddress.objects.create(client=first, address="x@example.org", kind=held)
    with pytest.raises(IntegrityError, match="address_of_one_client"):
        EmailAddress.objects.create(client=second, address="x@example.org", kind=kind)


def test_the_database_holds_one_profile_one_default_and_lower_case():
    client = make.client()
    with pytest.raises(IntegrityError, match="address_one_profile"):
        EmailAddress.objects.create(client=client, address="y@example.org", kind=Kind.PROFILE)
    with pytest.raises(IntegrityError, match="address_lower"):
        EmailAddress.objects.create(client=client, address="Y@example.org", kind=Kind.SHARED)
    with pytest.raises(IntegrityError, match="payer_one_default"):
        Payer.objects.create(client=client, name="x", is_default=True, valid_from="2026-01-01")
    with pytest.raises(IntegrityError, match="payer_kpp_of_legal_entity"):
        Payer.objects.create(
            client=client, name="x", kind="sole", kpp="770201001", is_default=False, valid_from="2026-01-01"
        )
