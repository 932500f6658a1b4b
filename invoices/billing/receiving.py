"""Receiving money: allocations pay invoices, paid invoices move services."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils.translation import gettext as _

from billing_site.journal.moves import move_many, record_many
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.models import Client
from invoices.billing.cashback import settle_cashback
from invoices.billing.proving import prove, snapshots
from invoices.billing.sending import hand_over
from invoices.models import Allocation, CreditAccount, CreditEntry, Invoice, Line, Payment
from products import actions as products
from products.models import MONTHS, Batch, Product, Service


@dataclass(frozen=True)
class Receipt:
    """Money to be received: what came, and which invoices it pays; `credit` goes to the payer's balance."""

    client_id: int
    payer_id: int
    seller_id: int
    received_on: date
    amount: Decimal
    shares: tuple[tuple[int, Decimal], ...] = ()
    credit: Decimal = Decimal(0)
    account_id: int | None = None
    bank_line_id: int | None = None
    note: str = ""


def receive(receipt: Receipt, *, by: User | None) -> Payment:
    """`receive_many` of one."""
    return receive_many([receipt], by=by)[0]


@transaction.atomic
def receive_many(receipts: Sequence[Receipt], *, by: User | None) -> list[Payment]:
    """Write payments with their allocations; what is paid in full becomes PAID and its services follow.

    Raises Refused when an invoice isn't open for that much, or belongs to another seller (R7.1).
    """
    lock_all(receipts)
    invoices = _lock_invoices(receipts)
    for receipt in receipts:
        _check(receipt, invoices)
    payments = Payment.objects.bulk_create(_payment(receipt, by) for receipt in receipts)
    Allocation.objects.bulk_create(
        Allocation(payment=payment, invoice_id=invoice_id, seller_id=receipt.seller_id, amount=amount, by=by)
        for payment, receipt in zip(payments, receipts, strict=True)
        for invoice_id, amount in receipt.shares
    )
    Invoice.objects.bulk_update(invoices.values(), ["paid"])
    for payment in payments:
        if payment.credited:
            credit(payment, payment.credited, because=_("More was paid than invoiced"), by=by)
    record_many(
        "invoices.money_received", [(p, _told(p, r)) for p, r in zip(payments, receipts, strict=True)], by=by
    )
    full = [invoice for invoice in invoices.values() if invoice.paid == invoice.total]
    settle(full, _days(receipts), by=by)
    return payments


def lock_all(receipts: Sequence[Receipt]) -> None:
    """Client, then Service: the first two locks of the house's order."""
    clients = {receipt.client_id for receipt in receipts}
    list(Client.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=clients).order_by("pk"))
    paid = [invoice_id for receipt in receipts for invoice_id, _amount in receipt.shares]
    services = Service.objects.filter(batches__lines__revision__invoice__in=paid).values("pk")
    list(Service.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=services).order_by("pk"))


def _lock_invoices(receipts: Sequence[Receipt]) -> dict[int, Invoice]:
    ids = {invoice_id for receipt in receipts for invoice_id, _amount in receipt.shares}
    rows = Invoice.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _check(receipt: Receipt, invoices: dict[int, Invoice]) -> None:
    """Add the receipt's shares to the invoices in hand, or refuse."""
    if sum((amount for _id, amount in receipt.shares), receipt.credit) > receipt.amount:
        raise Refused(_("More is allocated than came."), "amount")
    for invoice_id, amount in receipt.shares:
        invoice = invoices[invoice_id]
        if invoice.status not in (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS):
            raise Refused(
                _("Invoice %(no)s is “%(status)s”, nothing can be paid on it.")
                % {"no": invoice.number or invoice.pk, "status": invoice.get_status_display()}
            )
        if invoice.seller_id != receipt.seller_id:
            raise Refused(_("The money came to another seller than the invoice's."))
        if amount <= 0 or amount > invoice.open_amount:
            raise Refused(_("Invoice %(no)s is open for %(open)s only.")
                          % {"no": invoice.number, "open": invoice.open_amount}, "amount")  # fmt: skip
        invoice.paid += amount


def _payment(receipt: Receipt, by: User | None) -> Payment:
    return Payment(
        client_id=receipt.client_id,
        payer_id=receipt.payer_id,
        seller_id=receipt.seller_id,
        account_id=receipt.account_id,
        bank_line_id=receipt.bank_line_id,
        received_on=receipt.received_on,
        amount=receipt.amount,
        allocated=sum((amount for _id, amount in receipt.shares), Decimal(0)),
        credited=receipt.credit,
        note=receipt.note[:250],
        author=by,
    )


