"""Cashback: a part of a paid invoice goes to the payer's credit balance, and back when the money does."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record_many
from billing_site.office.models import User
from invoices.models import CreditAccount, CreditEntry, Invoice, Line
from products import pricing


def due_cashback(invoices: Sequence[Invoice]) -> dict[int, Decimal]:
    """What each invoice owes its payer as it stands: its products' percents when it is paid, else nothing."""
    due = dict.fromkeys((invoice.pk for invoice in invoices), Decimal(0))
    paid = [invoice.pk for invoice in invoices if invoice.status == Invoice.Status.PAID]
    lines = Line.objects.filter(
        revision__invoice__in=paid, live=True, batch__service__product__cashback__gt=0
    ).values_list("revision__invoice", "gross", "batch__service__product__cashback")
    for invoice, gross, percent in lines:
        due[invoice] += pricing.cashback(gross, percent)
    return due


@transaction.atomic
def settle_cashback(invoices: Sequence[Invoice], *, by: User | None) -> None:
    """Bring the credit balances to what `due_cashback` says; harmless twice. The clients are locked.

    An invoice that is void, un-applied or refunded gives its cashback back. That stops at what the balance
    still holds, for good: what is spent was spent on our invoices, and later credit is other money.
    """
    due = due_cashback(invoices)
    given: dict[int, list[Decimal]] = {}
    entries = CreditEntry.objects.filter(invoice__in=due).order_by("pk")
    for invoice_id, amount in entries.values_list("invoice", "amount"):
        given.setdefault(invoice_id or 0, []).append(amount)
    told = []
    for invoice in invoices:
        former = given.get(invoice.pk, [])
        amount = due[invoice.pk] - sum(former, Decimal(0))
        came_back = bool(former) and former[-1] <= 0
        if amount > 0 or (amount < 0 and not came_back):
            amount = _enter(invoice, amount, by)
            told.append((invoice, {"amount": f"{amount:.2f}"}))
    if told:
        record_many("invoices.cashback", told, by=by)


def _enter(invoice: Invoice, amount: Decimal, by: User | None) -> Decimal:
    whose: dict[str, Any] = {"payer_id": invoice.payer_id, "seller_id": invoice.seller_id}
    CreditAccount.objects.get_or_create(**whose)
    account = CreditAccount.objects.select_for_update(no_key=True, of=("self",)).get(**whose)
    amount = max(amount, -account.balance)
    account.balance += amount
    account.save(update_fields=["balance"])
    because = (
        _("Cashback for invoice No. %(no)s") if amount > 0 else _("Cashback for invoice No. %(no)s back")
    )
    CreditEntry.objects.create(
        account=account, amount=amount, invoice=invoice, because=because % {"no": invoice.number}, by=by
    )
    return amount
