"""The way of a letter over a real mail server: queued → sending → sent, failed, uncertain or tried again."""

import threading

import psycopg2
import pytest
from django.db import connection

from billing_site.kit import clock
from billing_site.letters import actions, tasks
from billing_site.letters.actions import FilePart
from billing_site.letters.models import Letter

pytestmark = pytest.mark.django_db
Status = Letter.Status
CLIENT = "client@romashka.example"


def at(letter: Letter) -> Letter:
    letter.refresh_from_db()
    return letter


def test_a_letter_goes_with_its_text_html_and_files(post_office, write):
    paper = FilePart("Счёт 72815.pdf", "application/pdf", b"%PDF-1.7 paper")
    letter = write(
        html="<style>p{color:#123456}</style><p>Здравствуйте!</p>", files=[paper],
        cc=["book@romashka.example"], reply_to="manager@office.example", headers={"X-Kind": "invoice"},
    )  # fmt: skip
    tasks.send(letter.pk)
    assert (at(letter).status, letter.attempts, letter.error) == (Status.SENT, 1, "")
    assert letter.sent_at is not None
    (mail,) = post_office.mails
    assert mail["Message-ID"] == letter.message_id
    assert (mail["To"], mail["Cc"], mail["Reply-To"]) == (
        CLIENT,
        "book@romashka.example",
        "manager@office.example",
    )
    assert mail["X-Kind"] == "invoice"
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert "Здравствуйте" in parts["text/plain"].get_payload(decode=True).decode()
    assert "color: #123456" in parts["text/html"].get_payload(decode=True).decode()
    assert parts["application/pdf"].get_payload(decode=True) == b"%PDF-1.7 paper"


@pytest.mark.django_db(transaction=True)
def test_the_message_id_is_committed_before_a_word_is_spoken(post_office, write):
    letter = write()
    heard = []

    def look():
        with psycopg2.connect(**_parameters()) as other, other.cursor() as cursor:
            cursor.execute("SELECT status, message_id FROM letters_letter WHERE id = %s", [letter.pk])
            heard.append(cursor.fetchone())

    post_office.asked = look
    tasks.send(letter.pk)
    assert heard == [(Status.SENDING, at(letter).message_id)]
    assert letter.message_id == post_office.mails[0]["Message-ID"]


def _parameters() -> dict:
    kept = ("host", "port", "user", "password", "dbname")
    return {k: v for k, v in connection.get_connection_params().items() if k in kept}


