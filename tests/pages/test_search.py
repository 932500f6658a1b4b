import pytest

from billing_site.kit.requisites import make_inn
from billing_site.pages.search import route
from clients.models import Client, Contact, EmailAddress, Payer


@pytest.fixture
def daisy(db):
    client = Client.objects.create(name="ООО «Ромашка»", registered_on="2026-01-01", phone="+74951234567")
    EmailAddress.objects.create(client=client, address="buh@romashka.ru", kind="profile")
    Payer.objects.create(
        client=client, name="ООО «Ромашка»", inn=make_inn("770708389"), counterparty_code="К-00123",
        valid_from="2026-01-01",
    )  # fmt: skip
    Client.objects.create(name="Ёлочка и К", registered_on="2026-01-01")
    return client


def found(typed, user):
    groups, exact = route(typed, user)
    return [one.url for group in groups for one in group.found], exact


@pytest.mark.parametrize(
    "typed",
    [
        "#{0.pk}", " №\u00a0{0.pk} ", "BUH@romashka.ru", "8 (495) 123-45-67", "+7 495 123 45 67", "К-00123",
        "к-00123", make_inn("770708389"),
    ],
)  # fmt: skip
def test_what_is_named_exactly_is_landed_on(daisy, head, browse, typed):
    typed = typed.format(daisy)
    assert found(typed, head) == ([f"/clients/{daisy.pk}/"], True)
    assert browse(head).get("/search/", {"q": typed}).headers["Location"] == f"/clients/{daisy.pk}/"


@pytest.mark.parametrize("typed", ["ромаш", "«РОМАШКА» ооо", "hjvfirf", "romashka"])
def test_names_are_found_by_words_in_either_layout(daisy, head, typed):
    urls, exact = found(typed, head)
    assert urls == [f"/clients/{daisy.pk}/"]
    assert not exact


def test_yo_and_ye_are_one_letter(daisy, head, browse):
    assert "Ёлочка и К" in browse(head).get("/search/?q=елочка").content.decode()


def test_payers_and_contacts_lead_to_their_client(daisy, head, browse):
    Payer.objects.create(client=daisy, name="ООО «Тюльпан»", is_default=False, valid_from="2026-01-01")
    Contact.objects.create(client=daisy, name="Зоя Ильинична Ёжикова", phone="+74955550011")
    for typed in ("тюльпан", "N.KMGFY", "ежикова", "илЬинична ё"):
        groups, _exact = route(typed, head)
        assert [one.url for group in groups for one in group.found] == [f"/clients/{daisy.pk}/"], typed
        assert groups[0].found[0].note == f"ООО «Ромашка» · № {daisy.pk}"
    assert found("8 495 555 00 11", head) == ([f"/clients/{daisy.pk}/"], True)


def test_a_client_found_by_name_is_told_once(daisy, head):
    groups, _exact = route("ромашка", head)
    assert [str(group.label) for group in groups] == ["Клиенты"]


def test_signs_nobody_sees_are_forgiven(daisy, head):
    for typed in (f"#\u200b{daisy.pk}", f"\ufeff№\u00a0{daisy.pk}\u00a0", "ром\u00adашка", "ром\x00ашка"):
        assert found(typed, head)[0] == [f"/clients/{daisy.pk}/"], typed


def test_five_of_a_kind_and_no_more(head, make_clients):
    make_clients(9)
    assert len(found("ромашка", head)[0]) == 5


def test_rights_and_scope_are_kept(daisy, manager):
    assert found("ромашка", manager) == ([], False)
    assert found(str(daisy.pk), manager) == ([], False)
    assert found("buh@romashka.ru", manager) == ([], False)


@pytest.mark.parametrize("typed", ["", "   ", "@", "#", "%", "_", "\x00", "9" * 300, "'\";--"])
def test_nonsense_finds_nothing_and_breaks_nothing(daisy, head, browse, typed):
    assert browse(head).get("/search/", {"q": typed}).status_code == 200
