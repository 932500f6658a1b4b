"""Read bank statements and print what they say. Needs no database."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from billing_site.kit.answers import as_line, bytes_of, speak_utf8
from invoices.statements import (
    Party,
    StatementFile,
    StatementLine,
    Totals,
    read_statement,
    sum_text,
)


class Command(BaseCommand):
    help = "Read bank statements (1CClientBankExchange; - is standard input) and print what they say."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line for each file, in order"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        speak_utf8(self.stdout)
        describe, refuse = (_json, _json_error) if options["json"] else (_summary, _summary_error)
        for file in options["files"]:
            self.stdout.write(_answer(file, describe, refuse))


def _answer(
    file: str, describe: Callable[[str, StatementFile], str], refuse: Callable[[str, str], str]
) -> str:
    try:
        return describe(file, read_statement(bytes_of(file)))
    except OSError as trouble:
        return refuse(file, trouble.strerror or str(trouble))
    except ValueError as trouble:  # StatementError, or a file name that can be none
        return refuse(file, str(trouble))


def _json(file: str, statement: StatementFile) -> str:
    return as_line(
        {
            "file": file,
            "header": statement.header,
            "accounts": [section.raw for section in statement.accounts],
            "totals": _totals(statement.totals),
            "balanced": statement.balanced,
            "problems": [{"line": problem.line, "text": problem.text} for problem in statement.problems],
            "lines": [_line(line) for line in statement.lines],
        }
    )


def _json_error(file: str, trouble: str) -> str:
    return as_line({"file": file, "error": trouble})


def _totals(totals: Totals) -> dict[str, Any]:
    accounts = [{"account": account.account, **account.as_json()} for account in totals.accounts]
    return {**totals.as_json(), "accounts": accounts}


def _line(line: StatementLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "number": line.number,
        "date": _day(line.dated_on),
        "posted_on": _day(line.posted_on),
        "direction": line.direction,
        "amount": sum_text(line.amount),
        "currency": line.currency,
        "payer": _party(line.payer),
        "payee": _party(line.payee),
        "purpose": line.purpose,
        "raw": line.raw,
    }


def _party(party: Party) -> dict[str, str]:
    return {
        "name": party.name,
        "inn": party.inn,
        "kpp": party.kpp,
        "account": party.account,
        "bic": party.bic,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _summary(file: str, statement: StatementFile) -> str:
    verdicts = {
        True: _("the totals hold"),
        False: _("the totals do NOT hold"),
        None: _("totals not stated"),
    }
    facts = {
        "file": file,
        "rows": len(statement.lines),
        "rows_in": statement.totals.rows_in,
        "rows_out": statement.totals.rows_out,
        "verdict": verdicts[statement.balanced],
    }
    summary = _("%(file)s: %(rows)d rows, %(rows_in)s in, %(rows_out)s out; %(verdict)s.") % facts
    troubles = [_("  line %(line)d: %(text)s") % {"line": p.line, "text": p.text} for p in statement.problems]
    return "\n".join([summary, *troubles])


def _summary_error(file: str, trouble: str) -> str:
    return _("%(file)s: not read. %(trouble)s") % {"file": file, "trouble": trouble}
