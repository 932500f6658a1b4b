"""The README's tour as one story, through the real parts: pages, errands, SMTP, a mailbox, bank files."""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from python_calamine import CalamineWorkbook

from billing_site.journal.models import Entry
from billing_site.kit import clock
from billing_site.kit.periods import Period
from billing_site.kit.requisites import make_inn
from billing_site.letters.models import Letter
from billing_site.office.actions import seed_calendar
from clients.models import Client
from invoices import billing, documents, schedule, tasks
from invoices.models import BankLine, Invoice, Payment, Revision
from products.actions import Wanted
from products.models import Handover, Order, Service
from tests import make
from tests.invoices import bank
from tests.invoices.papers import Pdf, figure_5, sent
from tests.letters.post import listening, mail_to_nobody
from tests.story.office import Hands, Office, link_in, text_of
from tests.story.threads import twice_at_once
from tests.tickets.mails import mail
from tickets import schedule as errands_of_tickets
from tickets.models import Mailbox, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
MAIN = "buh@vasilek.example"


def at(moment: str):
    """The office's clock stands at this Moscow time."""
    return clock.standing_at(datetime.fromisoformat(moment).replace(tzinfo=clock.MOSCOW))


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def office(settings, tmp_path):
    (tmp_path / "new").mkdir()
    Mailbox.objects.update(url=f"maildir://{tmp_path}")
    seed_calendar(2019)
    bank.number_from(72814)
    roles = ("account_manager", "support", "treasury")
    with listening(mail_to_nobody(settings)) as post:
        yield Office(*(Hands(make.user(role, name=f"Анна {role}")) for role in roles), post, tmp_path)


def test_the_readme_s_tour(office):
    a_client(office)
    an_order(office)
    check_and_send(office)
    the_client_s_page(office)
    money(office)
    growth(office)
    the_growth_is_paid(office)
    letters_of_the_client(office)
    renewals(office)
    debtors(office)
    call_command("check_books")


@at("2019-01-12 12:00")
def a_client(office: Office) -> None:
    page = office.manager.press(
        "client-new", name="Василёк", email="BUH@vasilek.example", kind="legal", inn=make_inn("770255501"),
        kpp="770201001", counterparty_code="КА-900001", language="ru",
        account_manager=office.manager.user.pk,
    )  # fmt: skip
    assert "Клиент создан." in page
    client = office.known["client"] = Client.objects.get()
    assert (client.main_email, client.payers.get().name) == (MAIN, "Василёк")


@at("2019-01-12 12:10")
def an_order(office: Office) -> None:
    """Accepted, it is a draft with its arithmetic in words, and nothing has left the house."""
    access = make.product(
        "Доступ «Стандарт»",
        {"half_year": "4800.00"},
        line_text='Доступ на 1 польз. "Стандарт"',
        unit="польз.",
    )
    typed = {
        "starts_on": "2019-02-01", "line-0-thing": access.pk, "line-0-cycle": "half_year",
        "line-0-quantity": 5, "line-0-discount": 5,
    }  # fmt: skip
    client = office.known["client"]
    assert "22 800,00 ₽" in office.manager.see("order-summary", client=client.pk, **typed)
    office.manager.browser.post(reverse("order-new") + f"?client={client.pk}", typed)
    order = Order.objects.get()
    page = office.manager.press("order-accept", order.pk)
    for told in ("01.02.2019 – 31.07.2019", "181 день", "22 800,00 ₽", "5 × 800,00 × 6"):
        assert told in page, told
    draft = office.known["draft"] = Invoice.objects.get()
    assert (draft.status, draft.number, draft.total) == (Invoice.Status.DRAFT, None, Decimal("22800.00"))
    paper = office.manager.see("invoice-paper", draft.pk)
    assert "черновик" in paper
    assert "01.02.2019 – 31.07.2019" in paper
    assert not Letter.objects.exists()
    assert office.letters_leave() == []


