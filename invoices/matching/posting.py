"""Verdicts are written, and what is certain is posted: set-based, chunk by chunk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record_many
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from invoices.billing.receiving import Receipt, lock_all, receive_many
from invoices.evidence import Outcome, Scored, Verdict
from invoices.judging import judge
from invoices.matching.learning import learn_payers, received_on
from invoices.matching.lookup import Lookup
from invoices.models import BankLine, Invoice

log = structlog.get_logger()
CHUNK = 500
SHOWN = 10  # candidates kept with a line; the rest is found by search
WRITE = f"""
    UPDATE {BankLine._meta.db_table} AS line
    SET outcome = told.outcome, reason = told.reason, evidence = told.evidence,
        proposal = told.proposal, rule_version = told.rule_version
    FROM jsonb_to_recordset(%s::jsonb) AS told
        (id bigint, outcome text, reason text, evidence jsonb, proposal jsonb, rule_version smallint)
    WHERE line.id = told.id AND line.outcome NOT IN ('applied', 'non_client')
"""  # noqa: S608 - a table's own name


@dataclass(frozen=True)
class Judged:
    """A line with its verdict; `receipt` is the money of one that is applied."""

    line: BankLine
    verdict: Verdict
    client_id: int | None = None
    receipt: Receipt | None = None


def match_lines(lines: Sequence[BankLine], *, by: User | None, held: str = "") -> list[Judged]:
    """Judge lines, write the verdicts, post what is certain; answers what was applied.

    `held` says why nothing may be applied by itself: such lines are proposed with this reason.
    """
    lookup = Lookup(lines)
    judged = []
    for line in sorted(lines, key=lambda one: (received_on(one), one.pk)):
        verdict = _restrained(judge(lookup.facts(line), lookup.candidates(line)), line, lookup, held)
        if verdict.outcome == Outcome.APPLIED:
            lookup.spend(verdict.allocations)
        judged.append(_with_money(line, verdict, lookup))
    certain = [one for one in judged if one.receipt]
    applied: list[Judged] = []
    for start in range(0, len(certain), CHUNK):
        applied += _apply(certain[start : start + CHUNK], by)
    waiting = [one for one in judged if not one.receipt]
    for start in range(0, len(waiting), CHUNK):
        write(waiting[start : start + CHUNK])
    return applied


def _restrained(verdict: Verdict, line: BankLine, lookup: Lookup, held: str) -> Verdict:
    """What stands against the verdict beside the purpose: an unknown account, closed books, bad totals."""
    if line.direction != BankLine.Direction.IN:
        return verdict
    seller = lookup.seller_of(line)
    if seller is None:
        reason = _("The money came to an account that is none of ours: add the account first.")
        return replace(verdict, outcome=Outcome.UNMATCHED, reason=reason, allocations=())
    if verdict.outcome != Outcome.APPLIED:
        return verdict
    if seller.closed_until and received_on(line) <= seller.closed_until:
        held = _("The seller's books are closed for that day.")
    if held:
        return replace(verdict, outcome=Outcome.PROPOSED, reason=f"{held} {verdict.reason}")
    return verdict


def _with_money(line: BankLine, verdict: Verdict, lookup: Lookup) -> Judged:
    client_id = _client_of(verdict, lookup, line)
    seller = lookup.seller_of(line)
    if seller is None or verdict.outcome != Outcome.APPLIED:
        return Judged(line, verdict, client_id)
    first = lookup.invoices[verdict.allocations[0][0]]
    receipt = Receipt(
        client_id=first.client_id,
        payer_id=lookup.payers.get((first.client_id, line.payer_inn), first.payer_id),
        seller_id=seller.pk,
        account_id=line.account_id,
        received_on=received_on(line),
        amount=line.amount,
        shares=verdict.allocations,
        bank_line_id=line.pk,
        note=note_of(line),
    )
    return Judged(line, verdict, client_id, receipt)


def _client_of(verdict: Verdict, lookup: Lookup, line: BankLine) -> int | None:
    """Whose credit the surplus would be: of the proposed invoices' client, else of the known payer."""
    if verdict.allocations:
        return lookup.invoices[verdict.allocations[0][0]].client_id
    known = lookup.facts(line).known_clients
    if len(known) == 1:
        return next(iter(known))
    return verdict.ranked[0].candidate.client_id if verdict.ranked else None


