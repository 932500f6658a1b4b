"""Read payment purposes and print which invoices they name. Needs no database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from billing_site.kit.answers import as_line, speak_utf8
from invoices.purposes import read_purpose


class Command(BaseCommand):
    help = "Read payment purposes and print which invoices they name."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("texts", nargs="+", metavar="TEXT")
        parser.add_argument(
            "--json", action="store_true", help="one JSON list a line for each text, in order"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        speak_utf8(self.stdout)
        for text in options["texts"]:
            refs = read_purpose(text)
            if options["json"]:
                self.stdout.write(as_line([{"prefix": ref.prefix, "number": ref.number} for ref in refs]))
            else:
                self.stdout.write(
                    ", ".join(f"{ref.prefix or ''}{ref.number}" for ref in refs) or _("no invoice named")
                )
