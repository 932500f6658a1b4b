from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing_site.kit.answers import as_line, speak_utf8
from billing_site.kit.money import amount_string
from invoices import billing, totals
from invoices.drafting import Plan
from invoices.models import Invoice
from invoices.schedule import CHUNK, renewed


class Command(BaseCommand):
    help = "The renewal run of a day: drafts of every period that starts up to 20 days later."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=date.fromisoformat, required=True, metavar="DATE")
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would be drafted, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a draft")
        parser.add_argument(
            "--chunk", type=int, default=CHUNK, help="clients of one transaction (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        speak_utf8(self.stdout)
        on, chunk = options["on"], options["chunk"]
        rows = list(would_bill(on, chunk) if options["dry_run"] else billed(on, chunk))
        for row in rows:
            self.stdout.write(as_line(row) if options["json"] else in_words(row))
        if not options["json"]:
            made = sum("total" in row for row in rows)
            aside = f", {len(rows) - made} left aside" if made < len(rows) else ""
            self.stdout.write(f"{made} drafts{aside}, {on:%d.%m.%Y}")


def billed(on: date, chunk: int) -> Iterator[dict[str, Any]]:
    """Run it; a row for each draft and each client left aside, as soon as its chunk is done."""
    for run in renewed(on, chunk=chunk):
        for draft in run.drafts:
            yield {"invoice": draft.pk, **_facts(draft)}
        for client, because in run.parked:
            yield {"client": client, "parked": because}


def would_bill(on: date, chunk: int) -> Iterator[dict[str, Any]]:
    """The same rows without writing anything."""
    last = 0
    while clients := billing.due_clients(on, after=last, limit=chunk):
        renewals = billing.plan_renewals(clients, on)
        for plan in renewals.plans:
            yield {"invoice": None, **_facts(plan)}
        for held in renewals.parked:
            yield {"client": held.client.pk, "parked": held.because}
        last = clients[-1]


def _facts(draft: Invoice | Plan) -> dict[str, Any]:
    total = draft.total if isinstance(draft, Invoice) else totals.total(draft.lines).gross
    return {
        "client": draft.client.pk,
        "payer": draft.payer.pk,
        "seller": draft.seller.pk,
        "due_on": draft.due_on.isoformat(),
        "total": amount_string(total),
    }


def in_words(row: dict[str, Any]) -> str:
    if "parked" in row:
        return f"client {row['client']}: left aside, {row['parked']}"
    return f"client {row['client']}: {row['total']} due {row['due_on']}, draft {row['invoice'] or '—'}"
