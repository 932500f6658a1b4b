from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing_site.home.demo.bank import paid_by_client, statement_for
from billing_site.kit import clock
from billing_site.kit.money import parse_amount
from invoices.models import Invoice


class Command(BaseCommand):
    help = "Write a bank's file (1CClientBankExchange, windows-1251) in which an invoice is paid as it asks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="the invoice's number")
        parser.add_argument("file", type=Path, help="where to write")
        parser.add_argument("--amount", help="another sum than what is open, e.g. 430,00")
        parser.add_argument("--on", type=date.fromisoformat, help="the day of the payment; today if not said")

    def handle(self, *args: Any, **options: Any) -> None:
        found = Invoice.objects.filter(number=options["number"])
        invoice = found.select_related("seller", "payer", "current").first()
        if invoice is None:
            raise CommandError(f"No invoice has the number {options['number']}.")
        account = invoice.seller.accounts.filter(is_main=True, active=True).first()
        if account is None:
            raise CommandError(f"{invoice.seller} has no bank account.")
        try:
            amount = parse_amount(options["amount"]) if options["amount"] else invoice.open_amount
        except ValueError as wrong:
            raise CommandError(str(wrong)) from wrong
        day = options["on"] or clock.today()
        paid = paid_by_client(invoice, day, amount)
        options["file"].write_bytes(statement_for(account, day, day, [paid]))
        self.stdout.write(f"{options['file']}: {invoice.payer.name} pays {amount} on {day:%d.%m.%Y}")