@at("2019-01-12 12:20")
def check_and_send(office: Office) -> None:
    """The number is taken, the paper made once, and only then the letter leaves with it."""
    draft = office.known["draft"]
    issue(office, draft)
    invoice = office.known["invoice"] = Invoice.objects.select_related("current").get(pk=draft.pk)
    assert (invoice.status, invoice.number) == (Invoice.Status.ISSUED, 72815)
    letter = Letter.objects.get()
    assert (letter.status, bool(letter.needs)) == (Letter.Status.QUEUED, True)
    assert office.letters_leave() == []

    tasks.render_paper(invoice.current_id)
    made = Revision.objects.values("file", "sha256", "render_attempts").get(pk=invoice.current_id)
    tasks.render_paper(invoice.current_id)
    assert Revision.objects.values("file", "sha256", "render_attempts").get(pk=invoice.current_id) == made

    (came,) = office.letters_leave()
    assert office.letters_leave() == []
    assert (came["To"], came["Subject"]) == (MAIN, letter.subject)
    assert came["Subject"] == "Счёт № 72815 на 22\u00a0800,00\u00a0₽"
    office.known["link"] = link_in(came)
    (part,) = came.iter_attachments()
    assert part.get_content_type() == "application/pdf"
    read_paper(invoice, part.get_content())


def issue(office: Office, draft: Invoice) -> None:
    seen = office.manager.ask("invoice-send", draft.pk).context["seen"]
    assert "выставлен" in office.manager.press("invoice-send", draft.pk, seen=seen)


def read_paper(invoice: Invoice, data: bytes) -> None:
    paper, revision = Pdf(data), Invoice.objects.get(pk=invoice.pk).revision
    for told in (
        "Счет на оплату № 72815 от 12 января 2019 г.", "Двадцать две тысячи восемьсот рублей 00 копеек",
        revision.purpose,
    ):  # fmt: skip
        assert told in paper.text, told
    assert "88#72815 от 12.01.19" in revision.purpose
    (code,) = paper.codes
    assert code == documents.qr_payload(revision.seller, revision.buyer, invoice.total, revision.purpose)
    assert code.startswith("ST00012|")
    assert "|Sum=2280000|" in code


@at("2019-01-14 10:00")
def the_client_s_page(office: Office) -> None:
    stranger, link = Browser(), office.known["link"]
    page = stranger.get(link)
    for told in ("№ 72815", "22\u00a0800,00\u00a0₽", office.known["invoice"].current.seller["account"]):
        assert told in page.text, told
    assert b"".join(stranger.get(f"{link}pdf/")).startswith(b"%PDF")
    wrong = stranger.get(link[:-2] + "/")
    assert wrong.status_code == 404
    for secret in ("Василёк", "22\u00a0800,00", office.known["invoice"].current.seller["name"]):
        assert secret not in wrong.text


@at("2019-01-21 10:00")
def money(office: Office) -> None:
    """The bank's file pays the invoice; the same file again changes nothing."""
    invoice, client = office.known["invoice"], office.known["client"]
    data = paying(invoice, on=date(2019, 1, 20))
    assert "Оплата по счету 88#72815" in data.decode("cp1251")
    office.statement_comes(data)
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.PAID
    service = Service.objects.get()
    assert (service.status, service.paid_until) == (Service.Status.ACTIVE, date(2019, 8, 1))
    assert service.recurring == Decimal("22800.00")
    told = set(Entry.objects.filter(client_no=client.pk).values_list("verb", flat=True))
    assert told >= {
        "clients.created", "products.order_made", "products.order.accepted", "invoices.drafted",
        "invoices.invoice.issued", "letters.written", "letters.letter.sent", "invoices.money_received",
        "invoices.invoice.paid", "products.service.active",
    }  # fmt: skip
    assert Entry.objects.about(BankLine.objects.get()).filter(verb="invoices.line_applied").exists()

    before = Entry.objects.count(), Payment.objects.count(), BankLine.objects.count()
    office.statement_comes(data)
    assert (Entry.objects.count(), Payment.objects.count(), BankLine.objects.count()) == before
    again = Service.objects.get()
    assert (again.paid_until, again.recurring) == (service.paid_until, service.recurring)


def paying(invoice: Invoice, on: date) -> bytes:
    """The bank's file of a day on which the client pays with the ready purpose."""
    revision = Invoice.objects.get(pk=invoice.pk).revision
    transfer = bank.paid_by(invoice.client, str(invoice.total), revision.purpose, on=on)
    return bank.file_of(invoice.seller, transfer, starts_on=on, ends_on=on)


