"""The rows of a statement as bank lines: stored once by their key, whatever file they come in."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing_site.office.models import BankAccount
from invoices.models import BankLine, Statement
from invoices.statements import Problem, StatementFile, StatementLine, keyed

BATCH = 2000
TOO_MUCH = Decimal(10) ** 12  # roubles; the column holds less


def storable(value: Any) -> Any:
    """Text and JSON without what PostgreSQL refuses: NUL characters and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(inner) for inner in value]
    return value


def keep_rows(statement: Statement, file: StatementFile) -> tuple[list[str], list[Problem]]:
    """Store the rows that nobody has stored yet; answers the keys of all rows, and what is wrong.

    A row known with other words is reported, never overwritten: the bank may have corrected a purpose.
    """
    problems = []
    rows: dict[str, StatementLine] = {}
    for key, line in keyed(file.lines):
        if line.amount < TOO_MUCH:
            rows[key] = line
        else:
            text = _("Document %(number)s is left out: the sum %(sum)s is too large.")
            problems.append(Problem(line.at, text % {"number": line.number, "sum": line.amount}))
    known = dict(BankLine.objects.filter(key__in=list(rows)).values_list("key", "raw"))
    problems += [_changed(rows[key]) for key, raw in known.items() if raw != storable(rows[key].raw)]
    accounts = dict(BankAccount.objects.values_list("account", "pk"))
    BankLine.objects.bulk_create(
        (_row(statement, key, line, accounts) for key, line in rows.items() if key not in known),
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return list(rows), problems


def _changed(line: StatementLine) -> Problem:
    text = _("Document %(number)s is known already, but says something else now: the first words stay.")
    return Problem(line.at, text % {"number": line.number or "?"})


def _row(statement: Statement, key: str, line: StatementLine, accounts: dict[str, int]) -> BankLine:
    payer = line.payer
    return BankLine(
        key=key,
        statement=statement,
        account_id=accounts.get(line.own_account),
        direction=line.direction,
        kind=storable(line.kind)[:60],
        number=storable(line.number)[:40],
        date=line.dated_on,
        posted_on=line.posted_on,
        amount=line.amount,
        currency=line.currency[:3],
        payer_name=storable(payer.name)[:300],
        payer_inn=storable(payer.inn)[:12],
        payer_kpp=storable(payer.kpp)[:9],
        payer_account=storable(payer.account)[:34],
        payer_bic=storable(payer.bic)[:9],
        purpose=storable(line.purpose),
        raw=storable(line.raw),
    )
