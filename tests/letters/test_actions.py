"""Verbs of the outbox: once by key, waiting for a file, holds, what a person decides."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from billing_site.journal.models import Entry
from billing_site.journal.moves import IllegalMove
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters import actions, tasks
from billing_site.letters.actions import FilePart
from billing_site.letters.models import Hold, Letter

pytestmark = pytest.mark.django_db
Status = Letter.Status
PAPER = FilePart("Счёт.pdf", "application/pdf", b"%PDF")


def at(letter: Letter) -> Letter:
    letter.refresh_from_db()
    return letter


def stand(letter: Letter, status: str) -> Letter:
    Letter.objects.filter(pk=letter.pk).update(status=status, message_id="<x@office.example>")
    return at(letter)


def test_nobody_to_write_to_is_refused(write):
    with pytest.raises(Refused):
        write(to=())


@pytest.mark.django_db(transaction=True)
def test_a_key_makes_a_letter_once_however_many_try(write):
    start, made = threading.Barrier(6), []

    def work():
        start.wait()
        made.append(write(key="reminder-1-2019-02-15").pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(made)) == 1
    assert (Letter.objects.count(), Entry.objects.filter(verb="letters.written").count()) == (1, 1)


def test_what_has_not_left_goes_to_the_new_address(write, manager):
    old, new = "old@romashka.example", "new@romashka.example"
    free, held, both = (write(to=to, client_no=7) for to in ([old], [old, "z@z.example"], [new, old]))
    stand(held, Status.HELD)
    copied = write(to=[new], cc=[old], client_no=7)
    stays = [
        stand(write(to=[old], client_no=7), Status.SENDING),
        stand(write(to=[old], client_no=7), Status.SENT),
        stand(write(to=[old], client_no=7), Status.UNCERTAIN),
        write(to=[old], client_no=7, kind="contacts"),
        write(to=[old], client_no=8),
    ]
    moved = actions.redirect(7, old, new, by=manager, but=["contacts"])
    assert [letter.pk for letter in moved] == [free.pk, held.pk, both.pk, copied.pk]
    assert [at(one).to for one in moved] == [[new], [new, "z@z.example"], [new], [new]]
    assert at(copied).cc == []
    assert [at(one).to for one in stays] == [[old]] * 5
    told = Entry.objects.filter(verb="letters.redirected")
    assert [one.facts for one in told] == [{"before": old, "after": new}] * 4
    assert actions.redirect(7, old, new, by=manager) == [at(stays[3])]


def test_a_letter_waits_for_what_it_needs(post_office, write):
    letter, other = write(needs="invoices.revision:1"), write(needs="invoices.revision:2")
    tasks.send(letter.pk)
    assert (at(letter).status, post_office.mails) == (Status.QUEUED, [])
    actions.supply("invoices.revision:1", PAPER)
    assert (at(letter).needs, letter.attachments.get().name) == ("", "Счёт.pdf")
    assert at(other).needs == "invoices.revision:2"
    tasks.send(letter.pk)
    assert at(letter).status == Status.SENT
    actions.supply("invoices.revision:1", PAPER)
    assert letter.attachments.count() == 1


def test_the_same_bytes_are_kept_once(write):
    one, two = write(files=[PAPER]), write(files=[PAPER])
    names = {letter.attachments.get().storage_name for letter in (one, two)}
    assert len(names) == 1


def test_a_hold_holds_what_is_queued_and_what_is_written_later(write, manager):
    before, other = write(client_no=7), write(client_no=8)
    actions.hold(7, by=manager, because="Готовится договор")
    after = write(client_no=7)
    assert (at(before).status, at(after).status, at(other).status) == (
        Status.HELD,
        Status.HELD,
        Status.QUEUED,
    )
    assert actions.hold(7, by=manager) == Hold.objects.get()


def test_lifting_sends_drops_and_keeps(write, manager):
    actions.hold(7, by=manager)
    send, drop, keep = (write(client_no=7) for _ in range(3))
    assert actions.lift(7, by=manager, send=[send.pk], drop=[drop.pk]) == [send]
    assert (at(send).status, at(drop).status, at(keep).status) == (Status.QUEUED, Status.DROPPED, Status.HELD)
    assert (keep.held_because, Hold.objects.count()) == (Letter.Because.PERSON, 0)
    assert actions.lift(7, by=manager) == []


def test_letters_of_another_client_are_not_lifted_along(write, manager):
    actions.hold(7, by=manager)
    actions.hold(8, by=manager)
    other = write(client_no=8)
    assert actions.lift(7, by=manager, send=[other.pk], drop=[other.pk]) == []
    assert at(other).status == Status.HELD


def test_a_held_letter_is_released_only_without_a_hold(write, manager):
    actions.hold(7, by=manager, because="Готовится договор")
    letter = write(client_no=7)
    with pytest.raises(Refused) as refused:
        actions.release(letter, by=manager)
    for word in ("Анна Ветрова", "Готовится договор"):
        assert word in refused.value.message
    actions.lift(7, by=manager)
    assert actions.release(at(letter), by=manager).status == Status.QUEUED


@pytest.mark.parametrize("status", [Status.HELD, Status.FAILED, Status.UNCERTAIN])
def test_a_stopped_letter_may_be_released_or_dropped(write, manager, status):
    released, dropped = stand(write(), status), stand(write(), status)
    actions.release(released, by=manager)
    assert (at(released).status, released.attempts, released.error) == (Status.QUEUED, 0, "")
    assert at(actions.drop(dropped, by=manager)).status == Status.DROPPED


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT, Status.DROPPED])
def test_what_is_going_or_gone_is_not_released(write, manager, status):
    letter = stand(write(), status)
    with pytest.raises(IllegalMove):
        actions.release(letter, by=manager)
    assert at(letter).status == status


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT, Status.DROPPED])
def test_what_is_going_or_gone_is_not_dropped(write, manager, status):
    with pytest.raises(IllegalMove):
        actions.drop(stand(write(), status), by=manager)


def test_an_uncertain_letter_may_be_told_to_have_arrived(write, manager):
    letter = stand(write(), Status.UNCERTAIN)
    actions.confirm_arrival(letter, by=manager)
    assert (at(letter).status, letter.sent_at is not None) == (Status.SENT, True)
    assert Entry.objects.about(letter).get(verb="letters.letter.sent").actor_name == "Анна Ветрова"


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENDING, Status.FAILED])
def test_no_other_letter_is_told_to_have_arrived(write, manager, status):
    with pytest.raises(IllegalMove):
        actions.confirm_arrival(stand(write(), status), by=manager)


def test_an_uncertain_letter_goes_again_under_the_same_message_id(post_office, write, manager):
    post_office.breaks = 1
    letter = write()
    tasks.send(letter.pk)
    actions.release(at(letter), by=manager)
    tasks.send(letter.pk)
    assert at(letter).status == Status.SENT
    assert {mail["Message-ID"] for mail in post_office.mails} == {letter.message_id}


def test_sent_again_is_a_new_letter_with_the_same_words_and_files(post_office, write, manager):
    letter = write(key="invoice-1-1", files=[PAPER], client_no=7, about="invoices.invoice:1")
    tasks.send(letter.pk)
    again = actions.send_again(letter, by=manager)
    tasks.send(again.pk)
    first, second = post_office.mails
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Subject"] == second["Subject"]
    assert (at(again).again_of, again.key, again.author) == (letter, None, manager)
    assert again.created_at > at(letter).sent_at
    assert again.attachments.get().sha256 == letter.attachments.get().sha256


def test_a_copy_on_its_way_is_not_copied_again(post_office, write, manager):
    letter = write()
    with pytest.raises(Refused):
        actions.send_again(letter, by=manager)  # it has not gone yet
    tasks.send(letter.pk)
    again = actions.send_again(letter, by=manager)
    with pytest.raises(Refused):
        actions.send_again(letter, by=manager)
    tasks.send(again.pk)
    assert actions.send_again(letter, by=manager).status == Status.QUEUED


def test_a_copy_for_a_client_on_hold_is_held(post_office, write, manager):
    letter = write(client_no=7)
    tasks.send(letter.pk)
    actions.hold(7, by=manager)
    assert actions.send_again(letter, by=manager).status == Status.HELD


def test_the_database_knows_no_sending_without_a_message_id(write):
    letter = write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(status=Status.SENDING, leased_until=clock.now())