@at("2019-02-08 12:00")
def growth(office: Office) -> None:
    """5 → 6 by the dialog: what was shown is what is written; sent, it is a hand-over to support."""
    service = Service.objects.get()
    carried_out(office, service.handovers.get(), "0 → 5")
    typed = {"what": "", "becomes": 6, "on": "2019-02-08", "discount": 0}
    preview = office.manager.ask("service-change", service.pk, htmx=True, **typed)
    change = preview.context["change"]
    assert (change.was, change.becomes) == (5, 6)
    assert change.period == Period(date(2019, 2, 8), date(2019, 8, 1))
    assert change.total == Decimal("4586.67")  # 800 / 30 × 22 + 5 × 800
    assert change.recurring == Decimal("27600.00")  # 5 × 4800 − 5 % + 4800
    office.manager.press("service-change", service.pk, **typed, seen=change.fingerprint)
    draft = office.known["addon"] = Invoice.objects.latest("pk")
    assert (draft.role, draft.total) == (Invoice.Role.ADDON, change.total)
    assert not service.handovers.filter(was=5).exists()

    issue(office, draft)
    carried_out(office, service.handovers.get(was=5), "5 → 6")
    service.refresh_from_db()
    assert service.recurring == Decimal("27600.00")


def carried_out(office: Office, handover: Handover, change: str) -> None:
    """Support finds the ticket of a hand-over, does it and says so."""
    errands_of_tickets.open_handovers()
    ticket = Ticket.objects.get(handover=handover)
    page = office.support.see("ticket-detail", ticket.pk)
    assert change in page
    assert f"Δ {handover.was}-{handover.becomes}" in page
    office.support.press("ticket-carry-out", ticket.pk)
    ticket.refresh_from_db()
    handover.refresh_from_db()
    assert (ticket.status, handover.status) == (Ticket.Status.CLOSED, Handover.Status.DONE)
    assert not ticket.messages.exclude(kind="note").exists()


@at("2019-02-11 11:00")
def the_growth_is_paid(office: Office) -> None:
    addon = office.known["addon"]
    office.statement_comes(paying(addon, on=date(2019, 2, 11)))
    service = Service.objects.get()
    assert [(one.quantity, bool(one.paid_at and one.given_at)) for one in service.batches.order_by("pk")] == [
        (5, True), (1, True)]  # fmt: skip
    assert (service.recurring, service.paid_until) == (Decimal("27600.00"), date(2019, 8, 1))
    proof = Invoice.objects.get(pk=addon.pk).proof
    (fact,) = proof.facts
    assert (fact["before"]["units"], fact["before"]["units_paid"]) == (6, 5)
    assert (fact["after"]["units"], fact["after"]["units_paid"]) == (6, 6)
    assert "6 польз., из них оплачено 5" in office.manager.see("proof-detail", proof.pk)
    assert "Василёк" in office.manager.see("proof-list")
    office.manager.press("proof-seen", proof.pk)
    assert "Василёк" not in office.manager.see("proof-list")


def letters_of_the_client(office: Office) -> None:
    """A mail is a ticket with two working hours; answers go on in it, also after it is closed."""
    with at("2019-02-15 17:00"):  # a Friday
        office.mail_comes(
            mail("Добрый день!", From=f"Василёк <{MAIN}>", To="billing@oblako.example",
                 Subject="Ещё один пользователь", Message_ID="<1@vasilek.example>")
        )  # fmt: skip
        ticket = Ticket.objects.get(handover=None)
        assert (ticket.client, ticket.subject) == (office.known["client"], "Ещё один пользователь")
        assert clock.moscow(ticket.answer_due_at) == datetime(2019, 2, 18, 10, tzinfo=clock.MOSCOW)
        seen = ticket.messages.get().pk
        office.support.press("ticket-answer", ticket.pk, text="Сейчас добавим", seen=seen)
        office.known["answer"] = answer = next(
            one for one in office.letters_leave() if "пользователь" in one["Subject"]
        )
    assert (answer["To"], answer["In-Reply-To"]) == (MAIN, "<1@vasilek.example>")
    assert answer["References"] == "<1@vasilek.example>"
    assert f"[#{ticket.pk}]" in answer["Subject"]
    assert "Сейчас добавим" in text_of(answer)

    with at("2019-02-15 17:30"):
        office.mail_comes(reply(office, "<2@vasilek.example>", "Спасибо, жду"))
    ticket.refresh_from_db()
    assert (ticket.messages.count(), ticket.status) == (3, Ticket.Status.CLIENT_REPLY)
    with at("2019-02-18 10:00"):
        office.support.press("ticket-close", ticket.pk)
    with at("2019-02-18 11:00"):
        office.mail_comes(reply(office, "<3@vasilek.example>", "А когда?"))
    ticket.refresh_from_db()
    assert (ticket.messages.count(), ticket.status) == (4, Ticket.Status.CLIENT_REPLY)
    assert Ticket.objects.filter(handover=None).count() == 1