def note_of(line: BankLine) -> str:
    """What a payment says of the paper it came by."""
    on = line.date or line.posted_on
    number = _("payment order No. %(number)s") % {"number": line.number or "—"}
    return _("%(paper)s of %(day)s") % {"paper": number, "day": f"{on:%d.%m.%Y}"} if on else number


def _apply(chunk: Sequence[Judged], by: User | None) -> list[Judged]:
    """Post a chunk in one transaction; a refused one is halved until the bad line stands alone."""
    try:
        return _post(chunk, by)
    except (Refused, IntegrityError, DataError) as trouble:
        if len(chunk) > 1:
            half = len(chunk) // 2
            return _apply(chunk[:half], by) + _apply(chunk[half:], by)
        log.warning("bank line not applied", line=chunk[0].line.pk, trouble=str(trouble))
        parked = replace(chunk[0].verdict, outcome=Outcome.UNMATCHED, reason=str(trouble))
        write([replace(chunk[0], verdict=parked, receipt=None)])
        return []


@transaction.atomic
def _post(chunk: Sequence[Judged], by: User | None) -> list[Judged]:
    waiting = lock_lines([one.receipt for one in chunk if one.receipt], {one.line.pk for one in chunk})
    going = [one for one in chunk if one.line.pk in waiting]  # somebody else was quicker with the others
    receive_many([one.receipt for one in going if one.receipt], by=by)
    write(going)
    learn_payers((one.line, one.receipt.client_id) for one in going if one.receipt)
    record_many("invoices.line_applied", ((one.line, _told(one)) for one in going), by=by)
    return going


def lock_lines(receipts: Sequence[Receipt], line_ids: set[int]) -> dict[int, BankLine]:
    """Client → Service → Invoice → BankLine, rows by id; answers the lines that are not settled yet."""
    lock_all(receipts)
    paid = {invoice_id for receipt in receipts for invoice_id, _amount in receipt.shares}
    list(Invoice.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=paid).order_by("pk"))
    rows = BankLine.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=line_ids)
    return {row.pk: row for row in rows.order_by("pk") if row.outcome not in BankLine.SETTLED}


def write(judged: Sequence[Judged]) -> None:
    """The verdicts of these lines in one statement; a settled line is never touched again."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [json.dumps([_shown(one) for one in judged], ensure_ascii=False)])


def _shown(one: Judged) -> dict:
    verdict = one.verdict
    proposal: list[dict] = [{"invoice": pk, "amount": f"{amount:.2f}"} for pk, amount in verdict.allocations]
    if verdict.surplus and one.client_id:
        proposal.append({"credit": f"{verdict.surplus:.2f}", "client": one.client_id})
    return {
        "id": one.line.pk,
        "outcome": str(verdict.outcome),
        "reason": verdict.reason[:300],
        "evidence": [_candidate(scored) for scored in verdict.ranked[:SHOWN]],
        "proposal": proposal,
        "rule_version": verdict.rule_version,
    }


def _candidate(scored: Scored) -> dict:
    return {
        "invoice": scored.candidate.invoice_id,
        "points": scored.points,
        "for": [{"code": e.code, "points": e.points, "text": e.text} for e in scored.evidence],
    }


def _told(one: Judged) -> dict:
    shares = {str(pk): f"{amount:.2f}" for pk, amount in one.verdict.allocations}
    return {"reason": one.verdict.reason, "invoices": shares, "rule": one.verdict.rule_version}
