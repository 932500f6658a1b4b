"""Load bank statements, match them at once, print what came of it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from billing_site.kit.answers import as_line, bytes_of, speak_utf8
from billing_site.kit.errors import Refused
from invoices.matching import Matched, load_and_match, told_again
from invoices.models import Statement


class Command(BaseCommand):
    help = (
        "Load bank statements (1CClientBankExchange; - is standard input) and apply what is certain. "
        "Exit 1: one is unreadable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line for each file, in order"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        speak_utf8(self.stdout)
        failed = False
        for file in options["files"]:
            told = _load(file)
            failed = failed or "error" in told
            self.stdout.write(as_line(told) if options["json"] else _in_words(told))
        if failed:
            raise SystemExit(1)


def _load(file: str) -> dict[str, Any]:
    try:
        matched = load_and_match(bytes_of(file), Path(file).name, by=None)
    except OSError as trouble:
        return {"file": file, "error": trouble.strerror or str(trouble)}
    except (Refused, ValueError) as trouble:  # ValueError: a file name that can be none
        return {"file": file, "error": str(trouble)}
    return _told(file, matched)


def _told(file: str, matched: Matched) -> dict[str, Any]:
    statement = matched.statement
    if statement.status == Statement.Status.FAILED:
        return {"file": file, "statement": statement.pk, "error": statement.error}
    told = {
        "file": file,
        "statement": statement.pk,
        "new": matched.new,
        "known": matched.known,
        "applied": matched.applied,
        "waiting": matched.waiting,
        "balanced": statement.balanced,
        "problems": statement.problems,
    }
    return {**told, "message": told_again(statement)} if statement.again else told


def _in_words(told: dict[str, Any]) -> str:
    if "error" in told:
        return _("%(file)s: not read. %(error)s") % told
    text = (
        _("%(file)s: %(new)d new rows, %(known)d known, %(applied)d applied, %(waiting)d to look at.") % told
    )
    if told["balanced"] is False:
        text += " " + _("The totals do NOT hold.")
    if "message" in told:
        text += " " + told["message"]
    troubles = [_("  line %(line)d: %(text)s") % problem for problem in told["problems"]]
    return "\n".join([text, *troubles])