def reply(office: Office, message_id: str, text: str) -> bytes:
    """What the client answers to our letter: the thread is in its headers, not in its subject."""
    return mail(
        text, From=MAIN, To="billing@oblako.example", Subject="Re", Message_ID=message_id,
        In_Reply_To=office.known["answer"]["Message-ID"],
    )  # fmt: skip


@at("2019-07-12 07:00")
def renewals(office: Office) -> None:
    """One draft, however often and by how many it is run; a discarded one stays away."""
    call_command("bill", "--on", "2019-07-11")
    assert not drafts().exists()
    twice_at_once(lambda: schedule.run_renewals(date(2019, 7, 12)))
    call_command("bill", "--on", "2019-07-12")
    draft = drafts().get()
    assert (draft.client, draft.total) == (office.known["client"], Decimal("27600.00"))
    assert draft.due_on == date(2019, 8, 1)
    assert draft.revision.lines.count() == 2
    office.manager.press("invoice-discard", draft.pk)
    for day in ("2019-07-12", "2019-07-13"):
        call_command("bill", "--on", day)
    assert not drafts().exists()


def drafts():
    return Invoice.objects.filter(status=Invoice.Status.DRAFT)


@at("2019-08-20 12:00")
def debtors(office: Office) -> None:
    """Who owes: the file holds exactly the filtered rows."""
    seller = office.known["invoice"].seller
    mine = make.client(name="Должник", account_manager=office.manager.user)
    other = make.client(name="Чужой должник", account_manager=make.user("account_manager"))
    for client, amount in ((mine, "860.00"), (other, "900.00")):
        bank.issued(client, seller, amount)
    page = office.manager.see("debtors")
    assert all(name in page for name in ("Должник", "Чужой должник", "860,00 ₽", "900,00 ₽"))
    assert "Василёк" not in page
    filtered = {"manager": office.manager.user.pk}
    assert "Чужой должник" not in office.manager.see("debtors", **filtered)
    file = b"".join(office.manager.ask("debtors", **filtered, export="xlsx", cols="name,debt"))
    sheet = CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_index(0).to_python()
    assert sheet == [["Клиент", "Долг"], ["Должник", 860.0]]


def test_a_client_on_hold_gets_nothing_until_released(office):
    manager, client = office.manager, make.client(name="Готовится")
    order = make.order(client, Wanted(make.product(), "half_year", 5), starts_on=clock.today())
    manager.press("client-hold", client.pk, because="переезд")
    manager.press("order-accept", order.pk)
    draft = Invoice.objects.get()
    issue(office, draft)
    tasks.render_paper(Invoice.objects.get().current_id)
    letter = Letter.objects.get()
    assert letter.status == Letter.Status.HELD
    assert office.letters_leave() == []
    manager.press("client-lift", client.pk, **{f"letter_{letter.pk}": "send"})
    (came,) = office.letters_leave()
    assert came["To"] == client.main_email
    assert len(list(came.iter_attachments())) == 1


def test_the_purpose_of_figure_5_pays_its_invoice(office):
    invoice = sent(figure_5())
    data = bank.file_of(invoice.seller, bank.paid_by(invoice.client, "860.00", bank.PURPOSE_5))
    office.statement_comes(data)
    office.statement_comes(data)
    paid = Invoice.objects.get()
    assert (paid.number, paid.status, paid.paid) == (72815, Invoice.Status.PAID, Decimal("860.00"))
    service = Service.objects.get()
    assert (service.status, service.paid_until) == (Service.Status.ACTIVE, date(2019, 4, 1))
    assert Payment.objects.count() == 1
    call_command("check_books")


def test_due_clients_are_told_twenty_days_before():
    with at("2019-01-12 12:00"):
        client, manager = make.client(), make.user("account_manager")
        wanted = Wanted(make.product(), "half_year", 5, discount=Decimal(5))
        (draft,) = billing.accept_order(make.order(client, wanted, starts_on=date(2019, 2, 1)), by=manager)
        billing.send_invoice(draft, by=manager)
    draft.refresh_from_db()
    receipt = billing.Receipt(
        client.pk, draft.payer_id, draft.seller_id, date(2019, 1, 20), draft.total, ((draft.pk, draft.total),)
    )
    billing.receive(receipt, by=None)
    assert billing.due_clients(date(2019, 7, 11)) == []
    assert billing.due_clients(date(2019, 7, 12)) == [client.pk]
    (renewal,) = billing.renew_clients([client.pk], date(2019, 7, 12))
    assert (renewal.total, renewal.due_on) == (Decimal("22800.00"), date(2019, 8, 1))
    assert billing.renew_clients([client.pk], date(2019, 7, 12)) == []
