"""Reads mails and says what is in them. Needs no database."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from billing_site.kit.answers import as_line, bytes_of, speak_utf8
from tickets.reading import Mail, read_mail


class Command(BaseCommand):
    help = "Read raw mails (- is standard input) and print what is in them, one object a line with --json."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, in order")

    def handle(self, *, files: list[str], json: bool, **options) -> None:
        speak_utf8(self.stdout)
        for file in files:
            facts = read_file(file)
            self.stdout.write(as_line(facts) if json else as_words(facts))


def read_file(file: str) -> dict:
    """The facts of one file, or {file, error}."""
    try:
        mail = read_mail(bytes_of(file), own_hosts=frozenset({settings.MAIL_HOST}))
        return {"file": file, **facts_of(mail)}
    except OSError as trouble:
        return {"file": file, "error": trouble.strerror or str(trouble)}
    except Exception as error:  # noqa: BLE001 - one bad mail never stops the rest; the error is the answer
        return {"file": file, "error": str(error) or type(error).__name__}


def facts_of(mail: Mail) -> dict:
    """The mail as JSON values. Ids keep their angle brackets; the date keeps its offset."""
    return {
        "from": mail.from_address,
        "from_name": mail.from_name,
        "to": [person.address for person in mail.to if person.address],
        "cc": [person.address for person in mail.cc if person.address],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "text": mail.text,
        "html": mail.html,
        "attachments": [
            {"name": part.name, "type": part.type, "size": part.size} for part in mail.attachments
        ],
        "kind": mail.kind,
        "problems": mail.problems,
    }


def as_words(facts: dict) -> str:
    """A few lines for a person."""
    if "error" in facts:
        return f"{facts['file']}: {facts['error']}"
    files = ", ".join(f"{part['name']} ({part['size']})" for part in facts["attachments"])
    lines = [
        facts["file"],
        f"  {facts['kind']} · {facts['date']} · {facts['from_name']} <{facts['from']}>",
        f"  {facts['subject']}",
        *([f"  + {files}"] if files else []),
        *(f"  ! {problem}" for problem in facts["problems"]),
        "",
        facts["text"],
    ]
    return "\n".join(lines)
