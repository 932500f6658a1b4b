"""The verdict on a bank line: a list of situations, the first that fits decides.

Pure, over the points of `evidence`; the law on what is applied without a person stands there.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from billing_site.kit.money import format_money
from invoices.evidence import (
    NOT_A_CLIENTS,
    TOO_CLOSE,
    Candidate,
    LineFacts,
    Outcome,
    Scored,
    Verdict,
    weigh,
)

ZERO = Decimal("0.00")


def judge(facts: LineFacts, candidates: Iterable[Candidate]) -> Verdict:
    """What is to be done with the line, why, and what one click would apply."""
    if facts.direction != "in":
        return _of_spending(facts)
    if reason := _not_a_clients(facts):
        return Verdict(Outcome.NON_CLIENT, reason)
    ranked = weigh(facts, candidates)
    named = _replacements_beside([one for one in ranked if one.ref], ranked)
    if not named:
        return _by_payer(facts, ranked)
    trusted = [one for one in named if one.candidate.client_id in facts.known_clients]
    if not trusted:
        return _third_party(facts, named, ranked)
    here = [one for one in trusted if one.candidate.seller_id == facts.seller_id]
    if not here:
        return Verdict(Outcome.WRONG_SELLER, _("The invoice is of another of our sellers."), ranked=ranked)
    return _by_number(facts, here, ranked)


def _of_spending(facts: LineFacts) -> Verdict:
    if facts.direction != "out":
        return Verdict(Outcome.UNMATCHED, _("The direction of the money is unknown."))
    if facts.reading.speaks_of_refund and facts.known_clients:
        return Verdict(Outcome.REFUND, _("A refund to a client: confirm which payment it returns."))
    return Verdict(Outcome.NON_CLIENT, _("Our own spending."))


def _not_a_clients(facts: LineFacts) -> str:
    """Why the income is no client's payment; "" when it may be one."""
    if facts.is_own_party:
        return _("The payer is one of our own sellers.")
    if facts.has_tax_fields:
        return _("The fields of a tax payment are filled.")
    if facts.kind.strip().casefold() in NOT_A_CLIENTS:
        return _("A bank order.")
    if facts.reading.speaks_of_refund:
        return _("The purpose speaks of a refund or a mistake.")
    return ""


def _replacements_beside(named: list[Scored], ranked: tuple[Scored, ...]) -> list[Scored]:
    """The quoted invoices; a void one that was replaced brings what stands in its place (R6.2)."""
    by_id = {one.candidate.invoice_id: one for one in ranked}
    known = {one.candidate.invoice_id for one in named}
    result = list(named)
    for one in result:
        if one.candidate.status != "void" or one.candidate.replaced_by is None:
            continue
        heir = by_id.get(one.candidate.replaced_by)
        if heir and heir.candidate.invoice_id not in known:
            known.add(heir.candidate.invoice_id)
            result.append(heir)
    return result


def _third_party(facts: LineFacts, named: list[Scored], ranked: tuple[Scored, ...]) -> Verdict:
    """The number is known, the payer is not its client: a person decides, the click is prepared."""
    if facts.known_clients:
        reason = _("The number belongs to another client than the payer.")
    else:
        reason = _("Nothing confirms the payer: neither INN nor account is the client's.")
    payable = [one for one in named if one.candidate.is_open and one.candidate.seller_id == facts.seller_id]
    allocations: tuple[tuple[int, Decimal], ...] = ()
    if len({one.candidate.client_id for one in payable}) == 1 and _covers(facts, payable):
        allocations = _in_full(payable)
    return Verdict(Outcome.THIRD_PARTY, reason, allocations, ranked=ranked)


def _covers(facts: LineFacts, payable: list[Scored]) -> bool:
    return facts.amount == sum(one.candidate.open_amount for one in payable)


def _in_full(scored: Iterable[Scored]) -> tuple[tuple[int, Decimal], ...]:
    return tuple((one.candidate.invoice_id, one.candidate.open_amount) for one in scored)


def _by_number(facts: LineFacts, named: list[Scored], ranked: tuple[Scored, ...]) -> Verdict:
    """The quoted invoices of the payer's own, of the seller who got the money."""
    payable = [one for one in named if one.candidate.is_open]
    if len({one.candidate.client_id for one in payable or named}) > 1 or _quoted_twice(payable):
        return Verdict(Outcome.AMBIGUOUS, _("The numbers lead to several clients or sellers."), ranked=ranked)
    if not payable:
        reason = _("The quoted invoice is paid or void: credit or refund.")
        return Verdict(Outcome.ALREADY_PAID, reason, surplus=facts.amount, ranked=ranked)
    if any(one.ref is None for one in payable):
        return _replaced(facts, payable, ranked)
    due = sum((one.candidate.open_amount for one in payable), ZERO)
    if facts.amount == due:
        return _exact(facts, payable, ranked)
    if facts.amount > due:
        reason = _("The payment is %(surplus)s more than the invoices: the rest becomes credit.")
        surplus = facts.amount - due
        text = reason % {"surplus": format_money(surplus)}
        return Verdict(Outcome.OVERPAID, text, _in_full(payable), surplus, ranked)
    if len(payable) > 1:
        reason = _("The payment is less than the quoted invoices together: split it.")
        return Verdict(Outcome.AMBIGUOUS, reason, ranked=ranked)
    reason = _("The payment is %(rest)s less than the invoice.") % {"rest": format_money(due - facts.amount)}
    allocation = (payable[0].candidate.invoice_id, facts.amount)
    return Verdict(Outcome.PARTIAL, reason, (allocation,), ranked=ranked)


