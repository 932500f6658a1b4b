from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing_site.home.books import differences
from billing_site.kit.answers import as_line, speak_utf8


class Command(BaseCommand):
    help = "Recompute everything derived (totals, paid, balances, dates, numbers) and report each difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        speak_utf8(self.stdout)
        found = 0
        for difference in differences():
            found += 1
            if options["json"]:
                self.stdout.write(as_line(asdict(difference)))
            else:
                self.stdout.write(
                    "{what}: {row} says {stored}, facts say {expected}".format(**asdict(difference))
                )
        if found:
            raise CommandError(f"{found} differences")
