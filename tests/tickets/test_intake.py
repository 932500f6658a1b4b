"""From bytes to a ticket: never lost, never doubled, never in another client's conversation."""

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection

from billing_site.journal.models import Entry, subject_of
from billing_site.kit import clock, errands
from billing_site.kit.clock import MOSCOW
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from clients.actions import add_contact
from tests import make
from tests.tickets.mails import file, mail, multipart, part
from tickets import actions, clocks, intake, schedule
from tickets.answering import answer
from tickets.intake import process, receive_raw
from tickets.models import Mailbox, Message, RawMail, Ticket

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 17, 0, tzinfo=MOSCOW)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=MOSCOW)


def keep(data: bytes) -> RawMail:
    return receive_raw(Mailbox.objects.get(), data)[0]


def arrives(data: bytes) -> Message | None:
    return process(keep(data).pk)


@pytest.fixture
def client():
    return make.client(email="ivan@client.example")


@pytest.fixture
def support():
    return make.user("support")


@pytest.fixture(autouse=True)
def _books():
    """Whatever a story did, the stored clocks are those of its history."""
    yield
    assert clocks.drifted(Ticket.objects.all()) == []


# ── the story of a conversation ──────────────────────────────────────────────────────────────


def test_a_conversation_from_the_first_mail_to_the_second_cycle(client, support):
    with time_machine.travel(FRIDAY, tick=False):
        ticket = arrives(mail("Не печатает", Subject="Касса")).ticket
    assert (ticket.client, ticket.subject, ticket.status) == (client, "Касса", Ticket.Status.OPEN)
    ticket.refresh_from_db()
    assert ticket.answer_due_at == MONDAY.replace(hour=10), "one hour on Friday, one on Monday"
    with time_machine.travel(FRIDAY + timedelta(minutes=20), tick=False):
        said = answer(ticket, "Включите", by=support)
    with time_machine.travel(MONDAY, tick=False):
        back = arrives(
            mail(
                "Включил, не помогло\n\n20.11.2026 17:20, Офис <billing@oblako.example> wrote:\n> Включите",
                Subject="Re: Касса",
                Message_ID="<2@client.example>",
                In_Reply_To=said.message_id,
                References=f"<1@client.example> {said.message_id}",
            )
        )
    assert back.ticket == ticket
    assert (back.text.strip(), "> Включите" in back.quoted) == ("Включил, не помогло", True)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.answer_due_at) == (
        Ticket.Status.CLIENT_REPLY, MONDAY + timedelta(hours=2))  # fmt: skip
    with time_machine.travel(MONDAY + timedelta(minutes=30), tick=False):
        answer(ticket, "Приедем", by=support)
        actions.close(ticket, by=support)
    with time_machine.travel(MONDAY + timedelta(hours=4), tick=False):
        more = arrives(mail("Снова", Message_ID="<3@client.example>", In_Reply_To=said.message_id))
    ticket.refresh_from_db()
    assert more.ticket == ticket
    assert (ticket.status, ticket.closed_at) == (Ticket.Status.CLIENT_REPLY, None)
    assert ticket.answer_due_at == ticket.solve_due_at == MONDAY + timedelta(hours=6)
    shown = clocks.read_clocks([ticket])[ticket.pk]
    assert [cycle.name for cycle in shown.cycles] == [
        "answer.1",
        "answer.2",
        "answer.3",
        "solve.1",
        "solve.2",
    ]
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": "<1@client.example>"},
        {"References": "<nobody@else.example> <1@client.example>"},
        {"Subject": "Fwd: вопрос [#{pk}]"},
    ],
)
def test_signs_by_which_a_mail_finds_its_ticket(client, headers):
    ticket = arrives(mail()).ticket
    headers = {name: value.format(pk=ticket.pk) for name, value in headers.items()}
    assert arrives(mail("Ещё", Message_ID="<2@client.example>", **headers)).ticket == ticket


def test_a_number_in_the_subject_of_a_stranger_opens_a_ticket_of_his_own(client):
    ticket = arrives(mail()).ticket
    other = arrives(
        mail(From="stranger@evil.example", Message_ID="<x@evil.example>", Subject=f"[#{ticket.pk}] пароль")
    )
    assert other.ticket != ticket


