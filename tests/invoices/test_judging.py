"""Situations of the bank desk and the verdict on each."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.evidence import Candidate, LineFacts, Outcome, quoted_as, weigh
from invoices.judging import judge
from invoices.purposes import PurposeReading, reading_of

ROSE, LILY = 1, 2  # clients
CLOUD, WORKS = 10, 20  # our sellers
ACCOUNT = "40702810500000000777"

INVOICE = Candidate(
    invoice_id=100,
    client_id=ROSE,
    seller_id=CLOUD,
    number=72815,
    issued_on=date(2019, 2, 9),
    open_amount=Decimal("860.00"),
    payer_kpp="770801001",
    prefixes=frozenset({"88#"}),
)
SECOND = replace(INVOICE, invoice_id=101, number=72816, open_amount=Decimal("140.00"))
LILYS = replace(INVOICE, invoice_id=200, client_id=LILY, number=72900)


def facts(purpose="Оплата по счету 88#72815 от 09.02.19", amount="860.00", **changes) -> LineFacts:
    known = {
        "seller_id": CLOUD,
        "posted_on": date(2019, 3, 1),
        "party_inn": "7708305901",
        "party_kpp": "770801001",
        "party_account": ACCOUNT,
        "inn_clients": frozenset({ROSE}),
    }
    return LineFacts(amount=Decimal(amount), reading=reading_of(purpose), **{**known, **changes})


def by_account(*clients: int) -> dict:
    return {"inn_clients": frozenset(), "account_clients": frozenset(clients)}


STRANGER = by_account()
BOTH = "Оплата счетов 72815 и 72816"
FULL = ((100, "860.00"),)

SITUATIONS = {
    # what happened: (facts, candidates, outcome, what one click applies, surplus)
    "number, INN, exact amount": (facts(), [INVOICE], "applied", FULL, "0"),
    "number, learned account, exact amount": (facts(**by_account(ROSE)), [INVOICE], "applied", FULL, "0"),
    "number without the prefix": (facts("счет 72815"), [INVOICE], "applied", FULL, "0"),
    "in collections": (facts(), [replace(INVOICE, status="collections")], "applied", FULL, "0"),
    "posted before issue, other date quoted": (
        facts("счет 72815 от 01.01.18", posted_on=date(2018, 1, 1)),
        [INVOICE],
        "applied",
        FULL,
        "0",
    ),
    "the rest of a half-paid invoice": (
        facts(amount="60.00"),
        [replace(INVOICE, open_amount=Decimal("60.00"))],
        "applied",
        ((100, "60.00"),),
        "0",
    ),
    "exact sum of a list": (
        facts(BOTH, "1000.00"),
        [INVOICE, SECOND],
        "applied",
        ((100, "860.00"), (101, "140.00")),
        "0",
    ),
    "one INN at two clients, the number decides": (
        facts(inn_clients=frozenset({ROSE, LILY})),
        [INVOICE, LILYS],
        "applied",
        FULL,
        "0",
    ),
    "a list with a number nobody knows": (facts("счета 72815, 72999"), [INVOICE], "proposed", FULL, "0"),
    "a list with a paid invoice": (
        facts(BOTH, "140.00"),
        [replace(INVOICE, status="paid", open_amount=Decimal(0)), SECOND],
        "proposed",
        ((101, "140.00"),),
        "0",
    ),
    "a list over two sellers": (
        facts(BOTH),
        [INVOICE, replace(SECOND, seller_id=WORKS)],
        "proposed",
        FULL,
        "0",
    ),
    "less than the invoice": (facts(amount="500.00"), [INVOICE], "partial", ((100, "500.00"),), "0"),
    "less than the list": (facts(BOTH, "900.00"), [INVOICE, SECOND], "ambiguous", (), "0"),
    "more than the invoice": (facts(amount="900.00"), [INVOICE], "overpaid", FULL, "40.00"),
    "paid twice": (
        facts(),
        [replace(INVOICE, status="paid", open_amount=Decimal(0))],
        "already_paid",
        (),
        "860.00",
    ),
    "void": (facts(), [replace(INVOICE, status="void")], "already_paid", (), "860.00"),
    "void and replaced": (
        facts(),
        [replace(INVOICE, status="void", replaced_by=101), replace(SECOND, open_amount=Decimal("860.00"))],
        "replaced",
        ((101, "860.00"),),
        "0",
    ),
    "replaced twice, more money": (
        facts(amount="1000.00"),
        [
            replace(INVOICE, status="void", replaced_by=101),
            replace(SECOND, status="void", replaced_by=102),
            replace(INVOICE, invoice_id=102, number=73000),
        ],
        "replaced",
        ((102, "860.00"),),
        "140.00",
    ),
    "a stranger pays": (facts(**STRANGER), [INVOICE], "third_party", FULL, "0"),
    "a stranger pays another amount": (facts(amount="1.00", **STRANGER), [INVOICE], "third_party", (), "0"),
    "another client pays": (facts(inn_clients=frozenset({LILY})), [INVOICE, LILYS], "third_party", FULL, "0"),
    "an account of two clients says nothing": (
        facts(**by_account(ROSE, LILY)),
        [INVOICE],
        "third_party",
        FULL,
        "0",
    ),
    "the INN outweighs a learned account": (
        facts(inn_clients=frozenset({LILY}), account_clients=frozenset({ROSE})),
        [INVOICE],
        "third_party",
        FULL,
        "0",
    ),
    "money to the other seller": (facts(seller_id=WORKS), [INVOICE], "wrong_seller", (), "0"),
    "one number at two sellers, money tells": (
        facts("счет 72815"),
        [INVOICE, replace(INVOICE, invoice_id=102, seller_id=WORKS)],
        "applied",
        FULL,
        "0",
    ),
    "one number twice at one seller": (
        facts("счет 72815"),
        [INVOICE, replace(INVOICE, invoice_id=102)],
        "ambiguous",
        (),
        "0",
    ),
    "a foreign prefix is no number": (facts("счет ТМ-72815"), [INVOICE], "proposed", FULL, "0"),
    "a mistyped number, the date fits another": (
        facts("счет 72815 от 01.02.19"),
        [INVOICE, replace(INVOICE, invoice_id=102, number=72851, issued_on=date(2019, 2, 1))],
        "ambiguous",
        (),
        "0",
    ),
    "the same amount elsewhere changes nothing": (
        facts(),
        [INVOICE, replace(INVOICE, invoice_id=102, number=72999)],
        "applied",
        FULL,
        "0",
    ),
    "no number, one invoice fits": (facts("за услуги"), [INVOICE, SECOND], "proposed", FULL, "0"),
    "no number, two invoices fit": (
        facts("за услуги"),
        [INVOICE, replace(INVOICE, invoice_id=102, number=72999)],
        "ambiguous",
        (),
        "0",
    ),
    "no number, all invoices together": (
        facts("за услуги", "1000.00"),
        [INVOICE, SECOND],
        "proposed",
        ((100, "860.00"), (101, "140.00")),
        "0",
    ),
    "no number, nothing fits": (facts("аванс", "5.00"), [INVOICE], "proposed", (), "5.00"),
    "no number, two clients of one INN": (
        facts("аванс", "5.00", inn_clients=frozenset({ROSE, LILY})),
        [INVOICE, LILYS],
        "ambiguous",
        (),
        "0",
    ),
    "no number, the other seller's invoice fits": (
        facts("за услуги", seller_id=WORKS),
        [INVOICE],
        "wrong_seller",
        (),
        "0",
    ),
    "no number, a stranger": (facts("за услуги", **STRANGER), [INVOICE], "unmatched", (), "0"),
    "nothing at all": (facts("", **STRANGER), [], "unmatched", (), "0"),
    "words of a refund": (facts("Возврат по счету 72815"), [INVOICE], "non_client", (), "0"),
    "sent by mistake": (facts("Ошибочно перечисленные"), [INVOICE], "non_client", (), "0"),
    "our own money": (facts(is_own_party=True), [INVOICE], "non_client", (), "0"),
    "a tax payment": (facts(has_tax_fields=True), [INVOICE], "non_client", (), "0"),
    "a bank order": (facts(kind="Банковский ордер"), [INVOICE], "non_client", (), "0"),
    "spending": (facts(direction="out", **STRANGER), [INVOICE], "non_client", (), "0"),
    "a refund to a client": (facts("Возврат аванса", direction="out"), [INVOICE], "refund", (), "0"),
    "a refund to a stranger": (facts("Возврат", direction="out", **STRANGER), [], "non_client", (), "0"),
    "unknown direction": (facts(direction="unknown"), [INVOICE], "unmatched", (), "0"),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_verdict(situation):
    line, candidates, outcome, allocations, surplus = SITUATIONS[situation]
    verdict = judge(line, candidates)

    assert (verdict.outcome, verdict.surplus) == (outcome, Decimal(surplus))
    assert verdict.allocations == tuple((invoice, Decimal(amount)) for invoice, amount in allocations)
    assert verdict.reason
    assert judge(line, reversed(candidates)).allocations == verdict.allocations or len(allocations) > 1


def test_every_outcome_has_a_situation():
    assert {outcome for _, _, outcome, _, _ in SITUATIONS.values()} == set(Outcome)


def test_the_file_and_the_desk_know_the_same_outcomes():
    from invoices.models import BankLine

    assert set(Outcome) <= set(BankLine.Outcome.values)


CANDIDATES = st.builds(
    Candidate,
    invoice_id=st.integers(1, 9),
    client_id=st.sampled_from([ROSE, LILY]),
    seller_id=st.sampled_from([CLOUD, WORKS]),
    number=st.integers(998, 1001),
    issued_on=st.dates(date(2019, 1, 1), date(2019, 1, 5)),
    open_amount=st.sampled_from([Decimal(0), Decimal("1.00"), Decimal("2.00"), Decimal("3.00")]),
    status=st.sampled_from(["issued", "paid", "void", "collections", "refunded"]),
    prefixes=st.sampled_from([frozenset(), frozenset({"88#"})]),
    replaced_by=st.none() | st.integers(1, 9),
)
CLIENTS = st.frozensets(st.sampled_from([ROSE, LILY]))
FACTS = st.builds(
    LineFacts,
    amount=st.sampled_from([Decimal("1.00"), Decimal("3.00"), Decimal("4.00")]),
    posted_on=st.none() | st.dates(date(2019, 1, 1), date(2019, 1, 5)),
    reading=st.sampled_from(["счет 999", "счета 998, 999", "счет 88#1000", "счет 999 от 02.01.19", ""]).map(
        reading_of
    ),
    seller_id=st.sampled_from([CLOUD, WORKS]),
    direction=st.sampled_from(["in", "in", "in", "out", "unknown"]),
    inn_clients=CLIENTS,
    account_clients=CLIENTS,
)


@given(FACTS, st.lists(CANDIDATES, max_size=6, unique_by=lambda one: one.invoice_id))
def test_the_law_of_applying(line, candidates):
    verdict = judge(line, candidates)
    by_id = {one.invoice_id: one for one in candidates}
    chosen = [(by_id[invoice], amount) for invoice, amount in verdict.allocations]

    assert all(one.is_open and one.seller_id == line.seller_id for one, _ in chosen)
    assert all(0 < amount <= one.open_amount for one, amount in chosen)
    assert len({one.client_id for one, _ in chosen}) <= 1
    assert sum((amount for _, amount in chosen), verdict.surplus) <= line.amount
    if verdict.outcome == Outcome.APPLIED:
        assert chosen
        assert sum(one.open_amount for one, _ in chosen) == line.amount
        assert all(quoted_as(line.reading.refs, one) for one, _ in chosen)
        assert all(one.client_id in (line.inn_clients or line.account_clients) for one, _ in chosen)
        assert line.inn_clients or len(line.account_clients) == 1


def codes(line: LineFacts, candidate: Candidate = INVOICE, *others: Candidate) -> dict[str, int]:
    ranked = {one.candidate.invoice_id: one for one in weigh(line, [candidate, *others])}
    return {one.code: one.points for one in ranked[candidate.invoice_id].evidence}


@pytest.mark.parametrize(
    ("line", "evidence"),
    [
        (facts(), {"number": 50, "date": 10, "inn": 30, "kpp": 2, "amount": 15}),
        (facts("счет 72815 от 01.02.19"), {"date_differs": -25}),
        (facts("счет 72851 от 09.02.19"), {"date": 10}),
        (facts(party_kpp="770801002"), {"kpp_differs": 0}),
        (facts(posted_on=date(2019, 2, 8)), {"too_early": -30}),
        (facts(posted_on=None), {"number": 50}),
        (facts(account_clients=frozenset({ROSE})), {"account": 20}),
        (facts(account_clients=frozenset({LILY})), {"account_differs": -30}),
        (facts(inn_clients=frozenset({LILY})), {"payer_differs": -60, "inn_differs": -40}),
        (facts(quoted_inn_clients=frozenset({ROSE})), {"inn_quoted": 5}),
        (facts(amount="1.00"), {"amount_less": 0}),
        (facts(amount="1000.00"), {"amount_more": 0}),
    ],
)
def test_evidence(line, evidence):
    found = codes(line)
    assert evidence.items() <= found.items()


def test_evidence_that_must_be_absent():
    assert "account_differs" not in codes(facts(account_clients=frozenset({ROSE, LILY})))
    assert "too_early" not in codes(facts(posted_on=date(2019, 2, 9)))
    assert not {"inn", "inn_differs", "payer_differs"} & set(codes(facts(**STRANGER)))


def test_a_list_that_sums_up_counts_for_each():
    line = facts(BOTH, "1000.00")
    assert codes(line, INVOICE, SECOND)["sum"] == codes(line, SECOND, INVOICE)["sum"] == 15


def test_names_are_never_enough():
    alike = replace(INVOICE, name_similarity=0.6)
    assert codes(facts(), alike)["name"] == 5
    assert judge(facts("за услуги", **STRANGER), [alike]).outcome == Outcome.UNMATCHED


def test_candidates_are_ranked_best_first():
    verdict = judge(facts(), [LILYS, SECOND, INVOICE])
    assert [one.candidate.invoice_id for one in verdict.ranked] == [100, 101, 200]
    assert verdict.rule_version >= 1


@pytest.mark.parametrize(
    ("text", "ours"),
    [("счет 72815", True), ("счет 88#72815", True), ("счет ЛТ-72815", False), ("счет 72816", False)],
)
def test_a_prefix_is_ours_or_absent(text, ours):
    assert bool(quoted_as(reading_of(text).refs, INVOICE)) is ours
    assert quoted_as(PurposeReading().refs, INVOICE) is None
