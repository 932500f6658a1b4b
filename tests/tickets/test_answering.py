"""Answers leave as letters in the client's thread; notes never leave; the clocks follow."""

from datetime import timedelta

import pytest

from billing_site.journal.models import Entry, subject_of
from billing_site.kit.errors import Refused
from billing_site.letters.actions import FilePart
from billing_site.letters.actions import hold as hold_letters
from billing_site.letters.models import Letter
from billing_site.letters.tasks import compose
from tests import make
from tests.tickets.mails import mail
from tickets import actions, clocks
from tickets.answering import answer, note, open_ticket
from tickets.intake import process, receive_raw
from tickets.models import Mailbox, Message, Ticket
from tickets.reading import fold_quotes, read_message_id

pytestmark = pytest.mark.django_db


def arrives(data: bytes) -> Message | None:
    """A mail comes into the office's mailbox and is read."""
    raw, _new = receive_raw(Mailbox.objects.get(), data)
    return process(raw.pk)


@pytest.fixture
def asked():
    """A client's first mail in its ticket."""
    client = make.client(email="ivan@client.example")
    message = arrives(
        mail("Не печатает\nкассовый чек", Subject="Re: Касса", Message_ID="<first@client.example>")
    )
    assert message.ticket.client == client
    return message


@pytest.fixture
def support():
    return make.user("support", name="Ольга Зимина", post="Инженер", phone="+74955405151", extension="22")


def test_an_answer_is_a_letter_in_the_clients_thread(asked, support, settings):
    ticket = asked.ticket
    said = answer(ticket, "Почините шнур", by=support, seen=asked.pk)
    letter = Letter.objects.get()
    assert said.letter == letter
    assert (letter.to, letter.cc, letter.kind, letter.about) == (
        ["ivan@client.example"], ["help@office.example"], "ticket", subject_of(ticket))  # fmt: skip
    assert (letter.client_no, letter.about_money) == (ticket.client_id, False)
    assert letter.subject == f"Re: Касса [#{ticket.pk}]"
    assert letter.in_reply_to == "<first@client.example>"
    assert letter.references == "<first@client.example>"
    assert read_message_id(letter.message_id, settings.SECRET_KEY) == ("answer", said.pk)
    sent = compose(letter).message()
    assert sent["Message-ID"] == said.message_id == letter.message_id
    assert sent["References"] == "<first@client.example>"
    ticket.refresh_from_db()
    assert (ticket.status, ticket.answer_due_at) == (Ticket.Status.ANSWERED, None)
    assert clocks.drifted([ticket]) == []


def test_the_letter_is_signed_and_quotes_so_that_programs_fold_it(asked, support):
    answer(asked.ticket, "Почините шнур", by=support)
    text = Letter.objects.get().text
    fresh, quoted = fold_quotes(text)
    assert fresh.strip() == "Почините шнур\n\nОльга Зимина\nИнженер\n+7 495 540-51-51 доб. 22"
    assert quoted.strip().endswith("> Не печатает\n> кассовый чек")
    assert Message.objects.get(kind=Message.Kind.STAFF).text == "Почините шнур"


def test_own_signature_wins(asked):
    answer(asked.ticket, "Да", by=make.user("support", signature="С уважением,\nподдержка"))
    assert "Да\n\nС уважением,\nподдержка\n" in Letter.objects.get().text


def test_files_go_with_the_letter_and_stay_with_the_message(asked, support):
    said = answer(asked.ticket, "Вот", by=support, files=[FilePart("акт.pdf", "application/pdf", b"%PDF")])
    (part,) = said.files.all()
    (attached,) = said.letter.attachments.all()
    assert (part.name, part.size, part.storage_name) == ("акт.pdf", 4, attached.storage_name)


def test_copied_people_stay_copied(support):
    make.client(email="ivan@client.example")
    asked = arrives(mail("Текст", Cc="Бухгалтер <buh@client.example>, billing@oblako.example"))
    answer(asked.ticket, "Да", by=support)
    letter = Letter.objects.get()
    assert letter.to == ["ivan@client.example"]
    assert letter.cc == ["help@office.example", "buh@client.example"]


@pytest.mark.parametrize("who", ["client", "colleague", "myself"])
def test_what_was_written_meanwhile_is_read_first(asked, support, who):
    seen = asked.pk
    if who == "client":
        newer = arrives(mail("Ещё", Message_ID="<2@client.example>", In_Reply_To="<first@client.example>"))
    else:
        newer = note(asked.ticket, "Я занимаюсь", by=support if who == "myself" else make.user("support"))
    with pytest.raises(Refused):
        answer(asked.ticket, "Да", by=support, seen=seen)
    assert not Letter.objects.exists()
    assert answer(asked.ticket, "Да", by=support, seen=newer.pk).pk > newer.pk