def test_another_clients_reference_opens_nothing_of_ours(client):
    ticket = arrives(mail()).ticket
    make.client(email="petr@other.example")
    other = arrives(
        mail(From="petr@other.example", Message_ID="<x@other.example>", In_Reply_To="<1@client.example>")
    )
    assert other.ticket != ticket


def test_a_forged_signature_is_nobodys(client, support):
    ticket = arrives(mail()).ticket
    real = answer(ticket, "Да", by=support).message_id
    forged = real.replace(real.split(".")[2][:24], "0" * 24)
    assert arrives(mail(Message_ID="<2@c.example>", Subject="Иное", In_Reply_To=forged)).ticket != ticket


def test_who_is_copied_in_may_answer_and_gets_the_answer(client, support):
    make.client(email="buh@audit.example")
    asked = arrives(mail(Cc="buh@audit.example", To="billing@oblako.example"))
    said = answer(asked.ticket, "Да", by=support)
    assert (said.letter.to, said.letter.cc) == (["ivan@client.example"], ["buh@audit.example"])
    back = arrives(
        mail(From="buh@audit.example", Message_ID="<b@audit.example>", In_Reply_To=said.message_id)
    )
    assert back.ticket == asked.ticket


def test_an_unknown_sender_has_no_client_until_a_person_says(support, client):
    ticket = arrives(mail(From="new@nobody.example")).ticket
    assert ticket.client is None
    actions.bind_client(ticket, client, by=support)
    ticket.refresh_from_db()
    assert ticket.client == client
    assert not ticket.messages.get().from_profile
    assert client.addresses.count() == 1, "a mail never changes who a client is"


def test_the_profile_address_is_told_from_a_contacts(client, support):
    add_contact(client, by=support, name="Анна", email="anna@client.example")
    mine = arrives(mail())
    hers = arrives(mail(From="anna@client.example", Message_ID="<a@client.example>", Subject="Иное"))
    assert (mine.from_profile, hers.from_profile) == (True, False)
    assert hers.ticket.client == client
    assert hers.ticket.contact.name == "Анна"


# ── doubles ──────────────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_are_one_mail():
    mailbox = Mailbox.objects.get()
    assert [receive_raw(mailbox, mail())[1], receive_raw(mailbox, mail(), uid=7)[1]] == [True, False]
    for _ in range(3):
        process(RawMail.objects.get().pk)
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


def test_another_copy_of_a_mail_joins_its_ticket_and_starts_no_clock(client, support):
    ticket = arrives(mail()).ticket
    answer(ticket, "Да", by=support)
    copy = arrives(mail(Received="from mx2 by mx1"))
    ticket.refresh_from_db()
    assert (copy.ticket, copy.kind, copy.problems[-1]) == (ticket, Message.Kind.AUTO, intake.COPY)
    assert (ticket.status, ticket.answer_due_at) == (Ticket.Status.ANSWERED, None)


def test_other_words_under_a_known_message_id_are_not_dropped(client):
    ticket = arrives(mail("Раз")).ticket
    other = arrives(mail("Два"))
    assert (other.ticket, other.kind, other.problems[-1]) == (ticket, Message.Kind.CLIENT, intake.SAME_ID)


# ── bad mails ────────────────────────────────────────────────────────────────────────────────


def test_a_mail_without_a_sender_waits_for_a_person(support):
    assert arrives(mail(From=None, Subject="Кто я")) is None
    raw = RawMail.objects.get()
    assert raw.status == RawMail.Status.QUARANTINED
    # A msgid is kept: whoever reads it reads his own language.
    assert raw.error == "The mail names no sender: there is nobody to answer."
    ticket = intake.make_ticket(raw, by=support)
    assert (ticket.subject, ticket.messages.get().raw) == ("Кто я", raw)
    with pytest.raises(Refused):
        intake.make_ticket(raw, by=support)


def test_a_mail_without_a_message_id_gets_the_same_one_each_time(client):
    message = arrives(mail(Message_ID=None))
    assert message.message_id
    assert process(keep(mail(Message_ID=None)).pk) is None
    assert Message.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\n\n\n"])
def test_an_empty_mail_stands_aside(data):
    assert arrives(data) is None
    assert RawMail.objects.get().status == RawMail.Status.QUARANTINED


