"""Pages of letters: what they show, to whom, and what can be done on them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.journal.models import subject_of
from billing_site.kit import clock
from billing_site.letters import actions, tasks
from billing_site.letters.actions import FilePart
from billing_site.letters.models import Letter
from billing_site.office.models import User
from tests import make

pytestmark = pytest.mark.django_db
Status = Letter.Status


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def letter(write, client, manager):
    return write(
        client_no=client.pk, by=manager, about=subject_of(client), html="<p>Здравствуйте!</p>",
        files=[FilePart("Счёт.pdf", "application/pdf", b"%PDF-1.7")],
    )  # fmt: skip


@pytest.fixture
def narrow():
    """A manager who sees his own clients only, and has none."""
    return make.user("account_manager", scope=User.Scope.PORTFOLIO)


def test_the_list_tells_who_what_and_how(browse, manager, letter, client):
    text = browse(manager).get("/letters/").content.decode()
    for told in (
        "client@romashka.example",
        "Счёт № 72815",
        f"/clients/{client.pk}/",
        "Ромашка",
        "Анна Ветрова",
    ):
        assert told in text


def test_a_letter_of_nobody_s_client_is_listed_too(browse, manager, write):
    write(to=["stranger@example.ru"])
    assert "stranger@example.ru" in browse(manager).get("/letters/").content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?status=held", {"held"}),
        ("?state=stopped", {"held", "failed", "uncertain"}),
        ("?status=sent", {"sent"}),
        ("?status=dropped", {"dropped"}),
        ("?q=KLIENT-held", {"held"}),
        ("?q=письмо+sent", {"sent"}),
        ("?since=2100-01-01", set()),
        ("?kind=invoice", {"held", "failed", "uncertain", "sent", "dropped"}),
    ],
)
def test_tabs_filters_and_search_narrow_the_list(browse, manager, query, shown):
    for status in ("held", "failed", "uncertain", "sent", "dropped"):
        Letter.objects.create(
            status=status, kind="invoice", to=[f"klient-{status}@example.ru"], subject=f"Письмо {status}",
            text="…", due_at=clock.now(), message_id="<x@y>",
        )  # fmt: skip
    text = browse(manager).get(f"/letters/{query}").content.decode()
    listed = {s for s in ("held", "failed", "uncertain", "sent", "dropped") if f"klient-{s}@" in text}
    assert listed == shown


def test_the_list_costs_the_same_with_many_rows(browse, manager, write, client):
    def cost(rows: int) -> int:
        for _ in range(rows):
            write(client_no=make.client().pk, by=manager)
        browser.get("/letters/")
        with CaptureQueriesContext(connection) as caught:
            assert browser.get("/letters/").status_code == 200
        return len(caught)

    browser = browse(manager)
    assert cost(3) == cost(27)


def test_the_page_of_a_letter_tells_everything(browse, manager, letter, client):
    text = browse(manager).get(f"/letters/{letter.pk}/").content.decode()
    for told in (
        "client@romashka.example",
        "Счёт.pdf",
        f"/clients/{client.pk}/",
        f"/letters/{letter.pk}/html/",
    ):
        assert told in text
    assert "Здравствуйте!" in text  # as plain text; the HTML stands in a frame of its own
    assert "<p>Здравствуйте!</p>" not in text


def test_what_waits_for_a_file_says_for_which(browse, manager, write):
    letter = write(needs="invoices.revision:12")
    assert "№\u00a012" in browse(manager).get(f"/letters/{letter.pk}/").content.decode()


def test_the_html_of_a_letter_can_do_nothing(browse, manager, letter):
    answer = browse(manager).get(f"/letters/{letter.pk}/html/")
    policy = answer["Content-Security-Policy"]
    assert "<p>Здравствуйте!</p>" in answer.content.decode()
    for law in ("default-src 'none'", "sandbox", "frame-ancestors 'self'"):
        assert law in policy
    assert "script-src" not in policy


def test_a_file_comes_as_a_download(browse, manager, letter):
    part = letter.attachments.get()
    answer = browse(manager).get(f"/letters/{letter.pk}/files/{part.pk}/")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_file_is_found_through_its_own_letter_only(browse, manager, letter, write):
    part, other = letter.attachments.get(), write()
    assert browse(manager).get(f"/letters/{other.pk}/files/{part.pk}/").status_code == 404


PAGES = ("letter-detail", "letter-html")
DEEDS = ("letter-release", "letter-drop", "letter-arrived", "letter-again")


@pytest.mark.parametrize("name", PAGES + DEEDS)
def test_pages_ask_for_their_right(browse, manager, letter, name):
    address = reverse(name, args=[letter.pk])
    assert browse(manager).get(address).status_code == 200
    assert browse(make.user("treasury")).get(address).status_code == (200 if name in PAGES else 403)
    assert browse(make.user()).get(address).status_code == 403


@pytest.mark.parametrize("name", PAGES + DEEDS)
def test_letters_outside_the_scope_are_not_found(browse, narrow, letter, write, name):
    for one in (letter, write(to=["nobody@example.ru"])):
        assert browse(narrow).get(reverse(name, args=[one.pk])).status_code == 404


def test_the_list_and_files_keep_the_scope(browse, narrow, letter, client):
    browser = browse(narrow)
    assert "client@romashka.example" not in browser.get("/letters/").content.decode()
    assert browser.get(f"/letters/{letter.pk}/files/{letter.attachments.get().pk}/").status_code == 404
    assert browser.get(f"/clients/{client.pk}/letters/").status_code == 404


def test_the_client_s_tab_lists_his_letters(browse, manager, letter, client, write):
    write(to=["other@example.ru"])
    text = browse(manager).get(f"/clients/{client.pk}/letters/").content.decode()
    assert f"/letters/{letter.pk}/" in text
    assert "other@example.ru" not in text


def stand(letter: Letter, status: str) -> None:
    Letter.objects.filter(pk=letter.pk).update(status=status, message_id="<x@y>")


@pytest.mark.parametrize(
    ("deed", "before", "after"),
    [
        ("release", Status.FAILED, Status.QUEUED),
        ("release", Status.UNCERTAIN, Status.QUEUED),
        ("arrived", Status.UNCERTAIN, Status.SENT),
        ("drop", Status.QUEUED, Status.DROPPED),
        ("drop", Status.SENT, Status.SENT),
        ("arrived", Status.FAILED, Status.FAILED),
        ("release", Status.SENDING, Status.SENDING),
    ],
)
def test_a_deed_moves_the_letter_or_says_why_not(browse, manager, letter, deed, before, after):
    stand(letter, before)
    answer = browse(manager).post(f"/letters/{letter.pk}/{deed}/", follow=True)
    assert answer.redirect_chain == [(f"/letters/{letter.pk}/", 302)]
    letter.refresh_from_db()
    assert letter.status == after
    (said,) = answer.context["messages"]
    assert said.level_tag == ("success" if before != after else "error")


def test_releasing_for_a_client_on_hold_explains_the_hold(browse, manager, letter, client):
    actions.hold(client.pk, by=manager, because="Готовится договор")
    browser = browse(manager)
    assert "Готовится договор" in browser.get(f"/letters/{letter.pk}/release/").content.decode()
    answer = browser.post(f"/letters/{letter.pk}/release/", follow=True)
    (said,) = answer.context["messages"]
    assert "Готовится договор" in said.message
    letter.refresh_from_db()
    assert letter.status == Status.HELD


def test_the_chain_of_copies_leads_both_ways(browse, manager, letter, post_office):
    tasks.send(letter.pk)
    browser = browse(manager)
    browser.post(f"/letters/{letter.pk}/again/")
    copy = letter.again.get()
    assert f"/letters/{copy.pk}/" in browser.get(f"/letters/{letter.pk}/").content.decode()
    assert f"/letters/{letter.pk}/" in browser.get(f"/letters/{copy.pk}/").content.decode()


def test_the_card_of_the_client_has_the_tab(browse, manager, client):
    text = browse(manager).get(f"/clients/{client.pk}/?tab=letters").content.decode()
    assert f"/clients/{client.pk}/letters/" in text