def _told(payment: Payment, receipt: Receipt) -> dict[str, Any]:
    shares = {str(invoice_id): f"{amount:.2f}" for invoice_id, amount in receipt.shares}
    return {"amount": f"{payment.amount:.2f}", "invoices": shares, "credit": f"{receipt.credit:.2f}"}


def credit(payment: Payment, amount: Decimal, *, because: str, by: User | None) -> None:
    """Add to the credit balance of the payment's payer with its seller."""
    whose: dict[str, Any] = {"payer_id": payment.payer_id, "seller_id": payment.seller_id}
    CreditAccount.objects.get_or_create(**whose)
    account = CreditAccount.objects.select_for_update(no_key=True, of=("self",)).get(**whose)
    account.balance += amount
    account.save(update_fields=["balance"])
    CreditEntry.objects.create(account=account, amount=amount, payment=payment, because=because, by=by)


def _days(receipts: Iterable[Receipt]) -> dict[int, date]:
    """Invoice → the day of the last money for it."""
    days: dict[int, date] = {}
    for receipt in receipts:
        for invoice_id, _amount in receipt.shares:
            days[invoice_id] = max(receipt.received_on, days.get(invoice_id, receipt.received_on))
    return days


def settle(paid: Sequence[Invoice], days: Mapping[int, date], *, by: User | None) -> None:
    """Everything that follows from invoices being paid in full, each on its day; harmless twice."""
    if not paid:
        return
    by_day: dict[date, list[Invoice]] = defaultdict(list)
    for invoice in paid:
        by_day[days[invoice.pk]].append(invoice)
    for day, invoices in by_day.items():
        move_many(invoices, Invoice.Status.PAID, by=by, paid_on=day)
    lines = list(
        Line.objects.filter(
            revision__invoice__in=paid, live=True, kind=Line.Kind.CHARGE, batch__isnull=False
        ).values_list("revision__invoice", "batch", "batch__service")
    )
    services = {service for _invoice, _batch, service in lines}
    before = snapshots(services)
    Batch.objects.filter(pk__in={batch for _i, batch, _s in lines}, paid_at__isnull=True).update(
        paid_at=clock.now()
    )
    waiting = list(Service.objects.filter(pk__in=services, status=Service.Status.PENDING))
    move_many(waiting, Service.Status.ACTIVE, by=by)
    settle_paid_until(services)
    products.settle_recurring(services)  # after the dates: a promotion may end with them
    prove(lines, before, snapshots(services))
    hand_over([invoice.pk for invoice in paid], Product.HandoverRule.ON_PAID)
    settle_cashback(paid, by=by)


def settle_paid_until(service_ids: Iterable[int]) -> None:
    """Store the first unpaid day of services, derived from paid (and opening) lines (HOUSE 5)."""
    ids = set(service_ids)
    ends = paid_ends(ids)
    stored = Service.objects.filter(pk__in=ids).only("pk", "cycle")
    changed = [Service(pk=s.pk, paid_until=ends.get(s.pk) if MONTHS[s.cycle] else None) for s in stored]
    Service.objects.bulk_update(changed, ["paid_until"])


def paid_ends(service_ids: Iterable[int]) -> dict[int, date]:
    """Service → the day until which all of its paid units are paid, exclusive.

    The smallest over the batches that have been paid and not taken back: an add-on paid ahead doesn't
    carry the whole service with it. Nor does one that is paid before what the service began with.
    """
    paid = Q(kind=Line.Kind.OPENING) | Q(kind=Line.Kind.CHARGE, revision__invoice__status=Invoice.Status.PAID)
    rows = (
        Line.objects.filter(
            kind__in=(Line.Kind.OPENING, Line.Kind.CHARGE),
            live=True,
            batch__service__in=service_ids,
            batch__taken_back_at__isnull=True,
        )
        .values("batch__service", "batch")
        .annotate(end=Max("period__endswith", filter=paid), start=Min("period__startswith"))
        .order_by("batch__service", "batch")
    )
    ends: dict[int, list[date]] = defaultdict(list)
    for service, batches in groupby(rows, key=itemgetter("batch__service")):
        first, *others = batches
        ends[service] = [row["end"] for row in (first, *others) if row["end"]]
        if ends[service] and not first["end"]:
            ends[service].append(first["start"])
    return {service: min(days) for service, days in ends.items() if days}