@pytest.mark.parametrize(
    "data", [b"\x00\xff\xfe\x00garbage", b"%PDF-1.4 not a mail", "просто слова".encode()]
)
def test_what_is_no_mail_stands_aside_and_can_be_made_a_ticket(data, support):
    assert arrives(data) is None
    raw = RawMail.objects.get()
    assert raw.status == RawMail.Status.QUARANTINED
    assert intake.make_ticket(raw, by=support).messages.get().problems


def test_a_mail_of_forty_megabytes_keeps_every_byte(client):
    big = multipart("mixed", part("Смотрите"), file(b"\xd0" * (30 * 1024 * 1024), "база.zip"))
    assert len(big) > 40 * 1024 * 1024
    message = arrives(big)
    assert (message.text.strip(), message.problems[-1]) == ("Смотрите", intake.TOO_LARGE)
    assert bytes(RawMail.objects.get().data) == big


def test_files_are_kept_with_the_message(client):
    message = arrives(multipart("mixed", part("Счёт"), file(b"%PDF-1.4", "платёжка.pdf")))
    (kept,) = message.files.all()
    assert (kept.size, kept.content_type) == (8, "application/pdf")


# ── automatic mail ───────────────────────────────────────────────────────────────────────────

AUTO = {"Auto_Submitted": "auto-replied", "Message_ID": "<auto@client.example>"}


@pytest.mark.parametrize("state", [Ticket.Status.ANSWERED, Ticket.Status.CLOSED])
def test_an_automatic_reply_neither_reopens_nor_starts_a_clock(client, support, state):
    ticket = arrives(mail()).ticket
    said = answer(ticket, "Да", by=support)
    if state == Ticket.Status.CLOSED:
        actions.close(ticket, by=support)
    reply = arrives(mail("Я в отпуске", In_Reply_To=said.message_id, **AUTO))
    ticket.refresh_from_db()
    assert (reply.ticket, reply.kind) == (ticket, Message.Kind.AUTO)
    assert (ticket.status, ticket.answer_due_at) == (state, None)


def test_an_automatic_mail_to_nothing_is_filed_without_a_ticket(client):
    assert arrives(mail("Я в отпуске", **AUTO)) is None
    raw = RawMail.objects.get()
    assert (raw.status, raw.kind, Ticket.objects.count()) == (RawMail.Status.PROCESSED, "auto", 0)


def test_a_bounce_marks_the_letter_and_reopens_nothing(client, support):
    ticket = arrives(mail(To="billing@oblako.example")).ticket
    said = answer(ticket, "Да", by=support)
    Letter.objects.update(status=Letter.Status.SENT)
    report = multipart(
        "report; report-type=delivery-status",
        part("Не доставлено"),
        part(
            "Reporting-MTA: dns; mx.client.example\r\n\r\nFinal-Recipient: rfc822; ivan@client.example\r\n"
            "Action: failed\r\nStatus: 5.1.1\r\n",
            Content_Type="message/delivery-status",
        ),
        part(f"Message-ID: {said.message_id}\r\nSubject: Re\r\n\r\n", Content_Type="text/rfc822-headers"),
        From="MAILER-DAEMON@mx.client.example",
        Message_ID="<bounce@mx.client.example>",
        Return_Path="<>",
    )
    told = arrives(report)
    ticket.refresh_from_db()
    assert (told.ticket, told.kind, ticket.status) == (ticket, Message.Kind.AUTO, Ticket.Status.ANSWERED)
    assert Letter.objects.get().bounced_at
    assert client.addresses.get().bounced_at


# ── workers ──────────────────────────────────────────────────────────────────────────────────


def test_a_worker_killed_between_the_steps_leaves_work_for_the_next(client, monkeypatch):
    """The claim is committed, the filing is not: after the lease the sweep sends it again."""
    raw = keep(mail())
    assert intake.claim(raw.pk)
    assert process(raw.pk) is None, "somebody holds it"
    with clock.standing_at(clock.now() + intake.LEASE + timedelta(seconds=1)):
        assert intake.sweep() == [raw.pk]
        assert process(raw.pk).ticket.client == client
    assert Message.objects.count() == 1


