"""What people type wrong: a message at the field, nothing typed lost, nothing stored."""

import pytest

from billing_site.kit.requisites import make_inn, make_ogrn
from clients.forms import TEXT_LIMIT, visible
from clients.models import Client, Contact, EmailAddress, Note
from tests import make

GOOD = {
    "name": "Лютик", "email": "info@lyutik.example", "phone": "", "kind": "legal", "inn": "", "kpp": "",
    "ogrn": "", "payer_name": "", "legal_address": "", "counterparty_code": "", "source": "",
    "account_manager": "", "language": "ru",
}  # fmt: skip
INN = make_inn("770200001")
WRONG = [
    ("name", "   "),
    ("name", "\u200b\u202e"),
    ("name", "x" * 201),
    ("email", ""),
    ("email", "не адрес"),
    ("email", "MAIN@Romashka.Example"),
    ("email", "Info@ПРИМЕР.рф"),
    ("email", f"a@{'ж' * 60}.{'ж' * 60}.{'ж' * 60}.рф"),
    ("phone", "123"),
    ("phone", "+7 495 540-51-51 доб. 123456789"),
    ("inn", INN[:-1] + str((int(INN[-1]) + 1) % 10)),
    ("inn", "77020000"),
    ("inn", "7702-00001"),
    ("inn", make_inn("7702000012")),  # of a person, at a legal entity
    ("inn", "0000000000"),
    ("kpp", "77"),
    ("ogrn", make_ogrn("115774600001")[:-1] + "x"),
    ("ogrn", make_ogrn("31577460000123")),  # of a sole trader
    ("counterparty_code", "0000"),
    ("counterparty_code", "1"),
    ("language", "xx"),
    ("account_manager", "999999"),
]


@pytest.fixture
def known(manager):
    make.client(name="Ромашка", email="main@romashka.example")
    return make.client(name="Пример", email="info@xn--e1afmkfd.xn--p1ai")


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_is_told_at_its_field_and_kept(browse, manager, known, field, value):
    before = Client.objects.count()
    answer = browse(manager).post("/clients/new/", {**GOOD, field: value, "legal_address": "Тверь, д. 1"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="error_1_id_{field}"' in text  # the message stands at the field
    assert f'href="#id_{field}"' in text  # and in the list on top
    assert 'value="Тверь, д. 1"' in text
    if field not in ("language", "account_manager") and value.strip():
        assert value in text.replace("&lt;", "<")
    assert Client.objects.count() == before


@pytest.mark.parametrize("kind", ["sole", "person"])
def test_only_a_legal_entity_has_a_kpp(browse, manager, kind):
    sent = {**GOOD, "kind": kind, "inn": make_inn("7702000012"), "kpp": "770201001"}
    assert "error_1_id_kpp" in browse(manager).post("/clients/new/", sent).content.decode()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("🌻 Подсолнух 👨‍👩‍👧", "🌻 Подсолнух 👨‍👩‍👧"),
        ("שלום בע״מ", "שלום בע״מ"),
        ("شركة المثال", "شركة المثال"),
        ("  Ромашка\u00a0\u00a0и\tК  ", "Ромашка и К"),
        ("Ром\u00adашка\u200b\ufeff", "Ромашка"),
        ("\u202eакшамоР", "акшамоР"),
        ("<b>Жирный</b> & Ко", "<b>Жирный</b> & Ко"),
    ],
)
def test_names_of_any_script_are_kept_shown_and_found(browse, manager, typed, stored):
    browser = browse(manager)
    answer = browser.post("/clients/new/", {**GOOD, "name": typed}, follow=True)
    made = Client.objects.get()
    assert made.name == stored
    shown = stored.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<bdi>{shown}</bdi>" in answer.content.decode()
    assert f"/clients/{made.pk}/" in browser.get("/clients/", {"q": stored}).content.decode()