def test_a_second_errand_finds_nothing_to_do(post_office, write):
    letter = write()
    tasks.send(letter.pk)
    tasks.send(letter.pk)
    assert len(post_office.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_letter(post_office, write):
    letter = write()
    start = threading.Barrier(4)

    def work():
        start.wait()
        tasks.send(letter.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (len(post_office.mails), at(letter).status, letter.attempts) == (1, Status.SENT, 1)


def test_a_refused_recipient_fails_the_letter(post_office, write):
    post_office.refuse[CLIENT] = "550 5.1.1 No such user here"
    letter = write()
    tasks.send(letter.pk)
    assert (at(letter).status, post_office.mails) == (Status.FAILED, [])
    assert "No such user here" in letter.error


def test_a_greylisted_recipient_is_tried_again(post_office, write):
    post_office.refuse[CLIENT] = "450 4.2.0 Greylisted, come back later"
    letter = write()
    tasks.send(letter.pk)
    assert (at(letter).status, letter.attempts) == (Status.QUEUED, 1)
    assert letter.due_at > clock.now()
    post_office.refuse.clear()
    Letter.objects.update(due_at=clock.now())
    tasks.send(letter.pk)
    assert (at(letter).status, len(post_office.mails)) == (Status.SENT, 1)


def test_refused_words_fail_and_a_full_disk_waits(post_office, write):
    post_office.says = "554 5.7.1 Spam"
    refused = write()
    tasks.send(refused.pk)
    post_office.says = "452 4.3.1 Insufficient storage"
    waits = write()
    tasks.send(waits.pk)
    assert (at(refused).status, at(waits).status) == (Status.FAILED, Status.QUEUED)


def test_a_line_that_breaks_after_data_leaves_money_uncertain(post_office, write):
    post_office.breaks = 1
    letter = write()
    tasks.send(letter.pk)
    assert (at(letter).status, len(post_office.mails)) == (Status.UNCERTAIN, 1)
    tasks.sweep()
    tasks.send(letter.pk)
    assert len(post_office.mails) == 1


def test_a_ticket_answer_is_repeated_under_the_same_message_id(post_office, write):
    post_office.breaks = 1
    letter = write(kind="ticket", about_money=False)
    tasks.send(letter.pk)
    assert at(letter).status == Status.QUEUED
    Letter.objects.update(due_at=clock.now())
    tasks.send(letter.pk)
    assert at(letter).status == Status.SENT
    assert {mail["Message-ID"] for mail in post_office.mails} == {letter.message_id}
    assert len(post_office.mails) == 2


def test_a_server_that_is_down_is_asked_with_growing_pauses_then_given_up(mail_away, write):
    letter = write()
    for n, pause in enumerate(tasks.RETRY, start=1):
        before = clock.now()
        tasks.send(letter.pk)
        assert (at(letter).status, letter.attempts) == (Status.QUEUED, n)
        assert before + pause <= letter.due_at <= clock.now() + pause
        assert "refused" in letter.error.lower()
        tasks.send(letter.pk)  # too early: nothing happens
        assert at(letter).attempts == n
        Letter.objects.update(due_at=clock.now())
    tasks.send(letter.pk)
    assert at(letter).status == Status.FAILED


def test_a_lost_file_is_not_sent_without(post_office, write, settings):
    from django.core.files.storage import default_storage

    letter = write(files=[FilePart("счёт.pdf", "application/pdf", b"%PDF")])
    default_storage.delete(letter.attachments.get().storage_name)
    tasks.send(letter.pk)
    assert (at(letter).status, post_office.mails) == (Status.QUEUED, [])


def test_an_address_no_server_can_read_fails_at_once(post_office, write):
    letter = write()
    Letter.objects.update(subject="Счёт\nBcc: all@romashka.example")
    tasks.send(letter.pk)
    assert (at(letter).status, post_office.mails) == (Status.FAILED, [])


class TestSweep:
    def lost(self, write, **fields) -> Letter:
        """A letter whose worker died while it spoke to the server."""
        letter = write(**fields)
        claimed = tasks.claim(letter.pk)
        assert claimed is not None
        Letter.objects.filter(pk=letter.pk).update(leased_until=clock.now())
        return letter

    def test_money_is_uncertain_and_waits_for_a_person(self, post_office, write):
        letter = self.lost(write)
        tasks.sweep()
        assert at(letter).status == Status.UNCERTAIN
        assert post_office.mails == []

    def test_anything_else_goes_again_under_its_message_id(self, post_office, write):
        letter = self.lost(write, about_money=False)
        named = at(letter).message_id
        tasks.sweep()
        assert at(letter).status == Status.QUEUED
        Letter.objects.update(due_at=clock.now())
        tasks.send(letter.pk)
        assert (at(letter).status, letter.message_id) == (Status.SENT, named)

    def test_a_worker_that_was_only_slow_has_the_last_word(self, post_office, write):
        letter = write()
        slow = tasks.claim(letter.pk)
        Letter.objects.update(leased_until=clock.now())
        tasks.sweep()
        tasks.finish(slow, Status.SENT, sent_at=clock.now(), error="")
        assert at(letter).status == Status.SENT

    def test_what_is_leased_is_left_alone(self, write):
        letter = write()
        tasks.claim(letter.pk)
        tasks.sweep()
        assert at(letter).status == Status.SENDING

    def test_errands_that_were_lost_are_sent_again(self, write, monkeypatch):
        sent = []
        monkeypatch.setattr(tasks.errands, "send_now", lambda *args: sent.append(args))
        due, _later = write(), write(due_at=clock.now() + tasks.LEASE)
        write(needs="invoices.revision:1")
        tasks.sweep()
        assert sent == [("letters.send", due.pk)]


def test_a_hold_between_writing_and_sending_keeps_the_letter(post_office, write, manager):
    letter = write(client_no=7)
    actions.hold(8, by=manager)
    Letter.objects.filter(pk=letter.pk).update(client_no=8)  # as if queue() had not seen the hold yet
    tasks.send(letter.pk)
    assert (at(letter).status, letter.held_because) == (Status.HELD, Letter.Because.HOLD)
    assert post_office.mails == []
