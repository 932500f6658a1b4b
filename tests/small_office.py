"""One of everything that has a page, made by the real verbs: for the tables of pages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import AnonymousUser

from billing_site.home.demo.bank import Transfer
from billing_site.journal.models import Job, subject_of
from billing_site.kit import clock
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from billing_site.pages import actions as lists
from clients import actions as clients
from clients import assigning, contacting, contracting, grouping, licensing, noting, proving
from clients.models import ClientGroup, CompanyGroup
from invoices import billing, matching
from invoices import offering as papers
from invoices.models import Invoice, ParkedRenewal, Payment, ProofCard
from products import offering, working
from products.actions import Wanted
from products.models import (
    Companion,
    Domain,
    Handover,
    ModuleCall,
    ModuleEndpoint,
    Product,
    ProductGroup,
    Promotion,
    Service,
)
from tests import make
from tests.invoices.bank import file_of, paid_by
from tests.tickets.mails import file, mail, multipart, part
from tickets import handing, intake
from tickets.models import File, Mailbox, Ticket

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ROLES = ("sales", "account_manager", "support", "treasury", "head")
MAIN = "main@romashka.example"


def staff() -> dict[str, Any]:
    """Who looks: each role, the administrator, somebody without a role, a manager of other clients."""
    people: dict[str, Any] = {role: make.user(role, name=f"Сотрудник {role}") for role in ROLES}
    people["anonymous"] = AnonymousUser()
    people["admin"] = User.objects.create_superuser("root@office.example", name="Администратор")
    people["stranger"] = make.user(name="Никто")
    people["outsider"] = make.user("account_manager", name="Посторонний", scope=User.Scope.PORTFOLIO)
    return people


def office(manager: User) -> SimpleNamespace:
    """Numbers of the objects by name, all of one client of `manager`."""
    with clock.standing_at(NOW):
        made = _client(manager)
        _billing(made, manager)
        _bank(made, manager)
        _tickets(made, manager)
        _letters(made, manager)
        made.field, made.drift = "source", "amount"
        made.view = lists.save_view(
            "job-list", label="Сбои", query="state=failed", shared=True, first=False, by=manager
        ).pk
    return made


def _client(manager: User) -> SimpleNamespace:
    client = make.client(name="Ромашка", email=MAIN, account_manager=manager, by=manager)
    note = clients.add_note(client, "Звонить после обеда", by=manager, important=True)
    contact = clients.add_contact(client, by=manager, email="zoya@romashka.example", name="Зоя")
    made = SimpleNamespace(
        of=client, client=client.pk, note=note.pk, contact=contact.pk, payer=client.payers.get().pk
    )
    _proofs(made, manager)
    _papers(made, manager)
    _work(made, manager)
    return made


def _work(made: SimpleNamespace, manager: User) -> None:
    paper = letters.FilePart("Скан.pdf", "application/pdf", b"%PDF-1.7")
    note = noting.write_note(made.of, "Посмотри", by=manager, files=[paper])
    made.note_file = note.files.get().pk
    made.mention = note.mentions.create(user=manager).pk
    made.todo = assigning.give_todo("Позвонить", by=manager, assignee=manager, client=made.of).pk
    grouping.join_group(made.of, by=manager, group=None, new="Ромашки")
    made.company_group = CompanyGroup.objects.get().pk
    made.client_group = ClientGroup.objects.create(name="Опорные").pk
    made.portal_password = "portal_password"


def _papers(made: SimpleNamespace, manager: User) -> None:
    scan = letters.FilePart("Договор.pdf", "application/pdf", b"%PDF-1.7")
    made.contract = contracting.add_contract(
        made.of, by=manager, payer=made.of.payers.get(), seller=make.seller(), number="15/К",
        date=date(2026, 1, 10), file=scan,
    ).pk  # fmt: skip
    item = licensing.add_licence(made.of, by=manager, product="Бухгалтерия", ownership="rent")
    made.licence, made.option = item.pk, "edi"


def _proofs(made: SimpleNamespace, manager: User) -> None:
    wanted = {"email": "new@romashka.example", "phone": "", "extension": ""}
    proving.ask_by_link(made.of, contacting.difference(made.of, wanted), by=manager)
    text = Letter.objects.latest("pk").text
    made.question = text.split("/confirm/")[1].split("/")[0]
    paper = letters.store(letters.FilePart("Письмо.pdf", "application/pdf", b"%PDF-1.7"))
    made.letterhead = made.of.proofs.create(
        kind="paper", file_name="Письмо.pdf", storage_name=paper["storage_name"], by=manager
    ).pk


def _billing(made: SimpleNamespace, manager: User) -> None:
    seller = make.seller()
    product = make.product("Доступ", {"half_year": "4800.00"}, seller=seller)
    made.seller, made.product = seller, product.pk
    made.product_option = make.option(Product.objects.get(pk=made.product)).pk
    made.companion = Companion.objects.create(
        product_id=made.product, companion_option_id=made.product_option, rule="minimum", minimum=1
    ).pk
    made.product_group = ProductGroup.objects.get().pk
    made.promotion = Promotion.objects.create(code="SPRING", name="Весна", value=5).pk
    offered = offering.make_quote(
        made.of, [Wanted(make.product(seller=seller), "half_year")],
        offering.Terms(date(2026, 12, 1), date(2026, 12, 8)), by=manager,
    )  # fmt: skip
    made.quote = offered.pk
    papers.send_quote(offering.make_quote(
        made.of, [Wanted(make.product(seller=seller), "half_year")],
        offering.Terms(date(2026, 12, 1), date(2036, 12, 8)), by=manager,
    ), by=manager)  # fmt: skip
    made.quote_token = Letter.objects.latest("pk").text.split("/q/")[1].split("/")[0]
    work = make.product("Час", {"one_time": "2400.00"}, kind="hours", seller=seller)
    made.work = working.add_work(
        made.of, working.Work(work, Decimal(2), date(2026, 11, 20)), by=manager
    ).pk  # fmt: skip
    made.order = make.order(
        made.of, Wanted(make.product(seller=seller), "half_year"), starts_on=date(2026, 12, 1)
    ).pk
    accepted = make.order(made.of, Wanted(product, "half_year", 5), starts_on=date(2026, 12, 1))
    (draft,) = billing.accept_order(accepted, by=manager)
    billing.send_invoice(draft, by=manager)
    paid = Invoice.objects.get(pk=draft.pk)
    made.paid, made.revision = paid.pk, paid.current_id
    made.token = paid.links.get().token
    billing.receive(
        billing.Receipt(
            made.client, paid.payer_id, seller.pk, clock.today(), paid.total, ((paid.pk, paid.total),)
        ),
        by=None,
    )
    made.payment, made.proof = Payment.objects.get().pk, ProofCard.objects.get().pk
    made.service = Service.objects.get(order_line__order=accepted).pk
    quoted = billing.quote_plan(Service.objects.get(pk=made.service), becomes=4)
    made.plan = billing.plan_change(quoted, by=manager).pk
    other = make.order(made.of, Wanted(make.product(seller=seller), "half_year"), starts_on=date(2026, 12, 1))
    (draft,) = billing.accept_order(other, by=manager)
    made.draft = draft.pk
    made.parked = ParkedRenewal.objects.create(
        client=made.of, payer=made.of.payers.get(), seller=seller, starts_on=date(2026, 12, 1),
        reason="changed", facts={"found": [{"code": "changed", "was": "4000.00", "becomes": "8000.00"}]},
    ).pk  # fmt: skip
    _program(made)


def _program(made: SimpleNamespace) -> None:
    """A program that nobody listens for, and a call that it is to get."""
    endpoint = ModuleEndpoint.objects.create(
        name="Облако", url="https://cloud.example/billing", secret="тайна"
    )
    call = ModuleCall.objects.create(
        service_id=made.service, event="change", old={"quantity": 5}, new={"quantity": 6}
    )
    made.program, made.call = endpoint.pk, call.pk
    made.domain = Domain.objects.create(service_id=made.service, name="romashka.example").pk


def _bank(made: SimpleNamespace, manager: User) -> None:
    transfer: Transfer = paid_by(made.of, "100.00", "Оплата неизвестно чего", on=date(2026, 11, 23))
    data = file_of(made.seller, transfer, starts_on=date(2026, 11, 23), ends_on=date(2026, 11, 23))
    statement = matching.load_and_match(data, "выписка.txt", by=manager).statement
    made.statement, made.line = statement.pk, statement.lines.get().pk


def _tickets(made: SimpleNamespace, manager: User) -> None:
    box = Mailbox.objects.get()
    raw = multipart(
        "mixed",
        part("<p>Здравствуйте</p>", Content_Type="text/html; charset=utf-8"),
        file(b"%PDF-1.7", "a.pdf"),
        From=f"<{MAIN}>",
        Message_ID="<a@x.example>",
    )
    kept, _new = intake.receive_raw(box, raw)
    message = intake.process(kept.pk)
    assert message is not None
    made.ticket, made.message, made.raw = message.ticket_id, message.pk, kept.pk
    made.file = File.objects.get().pk
    stuck, _new = intake.receive_raw(box, mail("?", Message_ID="<stuck@x.example>"))
    intake.quarantine(stuck, "проба")
    made.stuck = stuck.pk
    make.department(takes_handovers=True)
    handing.open_handovers()
    made.handover = Ticket.objects.get(handover=Handover.objects.get()).pk


def _letters(made: SimpleNamespace, manager: User) -> None:
    part = letters.FilePart("Счёт.pdf", "application/pdf", b"%PDF-1.7")
    letter = letters.queue(
        letters.Content("Счёт", "Здравствуйте", "<p>Здравствуйте</p>"), to=[MAIN], kind="test", by=manager,
        client_no=made.client, about=subject_of(made.of), files=[part],
    )  # fmt: skip
    made.letter, made.attachment = letter.pk, letter.attachments.get().pk
    made.job = Job.objects.create(kind="test", title="Выгрузка", author=manager).pk