def test_what_is_pasted_with_spaces_and_in_capitals_is_understood(browse, manager):
    sent = {
        **GOOD, "email": " <Info@ПРИМЕР.рф> ", "phone": "8 (495) 540-51-51 доб. 2207",
        "inn": f"{INN[:4]}\u00a0{INN[4:]}\u200b", "kpp": "7702 01 001",
    }  # fmt: skip
    assert browse(manager).post("/clients/new/", sent).status_code == 302
    client = Client.objects.get()
    assert client.main_email == "info@xn--e1afmkfd.xn--p1ai"
    assert (client.phone, client.extension) == ("+74955405151", "2207")
    assert (client.payers.get().inn, client.payers.get().kpp) == (INN, "770201001")


def test_visible_drops_only_what_nobody_sees():
    assert visible("a\x00b\r\nc") == "a b c"
    assert visible("می‌خواهم") == "می‌خواهم"


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", email="main@romashka.example")


def test_a_note_that_is_too_long_is_refused_and_given_back(browse, manager, client):
    long = "я" * (TEXT_LIMIT + 1)
    answer = browse(manager).post(
        f"/clients/{client.pk}/notes/", {"text": long}, headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert str(TEXT_LIMIT) in text
    assert "invalid-feedback" in text
    assert long in text
    assert not Note.objects.exists()


def test_a_note_of_five_megabytes_is_refused_with_a_clear_page(browse, manager, client):
    answer = browse(manager).post(f"/clients/{client.pk}/notes/", {"text": "x" * (5 * 1024 * 1024 + 1)})
    assert answer.status_code == 413
    assert "Текст слишком длинный" in answer.content.decode()
    assert "не больше 5 МБ" in answer.content.decode()
    assert answer["X-Request-Id"] in answer.content.decode()
    assert not Note.objects.exists()


def test_who_writes_from_a_shared_address_may_ask_for_papers_only(browse, manager, client):
    sent = {"name": "Зоя", "email": "z@audit.example", "shared": "on", "powers": ["papers", "delete"]}
    answer = browse(manager).post(f"/clients/{client.pk}/contacts/new/", sent)
    assert "С общего адреса можно просить только документы." in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_contact_is_added_changed_and_its_address_is_kept(browse, client):
    browser = browse(make.user("head"))
    sent = {
        "name": "Зоя",
        "email": "zoya@romashka.example",
        "phone": "8 495 555-00-11 доб. 5",
        "powers": ["papers"],
    }
    assert browser.post(f"/clients/{client.pk}/contacts/new/", sent).status_code == 302
    contact = Contact.objects.get()
    page = browser.get(f"/clients/{client.pk}/contacts/{contact.pk}/").content.decode()
    for typed in ("zoya@romashka.example", "+7 495 555-00-11 доб. 5"):
        assert typed in page
    sent |= {"email": "MAIN@romashka.example", "because": "Попросил директор"}
    page = browser.post(f"/clients/{client.pk}/contacts/{contact.pk}/", sent).content.decode()
    assert "error_1_id_email" in page
    assert "Попросил директор" in page
    assert EmailAddress.objects.get(contact=contact).address == "zoya@romashka.example"


def test_a_stale_save_shows_both_and_loses_nothing(browse, manager, sales, client):
    first, second = browse(sales), browse(manager)
    address = f"/clients/{client.pk}/edit/"
    form = {"name": "Ромашка", "phone": "", "language": "ru", "payment_method": "transfer", "version": 0}
    assert first.post(address, {**form, "source": "выставка"}).status_code == 302
    page = second.post(address, {**form, "source": "сайт", "admin_notes": "Моё"}).content.decode()
    for told in ("Борис Ветров", "выставка", 'value="сайт"', "Моё", 'name="version" value="1"'):
        assert told in page
    assert page.count("Пока вы печатали") == 1
    assert second.post(address, {**form, "source": "сайт", "version": 1}).status_code == 302
    assert Client.objects.get(pk=client.pk).source == "сайт"
