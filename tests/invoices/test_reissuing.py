"""R6.2: an unpaid invoice is voided and issued anew, or what its money doesn't cover goes into a draft."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from clients.actions import add_payer
from clients.models import Payer
from invoices import billing, issuing, tasks, totals
from invoices.evidence import Outcome
from invoices.models import Allocation, Invoice, Line
from products.actions import Wanted
from products.models import Batch, Handover, Service
from tests import make
from tests.invoices import bank
from tests.invoices.papers import figure_5, pay, sent
from tests.invoices.test_matching import load

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-10 09:00+00:00", tick=False):
        yield
        assert list(differences()) == []


@pytest.fixture
def invoice(manager) -> Invoice:
    """Access for 800 and a disk pack for 60, March 2019, sent."""
    return sent(figure_5(account_manager=manager))


def again(invoice: Invoice, manager, *, because="не тот срок", **how) -> Invoice:
    return billing.reissue(billing.quote_reissue(invoice, by=manager, **how), by=manager, because=because)


def lines_of(invoice: Invoice) -> list[tuple]:
    found = invoice.revision.lines.order_by("position")
    return [(line.text, line.batch_id, line.period, line.gross, line.why, line.shares) for line in found]


def test_another_invoice_stands_in_its_place(invoice, manager):
    units = list(Batch.objects.standing())
    work = list(Handover.objects.values_list("pk", "status"))
    heir = again(invoice, manager, due_on=date(2019, 3, 5))
    old = Invoice.objects.get(pk=invoice.pk)
    assert (old.status, old.replaced_by, old.number) == ("void", heir, invoice.number)
    assert (heir.status, heir.number, heir.due_on) == ("issued", invoice.number + 1, date(2019, 3, 5))
    assert (heir.total, heir.role, heir.order) == (invoice.total, invoice.role, invoice.order)
    assert lines_of(heir) == lines_of(old)
    assert set(Line.objects.filter(live=True).values_list("revision", flat=True)) == {heir.current_id}
    assert list(Batch.objects.standing()) == units
    assert list(Handover.objects.values_list("pk", "status")) == work
    entry = Entry.objects.get(verb="invoices.reissued")
    assert entry.facts == {"former": f"№ {old.number}", "because": "не тот срок"}


def test_its_letter_is_held_and_names_the_old_number(invoice, manager):
    heir = again(invoice, manager)
    letter = Letter.objects.latest("pk")
    assert (letter.status, letter.kind) == ("held", "invoice")
    assert f"№ {heir.number}" in letter.subject
    for text in (letter.text, letter.html):
        assert f"вместо счёта № {invoice.number}" in text.replace("\u00a0", " ")


def test_half_of_the_money_goes_over_by_counter_entries(invoice, manager):
    pay(invoice, Decimal("500.00"))
    heir = again(invoice, manager)
    assert (heir.paid, heir.status, Invoice.objects.get(pk=invoice.pk).paid) == (500, "issued", 0)
    entries = Allocation.objects.order_by("pk").values_list("invoice", "amount", "reverses")
    first = Allocation.objects.order_by("pk").first()
    assert list(entries) == [
        (invoice.pk, 500, None),
        (invoice.pk, -500, first.pk),
        (heir.pk, 500, None),
    ]
    assert "500,00" in Letter.objects.latest("pk").text
    once_more = again(heir, manager)
    assert once_more.paid == 500


def test_the_second_half_that_quotes_the_old_number_finds_the_new_invoice(manager):
    bank.number_from(72814)
    seller = make.seller()
    client = make.client(account_manager=manager)
    invoice = bank.issued(client, seller)
    pay(invoice, Decimal("500.00"))
    heir = again(invoice, manager)
    transfer = bank.paid_by(client, "360.00", f"Доплата по счету 88#{invoice.number}")
    (line,) = load(seller, transfer)
    assert (line.outcome, line.proposal) == (Outcome.REPLACED, [{"invoice": heir.pk, "amount": "360.00"}])


def test_the_next_payer_gets_it(invoice, manager):
    new = add_payer(
        invoice.client, by=manager, name="ИП Петров", kind=Payer.Kind.SOLE, inn="500100732259",
        valid_from=date(2019, 2, 1), counterparty_code="КА-777001",
    )  # fmt: skip
    heir = again(invoice, manager, payer=new)
    assert (heir.payer, heir.revision.buyer["inn"]) == (new, "500100732259")
    other = make.client().payers.get()
    with pytest.raises(Refused) as refused:
        billing.quote_reissue(heir, by=manager, payer=other)
    assert refused.value.field == "payer"


def test_an_ended_payer_is_replaced_by_the_one_that_goes_on(invoice, manager):
    old = invoice.payer
    new = billing.replace_payer(
        old, by=manager, on=date(2019, 2, 10), because="ООО → ИП", name="ИП Петров", kind=Payer.Kind.SOLE,
        inn="500100732259", counterparty_code="КА-777001",
    )  # fmt: skip
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert billing.quote_reissue(invoice, by=manager).payer == new
    with pytest.raises(Refused) as refused:
        billing.quote_reissue(invoice, by=manager, payer=Payer.objects.get(pk=old.pk))
    assert refused.value.field == "payer"


def test_the_first_invoice_without_a_code_is_no_second_one(invoice, manager):
    Payer.objects.filter(pk=invoice.payer_id).update(counterparty_code="")
    invoice = Invoice.objects.get(pk=invoice.pk)
    with pytest.raises(Refused, match="код"):
        billing.quote_reissue(invoice, by=manager)
    head = make.user("head")
    assert again(invoice, head).payer_id == invoice.payer_id


@pytest.mark.parametrize("what", ["paid", "void", "draft", "closed", "past", "reason"])
def test_what_cannot_be_reissued_says_why(invoice, manager, what):
    because = "" if what == "reason" else "срок"
    how = {"due_on": date(2019, 2, 9)} if what == "past" else {}
    match what:
        case "paid":
            pay(invoice)
        case "void":
            issuing.void(invoice, by=manager, because="ошибка")
        case "draft":
            invoice = figure_5()
        case "closed":
            invoice.seller.closed_until = date(2019, 2, 9)
            invoice.seller.save()
    row = Invoice.objects.get(pk=invoice.pk)
    with pytest.raises(Refused) as refused:
        again(row, manager, because=because, **how)
    words = {
        "paid": "возврат", "void": "отменён", "draft": "черновик", "closed": "закрыт", "past": "прошл",
        "reason": "причину",
    }  # fmt: skip
    assert words[what] in refused.value.message.lower()
    assert Invoice.objects.filter(replaced_by__isnull=False).count() == 0


def test_what_was_looked_at_is_what_is_done(invoice, manager):
    quoted = billing.quote_reissue(invoice, by=manager)
    with pytest.raises(Refused):
        billing.reissue(quoted, by=manager, because="срок", seen="another")
    pay(invoice, Decimal("500.00"))
    with pytest.raises(Refused):
        billing.reissue(quoted, by=manager, because="срок", seen=quoted.fingerprint)
    assert Invoice.objects.count() == 1


# ── reduce to what is paid ──────────────────────────────────────────────────────────────────────


def ids(invoice: Invoice, *texts: str) -> list[int]:
    found = invoice.revision.lines.all()
    return [line.pk for line in found if any(text in line.text for text in texts)]


def test_what_the_money_covers_is_paid_and_the_rest_waits_in_a_draft(invoice, manager):
    pay(invoice, Decimal("800.00"))
    invoice = Invoice.objects.get(pk=invoice.pk)
    chosen = billing.unpaid_lines(invoice)
    assert list(chosen) == ids(invoice, "диск")
    quoted = billing.quote_split(invoice, chosen)
    assert (quoted.left_total, quoted.taken_total, quoted.is_paid) == (800, 60, True)
    letters = Letter.objects.count()
    draft = billing.split_off(quoted, by=manager, because="диск оплатят потом", seen=quoted.fingerprint)
    row = Invoice.objects.get(pk=invoice.pk)
    assert (row.status, row.total, row.paid, row.paid_on) == ("paid", 800, 800, date(2019, 2, 12))
    assert (row.number, row.revision.n) == (invoice.number, 2)
    assert (draft.status, draft.total, draft.role, draft.number) == ("draft", 60, row.role, None)
    assert Letter.objects.count() == letters
    service = Service.objects.get()
    assert (service.status, service.recurring, service.paid_until) == ("active", 800, date(2019, 4, 1))
    assert [b.paid_at is not None for b in Batch.objects.order_by("pk")] == [True, False]
    assert row.proof.facts


def test_the_draft_is_sent_and_paid_like_any_other(invoice, manager):
    pay(invoice, Decimal("800.00"))
    row = Invoice.objects.get(pk=invoice.pk)
    draft = billing.split_off(
        billing.quote_split(row, billing.unpaid_lines(row)), by=manager, because="потом"
    )
    billing.send_invoice(draft, by=manager)
    pay(Invoice.objects.get(pk=draft.pk))
    assert Handover.objects.count() == 2
    assert Service.objects.get().recurring == 860


def test_without_money_the_rest_stays_to_be_paid_with_a_held_letter(invoice, manager):
    quoted = billing.quote_split(invoice, ids(invoice, "Доступ"))
    billing.split_off(quoted, by=manager, because="разными платёжками")
    row = Invoice.objects.get(pk=invoice.pk)
    assert (row.status, row.total, row.number) == ("issued", 60, invoice.number)
    letter = Letter.objects.latest("pk")
    assert (letter.status, letter.key) == ("held", f"invoice-{row.pk}-2")


@pytest.mark.parametrize(
    ("money", "texts", "words"),
    [(0, [], "Выберите"), (0, ["Доступ", "диск"], "должно остаться"), (800, ["Доступ"], "800,00")],
)
def test_a_split_that_makes_no_sense_says_why(invoice, money, texts, words):
    if money:
        pay(invoice, Decimal(money))
    row = Invoice.objects.get(pk=invoice.pk)
    with pytest.raises(Refused, match=words) as refused:
        billing.quote_split(row, ids(row, *texts))
    assert refused.value.field == "lines"


def test_money_beside_every_line_preticks_nothing(invoice):
    pay(invoice, Decimal("100.00"))
    assert billing.unpaid_lines(Invoice.objects.get(pk=invoice.pk)) == set()


def test_parts_that_make_a_sum():
    parts = [(1, Decimal("800")), (2, Decimal("60")), (3, Decimal("740"))]
    assert totals.that_make(Decimal("800"), parts) == (1,)
    assert totals.that_make(Decimal("800"), parts[1:]) == (2, 3)
    assert totals.that_make(Decimal("799"), parts) == ()


# ── void ────────────────────────────────────────────────────────────────────────────────────────


def test_what_voiding_shows_is_what_it_does(manager):
    order = make.order(
        make.client(account_manager=manager),
        Wanted(make.product(), "half_year", 2),
        starts_on=date(2019, 3, 1),
    )
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    invoice = Invoice.objects.select_related("seller").get()
    quoted = issuing.quote_void(invoice)
    assert [line.text for line in quoted.lines] == [line.text for line in invoice.revision.lines.all()]
    issuing.void(invoice, by=manager, because="передумали")
    gone = Batch.objects.filter(taken_back_at__isnull=False)
    assert list(gone) == list(quoted.loose.batches)
    with pytest.raises(Refused, match="отменён"):
        issuing.quote_void(Invoice.objects.select_related("seller").get())


# ── pages ───────────────────────────────────────────────────────────────────────────────────────

HTMX = {"HTTP_HX_REQUEST": "true"}


def text_of(answer) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def test_the_dialog_shows_and_does_it(invoice, manager, browse):
    pay(invoice, Decimal("500.00"))
    browser, address = browse(manager), reverse("invoice-reissue", args=[invoice.pk])
    assert address in text_of(browser.get(reverse("invoice-detail", args=[invoice.pk])))
    page = browser.get(address)
    seen = page.context["quoted"].fingerprint
    for words in ("500,00 ₽ от 12.02.2019 переходит", "счёт заменён, не оплачивайте", seen):
        assert words in text_of(page)
    typed = {"payer": invoice.payer_id, "due_on": "2019-03-09", "because": "срок", "typed": "5", "seen": seen}
    fragment = browser.get(address, {**typed, "due_on": "2019-03-09", "typed": ""}, **HTMX)
    assert "09.03.2019" in text_of(fragment)
    refused = text_of(browser.post(address, typed))
    assert "Это не номер счёта" in refused
    assert 'value="срок"' in refused
    typed |= {"typed": str(invoice.number)}
    assert "Посмотрите, что получится сейчас, и нажмите ещё раз." in text_of(browser.post(address, typed))
    typed |= {"seen": fragment.context["quoted"].fingerprint}
    answer = browser.post(address, typed)
    heir = Invoice.objects.get(replaces=invoice)
    assert answer.url == reverse("invoice-detail", args=[heir.pk])
    shown = text_of(browser.get(answer.url))
    assert f"Выставлен вместо счёта № {invoice.number}: срок" in shown
    assert reverse("invoice-detail", args=[invoice.pk]) in shown


def test_the_old_link_says_not_to_pay_and_staff_keep_the_old_paper(invoice, manager, browse, client):
    tasks.render_paper(invoice.current_id)
    link = invoice.links.get()
    heir = again(invoice, manager)
    seen = text_of(client.get(reverse("public-invoice", args=[link.token])))
    assert "счёт заменён, не оплачивайте" in seen.lower()
    assert str(heir.number) in seen
    assert client.get(reverse("public-invoice-pdf", args=[link.token])).status_code == 302
    browser = browse(manager)
    assert browser.get(reverse("revision-pdf", args=[invoice.current_id])).status_code == 200
    page = text_of(browser.get(reverse("invoice-detail", args=[invoice.pk])))
    assert reverse("invoice-letter-again", args=[invoice.pk]) not in page
    assert "заменён" in page


def test_the_split_is_ticked_by_the_money_and_previewed(invoice, manager, browse):
    pay(invoice, Decimal("800.00"))
    browser, address = browse(manager), reverse("invoice-split", args=[invoice.pk])
    page = browser.get(address)
    assert "Денег хватает" in text_of(page)
    access, disk = ids(invoice, "Доступ")[0], ids(invoice, "диск")[0]
    fragment = text_of(browser.get(address, {"lines": [access], "because": ""}, **HTMX))
    assert "поступило 800,00" in fragment
    nothing = text_of(browser.post(address, {"because": "потом", "seen": ""}))
    assert "Выберите строки" in nothing
    assert 'value="потом"' in nothing
    seen = page.context["quoted"].fingerprint
    answer = browser.post(address, {"lines": [disk], "because": "потом", "seen": seen})
    draft = Invoice.objects.latest("pk")
    assert answer.url == reverse("invoice-detail", args=[draft.pk])
    assert (draft.total, Invoice.objects.get(pk=invoice.pk).status) == (60, "paid")


def test_the_void_dialog_tells_what_ends(invoice, manager, browse):
    browser, address = browse(manager), reverse("invoice-void", args=[invoice.pk])
    seen = text_of(browser.get(address))
    assert "01.03.2019 – 31.03.2019" in seen
    assert "Уходит из состава" in seen
    pay(invoice, Decimal("5.00"))
    assert "перевыставьте его" in text_of(browser.get(address))


@pytest.mark.parametrize("name", ["invoice-reissue", "invoice-split", "invoice-void"])
def test_lines_cost_no_queries(invoice, manager, browse, name):
    browser, address = browse(manager), reverse(name, args=[invoice.pk])
    counts = []
    for _ in range(2):
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        counts.append(len(queries))
        lines = [
            Line(revision=invoice.revision, kind=Line.Kind.FEE, recurring=False, text=f"Работа {i}")
            for i in range(28)
        ]
        Line.objects.bulk_create(lines)
    assert counts[0] == counts[1]