def _quoted_twice(payable: list[Scored]) -> bool:
    """One reference, several invoices: the sellers number apart and the prefix is missing."""
    refs = [one.ref for one in payable if one.ref]
    return len(refs) != len(set(refs))


def _replaced(facts: LineFacts, payable: list[Scored], ranked: tuple[Scored, ...]) -> Verdict:
    reason = _("A replaced invoice is quoted: pay the one in its place.")
    left = facts.amount
    allocations = []
    for one in payable:
        if part := min(left, one.candidate.open_amount):
            allocations.append((one.candidate.invoice_id, part))
            left -= part
    return Verdict(Outcome.REPLACED, reason, tuple(allocations), left, ranked)


def _exact(facts: LineFacts, payable: list[Scored], ranked: tuple[Scored, ...]) -> Verdict:
    """Number, payer and amount agree; applied unless something else is quoted or fits as well."""
    allocations = _in_full(payable)
    understood = {one.ref for one in payable}
    if any(ref not in understood for ref in facts.reading.refs):
        reason = _("The amount fits, but other numbers are quoted too.")
        return Verdict(Outcome.PROPOSED, reason, allocations, ranked=ranked)
    if len(payable) == 1 and _has_rival(facts, payable[0], ranked):
        reason = _("Another invoice of the same amount fits nearly as well.")
        return Verdict(Outcome.AMBIGUOUS, reason, ranked=ranked)
    return Verdict(Outcome.APPLIED, _("Number, payer and amount agree."), allocations, ranked=ranked)


def _has_rival(facts: LineFacts, chosen: Scored, ranked: tuple[Scored, ...]) -> bool:
    return any(
        one is not chosen and _fits(facts, one) and chosen.points - one.points <= TOO_CLOSE for one in ranked
    )


def _fits(facts: LineFacts, one: Scored) -> bool:
    """An open invoice of the payer's, of this very amount, that this account may pay."""
    candidate = one.candidate
    return (
        candidate.is_open
        and candidate.open_amount == facts.amount
        and candidate.client_id in facts.known_clients
        and candidate.seller_id == facts.seller_id
    )


def _by_payer(facts: LineFacts, ranked: tuple[Scored, ...]) -> Verdict:
    """No invoice of ours is quoted: the payer and the amount may still lead somewhere, with a click."""
    if not facts.known_clients:
        return Verdict(Outcome.UNMATCHED, _("Neither a number nor a known payer."), ranked=ranked)
    fitting = [one for one in ranked if _fits(facts, one)]
    if len(fitting) == 1:
        reason = _("No number; the payer has exactly one open invoice of this amount.")
        return Verdict(Outcome.PROPOSED, reason, _in_full(fitting), ranked=ranked)
    if fitting:
        reason = _("No number; the payer has several open invoices of this amount.")
        return Verdict(Outcome.AMBIGUOUS, reason, ranked=ranked)
    if len(facts.known_clients) > 1:
        return Verdict(Outcome.AMBIGUOUS, _("The payer is known at several clients."), ranked=ranked)
    return _by_one_payer(facts, ranked)


def _by_one_payer(facts: LineFacts, ranked: tuple[Scored, ...]) -> Verdict:
    theirs = [
        one for one in ranked if one.candidate.client_id in facts.known_clients and one.candidate.is_open
    ]
    here = [one for one in theirs if one.candidate.seller_id == facts.seller_id]
    if len(here) > 1 and _covers(facts, here):
        reason = _("No number; the payment is the sum of all open invoices of the payer.")
        return Verdict(Outcome.PROPOSED, reason, _in_full(here), ranked=ranked)
    if any(one not in here and one.candidate.open_amount == facts.amount for one in theirs):
        reason = _("The amount fits an invoice of another of our sellers.")
        return Verdict(Outcome.WRONG_SELLER, reason, ranked=ranked)
    reason = _("The payer is known, no open invoice fits: to the client's credit.")
    return Verdict(Outcome.PROPOSED, reason, surplus=facts.amount, ranked=ranked)
