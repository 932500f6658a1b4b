"""Visits the mailboxes at once, without waiting for the clock."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing_site.kit.answers import as_line, speak_utf8
from tickets import importing
from tickets.models import Mailbox


class Command(BaseCommand):
    help = (
        "Take new mail from every mailbox that is fetched, and say what came. Exit 1 when one is in trouble."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line, one for each mailbox"
        )

    def handle(self, **options) -> None:
        speak_utf8(self.stdout)
        in_trouble = 0
        for mailbox in Mailbox.objects.filter(active=True).order_by("pk"):
            taken = importing.fetch(mailbox)
            in_trouble += bool(taken.troubles)
            facts = {
                "mailbox": mailbox.name,
                "new": taken.new,
                "known": taken.known,
                "troubles": taken.troubles,
            }
            self.stdout.write(as_line(facts) if options["json"] else _in_words(facts))
        if in_trouble:
            raise CommandError(f"mailboxes in trouble: {in_trouble}")


def _in_words(facts: dict) -> str:
    lines = [f"{facts['mailbox']}: {facts['new']} new, {facts['known']} known"]
    return "\n".join([*lines, *(f"  ! {trouble}" for trouble in facts["troubles"])])
