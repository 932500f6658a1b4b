"""A statement comes in: bytes first, then its rows, then what they pay."""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, record
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.office.models import BankAccount, User
from invoices.matching.posting import match_lines
from invoices.matching.rows import keep_rows, storable
from invoices.models import BankLine, Statement
from invoices.statements import Problem, StatementError, StatementFile, read_statement

LEASE = timedelta(minutes=12)
ATTEMPTS = 3
PATIENCE = 120  # seconds to wait for somebody who is reading the same file


@dataclass(frozen=True)
class Matched:
    """What one reading did: rows new and known to us, lines applied by itself, lines left for people."""

    statement: Statement
    new: int = 0
    known: int = 0
    applied: int = 0
    waiting: int = 0


@transaction.atomic
def receive_statement(data: bytes, name: str, *, by: User | None) -> Statement:
    """Keep a statement's bytes; a worker reads it after commit.

    A file that was loaded before, under whatever name, answers its old row with `again` set: nothing
    changes, `told_again` says when it was. Raises Refused at "files" for an empty file.
    """
    statement = _keep(data, name, by)
    if not statement.again:
        errands.send("invoices.read_statement", statement.pk)
    return statement


def load_and_match(data: bytes, name: str, *, by: User | None) -> Matched:
    """Load a statement and read it here and now; one that is known already changes nothing."""
    with transaction.atomic():
        statement = _keep(data, name, by)
    matched = read_and_match(statement, by=by)
    if matched:
        return matched
    _wait_for(statement)
    waiting = statement.lines.waiting().count()
    return Matched(statement, known=statement.lines_new + statement.lines_known, waiting=waiting)


def _keep(data: bytes, name: str, by: User | None) -> Statement:
    if not data:
        raise Refused(_("The file is empty."), "files")
    digest = hashlib.sha256(data).hexdigest()
    stored = f"statements/{digest[:2]}/{digest}.txt"
    if not default_storage.exists(stored):
        stored = default_storage.save(stored, ContentFile(data))
    statement, fresh = Statement.objects.select_related("author").get_or_create(
        sha256=digest,
        defaults={
            "name": storable(name)[-200:],
            "storage_name": stored,
            "size": len(data),
            "author": by,
        },
    )
    statement.again = not fresh
    if fresh:
        record("invoices.statement_loaded", statement, by=by, name=statement.name, size=len(data))
    return statement


def told_again(statement: Statement) -> str:
    """What a person is told who loads a file for the second time."""
    return _("This file was loaded on %(when)s by %(who)s as “%(name)s”: nothing has changed.") % {
        "when": f"{clock.moscow(statement.created_at):%d.%m.%Y %H:%M}",
        "who": statement.author or _("the system"),
        "name": statement.name,
    }


def _wait_for(statement: Statement) -> None:
    """Give whoever reads the same file at this moment the time to finish."""
    until = time.monotonic() + PATIENCE
    statement.refresh_from_db()
    while statement.status == Statement.Status.RECEIVED and time.monotonic() < until:
        time.sleep(0.2)
        statement.refresh_from_db()


def read_and_match(statement: Statement, *, by: User | None) -> Matched | None:
    """Read a kept statement, store its new rows, match them. None when there is nothing to do.

    Harmless twice and twice at once: the reader claims the row by its lease, rows are stored by key,
    only waiting lines are matched. A file that is no statement becomes FAILED with the reason.
    """
    claimed = claim(statement.pk)
    if claimed is None:
        return None
    claimed.again = statement.again
    with translation.override(settings.LANGUAGE_CODE):  # reasons are kept, so in the office's language
        try:
            with default_storage.open(claimed.storage_name, "rb") as kept:
                data = kept.read()
            file = read_statement(data, BankAccount.objects.values_list("account", flat=True))
        except (StatementError, OSError) as trouble:
            move(claimed, Statement.Status.FAILED, by=by, error=str(trouble), leased_until=None)
            return Matched(claimed)
        return _match(claimed, file, by)


@transaction.atomic
def claim(statement_id: int) -> Statement | None:
    """Take a received statement for the time of its lease; None when it is read or somebody has it."""
    now = clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    claimed = Statement.objects.filter(free, pk=statement_id, status=Statement.Status.RECEIVED).update(
        leased_until=now + LEASE, attempts=F("attempts") + 1
    )
    return Statement.objects.select_related("author").get(pk=statement_id) if claimed else None


def _match(statement: Statement, file: StatementFile, by: User | None) -> Matched:
    with transaction.atomic():
        keys, troubles = keep_rows(statement, file)
        _describe(statement, file, troubles)
    held = _("The file's totals don't add up: nothing is applied by itself.")
    lines = list(_to_match(statement, keys))
    applied = match_lines(lines, by=by, held=held if statement.balanced is False else "")
    new = statement.lines.count()
    facts = {"new": new, "known": len(keys) - new, "applied": len(applied)}
    move(
        statement,
        Statement.Status.READ,
        by=by,
        facts=facts,
        lines_new=new,
        lines_known=len(keys) - new,
        leased_until=None,
        error="",
    )
    waiting = BankLine.objects.waiting().filter(pk__in=[line.pk for line in lines]).count()
    return Matched(statement, waiting=waiting, **facts)


def _to_match(statement: Statement, keys: list[str]):
    """New lines; and lines that an earlier file held back for its bad totals, if ours hold."""
    wanted = Q(statement=statement, outcome=BankLine.Outcome.NEW)
    if statement.balanced:
        held = Q(outcome=BankLine.Outcome.PROPOSED, statement__balanced=False)
        wanted |= held & Q(key__in=keys)
    return BankLine.objects.filter(wanted)


def _describe(statement: Statement, file: StatementFile, troubles: list[Problem]) -> None:
    problems = sorted((*file.problems, *troubles), key=lambda one: one.line)
    statement.header = storable(file.header)
    statement.accounts = [_account(file, one.account) for one in file.totals.accounts]
    statement.totals = file.totals.as_json()
    statement.balanced = file.balanced
    statement.problems = [{"line": one.line, "text": storable(one.text)} for one in problems]
    statement.save(update_fields=["header", "accounts", "totals", "balanced", "problems"])


def _account(file: StatementFile, account: str) -> dict[str, Any]:
    """The bank's own totals of an account beside those of its rows, and the days they are for."""
    totals = next(one for one in file.totals.accounts if one.account == account)
    sections = [one for one in file.accounts if one.account == account]
    starts = [one.starts_on for one in sections if one.starts_on]
    ends = [one.ends_on for one in sections if one.ends_on]
    return {
        "account": storable(account),
        "starts_on": min(starts).isoformat() if starts else None,
        "ends_on": max(ends).isoformat() if ends else None,
        **totals.as_json(),
    }


@transaction.atomic
def read_again(statement: Statement, *, by: User | None) -> Statement:
    """Try an unreadable statement once more, say after the reader has learned a new quirk."""
    move(statement, Statement.Status.RECEIVED, by=by, error="", attempts=0, leased_until=None)
    errands.send("invoices.read_statement", statement.pk)
    return statement
