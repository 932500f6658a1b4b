"""What speaks for a payment being for an invoice, in points, and the verdict over all candidates.

Pure: values in, a verdict out; finding the candidates and posting the money is the matcher's.
The law: nothing is applied by itself but a payment that quotes the number of the invoice, comes from
the client's INN or from an account learned for him, and is its open amount to the kopeck (of one
invoice, or of all the quoted ones together). Everything else waits for a person with a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from invoices.purposes import InvoiceRef, PurposeReading

RULE_VERSION = 1  # kept with each verdict; raised whenever a verdict could change
TOO_CLOSE = 15  # points, inclusive: two candidates nearer than this can't be told apart
ALIKE = 0.6  # trigram similarity from which two names are one
OPEN = frozenset(("issued", "collections"))
NOT_A_CLIENTS = ("банковский ордер",)


class Outcome(StrEnum):
    """What is to be done with a bank line; only APPLIED without a person."""

    APPLIED = "applied"
    PARTIAL = "partial"
    OVERPAID = "overpaid"
    PROPOSED = "proposed"
    AMBIGUOUS = "ambiguous"
    THIRD_PARTY = "third_party"
    WRONG_SELLER = "wrong_seller"
    ALREADY_PAID = "already_paid"
    REPLACED = "replaced"
    NON_CLIENT = "non_client"
    REFUND = "refund"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A bank line as the judge sees it. The party is the other side: payer of income, payee of spending.

    `seller_id` owns the account the money moved on (R7.1). `inn_clients` are the clients one of whose
    payers has the party's INN (R1.1), `account_clients` those its account is learned for,
    `quoted_inn_clients` those whose INN the purpose quotes. `is_own_party`: the party is one of our
    sellers. `has_tax_fields`: the fields of a tax payment are filled.
    """

    amount: Decimal
    posted_on: date | None
    reading: PurposeReading
    seller_id: int | None = None
    direction: str = "in"
    kind: str = ""
    party_inn: str = ""
    party_kpp: str = ""
    party_account: str = ""
    inn_clients: frozenset[int] = frozenset()
    account_clients: frozenset[int] = frozenset()
    quoted_inn_clients: frozenset[int] = frozenset()
    is_own_party: bool = False
    has_tax_fields: bool = False

    @property
    def learned_client(self) -> int | None:
        """The one client the account is learned for; a second one makes the account neutral."""
        return next(iter(self.account_clients)) if len(self.account_clients) == 1 else None

    @property
    def known_clients(self) -> frozenset[int]:
        """Who the payer may be: by INN, and only where it says nothing by account; empty = a stranger."""
        if self.inn_clients or self.learned_client is None:
            return self.inn_clients
        return frozenset((self.learned_client,))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice the line might pay: numbered, in any state, in the currency of the line.

    `prefixes` are the printed and purpose prefixes of its seller (R6.3); `name_similarity` is 0…1;
    `replaced_by` is the id of the invoice issued instead of a void one (R6.2).
    """

    invoice_id: int
    client_id: int
    seller_id: int
    number: int
    issued_on: date
    open_amount: Decimal
    status: str = "issued"
    payer_kpp: str = ""
    prefixes: frozenset[str] = frozenset()
    name_similarity: float = 0.0
    replaced_by: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN and self.open_amount > 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for (points above zero), against (below), or a note (zero)."""

    code: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with all that speaks for and against it."""

    candidate: Candidate
    evidence: tuple[Evidence, ...]
    ref: InvoiceRef | None

    @property
    def points(self) -> int:
        return sum(one.points for one in self.evidence)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`allocations` is what is applied, or what one click would apply: (invoice id, roubles).

    `surplus` of the line goes to the client's credit by that click; `ranked` has every candidate,
    best first. `reason` is for a person.
    """

    outcome: Outcome
    reason: str
    allocations: tuple[tuple[int, Decimal], ...] = ()
    surplus: Decimal = Decimal("0.00")
    ranked: tuple[Scored, ...] = field(default=())
    rule_version: int = RULE_VERSION


