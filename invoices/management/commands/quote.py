from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing_site.kit.answers import as_line, speak_utf8
from billing_site.kit.errors import Refused
from billing_site.kit.money import amount_string
from invoices import billing
from products.models import Option, Service


class Command(BaseCommand):
    help = (
        "Price a change of a service to a new total quantity, by the very function that does it. "
        "start and end are the first and the last day paid (both included); steps sum to total, "
        "with the next period when that is billed already; recurring is of the service for a cycle after it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--service", type=int, required=True, metavar="ID")
        parser.add_argument("--quantity", type=int, required=True, metavar="N", help="the new total")
        parser.add_argument("--on", type=date.fromisoformat, required=True, metavar="DATE")
        parser.add_argument("--option", type=int, metavar="ID")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            service = Service.objects.select_related("client", "product__seller").get(pk=options["service"])
            option = Option.objects.get(pk=options["option"]) if options["option"] else None
            change = billing.quote_change(service, options["quantity"], on=options["on"], option=option)
        except Service.DoesNotExist as missing:
            raise CommandError(f"There is no service {options['service']}.") from missing
        except Option.DoesNotExist as missing:
            raise CommandError(f"There is no option {options['option']}.") from missing
        except Refused as refused:
            raise CommandError(refused.message) from refused
        speak_utf8(self.stdout)
        told = as_dict(change)
        if options["json"]:
            self.stdout.write(as_line(told))
            return
        self.stdout.write(f"{change.was} → {change.becomes}, {change.period.shown()}, {told['rule']}")
        for step in told["steps"]:
            self.stdout.write(f"  {step['text']} = {step['amount']}")
        self.stdout.write(f"total {told['total']}, recurring {told['recurring']}")


def as_dict(change: billing.Change) -> dict[str, Any]:
    """A quote for other programs; a following period that is billed already counts too."""
    end = change.lines[-1].period.upper - timedelta(days=1)
    return {
        "start": change.period.start.isoformat(),
        "end": end.isoformat(),
        "rule": change.lines[0].rule,
        "steps": [step for line in change.lines for step in line.why],
        "total": amount_string(change.total),
        "recurring": amount_string(change.recurring),
    }