KILLED = """
import os, signal, django
django.setup()
from tickets import clocks, intake
clocks.settle = lambda *tickets: os.kill(os.getpid(), signal.SIGKILL)
intake.process({pk})
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_ticket_leaves_no_half_of_it():
    raw, parts = keep(mail()), connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "billing_site.settings"}
    command = [sys.executable, "-c", KILLED.format(pk=raw.pk)]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (Ticket.objects.count(), RawMail.objects.get().attempts) == (0, 1)
    with clock.standing_at(clock.now() + intake.LEASE + timedelta(seconds=1)):
        (raw_id,) = intake.sweep()
        assert process(raw_id)
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


def test_a_worker_that_dies_each_time_leaves_the_mail_to_a_person():
    raw = keep(mail())
    for n in range(intake.ATTEMPTS):
        with clock.standing_at(clock.now() + (intake.LEASE + timedelta(seconds=1)) * n):
            assert intake.claim(raw.pk)
    with clock.standing_at(clock.now() + intake.LEASE * 10):
        assert intake.sweep() == []
    raw.refresh_from_db()
    assert (raw.status, bool(raw.error)) == (RawMail.Status.QUARANTINED, True)


def test_trouble_is_tried_again_then_set_aside_and_retried_by_a_person(client, support, monkeypatch):
    raw = keep(mail())
    real = intake.clocks.settle

    def broken(*tickets: Ticket):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(intake.clocks, "settle", broken)
    now = clock.now()
    for n in range(intake.ATTEMPTS):
        with clock.standing_at(now + timedelta(minutes=10 * n)):
            assert intake.sweep() == [raw.pk]
            schedule.process(raw.pk)
        assert (Ticket.objects.count(), Message.objects.count()) == (0, 0), "all of it or nothing"
    raw.refresh_from_db()
    assert (raw.status, raw.error) == (RawMail.Status.QUARANTINED, "RuntimeError: the disk is full")
    monkeypatch.setattr(intake.clocks, "settle", real)
    intake.retry(raw, by=support)
    assert process(raw.pk).ticket.client == client
    states = Entry.objects.filter(subject=subject_of(raw)).order_by("id").values_list("verb", flat=True)
    assert [verb.rpartition(".")[2] for verb in states] == ["quarantined", "received", "processed"]


def test_the_sweep_sends_what_nobody_reads(monkeypatch):
    raw, sent = keep(mail()), []
    monkeypatch.setattr(errands, "send_now", lambda *errand: sent.append(errand))
    schedule.sweep()
    assert sent == [("tickets.process", raw.pk)]


def at_once(*raws: int) -> None:
    """Each mail is read by a worker of its own, all at the same moment."""
    together, troubles = threading.Barrier(len(raws)), []

    def run(pk: int) -> None:
        try:
            together.wait()
            process(pk)
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(pk,)) for pk in raws]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []


@pytest.mark.django_db(transaction=True)
def test_mails_of_one_conversation_at_once_make_one_ticket():
    """A question, its copy and two answers to it; some workers come twice, some have to let others pass."""
    make.client(email="ivan@client.example")
    letters = [
        mail("Вопрос", Message_ID="<q@client.example>"),
        mail("Раз", Message_ID="<a@client.example>", In_Reply_To="<q@client.example>"),
        mail("Два", Message_ID="<b@client.example>", References="<q@client.example>"),
        mail("Вопрос", Message_ID="<q@client.example>", Received="from mx2"),
    ]
    raws = [keep(letter).pk for letter in letters]
    at_once(*raws, *raws)
    with clock.standing_at(clock.now() + timedelta(seconds=6)):
        for raw_id in intake.sweep():
            process(raw_id)
    assert not RawMail.objects.exclude(status=RawMail.Status.PROCESSED).exists()
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 4)


@pytest.mark.django_db(transaction=True)
def test_two_copies_of_a_first_mail_at_once_make_one_ticket():
    at_once(keep(mail()).pk, keep(mail(Received="from mx2")).pk)
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 2)


def test_an_answer_waits_for_its_question_but_not_for_ever(client):
    keep(mail("Вопрос", Message_ID="<q@client.example>"))
    answered = keep(mail("Ответ", Message_ID="<a@client.example>", In_Reply_To="<q@client.example>"))
    for _ in range(intake.ATTEMPTS + 1):
        assert process(answered.pk) is None
        RawMail.objects.filter(pk=answered.pk).update(leased_until=None)
    with clock.standing_at(clock.now() + intake.TURN + timedelta(seconds=1)):
        assert process(answered.pk).ticket.client == client