def weigh(facts: LineFacts, candidates: Iterable[Candidate]) -> tuple[Scored, ...]:
    """Every candidate with its evidence, most points first; equal points by invoice id."""
    candidates = list(candidates)
    refs = {candidate.invoice_id: quoted_as(facts.reading.refs, candidate) for candidate in candidates}
    quoted = [
        one for one in candidates if refs[one.invoice_id] and one.is_open and one.seller_id == facts.seller_id
    ]
    sums_up = len(quoted) > 1 and sum(one.open_amount for one in quoted) == facts.amount
    scored = []
    for one in candidates:
        ref = refs[one.invoice_id]
        evidence = (
            *_of_number(facts, one, ref),
            *_of_payer(facts, one),
            *_of_amount(facts, one, sums_up and one in quoted),
        )
        scored.append(Scored(one, tuple(evidence), ref))
    return tuple(sorted(scored, key=lambda found: (-found.points, found.candidate.invoice_id)))


def quoted_as(refs: Sequence[InvoiceRef], candidate: Candidate) -> InvoiceRef | None:
    """The reference that means this invoice: same number, prefix absent or its seller's."""
    ours = {prefix.casefold() for prefix in candidate.prefixes}
    for ref in refs:
        if ref.number == candidate.number and (ref.prefix is None or ref.prefix.casefold() in ours):
            return ref
    return None


def _of_number(facts: LineFacts, one: Candidate, ref: InvoiceRef | None) -> list[Evidence]:
    found = []
    if ref:
        found.append(Evidence("number", 50, _("number in the purpose")))
        if facts.known_clients and one.client_id not in facts.known_clients:
            found.append(
                Evidence("payer_differs", -60, _("the number belongs to another client than the payer"))
            )
    if ref and ref.dated:
        if ref.dated == one.issued_on:
            found.append(Evidence("date", 10, _("the invoice's date is quoted")))
        else:
            found.append(Evidence("date_differs", -25, _("another date is quoted")))
    elif not ref and one.issued_on in {other.dated for other in facts.reading.refs}:
        found.append(Evidence("date", 10, _("the invoice's date is quoted")))
    if facts.posted_on and facts.posted_on < one.issued_on:
        found.append(Evidence("too_early", -30, _("paid before the invoice was issued")))
    return found


def _of_payer(facts: LineFacts, one: Candidate) -> list[Evidence]:
    found = []
    if one.client_id in facts.inn_clients:
        found.append(Evidence("inn", 30, _("the payer's INN")))
        if one.payer_kpp and facts.party_kpp:
            if one.payer_kpp == facts.party_kpp:
                found.append(Evidence("kpp", 2, _("the payer's KPP")))
            else:
                found.append(Evidence("kpp_differs", 0, _("another branch (KPP)")))
    elif facts.inn_clients:
        found.append(Evidence("inn_differs", -40, _("the INN of another client")))
    learned = facts.learned_client
    if learned == one.client_id:
        found.append(Evidence("account", 20, _("has paid from this account before")))
    elif learned is not None:
        found.append(Evidence("account_differs", -30, _("another client pays from this account")))
    if one.client_id in facts.quoted_inn_clients:
        found.append(Evidence("inn_quoted", 5, _("the client's INN in the purpose")))
    if one.name_similarity >= ALIKE:
        found.append(Evidence("name", 5, _("a similar name")))
    return found


def _of_amount(facts: LineFacts, one: Candidate, in_sum: bool) -> list[Evidence]:
    if not one.is_open:
        return [Evidence("closed", 0, _("nothing to pay on it"))]
    if in_sum:
        return [Evidence("sum", 15, _("the quoted invoices add up to the payment"))]
    if facts.amount == one.open_amount:
        return [Evidence("amount", 15, _("the exact amount"))]
    if facts.amount < one.open_amount:
        return [Evidence("amount_less", 0, _("less than the invoice"))]
    return [Evidence("amount_more", 0, _("more than the invoice"))]
