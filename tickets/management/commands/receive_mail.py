"""The door for a mail server that pipes: one mail on standard input, kept before it says yes."""

import json
import sys
import traceback

from django.core.management.base import BaseCommand, CommandParser

from tickets.intake import receive_raw
from tickets.models import Mailbox, RawMail

EX_TEMPFAIL = 75  # sysexits.h: the mail server keeps the mail and tries again


class Command(BaseCommand):
    help = "Keep the mail on standard input. Exit 0: it is kept (or was here); 75: any trouble, try again."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mailbox", metavar="ADDRESS", help="whose mail it is (the first mailbox)")
        parser.add_argument("--json", action="store_true", help="print what was kept as one JSON object")

    def handle(self, *, mailbox: str | None, json: bool, **options) -> None:
        try:
            data = sys.stdin.buffer.read()
            if not data:
                raise EOFError("not a byte came")  # a broken pipe looks so: nobody has lost a mail yet
            raw, is_new = receive_raw(_mailbox(mailbox), data)
            self.stdout.write(_as_json(raw, is_new) if json else f"{raw.pk} {'new' if is_new else 'known'}")
            self.stdout.flush()
        except Exception:  # noqa: BLE001 - whatever it is, the mail server still has the mail
            traceback.print_exc(file=sys.stderr)
            sys.exit(EX_TEMPFAIL)


def _mailbox(address: str | None) -> Mailbox:
    """Raises Mailbox.DoesNotExist."""
    if address is None:
        return Mailbox.objects.earliest("pk")
    return Mailbox.objects.get(address__iexact=address)


def _as_json(raw: RawMail, is_new: bool) -> str:
    facts = {"mail": raw.pk, "new": is_new, "state": raw.status, "size": raw.size, "sha256": raw.sha256}
    return json.dumps(facts)
