"""Notes with files and called colleagues, to-dos, secrets."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing_site.journal.models import Entry
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import assigning, noting, revealing
from clients.models import Mention, Note, NoteFile, Todo
from tests import make


@pytest.fixture
def client(manager):
    return make.client(
        name="Ромашка", email="main@romashka.example", account_manager=manager, by=manager,
        portal_login="romashka", portal_password="тайна", security_question="Кот?", security_answer="Барсик",
    )  # fmt: skip


def called(text):
    return {user.name for user in noting.called_in(text)}


def test_a_colleague_is_called_by_surname_or_name(manager, sales, treasury):
    assert called("@Зимина, посмотри") == {"Ольга Зимина"}
    assert called("Прошу @ольга и @Борис") == {"Ольга Зимина", "Борис Ветров"}
    assert called("@Анна Ветрова: срочно") == {"Анна Ветрова"}
    for text in ("buh@zimina.example", "@nobody", "@", "без вызова", "a@ольга.example"):
        assert called(text) == set()


def test_a_name_of_several_is_asked_about(manager, sales):
    with pytest.raises(Refused, match="Анна Ветрова, Борис Ветров") as refused:
        noting.called_in("@Ветров")
    assert refused.value.field == "text"
    assert called("@Ветров Борис") == {"Борис Ветров"}


def test_a_note_comes_with_files_to_the_bell_and_is_opened(browse, manager, treasury, client):
    file = SimpleUploadedFile("Договор.pdf", b"%PDF-1.7", "application/pdf")
    sent = {"text": "@Зимина, вот договор", "files": [file]}
    page = browse(manager).post(f"/clients/{client.pk}/notes/", sent, headers={"HX-Request": "true"})
    assert "Договор.pdf" in page.content.decode()
    kept = NoteFile.objects.get()
    browser = browse(treasury)
    assert browser.get(f"/clients/{client.pk}/notes/files/{kept.pk}/").getvalue() == b"%PDF-1.7"
    home = browser.get("/").content.decode()
    assert 'href="/called/"' in home
    page = browser.get("/called/").content.decode()
    assert "вот договор" in page
    assert "Ромашка" in page
    opened = browser.post(f"/called/{Mention.objects.get().pk}/")
    assert opened["Location"].endswith(f"?tab=notes#note-{Note.objects.get().pk}")
    assert Mention.objects.get().seen_at


def test_a_call_is_the_called_ones_own(browse, manager, treasury, client):
    noting.write_note(client, "@Зимина", by=manager)
    assert browse(manager).post(f"/called/{Mention.objects.get().pk}/").status_code == 404
    assert not Mention.objects.get().seen_at


def test_files_and_notes_outside_the_scope_are_not_found(browse, manager, client):
    note = noting.write_note(client, "секрет", by=manager)
    file = NoteFile.objects.create(
        note=note, name="a", content_type="text/plain", size=1, sha256="", storage_name="a"
    )
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    assert browse(other).get(f"/clients/{client.pk}/notes/files/{file.pk}/").status_code == 404
    assert "секрет" not in browse(other).get("/notes/").content.decode()


def test_all_notes_are_searched_by_their_words(browse, manager, client):
    noting.write_note(client, "Ждём акт сверки, звонить Алёне", by=manager)
    noting.write_note(make.client(), "Другое", by=manager, important=True)
    browser = browse(manager)
    page = browser.get("/notes/?q=АЛЕНЕ").content.decode()
    assert "акт сверки" in page
    assert "Другое" not in page
    assert "акт сверки" not in browser.get("/notes/?important=true").content.decode()
    assert browser.get("/notes/?export=csv").status_code == 200


def test_two_who_change_a_note_see_each_other(browse, manager, sales, client):
    note = noting.write_note(client, "Старое", by=manager)
    address = f"/clients/{client.pk}/notes/{note.pk}/"
    assert browse(sales).post(address, {"text": "Бориса", "version": 0}).status_code == 302
    answer = browse(manager).post(address, {"text": "Анны", "version": 0})
    assert answer["HX-Retarget"] == f"#note-{note.pk}"
    page = answer.content.decode()
    for told in ("Борис Ветров", "<td>Бориса</td>", "<td>Анны</td>", 'name="version" value="1"'):
        assert told in page
    browse(manager).post(address, {"text": "Анны", "version": 1})
    assert Note.objects.get().text == "Анны"


def test_a_note_of_megabytes_is_told_at_its_field_and_not_lost(browse, manager, client):
    text = "Строка\n" * 400_000
    page = browse(manager).post(f"/clients/{client.pk}/notes/", {"text": text}).content.decode()
    assert "не больше 20" in page
    assert page.count("Строка") == 400_000
    assert not Note.objects.exists()


def test_a_request_larger_than_the_server_takes_is_told(browse, manager, client):
    page = browse(manager).post(f"/clients/{client.pk}/notes/", {"text": "я" * 5_000_000})
    assert page.status_code == 413
    assert "введённое осталось" in page.content.decode()
    assert not Note.objects.exists()


def test_the_same_form_sent_again_writes_one_note(browse, manager, client):
    address, sent = f"/clients/{client.pk}/notes/", {"text": "Звонить утром", "once": "a" * 32}
    for _n in range(2):
        browse(manager).post(address, sent)
    assert Note.objects.count() == 1
    browse(manager).post(address, {**sent, "text": "Звонить вечером"})  # Back, and other words
    browse(manager).post(address, {**sent, "once": "b" * 32})  # said once more on purpose
    assert Note.objects.count() == 3


@pytest.mark.parametrize(("name", "secret"), [("portal_password", "тайна"), ("security_answer", "Барсик")])
def test_a_secret_is_masked_shown_by_post_and_told(browse, manager, client, name, secret):
    browser = browse(manager)
    assert secret not in browser.get(f"/clients/{client.pk}/?tab=profile").content.decode()
    assert browser.get(f"/clients/{client.pk}/secrets/{name}/").status_code == 405
    answer = browser.post(f"/clients/{client.pk}/secrets/{name}/")
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    told = Entry.objects.get(verb="clients.secret_revealed")
    assert told.actor_name == manager.name
    assert secret not in str(told.facts)


def test_who_may_not_see_secrets_gets_none(browse, sales, manager, client):
    assert browse(sales).post(f"/clients/{client.pk}/secrets/portal_password/").status_code == 403
    assert browse(manager).post(f"/clients/{client.pk}/secrets/name/").status_code == 404
    with pytest.raises(Refused):
        revealing.reveal(make.client(), "portal_password", by=manager)


def test_a_todo_is_given_done_and_open_again(browse, manager, sales, client):
    until = clock.today() + timedelta(days=2)
    sent = {"text": "Позвонить Зое", "assignee": sales.pk, "due_on": until, "client": client.pk}
    assert browse(manager).post("/todos/new/", sent).status_code == 302
    todo = Todo.objects.get()
    assert "Позвонить Зое" in browse(sales).get("/todos/").content.decode()
    assert "Позвонить Зое" in browse(sales).get("/").content.decode()
    assert "Позвонить Зое" not in browse(manager).get("/todos/").content.decode()
    assert "Позвонить Зое" in browse(manager).get("/todos/?whose=given").content.decode()
    assert "Позвонить Зое" in browse(manager).get(f"/clients/{client.pk}/todos/").content.decode()
    assert browse(sales).post(f"/todos/{todo.pk}/done/").status_code == 302
    assert not assigning.finish_todo(todo, by=sales)
    assert "Позвонить Зое" in browse(manager).get("/todos/?whose=done").content.decode()
    browse(sales).post(f"/todos/{todo.pk}/done/", {"reopen": "1"})
    assert Todo.objects.get().done_at is None
    edited = {**sent, "text": "Написать Зое"}
    assert browse(sales).post(f"/todos/{todo.pk}/", edited).status_code == 302
    assert Todo.objects.get().text == "Написать Зое"


@pytest.mark.parametrize(
    ("field", "typed"), [("client", "999999"), ("client", "abc"), ("due_on", "2001-01-01"), ("text", "")]
)
def test_a_wrong_todo_is_told_at_its_field(browse, manager, field, typed):
    sent = {"text": "Дело", "assignee": manager.pk, field: typed}
    assert f"error_1_id_{field}" in browse(manager).post("/todos/new/", sent).content.decode()
    assert not Todo.objects.exists()


def test_a_todo_of_others_is_not_found(browse, manager, client):
    todo = assigning.give_todo("Дело", by=manager, assignee=manager, client=client)
    other = make.user("account_manager", scope=User.Scope.PORTFOLIO)
    assert browse(other).get(f"/todos/{todo.pk}/").status_code == 404
    assert browse(other).post(f"/todos/{todo.pk}/done/").status_code == 404
