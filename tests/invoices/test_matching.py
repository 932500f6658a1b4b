"""What the matcher makes of each kind of line, what people decide, and who comes second."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_site.home.books import differences
from billing_site.journal.models import Entry, subject_of
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from clients.models import Payer
from invoices import issuing, matching
from invoices.billing import Receipt, receive
from invoices.models import BankLine, CreditAccount, Invoice, LearnedPayer, Payment, Statement
from invoices.schedule import read_statement, sweep_statements
from tests import make
from tests.invoices.bank import DAY, PURPOSE_5, file_of, issued, number_from, paid_by

pytestmark = pytest.mark.django_db
Outcome = BankLine.Outcome


@pytest.fixture(autouse=True)
def books_are_right(request, db):
    yield
    assert list(differences()) == []


@pytest.fixture
def seller():
    return make.seller()


@pytest.fixture
def treasury():
    return make.user("treasury")


@pytest.fixture
def client():
    number_from(72814)
    return make.client()


@pytest.fixture
def invoice(client, seller):
    """№ 72815 for 860.00 of 09.02.2019."""
    return issued(client, seller)


def load(seller, *transfers, **days) -> list[BankLine]:
    """The lines of a file, in its order, after it was matched."""
    matched = matching.load_and_match(file_of(seller, *transfers, **days), "kl_to_1c.txt", by=None)
    return list(matched.statement.lines.order_by("pk"))


def paid(invoice) -> tuple[str, Decimal]:
    invoice.refresh_from_db()
    return invoice.status, invoice.paid


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────


def test_two_invoices_of_one_payment_are_paid_together(seller, client, invoice):
    second = issued(client, seller, "500.00")
    (line,) = load(seller, paid_by(client, "1360.00", f"Оплата счетов 72815, {second.number}"))
    assert line.outcome == Outcome.APPLIED
    assert paid(invoice) == (Invoice.Status.PAID, Decimal("860.00"))
    assert paid(second) == (Invoice.Status.PAID, Decimal("500.00"))
    assert line.payments.get().allocations.count() == 2


@pytest.mark.parametrize(
    ("amount", "outcome", "proposal"),
    [
        ("500.00", Outcome.PARTIAL, [("invoice", "500.00")]),
        ("1000.00", Outcome.OVERPAID, [("invoice", "860.00"), ("credit", "140.00")]),
    ],
)
def test_less_and_more_wait_for_a_click(seller, client, invoice, treasury, amount, outcome, proposal):
    (line,) = load(seller, paid_by(client, amount, "Оплата по счету 72815"))
    assert line.outcome == outcome
    assert paid(invoice) == (Invoice.Status.ISSUED, 0)
    assert [
        (key, part.get("amount") or part["credit"]) for part in line.proposal for key in part
        if key in ("invoice", "credit")
    ] == proposal  # fmt: skip
    matching.accept_proposal(line, by=treasury)
    assert paid(invoice)[1] == Decimal(proposal[0][1])
    balance = CreditAccount.objects.filter(payer__client=client).first()
    assert (balance.balance if balance else 0) == (140 if outcome == Outcome.OVERPAID else 0)
    line.refresh_from_db()
    assert line.outcome == Outcome.APPLIED


def test_a_stranger_with_the_number_waits(seller, client, invoice):
    stranger = {"party": 'ООО "Третье лицо"', "inn": "7736050003", "account": "40702810900000000009"}
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5, **stranger))
    assert line.outcome == Outcome.THIRD_PARTY
    assert line.proposal == [{"invoice": invoice.pk, "amount": "860.00"}]
    assert paid(invoice) == (Invoice.Status.ISSUED, 0)


def test_money_to_another_seller_pays_nothing(seller, client, invoice, treasury):
    other = make.seller()
    (line,) = load(other, paid_by(client, "860.00", PURPOSE_5.replace("88#", "")))
    assert line.outcome == Outcome.WRONG_SELLER
    with pytest.raises(Refused, match=seller.name):
        matching.accept(line, [(invoice.pk, Decimal("860.00"))], by=treasury)
    assert not Payment.objects.exists()


def test_what_is_paid_already_is_said(seller, client, invoice):
    receive(
        Receipt(client.pk, invoice.payer_id, seller.pk, DAY, invoice.total, ((invoice.pk, invoice.total),)),
        by=None,
    )
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5))
    assert line.outcome == Outcome.ALREADY_PAID
    assert line.proposal == [{"credit": "860.00", "client": client.pk}]


def test_the_second_of_two_equal_payments_pays_nothing_twice(seller, client, invoice):
    twice = paid_by(client, "860.00", PURPOSE_5, number="17")
    first, second = load(seller, twice, twice)
    assert (first.outcome, second.outcome) == (Outcome.APPLIED, Outcome.ALREADY_PAID)
    assert first.key != second.key
    assert paid(invoice) == (Invoice.Status.PAID, Decimal("860.00"))


def test_a_void_invoice_waits(seller, client, invoice, treasury):
    issuing.void(invoice, by=treasury, because="Ошибка в составе")
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5))
    assert line.outcome == Outcome.ALREADY_PAID


def test_a_replaced_invoice_leads_to_what_stands_in_its_place(seller, client, invoice, treasury):
    issuing.void(invoice, by=treasury, because="Перевыставлен")
    heir = issued(client, seller, "860.00")
    Invoice.objects.filter(pk=invoice.pk).update(replaced_by=heir)
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5))
    assert (line.outcome, line.proposal) == (Outcome.REPLACED, [{"invoice": heir.pk, "amount": "860.00"}])


def test_an_accepted_account_is_learned_for_next_time(seller, client, invoice, treasury):
    director = {"party": "Иванов Иван Иванович", "inn": "", "kpp": "", "account": "40817810900000000019"}
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5, **director))
    assert line.outcome == Outcome.THIRD_PARTY
    matching.accept_proposal(line, by=treasury)
    second = issued(client, seller, "500.00")
    (line,) = load(seller, paid_by(client, "500.00", f"Счет {second.number}", **director))
    assert line.outcome == Outcome.APPLIED
    assert LearnedPayer.objects.get().times == 2


def test_an_account_of_two_clients_says_nothing(seller, client, invoice, treasury):
    other = make.client()
    LearnedPayer.objects.create(account="40817810900000000019", client=client, last_on=DAY)
    LearnedPayer.objects.create(account="40817810900000000019", client=other, last_on=DAY)
    anybody = {"party": "Иванов", "inn": "", "kpp": "", "account": "40817810900000000019"}
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5, **anybody))
    assert line.outcome == Outcome.THIRD_PARTY


def test_without_a_number_the_amount_proposes(seller, client, invoice):
    (line,) = load(seller, paid_by(client, "860.00", "Оплата за услуги"))
    assert (line.outcome, line.proposal) == (
        Outcome.PROPOSED, [{"invoice": invoice.pk, "amount": "860.00"}],
    )  # fmt: skip


def test_an_account_that_is_none_of_ours_waits_with_the_reason(seller, client, invoice):
    data = file_of(seller, paid_by(client, "860.00", PURPOSE_5))
    foreign = "40702810000000099999"
    data = data.replace(seller.accounts.get().account.encode(), foreign.encode())
    line = matching.load_and_match(data, "a.txt", by=None).statement.lines.get()
    assert (line.outcome, line.account, paid(invoice)[1]) == (Outcome.UNMATCHED, None, 0)
    assert line.reason


def test_closed_books_are_not_written_in(seller, client, invoice, treasury):
    """R6.4."""
    seller.closed_until = DAY
    seller.save()
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5))
    assert line.outcome == Outcome.PROPOSED
    with pytest.raises(Refused, match=r"11\.02\.2019"):
        matching.accept_proposal(line, by=treasury)


def test_spending_is_nobodys_payment(seller, client, invoice):
    (line,) = load(seller, paid_by(client, "860.00", "Аренда офиса", out=True))
    assert (line.direction, line.outcome) == ("out", Outcome.NON_CLIENT)


# ── people ───────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_split_over_clients_and_credit(seller, client, invoice, treasury):
    other = make.client()
    theirs = issued(other, seller, "500.00")
    (line,) = load(seller, paid_by(client, "1400.00", "За группу компаний"))
    shares = [(invoice.pk, Decimal("860.00")), (theirs.pk, Decimal("500.00"))]
    payer = client.payers.get()
    payments = matching.accept(line, shares, by=treasury, credit=Decimal("40.00"), payer=payer)
    assert {(p.client_id, p.amount) for p in payments} == {(client.pk, 900), (other.pk, 500)}
    assert CreditAccount.objects.get(payer=payer).balance == Decimal("40.00")
    assert not LearnedPayer.objects.exists()  # of two clients: nobody's account
    assert Entry.objects.filter(verb="invoices.line_accepted", subject=subject_of(line)).count() == 1


@pytest.mark.parametrize(
    ("amounts", "credit", "says"),
    [
        (("900.00",), "0.00", "860.00"),  # more than open
        (("860.00",), "0.00", "140.00"),  # not the whole payment
        (("860.00",), "200.00", "60.00"),  # more than the payment
        (("0.00",), "1000.00", "above zero|больше нуля"),
        ((), "0.00", "above zero|больше нуля"),
    ],
)
def test_a_wrong_split_is_refused(seller, client, invoice, treasury, amounts, credit, says):
    (line,) = load(seller, paid_by(client, "1000.00", "Оплата"))
    with pytest.raises(Refused, match=says):
        matching.accept(
            line, [(invoice.pk, Decimal(a)) for a in amounts], by=treasury, credit=Decimal(credit)
        )
    assert not Payment.objects.exists()


def test_a_line_is_settled_once(seller, client, invoice, treasury):
    (line,) = load(seller, paid_by(client, "500.00", PURPOSE_5))
    stale = BankLine.objects.get(pk=line.pk)
    matching.accept_proposal(line, by=treasury)
    with pytest.raises(Refused):
        matching.accept_proposal(stale, by=treasury)
    with pytest.raises(Refused):
        matching.set_aside(stale, by=treasury, because="Не наше")
    assert Payment.objects.count() == 1


def test_what_was_set_aside_is_taken_up_again(seller, client, invoice, treasury):
    (line,) = load(seller, paid_by(client, "860.00", "Оплата за услуги"))
    with pytest.raises(Refused):
        matching.set_aside(line, by=treasury, because=" ")
    matching.set_aside(line, by=treasury, because="Возврат займа")
    line.refresh_from_db()
    assert (line.outcome, line.reason) == (Outcome.NON_CLIENT, "Возврат займа")
    assert not BankLine.objects.waiting().exists()
    matching.reopen(line, by=treasury)
    line.refresh_from_db()
    assert (line.outcome, line.proposal) == (
        Outcome.PROPOSED, [{"invoice": invoice.pk, "amount": "860.00"}],
    )  # fmt: skip


def test_taking_up_again_applies_nothing_by_itself(seller, client, invoice, treasury):
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5 + " возврат"))
    assert line.outcome == Outcome.NON_CLIENT
    matching.reopen(line, by=treasury)
    line.refresh_from_db()
    assert line.outcome == Outcome.UNMATCHED
    assert BankLine.objects.waiting().get() == line
    assert paid(invoice) == (Invoice.Status.ISSUED, 0)


# ── bad files ────────────────────────────────────────────────────────────────────────────────


def test_totals_that_do_not_hold_apply_nothing_until_a_whole_file_comes(seller, client, invoice):
    data = file_of(seller, paid_by(client, "860.00", PURPOSE_5))
    wrong = data.replace("ВсегоПоступило=860.00".encode("cp1251"), "ВсегоПоступило=960.00".encode("cp1251"))
    matched = matching.load_and_match(wrong, "wrong.txt", by=None)
    line = matched.statement.lines.get()
    assert (matched.statement.balanced, matched.applied, matched.waiting) == (False, 0, 1)
    assert (line.outcome, line.proposal) == (
        Outcome.PROPOSED, [{"invoice": invoice.pk, "amount": "860.00"}],
    )  # fmt: skip
    assert matched.statement.problems
    again = matching.load_and_match(data, "right.txt", by=None)
    assert (again.new, again.known, again.applied) == (0, 1, 1)
    assert paid(invoice) == (Invoice.Status.PAID, Decimal("860.00"))


def test_a_cut_file_applies_nothing(seller, client, invoice):
    second = issued(client, seller, "500.00")
    whole = file_of(
        seller, paid_by(client, "860.00", PURPOSE_5), paid_by(client, "500.00", f"Счет {second.number}")
    )
    matched = matching.load_and_match(whole[: len(whole) - 120], "cut.txt", by=None)
    assert (matched.statement.balanced, matched.new, matched.applied) == (False, 1, 0)
    assert matched.statement.problems
    assert paid(invoice)[1] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp866"])
def test_other_encodings_are_read_as_well(seller, client, invoice, encoding):
    data = file_of(seller, paid_by(client, "860.00", PURPOSE_5)).decode("cp1251").encode(encoding)
    matched = matching.load_and_match(data, "other.txt", by=None)
    assert (matched.new, matched.applied) == (1, 1)


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 not a statement", "Просто письмо".encode("utf-16"), b"\x00" * 64]
)
def test_what_is_no_statement_is_kept_with_the_reason(data, treasury):
    matched = matching.load_and_match(data, "photo.jpg", by=treasury)
    statement = Statement.objects.get()
    assert (statement.status, matched.new) == (Statement.Status.FAILED, 0)
    assert statement.error
    matching.read_again(statement, by=treasury)
    read_statement(statement.pk)
    statement.refresh_from_db()
    assert statement.status == Statement.Status.FAILED


def test_an_empty_file_is_refused(treasury):
    with pytest.raises(Refused) as refused:
        matching.receive_statement(b"", "empty.txt", by=treasury)
    assert refused.value.field == "files"


# ── who comes second, and who never came ─────────────────────────────────────────────────────


def test_a_file_whose_errand_was_lost_is_read_by_the_sweep(seller, client, invoice, treasury, monkeypatch):
    sent = []
    monkeypatch.setattr("billing_site.kit.errands.send_now", lambda task, *args: sent.append((task, *args)))
    statement = matching.receive_statement(
        file_of(seller, paid_by(client, "860.00", PURPOSE_5)), "a.txt", by=treasury
    )
    assert statement.status == Statement.Status.RECEIVED
    sweep_statements()
    assert sent == []  # its errand may still be on the way
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        sweep_statements()
    assert sent == [("invoices.read_statement", statement.pk)]
    read_statement(statement.pk)
    read_statement(statement.pk)
    assert paid(invoice) == (Invoice.Status.PAID, Decimal("860.00"))
    assert Payment.objects.count() == 1


def test_a_reader_that_died_half_way_is_followed_by_another(seller, client, invoice, treasury, monkeypatch):
    statement = matching.receive_statement(
        file_of(seller, paid_by(client, "860.00", PURPOSE_5)), "a.txt", by=treasury
    )
    with monkeypatch.context() as dying:
        dying.setattr("invoices.matching.loading.match_lines", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read_statement(statement.pk)
    assert BankLine.objects.get().outcome == Outcome.NEW
    with clock.standing_at(clock.now() + timedelta(minutes=13)):
        read_statement(statement.pk)
    assert paid(invoice) == (Invoice.Status.PAID, Decimal("860.00"))
    statement.refresh_from_db()
    assert (statement.status, statement.lines_new) == (Statement.Status.READ, 1)


def test_three_dead_readers_are_enough(seller, client, invoice, treasury):
    statement = matching.receive_statement(file_of(seller), "a.txt", by=treasury)
    Statement.objects.update(attempts=3, leased_until=clock.now() - timedelta(minutes=1))
    sweep_statements()
    statement.refresh_from_db()
    assert statement.status == Statement.Status.FAILED


def test_a_bad_line_stands_alone(seller, client, invoice, monkeypatch):
    """A chunk that fails is halved until the line at fault is parked with the reason."""
    others = [issued(client, seller, f"{n}00.00") for n in (1, 2, 3)]
    transfers = [paid_by(client, f"{o.total}", f"Счет {o.number}", number=str(o.number)) for o in others]
    meddle = matching.posting.Lookup.spend

    def meddled(self, shares):  # somebody voids invoice 2 between the verdict and the money
        shares = tuple(shares)
        if shares[0][0] == others[1].pk:
            issuing.void(others[1], by=make.user(), because="Ошибка")
        meddle(self, shares)

    monkeypatch.setattr(matching.posting.Lookup, "spend", meddled)
    lines = load(seller, *transfers)
    assert [line.outcome for line in lines] == [Outcome.APPLIED, Outcome.UNMATCHED, Outcome.APPLIED]
    assert str(others[1].number) in lines[1].reason


@pytest.mark.django_db(transaction=True)
def test_two_identical_imports_at_once_change_nothing_twice(seller, client, invoice):
    second = issued(client, seller, "500.00")
    files = [
        file_of(seller, paid_by(client, "860.00", PURPOSE_5, number="1"),
                paid_by(client, "500.00", f"Счет {second.number}", number="2")),
        file_of(seller, paid_by(client, "500.00", f"Счет {second.number}", number="2"),
                paid_by(client, "860.00", PURPOSE_5, number="1")),
    ]  # fmt: skip
    trouble, start = [], threading.Barrier(4)

    def run(data: bytes) -> None:
        try:
            start.wait()
            matching.load_and_match(data, "a.txt", by=None)
        except Exception as error:
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(files[n % 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert (Statement.objects.count(), BankLine.objects.count(), Payment.objects.count()) == (2, 2, 2)
    assert set(BankLine.objects.values_list("outcome", flat=True)) == {Outcome.APPLIED}
    assert sum(Statement.objects.values_list("lines_new", flat=True)) == 2
    assert (paid(invoice)[0], paid(second)[0]) == (Invoice.Status.PAID, Invoice.Status.PAID)


def test_queries_do_not_grow_with_lines(seller, client):
    counts = []
    access = make.product("", {"month": "860.00"}, seller=seller)
    for size in (3, 60):
        payers = [make.client() for _ in range(size)]
        made = [issued(one, seller, product=access) for one in payers]
        transfers = [paid_by(i.client, "860.00", f"Счет {i.number}", number=str(i.number)) for i in made]
        unknown = [paid_by(i.client, "1.00", "Без номера", number=str(i.number)) for i in made]
        data = file_of(seller, *transfers, *unknown)
        with CaptureQueriesContext(connection) as queries:
            matched = matching.load_and_match(data, "a.txt", by=None)
        assert (matched.applied, matched.waiting) == (size, size)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_payer_of_the_payment_is_who_sent_it(seller, client, invoice):
    """R1.1: matching knows every payer's INN of the client."""
    branch = Payer.objects.create(
        client=client, name="ИП Ромашкин", kind="sole", inn="500100732259", is_default=False,
        valid_from=date(2015, 1, 1),
    )  # fmt: skip
    (line,) = load(seller, paid_by(client, "860.00", PURPOSE_5, inn=branch.inn, kpp=""))
    assert line.outcome == Outcome.APPLIED
    assert line.payments.get().payer == branch