def test_an_automatic_mail_meanwhile_stops_nobody(asked, support):
    arrives(
        mail(
            "В отпуске",
            Message_ID="<auto@client.example>",
            In_Reply_To="<first@client.example>",
            Auto_Submitted="auto-replied",
        )
    )
    assert answer(asked.ticket, "Да", by=support, seen=asked.pk)


def test_a_double_click_answers_once(asked, support):
    answer(asked.ticket, "Да", by=support, seen=asked.pk)
    with pytest.raises(Refused):
        answer(asked.ticket, "Да", by=support, seen=asked.pk)
    assert Letter.objects.count() == 1


def test_an_empty_answer_is_refused(asked, support):
    with pytest.raises(Refused) as refused:
        answer(asked.ticket, " \n", by=support)
    assert refused.value.field == "text"


def test_a_client_on_hold_gets_the_letter_later(asked, support):
    hold_letters(asked.ticket.client_id, by=support)
    answer(asked.ticket, "Да", by=support)
    assert Letter.objects.get().status == Letter.Status.HELD


def test_answering_a_closed_ticket_opens_it_again(asked, support):
    ticket = actions.close(asked.ticket, by=support)
    answer(ticket, "И ещё", by=support)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.closed_at, ticket.answer_due_at) == (Ticket.Status.ANSWERED, None, None)
    assert clocks.drifted([ticket]) == []


def test_a_note_is_never_mailed_and_no_clock_hears_it(asked, support):
    before = Ticket.objects.get()
    said = note(asked.ticket, "Звонил, не берёт", by=support)
    after = Ticket.objects.get()
    assert (said.kind, said.author, said.from_name) == (Message.Kind.NOTE, support, "Ольга Зимина")
    assert (after.status, after.answer_due_at, after.last_at) == (
        before.status, before.answer_due_at, before.last_at)  # fmt: skip
    assert not Letter.objects.exists()


def test_a_ticket_we_begin_informs_by_letter(support):
    client = make.client(email="ivan@client.example")
    ticket = open_ticket(
        subject="Работы в субботу",
        text="Сервер будет недоступен",
        department=make.department(),
        by=support,
        client=client,
        to=["Ivan@Client.example", "ivan@client.example"],
    )
    letter = Letter.objects.get()
    assert (letter.to, letter.subject) == (["ivan@client.example"], f"Работы в субботу [#{ticket.pk}]")
    assert (ticket.status, ticket.answer_due_at, ticket.solve_due_at) == (Ticket.Status.ANSWERED, None, None)
    back = arrives(mail("А когда?", Subject="Re: Работы", In_Reply_To=letter.message_id))
    assert back.ticket == ticket
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLIENT_REPLY
    assert ticket.answer_due_at
    assert clocks.drifted([ticket]) == []


def test_a_ticket_without_addressees_stays_in_the_house(support):
    ticket = open_ticket(subject="Принтер", text="Сломан", department=make.department(), by=support)
    assert (ticket.status, ticket.messages.get().kind) == (Ticket.Status.OPEN, Message.Kind.NOTE)
    with pytest.raises(Refused):
        answer(ticket, "Починили", by=support)
    assert not Letter.objects.exists()
    assert ticket.messages.count() == 1


@pytest.mark.parametrize("bad", ["не адрес", "billing@oblako.example"])
def test_only_addresses_of_others_are_written_to(support, bad):
    with pytest.raises(Refused) as refused:
        open_ticket(subject="Т", text="т", department=make.department(), by=support, to=[bad])
    assert refused.value.field == "to"
    assert not Ticket.objects.exists()


def test_a_long_subject_keeps_its_number(asked, support):
    Ticket.objects.update(subject="о" * 250)
    answer(asked.ticket, "Да", by=support)
    subject = Letter.objects.get().subject
    assert len(subject) == 250
    assert subject.endswith(f"[#{asked.ticket_id}]")


def test_the_thread_of_many_letters_stays_short(asked, support):
    for n in range(15):
        said = answer(asked.ticket, f"Ответ {n}", by=support)
    names = said.letter.references.split()
    assert len(names) == 10
    assert names[0] == "<first@client.example>"


def test_the_journal_says_who_answered(asked, support):
    answer(asked.ticket, "Раз", by=support)
    answer(asked.ticket, "Два", by=support)
    verbs = list(Entry.objects.about(asked.ticket).filter(actor_id=support.pk).values_list("verb", flat=True))
    assert verbs == ["tickets.ticket.answered", "tickets.answered"]
    times = list(asked.ticket.messages.values_list("at", flat=True))
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(minutes=1)
