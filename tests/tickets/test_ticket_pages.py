"""Pages of tickets: who sees what, what is written where, and that a mail can't harm the page."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.kit import live
from billing_site.letters.models import Letter
from billing_site.office.models import Department, User
from products.models import Handover, Service
from tests import make
from tests.tickets.mails import file, mail, multipart, nested, part
from tickets import actions, answering, handing, intake
from tickets.models import Mailbox, Message, RawMail, Ticket

pytestmark = pytest.mark.django_db
PROFILE = "anna@romashka.example"


@pytest.fixture(autouse=True)
def _nobody_is_here():
    for key in live.connection().scan_iter("room:ticket:*"):
        live.forget(key)


@pytest.fixture
def support():
    return make.user("support", name="Дарья Жукова")


@pytest.fixture
def client():
    return make.client(name="Ромашка", email=PROFILE)


def received(raw: bytes) -> RawMail:
    kept, _is_new = intake.receive_raw(Mailbox.objects.get(), raw)
    intake.process(kept.pk)
    kept.refresh_from_db()
    return kept


def asked(text: str = "Не открывается база", n: int = 1, **headers) -> Ticket:
    headers = {
        "From": f"Anna <{PROFILE}>",
        "Subject": "Database",
        "Message_ID": f"<{n}@r.example>",
        **headers,
    }
    return received(mail(text, **headers)).message.ticket


def page(browser: Browser, name: str, *args, **query) -> str:
    answer = browser.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def handover(client) -> Ticket:
    service = Service.objects.create(
        client=client, product=make.product("Доступ"), cycle="half_year", anchor=date(2026, 3, 1),
        starts_on=date(2026, 3, 1),
    )  # fmt: skip
    Handover.objects.create(
        service=service, subject="Доступ + 1", body="Δ 5-6", was=5, becomes=6, unit="польз."
    )
    return handing.open_handovers()[0]


# ── who ─────────────────────────────────────────────────────────────────────────────────────

SEEN = ("ticket-detail", "ticket-presence")
ANSWERED = ("ticket-answer", "ticket-note", "ticket-take", "ticket-assign", "ticket-hand", "ticket-priority",
            "ticket-client", "ticket-wait", "ticket-resume")  # fmt: skip
CLOSED = ("ticket-close", "ticket-reopen")


@pytest.mark.parametrize(
    ("role", "sees", "answers", "carries", "raw"),
    [
        ("support", 200, 200, 200, 200),
        ("head", 200, 200, 200, 200),
        ("sales", 200, 200, 403, 403),
        ("account_manager", 200, 200, 403, 403),
        ("treasury", 200, 403, 403, 403),
        (None, 403, 403, 403, 403),
    ],
)
def test_pages_ask_for_their_right(browse, client, role, sees, answers, carries, raw):
    ticket = asked()
    message = ticket.messages.get()
    browser = browse(make.user(role))
    expected = {
        **dict.fromkeys((reverse(name, args=[ticket.pk]) for name in SEEN), sees),
        **dict.fromkeys((reverse(name, args=[ticket.pk]) for name in (*ANSWERED, *CLOSED)), answers),
        reverse("ticket-carry-out", args=[ticket.pk]): carries,
        reverse("ticket-list"): sees,
        reverse("ticket-clients"): sees,
        reverse("client-tickets", args=[client.pk]): sees,
        reverse("ticket-new"): answers,
        reverse("message-raw", args=[message.pk]): raw,
        reverse("quarantine-list"): raw,
        reverse("quarantine-detail", args=[message.raw_id]): raw,
        reverse("quarantine-raw", args=[message.raw_id]): raw,
        reverse("quarantine-retry", args=[message.raw_id]): raw,
        reverse("quarantine-ticket", args=[message.raw_id]): raw,
    }
    found = {address: browser.get(address).status_code for address in expected}
    assert found == expected


def test_a_ticket_outside_the_scope_is_not_found(browse, client):
    ticket = asked()
    message = ticket.messages.get()
    other = browse(make.user("support", scope=User.Scope.PORTFOLIO))
    for name in (*SEEN, *ANSWERED, *CLOSED, "ticket-carry-out"):
        assert other.get(reverse(name, args=[ticket.pk])).status_code == 404, name
    assert other.post(reverse("ticket-close", args=[ticket.pk])).status_code == 404
    assert other.get(reverse("message-raw", args=[message.pk])).status_code == 404
    assert f"#{ticket.pk}" not in page(other, "ticket-list", state="all")


def test_a_ticket_without_a_client_is_seen_by_its_department(browse):
    ticket = asked(From="stranger@nowhere.example")
    address = reverse("ticket-detail", args=[ticket.pk])
    own = make.user("support", scope=User.Scope.PORTFOLIO, department=ticket.department)
    other = make.user("support", scope=User.Scope.PORTFOLIO, department=make.department())
    assert browse(own).get(address).status_code == 200
    assert browse(other).get(address).status_code == 404


def test_the_client_outside_the_scope_stays_hidden_in_a_ticket_of_the_department(browse, client):
    ticket = asked()
    own = browse(make.user("support", scope=User.Scope.PORTFOLIO, department=ticket.department))
    text = page(own, "ticket-detail", ticket.pk)
    assert "Клиент вне вашей области видимости." in text
    assert reverse("client-detail", args=[client.pk]) not in text


# ── the queue ───────────────────────────────────────────────────────────────────────────────


def test_the_queue_is_sorted_by_time_left(browse, support, client):
    later = asked(n=1, Message_ID="<1@a.example>")
    sooner = asked("Срочно", n=2, From="b@nowhere.example")
    answered = asked("Ещё", n=3, From="c@nowhere.example")
    answering.answer(answered, "Сделано", by=support)
    Ticket.objects.filter(pk=later.pk).update(answer_due_at="2026-03-02 12:00+00:00")
    Ticket.objects.filter(pk=sooner.pk).update(answer_due_at="2026-03-02 11:00+00:00")
    text = page(browse(support), "ticket-list")
    places = [text.index(f">#{one.pk}<") for one in (sooner, later, answered)]
    assert places == sorted(places)
    assert "опоздание" in text


def test_tabs_and_search_find_the_right_tickets(browse, support, client):
    mine, theirs = asked(n=1), asked("Другое", n=2, From="b@nowhere.example", Subject="Printer")
    work = handover(client)
    Ticket.objects.filter(pk=theirs.pk).update(department=make.department())
    actions.assign(mine, support, by=support)
    User.objects.filter(pk=support.pk).update(department=mine.department)
    browser = browse(support)
    closed = asked("Спасибо", n=5, From="c@nowhere.example")
    actions.close(closed, by=support)

    def found(**query) -> set[int]:
        return {int(number) for number in re.findall(r">#(\d+)<", page(browser, "ticket-list", **query))}

    assert found() == {mine.pk, theirs.pk, work.pk}
    assert found(assignee="mine") == {mine.pk}
    assert found(assignee="nobody") == {theirs.pk, work.pk}
    assert found(department="mine") == {mine.pk, work.pk}
    assert found(state="awaiting") == {mine.pk, theirs.pk, work.pk}
    assert found(kind="handover") == {work.pk}
    assert found(state="closed") == {closed.pk}
    assert found(q=str(closed.pk)) >= {closed.pk}
    assert found(q="print") == {theirs.pk}
    assert found(q="ромаш") == {mine.pk, work.pk}
    assert found(q="b@nowhere") == {theirs.pk}
    assert found(q="#999999") == set()
    assert browser.get(reverse("ticket-list"), {"export": "csv"}).status_code == 200


def test_closed_tickets_stand_with_the_latest_first(browse, support, client):
    tickets = [asked(f"Письмо {n}", n=n, From=f"{n}@nowhere.example") for n in range(3)]
    for ticket in tickets:
        actions.close(ticket, by=support)
    text = page(browse(support), "ticket-list", state="closed")
    assert [int(n) for n in re.findall(r">#(\d+)<", text)] == [one.pk for one in reversed(tickets)]


def test_next_leads_through_the_queue(browse, support, client):
    first, second = asked(n=1), asked("Ещё", n=2, From="b@nowhere.example")
    Ticket.objects.filter(pk=second.pk).update(answer_due_at="2036-03-02 12:00+00:00")
    browser = browse(support)
    assert browser.get(reverse("ticket-next")).url == reverse("ticket-detail", args=[first.pk])
    for after, then in ((first, second), (second, first)):
        answer = browser.get(reverse("ticket-next"), {"after": after.pk})
        assert answer.url == reverse("ticket-detail", args=[then.pk])
    for one in (first, second):
        actions.close(one, by=support)
    assert browser.get(reverse("ticket-next")).url == reverse("ticket-list")


@pytest.mark.parametrize("scope", [User.Scope.ALL, User.Scope.DEPARTMENT])
def test_queries_of_the_queue_do_not_grow(browse, client, scope):
    department = Mailbox.objects.get().department
    browser = browse(make.user("support", scope=scope, department=department))
    counts = []
    for size in (3, 30):
        for n in range(Ticket.objects.count(), size):
            asked(f"Письмо {n}", n=n, Message_ID=f"<q{n}@r.example>")
        browser.get(reverse("ticket-list"))
        with CaptureQueriesContext(connection) as queries:
            assert page(browser, "ticket-list").count("data-url") == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ── the conversation ────────────────────────────────────────────────────────────────────────


def said(browser: Browser, ticket: Ticket, **data):
    return browser.post(reverse("ticket-answer", args=[ticket.pk]), data, follow=True)


def test_the_page_tells_who_wrote_and_what_stands_by(browse, support, client):
    client.notes.create(text="Звонить только директору", important=True)
    ticket = asked("Да\n\n26.11.2026 14:05, Help <help@office.example> wrote:\n> Нужен архив?\n")
    answering.note(ticket, "Проверьте лицензии", by=support)
    text = page(browse(support), "ticket-detail", ticket.pk)
    for told in ("адрес из профиля", "Звонить только директору", "Проверьте лицензии", "said-note", "Цитата",
                 "Нужен архив?", PROFILE, "Клиент ждёт нашего ответа"):  # fmt: skip
        assert told in text, told


def test_of_many_important_notes_the_newest_stand_by(browse, support, client):
    for n in range(9):
        client.notes.create(text=f"Заметка №{n}", important=True)
    text = page(browse(support), "ticket-detail", asked("Вопрос").pk)
    assert [n for n in range(9) if f"Заметка №{n}" in text] == [6, 7, 8]
    assert "Все важные заметки" in text


def test_whose_address_it_is(browse, support, client):
    addresses = {"profile": PROFILE, "contact": "c@romashka.example", "former": "old@romashka.example"}
    client.addresses.create(address=addresses["contact"], kind="exclusive")
    client.addresses.create(address=addresses["former"], kind="former")
    words = {"profile": "адрес из профиля", "contact": "адрес контакта", "former": "прежний адрес"}
    for n, (kind, address) in enumerate(addresses.items()):
        ticket = asked(f"Письмо {n}", n=n, From=address)
        if ticket.client_id is None:
            ticket = actions.bind_client(ticket, client, by=support)
        text = page(browse(support), "ticket-detail", ticket.pk)
        assert {word for word in words.values() if word in text} == {words[kind]}
    stranger = asked("Чужое", n=9, From="x@nowhere.example")
    assert "чужой адрес" in page(browse(support), "ticket-detail", stranger.pk)


def test_an_answer_leaves_and_a_note_stays(browse, support, client):
    ticket = asked()
    browser = browse(support)
    seen = ticket.messages.get().pk
    pdf = SimpleUploadedFile("Инструкция.pdf", b"%PDF", content_type="application/pdf")
    answer = said(browser, ticket, text="Починили", seen=seen, attachments=[pdf])
    message = Message.objects.get(kind="staff")
    assert answer.redirect_chain[0][0] == (
        reverse("ticket-detail", args=[ticket.pk]) + f"?said=ticket:{ticket.pk}:answer#message-{message.pk}"
    )
    letter = Letter.objects.get()
    assert (letter.to, letter.attachments.get().name) == ([PROFILE], "Инструкция.pdf")
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.ANSWERED
    browser.post(reverse("ticket-note", args=[ticket.pk]), {"text": "Следить до пятницы"})
    assert Message.objects.filter(kind="note", author=support, text="Следить до пятницы").exists()
    assert Letter.objects.count() == 1
    text = page(browser, "ticket-detail", ticket.pk)
    assert "Инструкция.pdf" in text
    assert "Починили" in text


def test_an_answer_that_somebody_overtook_keeps_its_text(browse, support, client):
    """Two agents on one ticket: the second sees what the first said, and can still say his own."""
    ticket = asked()
    seen = ticket.messages.get().pk
    said(browse(make.user("support", name="Борис")), ticket, text="Я уже чиню", seen=seen)
    browser = browse(support)
    refused = said(browser, ticket, text="Посмотрю сейчас", seen=seen)
    text = refused.content.decode()
    assert refused.status_code == 200
    assert "Борис" in text
    assert ">Посмотрю сейчас</textarea>" in text
    assert text.count("said-new") == 1
    assert Message.objects.filter(kind="staff").count() == 1
    newer = re.search(r'name="seen"\s+value="(\d+)"', text)[1]
    assert int(newer) == Message.objects.get(kind="staff").pk
    said(browser, ticket, text="Посмотрю сейчас", seen=newer)
    assert Message.objects.filter(kind="staff").count() == 2


@pytest.mark.parametrize("name", ["ticket-answer", "ticket-note"])
def test_an_empty_text_is_refused_at_its_field(browse, support, client, name):
    ticket = asked()
    answer = browse(support).post(reverse(name, args=[ticket.pk]), {"text": "  ", "seen": "x"})
    assert answer.status_code == 200
    assert "Обязательное поле." in answer.content.decode()
    assert ticket.messages.count() == 1


def test_without_people_outside_there_is_nothing_to_answer(browse, support, client):
    ticket = answering.open_ticket(
        subject="Сервер", text="Проверить", department=make.department(), by=support, client=client
    )
    text = page(browse(support), "ticket-detail", ticket.pk)
    assert reverse("ticket-answer", args=[ticket.pk]) not in text
    refused = said(browse(support), ticket, text="Кому?", seen="")
    assert ">Проверить<" in refused.content.decode()
    assert not Letter.objects.exists()


def test_queries_of_a_ticket_do_not_grow(browse, support, client):
    browser = browse(support)
    ticket = asked()
    counts = []
    for size in (3, 30):
        for n in range(ticket.messages.count(), size):
            if n % 2:
                answering.note(ticket, f"Примечание {n}", by=support)
            else:
                pdf = file(b"%PDF", f"{n}.pdf")
                received(
                    multipart("mixed", part(f"Ещё {n}", Content_Type="text/plain; charset=utf-8"), pdf,
                              From=PROFILE, Message_ID=f"<m{n}@r.example>", In_Reply_To="<1@r.example>")
                )  # fmt: skip
        page(browser, "ticket-detail", ticket.pk)
        with CaptureQueriesContext(connection) as queries:
            assert page(browser, "ticket-detail", ticket.pk).count('class="said said-') == min(size, 6)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 40


def test_who_else_is_here(browse, support, client):
    ticket = asked()
    address = reverse("ticket-presence", args=[ticket.pk])
    seen = ticket.messages.get().pk
    browse(make.user("support", name="Борис")).get(address, {"writing": "1"})
    browse(make.user("support", name="Вера")).get(address)
    answering.note(ticket, "Звонил", by=support)
    text = browse(support).get(address, {"seen": seen}).content.decode()
    assert re.search(r"Сейчас пишет: <b>Борис</b>", text)
    assert re.search(r"Сейчас смотрит: Вера", text)
    assert "1 новое сообщение" in text
    assert browse(support).get(address, {"seen": "9" * 30}).status_code == 200


# ── what a mail brings ──────────────────────────────────────────────────────────────────────

EVIL = '<script>alert("x")</script>'
HTML = (
    '<p onclick="alert(1)">Привет</p><script>alert(2)</script><img src="https://spy.example/p.gif">'
    '<img src="cid:logo"><a href="javascript:alert(3)">x</a><form action="/x/"><button>b</button></form>'
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def evil(client):
    alternative = nested(
        "alternative",
        part(EVIL, Content_Type="text/plain; charset=utf-8"),
        part(HTML, Content_Type="text/html; charset=utf-8"),
    )
    pictures = (
        file(b"<script>1</script>", EVIL + '".html', "text/html"),
        file(PNG, "logo.png", "image/png", Content_ID="<logo>"),
    )
    raw = multipart("mixed", alternative, *pictures, From=f'"{EVIL}" <evil@nowhere.example>', Subject=EVIL)
    return received(raw).message


def test_a_mail_cannot_act_on_the_page(browse, support, evil):
    browser = browse(support)
    for text in (
        page(browser, "ticket-detail", evil.ticket_id),
        page(browser, "ticket-list"),
        page(browser, "quarantine-detail", evil.raw_id),
        page(browser, "ticket-client", evil.ticket_id),
    ):
        assert "<script>" not in text
        assert "&lt;script&gt;" in text
    assert 'sandbox=""' in page(browser, "ticket-detail", evil.ticket_id)


def test_the_html_of_a_mail_is_harmless_and_alone(browse, support, evil):
    answer = browse(support).get(reverse("message-html", args=[evil.pk]))
    text = answer.content.decode()
    for gone in ("script", "onclick", "javascript:", "spy.example", "<form", "cid:"):
        assert gone not in text, gone
    assert "Привет" in text
    assert "data:image/png;base64," in text
    assert "1 картинка из сети не показана" in text
    policy = dict(one.strip().partition(" ")[::2] for one in answer["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:", "base-uri": "'none'",
        "form-action": "'none'", "frame-ancestors": "'self'", "sandbox": "",
    }  # fmt: skip
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_files_come_as_downloads(browse, support, evil):
    browser = browse(support)
    for stored in evil.files.all():
        answer = browser.get(reverse("message-file", args=[stored.pk]))
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
    raw = browser.get(reverse("message-raw", args=[evil.pk]))
    assert raw.content == bytes(RawMail.objects.get(message=evil).data)
    assert raw["Content-Disposition"].startswith("attachment")
    note = answering.note(evil.ticket, "нет письма", by=support)
    for name in ("message-raw", "message-html"):
        assert browser.get(reverse(name, args=[note.pk])).status_code == 404


def test_parts_of_a_message_outside_the_scope_are_not_found(browse, evil):
    other = browse(make.user("support", scope=User.Scope.PORTFOLIO))
    addresses = [reverse(name, args=[evil.pk]) for name in ("message-html", "message-raw")]
    addresses += [reverse("message-file", args=[one.pk]) for one in evil.files.all()]
    assert {other.get(address).status_code for address in addresses} == {404}


# ── deeds ───────────────────────────────────────────────────────────────────────────────────


def do(browser: Browser, name: str, ticket: Ticket, **data):
    answer = browser.post(reverse(name, args=[ticket.pk]), data, follow=True)
    ticket.refresh_from_db()
    return answer


def test_a_ticket_goes_through_its_life(browse, support, client):
    ticket, browser = asked(), browse(support)
    for name, status in (
        ("ticket-wait", "waiting"), ("ticket-resume", "open"), ("ticket-close", "closed"),
        ("ticket-reopen", "open"), ("ticket-close", "closed"),
    ):  # fmt: skip
        assert do(browser, name, ticket).status_code == 200
        assert ticket.status == status, name
    assert "нельзя сменить на" in do(browser, "ticket-close", ticket).content.decode()
    asked("Опять", n=2, In_Reply_To="<1@r.example>")
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLIENT_REPLY


def test_a_ticket_changes_hands(browse, support, client):
    ticket, browser = asked(), browse(support)
    do(browser, "ticket-take", ticket)
    assert ticket.assignee == support
    boris = make.user("support", name="Борис")
    do(browser, "ticket-assign", ticket, assignee=boris.pk)
    assert ticket.assignee == boris
    do(browser, "ticket-priority", ticket, priority="high")
    assert ticket.priority == "high"
    other = make.department()
    do(browser, "ticket-hand", ticket, department=other.pk, assignee="", text="Это про договор")
    assert (ticket.department, ticket.assignee) == (other, None)
    assert ticket.messages.get(kind="note").text == "Это про договор"


def test_who_passes_a_ticket_out_of_his_sight_lands_in_the_queue(browse):
    ticket = asked(From="x@nowhere.example")
    own = make.user("support", scope=User.Scope.PORTFOLIO, department=ticket.department)
    answer = do(browse(own), "ticket-hand", ticket, department=make.department().pk)
    assert answer.redirect_chain[-1][0] == reverse("ticket-list")
    assert answer.status_code == 200


def test_a_ticket_is_bound_to_a_client_that_was_found(browse, support, client):
    ticket = asked(From="stranger@nowhere.example")
    browser = browse(support)
    assert "Отправитель неизвестен" in page(browser, "ticket-detail", ticket.pk)
    for typed in ("ромаш", str(client.pk), PROFILE, client.payers.get().inn):
        assert f'value="{client.pk}"' in page(browser, "ticket-client", ticket.pk, who=typed), typed
        assert f'value="{client.pk}"' in page(browser, "ticket-clients", who=typed), typed
    assert "Выберите клиента." in do(browser, "ticket-client", ticket).content.decode()
    do(browser, "ticket-client", ticket, client=client.pk)
    assert ticket.client == client
    hidden = browse(make.user("support", scope=User.Scope.DEPARTMENT, department=ticket.department))
    assert f'value="{client.pk}"' not in page(hidden, "ticket-clients", who="ромаш")


def test_a_hand_over_is_carried_out_by_one_button(browse, support, client):
    ticket = handover(client)
    text = page(browse(support), "ticket-detail", ticket.pk)
    assert re.search(r"<span>5</span> → <b>6</b> польз.", text)
    assert ticket.handover_id
    assert reverse("ticket-close", args=[ticket.pk]) not in text
    do(browse(make.user("sales")), "ticket-close", ticket)
    assert ticket.status == "open"
    assert "Было 5, стало 6 польз.<" in page(browse(support), "ticket-carry-out", ticket.pk)
    do(browse(support), "ticket-carry-out", ticket)
    assert ticket.status == "closed"
    assert Handover.objects.get().done_by == support
    assert f"#{ticket.pk}" in page(browse(support), "service-tickets", ticket.handover.service_id)


# ── a ticket of ours ────────────────────────────────────────────────────────────────────────


def values(**more) -> dict:
    department = Department.objects.first().pk
    text = {"subject": "Работы ночью", "text": "Сервер будет перезапущен"}
    return {"to": "", "department": department, "priority": "normal", **text, **more}


def test_a_ticket_is_begun_by_letter_or_inside(browse, support, client):
    browser = browse(support)
    form = page(browser, "ticket-new", client=client.pk)
    assert f'value="{PROFILE}"' in form
    letter = values(to=f"{PROFILE}, B@nowhere.example", send="on", client=client.pk)
    answer = browser.post(reverse("ticket-new") + f"?client={client.pk}", letter)
    ticket = Ticket.objects.get()
    said_so = f"?said=ticket:new:{client.pk}"
    assert answer.url == reverse("ticket-detail", args=[ticket.pk]) + said_so
    assert (ticket.client, ticket.status) == (client, "answered")
    assert Letter.objects.get().to == [PROFILE, "B@nowhere.example".lower()]
    for inside in (values(), values(to=PROFILE)):
        browser.post(reverse("ticket-new"), inside)
    assert Letter.objects.count() == 1
    assert Message.objects.filter(kind="note").count() == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"to": "не адрес", "send": "on"}, "не: "),
        ({"send": "on"}, "Укажите, кому"),
        ({"subject": ""}, "Обязательное поле."),
        ({"client": "999999"}, "Выберите корректный вариант"),
    ],
)
def test_what_is_wrong_with_a_new_ticket_is_said_and_the_text_kept(browse, support, wrong, told):
    answer = browse(support).post(reverse("ticket-new"), values(**wrong))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert told in text
    assert "Сервер будет перезапущен</textarea>" in text
    assert not Ticket.objects.exists()


# ── mails that made no ticket ───────────────────────────────────────────────────────────────


def test_a_quarantined_mail_is_read_again_or_made_a_ticket(browse, support):
    raw = received("Subject: счёт\r\n\r\nпришлите счёт <b>".encode("cp1251"))
    assert raw.status == RawMail.Status.QUARANTINED
    browser = browse(support)
    assert reverse("quarantine-detail", args=[raw.pk]) in page(browser, "quarantine-list")
    text = page(browser, "quarantine-detail", raw.pk)
    assert "пришлите счёт &lt;b&gt;" in text
    assert browser.get(reverse("quarantine-raw", args=[raw.pk])).content == bytes(raw.data)
    browser.post(reverse("quarantine-retry", args=[raw.pk]))
    raw.refresh_from_db()
    assert raw.status == RawMail.Status.RECEIVED
    intake.process(raw.pk)
    answer = browser.post(reverse("quarantine-ticket", args=[raw.pk]))
    ticket = Ticket.objects.get()
    assert answer.url == reverse("ticket-detail", args=[ticket.pk])
    assert f"#{ticket.pk}" in page(browser, "quarantine-detail", raw.pk)
    again = browser.post(reverse("quarantine-ticket", args=[raw.pk]), follow=True)
    assert again.status_code == 200
    assert Ticket.objects.count() == 1


def test_an_automatic_mail_without_a_ticket_is_in_its_tab(browse, support):
    raw = received(mail("You are subscribed", List_Unsubscribe="<mailto:x@list.example>", Precedence="bulk"))
    assert raw.status == RawMail.Status.PROCESSED
    browser = browse(support)
    address = reverse("quarantine-detail", args=[raw.pk])
    assert address not in page(browser, "quarantine-list")
    assert address in page(browser, "quarantine-list", state="filed")
    browser.post(reverse("quarantine-ticket", args=[raw.pk]))
    assert Ticket.objects.get().messages.get().raw_id == raw.pk
    assert address not in page(browser, "quarantine-list", state="filed")


def test_tickets_of_a_client_stand_on_his_card_open_ones_first(browse, support, client):
    closed, opened = asked(n=1), asked("Ещё", n=2)
    actions.close(opened, by=support)
    closed, opened = opened, closed
    text = page(browse(support), "client-tickets", client.pk)
    assert text.index(f"#{opened.pk} ") < text.index(f"#{closed.pk} ")
    browser, counts = browse(support), []
    for size in (3, 30):
        for n in range(client.tickets.count(), size):
            asked(f"Письмо {n}", n=100 + n)
        with CaptureQueriesContext(connection) as queries:
            page(browser, "client-tickets", client.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "Тикетов ещё нет." in page(browser, "client-tickets", make.client().pk)
