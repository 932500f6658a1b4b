"""Contact data change by proof, the old address hears of it, the old values stay in a note (R2.3, R2.4)."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from billing_site.journal.models import Entry
from billing_site.journal.moves import Stale
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.actions import Content, FilePart
from billing_site.letters.models import Letter
from clients import actions, contacting, proving, revealing
from clients.models import Client, Contact, EmailAddress, Mention, Proof
from invoices import billing
from products.actions import Wanted
from tests import make

PHONE, NEW_PHONE = "+74955405151", "+74955550012"
CALL = proving.CallBack(PHONE, "Зоя, бухгалтер")
LETTERHEAD = proving.OnPaper(FilePart("Письмо.pdf", "application/pdf", b"%PDF-1.7"))


@pytest.fixture
def client(manager):
    with clock.standing_at(clock.now() - timedelta(days=40)):
        return make.client(
            name="Ромашка", email="main@romashka.example", phone=PHONE, account_manager=manager, by=manager
        )


def wanted(**fields):
    return {"email": "main@romashka.example", "phone": PHONE, "extension": "", **fields}


def change(client, by, *proofs, **fields):
    return contacting.change_contacts(client, wanted(**fields), by=by, proofs=proofs, because="Звонок")


def told(client):
    """Addresses that were told, oldest first."""
    return [to for letter in Letter.objects.filter(kind="contacts").order_by("pk") for to in letter.to]


@pytest.mark.parametrize("proofs", [(), (CALL,), (LETTERHEAD,), (CALL, CALL)])
def test_the_main_address_wants_two_proofs_of_different_kinds(client, manager, proofs):
    with pytest.raises(Refused, match="двум"):
        change(client, manager, *proofs, email="new@romashka.example")
    assert client.main_email == "main@romashka.example"
    assert not Proof.objects.exists()
    assert not Letter.objects.exists()


def test_two_proofs_change_the_main_address_and_tell_the_old_one(client, manager):
    change(client, manager, CALL, LETTERHEAD, email="new@romashka.example")
    assert client.main_email == "new@romashka.example"
    assert told(client) == ["main@romashka.example"]
    letter = Letter.objects.get()
    assert "main@romashka.example → new@romashka.example" in letter.text
    note = client.notes.get(important=True)
    for line in ("main@romashka.example → new@romashka.example", "Звонок", "Зоя, бухгалтер", "Письмо.pdf"):
        assert line in note.text
    assert {proof.kind for proof in client.proofs.all()} == {"call", "paper"}


def test_a_head_does_without_proofs(client):
    change(client, make.user("head"), email="new@romashka.example")
    assert client.main_email == "new@romashka.example"
    assert told(client) == ["main@romashka.example"]


def test_a_phone_wants_one_proof_and_an_empty_one_none(client, manager):
    with pytest.raises(Refused):
        change(client, manager, phone=NEW_PHONE)
    change(client, manager, CALL, phone=NEW_PHONE, extension="7")
    assert Client.objects.get().phone == NEW_PHONE
    assert "+7 495 540-51-51 → +7 495 555-00-12 доб. 7" in client.notes.get().text
    empty = make.client(by=manager, email="e@e.example")
    contacting.change_contacts(empty, {"email": "e@e.example", "phone": PHONE, "extension": ""}, by=manager)
    assert told(client) == ["main@romashka.example", "e@e.example"]


def test_what_stands_there_already_changes_nothing(client, manager):
    change(client, manager)
    assert not Letter.objects.exists()
    assert not client.notes.exists()


def test_a_call_to_a_phone_that_is_new_here_proves_nothing(client, manager):
    actions.change_client(client, by=manager, version=0, phone=NEW_PHONE)
    fresh = proving.CallBack(NEW_PHONE, "Зоя")
    with pytest.raises(Refused, match="30"):
        change(client, manager, fresh, LETTERHEAD, email="new@romashka.example", phone=NEW_PHONE)
    with clock.standing_at(clock.now() + timedelta(days=31)):
        change(client, manager, fresh, LETTERHEAD, email="new@romashka.example", phone=NEW_PHONE)
    assert client.main_email == "new@romashka.example"


def test_a_call_without_a_name_is_refused_at_its_field(client, manager):
    with pytest.raises(Refused) as refused:
        change(client, manager, proving.CallBack(PHONE, " "), phone=NEW_PHONE)
    assert refused.value.field == "whom"


def ask(client, by, **fields):
    """The token in the letter that asks the main address."""
    proving.ask_by_link(client, contacting.difference(client, wanted(**fields)), by=by)
    letter = Letter.objects.latest("pk")
    assert letter.to == ["main@romashka.example"]
    return letter.text.split("/confirm/")[1].split("/")[0]


def test_a_confirmed_link_counts_for_exactly_its_change(client, manager):
    token = ask(client, manager, phone=NEW_PHONE)
    with pytest.raises(Refused):
        change(client, manager, phone=NEW_PHONE)
    assert proving.confirm(proving.asked_of(token))
    with pytest.raises(Refused):
        change(client, manager, phone="+74955550099")
    change(client, manager, phone=NEW_PHONE)
    assert Client.objects.get().phone == NEW_PHONE
    assert Mention.objects.filter(user=manager).exists()


def test_a_link_lives_three_days_and_is_answered_once(client, manager):
    token = ask(client, manager, phone=NEW_PHONE)
    with clock.standing_at(clock.now() + timedelta(days=3, minutes=1)):
        assert proving.asked_of(token) is None
    question = proving.asked_of(token)
    assert proving.confirm(question)
    assert not proving.confirm(question)
    assert not proving.deny(question)
    assert proving.asked_of(token) is None


def test_a_confirmation_grows_old(client, manager):
    proving.confirm(proving.asked_of(ask(client, manager, phone=NEW_PHONE)))
    with clock.standing_at(clock.now() + timedelta(days=4)), pytest.raises(Refused):
        change(client, manager, phone=NEW_PHONE)


def written(client, to):
    return letters.queue(Content("Счёт", "…"), to=[to], kind="invoice", by=None, client_no=client.pk)


def test_letters_that_had_not_left_follow_to_the_new_address(client, manager):
    waiting = written(client, "main@romashka.example")
    change(client, manager, CALL, LETTERHEAD, email="new@romashka.example")
    waiting.refresh_from_db()
    assert waiting.to == ["new@romashka.example"]
    assert told(client) == ["main@romashka.example"]
    assert "пойдут на новый адрес: 1" in client.notes.get(important=True).text
    zoya = person(client, manager)
    papers = written(client, "zoya@romashka.example")
    kept = {"name": "Зоя", "post": "", "phone": "", "extension": "", "powers": ["papers"], "classes": []}
    contacting.change_person(zoya, by=manager, proofs=[CALL], email="", **kept)
    papers.refresh_from_db()
    assert papers.to == ["new@romashka.example"]


def test_a_password_waits_a_day_or_for_a_head(browse, client, manager):
    Client.objects.filter(pk=client.pk).update(portal_password="тайна", security_answer="Барсик")
    client.refresh_from_db()
    head, address = make.user("head"), f"/clients/{client.pk}/secrets/portal_password/"
    change(client, head, email="new@romashka.example")
    page = browse(manager).post(address).content.decode()
    assert "тайна" not in page
    assert "только руководитель" in page
    assert not Entry.objects.filter(verb="clients.secret_revealed").exists()
    assert revealing.reveal(client, "security_answer", by=manager) == "Барсик"
    assert revealing.reveal(client, "portal_password", by=head) == "тайна"
    with clock.standing_at(clock.now() + timedelta(hours=25)):
        assert "тайна" in browse(manager).post(address).content.decode()


def test_issued_invoices_are_listed_after_a_change(browse, client, manager):
    order = make.order(client, Wanted(make.product(), "half_year"), starts_on=date(2026, 12, 1), by=manager)
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    page = f"/clients/{client.pk}/?tab=contacts"
    assert "Они ушли на прежний адрес" not in browse(manager).get(page).content.decode()
    change(client, make.user("head"), email="new@romashka.example")
    assert "Они ушли на прежний адрес" in browse(manager).get(page).content.decode()
    stranger = make.user()
    stranger.user_permissions.add(Permission.objects.get(codename="view_client"))
    assert "Они ушли на прежний адрес" not in browse(stranger).get(page).content.decode()


def test_no_passwords_to_a_new_address_for_a_day(client):
    assert contacting.quiet_until(client) is None
    change(client, make.user("head"), email="new@romashka.example")
    assert contacting.quiet_until(client) > clock.now() + timedelta(hours=23)
    with clock.standing_at(clock.now() + timedelta(hours=25)):
        assert contacting.quiet_until(client) is None


def person(client, by, *proofs, **fields):
    fields = {"name": "Зоя", "post": "", "email": "zoya@romashka.example", "phone": "", "extension": "",
              "powers": ["papers"], "classes": [], "shared": False, **fields}  # fmt: skip
    return contacting.introduce(client, by=by, proofs=proofs, **fields)


def test_a_new_person_for_papers_needs_no_proof_one_with_power_does(client, manager):
    person(client, manager)
    assert told(client) == ["main@romashka.example"]
    with pytest.raises(Refused):
        person(client, manager, email="boss@romashka.example", powers=["access"])
    person(client, manager, CALL, email="boss@romashka.example", powers=["access"])
    assert client.contacts.count() == 2


def test_a_mere_name_is_no_news(client, manager):
    person(client, manager, email="", powers=[])
    assert client.contacts.exists()
    assert not Letter.objects.exists()


def test_powers_and_the_address_of_a_person_want_a_proof(client, manager):
    zoya = person(client, manager)
    kept = {"name": "Зоя", "post": "", "email": "zoya@romashka.example", "phone": "", "extension": "",
            "powers": ["papers"], "classes": ["invoices"]}  # fmt: skip
    contacting.change_person(zoya, by=manager, **kept)
    assert Contact.objects.get().classes == ["invoices"]
    for fields in ({"powers": ["papers", "delete"]}, {"email": "z@romashka.example"}):
        with pytest.raises(Refused):
            contacting.change_person(zoya, by=manager, **{**kept, **fields})
    contacting.change_person(zoya, by=manager, proofs=[CALL], **{**kept, "email": "z@romashka.example"})
    assert told(client)[-2:] == ["main@romashka.example", "zoya@romashka.example"]
    assert EmailAddress.objects.get(contact=zoya, kind="former").address == "zoya@romashka.example"
    contacting.change_person(zoya, by=manager, **{**kept, "email": "z@romashka.example", "powers": []})
    assert Contact.objects.get().powers == []


def typed(**fields):
    return {"name": "Зоя", "post": "", "email": "zoya@romashka.example", "phone": "",
            "powers": ["papers"], "version": 0, **fields}  # fmt: skip


def test_a_stale_save_of_a_person_shows_both_and_loses_nothing(browse, manager, sales, client):
    zoya = person(client, manager)
    address = f"/clients/{client.pk}/contacts/{zoya.pk}/"
    head = make.user("head", name="Борис Ветров")
    changed = typed(powers=["papers", "order"], post="Директор")
    assert browse(head).post(address, changed).status_code == 302
    page = browse(manager).post(address, typed(post="Бухгалтер", because="Сама сказала")).content.decode()
    for told_now in ("Борис Ветров", "<td>Директор</td>", "<td>Бухгалтер</td>", "документы, заказ и оплата",
                     'value="Бухгалтер"', "Сама сказала", 'name="version" value="1"'):  # fmt: skip
        assert told_now in page
    assert Contact.objects.get().post == "Директор"
    again = typed(post="Бухгалтер", powers=["papers", "order"], version=1)
    assert browse(manager).post(address, again).status_code == 302
    assert Contact.objects.get().post == "Бухгалтер"


def test_what_a_person_has_already_is_no_stale_save(manager, client):
    zoya = person(client, manager)
    kept = {"name": "Зоя", "email": "zoya@romashka.example", "phone": "", "extension": "", "classes": []}
    for _n in range(2):
        contacting.change_person(zoya, by=manager, version=0, post="Бухгалтер", powers=["papers"], **kept)
    with pytest.raises(Stale, match=manager.name):
        contacting.change_person(zoya, by=manager, version=0, post="", powers=["papers"], **kept)


def test_a_stale_change_of_contact_data_shows_both(browse, manager, client):
    browser, address = browse(manager), f"/clients/{client.pk}/contacts/"
    assert 'name="version" value="0"' in browser.get(address).content.decode()
    change(client, make.user("head", name="Борис Ветров"), phone=NEW_PHONE)
    sent = {"email": "new@romashka.example", "phone": PHONE, "because": "Письмо директора", "version": 0}
    page = browser.post(address, sent).content.decode()
    for told_now in ("Борис Ветров", "+7 495 555-00-12", "new@romashka.example", "Письмо директора"):
        assert told_now in page
    assert Client.objects.get().phone == NEW_PHONE


def test_the_page_asks_keeps_what_was_typed_and_changes_with_proofs(browse, manager, client):
    browser, address = browse(manager), f"/clients/{client.pk}/contacts/"
    page = browser.get(address).content.decode()
    assert "+7 495 540-51-51 — клиент" in page
    sent = {"email": "New@Romashka.example", "phone": "8 495 540 51 51", "because": "Письмо директора"}
    page = browser.post(address, sent).content.decode()
    for kept in ("New@Romashka.example", "Письмо директора", "двум подтверждениям"):
        assert kept in page
    paper = SimpleUploadedFile("Письмо.pdf", b"%PDF-1.7", "application/pdf")
    answer = browser.post(address, {**sent, "called": PHONE, "whom": "Зоя", "paper": paper})
    assert answer.status_code == 302
    assert client.main_email == "new@romashka.example"
    proof = client.proofs.get(kind="paper")
    tab = browser.get(f"/clients/{client.pk}/?tab=contacts").content.decode()
    for shown in (
        f"/clients/{client.pk}/proofs/{proof.pk}/",
        "Письмо.pdf",
        "+7 495 540-51-51, Зоя",
        "новый: до",
    ):
        assert shown in tab
    assert browser.get(f"/clients/{client.pk}/proofs/{proof.pk}/").getvalue() == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"paper": SimpleUploadedFile("a.exe", b"MZ")}, "Скан или фото"),
        ({"whom": "Зоя"}, "Выберите телефон"),
        ({"email": "не адрес"}, "error_1_id_email"),
        ({"called": "+70000000000"}, "error_1_id_called"),
    ],
)
def test_wrong_proofs_are_told_at_their_fields(browse, manager, client, fields, says):
    sent = {"email": "main@romashka.example", "phone": NEW_PHONE, **fields}
    assert says in browse(manager).post(f"/clients/{client.pk}/contacts/", sent).content.decode()


def test_the_client_confirms_by_the_link_and_the_form_is_filled_in(browse, manager, client):
    browser, address = browse(manager), f"/clients/{client.pk}/contacts/"
    sent = {"email": "main@romashka.example", "phone": NEW_PHONE}
    assert browser.post(f"{address}ask/", sent).status_code == 302
    token = Letter.objects.latest("pk").text.split("/confirm/")[1].split("/")[0]
    outside = Browser(enforce_csrf_checks=True)
    page = outside.get(f"/confirm/{token}/")
    assert "+7 495 540-51-51 → +7 495 555-00-12" in page.content.decode()
    assert page["X-Robots-Tag"].startswith("noindex")
    assert not Proof.objects.get().confirmed_at
    csrf = {"csrfmiddlewaretoken": page.context["csrf_token"], "confirm": "1"}
    assert "Спасибо" in outside.post(f"/confirm/{token}/", csrf).content.decode()
    assert outside.get(f"/confirm/{token}/").status_code == 404
    page = browser.get(f"{address}?proof={Proof.objects.get().pk}").content.decode()
    assert "+7 495 555-00-12" in page
    assert "подтверждено" in page
    assert browser.post(address, sent).status_code == 302
    assert Client.objects.get().phone == NEW_PHONE


def test_a_denied_link_warns_everybody(client, manager):
    token = ask(client, manager, phone=NEW_PHONE)
    assert "не ваш" in Browser().post(f"/confirm/{token}/", {"deny": "1"}).content.decode()
    assert "НЕ просил" in client.notes.get(important=True).text
    with pytest.raises(Refused):
        change(client, manager, phone=NEW_PHONE)


def test_wrong_links_tell_nothing(db):
    assert Browser().get("/confirm/abc/").status_code == 404
