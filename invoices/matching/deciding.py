"""What people decide at the bank desk: accept, split, set aside, take up again."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.office.models import BankAccount, Seller, User
from clients.models import Payer
from invoices.billing.receiving import Receipt, receive_many
from invoices.matching.learning import learn_payers, received_on
from invoices.matching.posting import lock_lines, match_lines, note_of
from invoices.models import BankLine, Invoice, Payment

ZERO = Decimal("0.00")
Share = tuple[int, Decimal]


def accept_proposal(line: BankLine, *, by: User, learn: bool = True) -> list[Payment]:
    """Do what the matcher proposes for the line. Raises Refused when it proposes nothing."""
    shares = [(one["invoice"], Decimal(one["amount"])) for one in line.proposal if "invoice" in one]
    credits = [one for one in line.proposal if "credit" in one]
    if not line.proposal:
        raise Refused(_("Nothing is proposed for this payment: choose the invoice."))
    payer = payer_of(line, credits[0]["client"]) if credits else None
    credit = sum((Decimal(one["credit"]) for one in credits), ZERO)
    return accept(line, shares, by=by, credit=credit, payer=payer, learn=learn)


def payer_of(line: BankLine, client_id: int) -> Payer:
    """The client's payer who sent the money, else the default one. Raises Refused when there is none."""
    payers = list(Payer.objects.filter(client=client_id).order_by("-is_default", "pk"))
    same = [payer for payer in payers if payer.inn and payer.inn == line.payer_inn]
    if not payers:
        raise Refused(_("The client has no payer: add one first."))
    return (same or payers)[0]


@transaction.atomic
def accept(
    line: BankLine,
    shares: Iterable[Share],
    *,
    by: User,
    credit: Decimal = ZERO,
    payer: Payer | None = None,
    learn: bool = True,
) -> list[Payment]:
    """Apply the line to invoices and credit, to the last kopeck; one payment for each client of the split.

    `shares`: (invoice id, amount); `credit` goes to the balance of `payer` (default: the payer of the
    one client in the shares). `learn` remembers the account for that client. Raises Refused: settled
    already, not an incoming line, an account of nobody, another seller's invoice (R7.1), more than an
    invoice is open for, not the whole payment, closed books (R6.4).
    """
    shares = list(shares)
    account = _require_income(line)
    invoices = Invoice.objects.select_related("seller").in_bulk([invoice_id for invoice_id, _a in shares])
    _require_payable(line, shares, invoices, account.seller)
    _require_whole(line, shares, credit)
    receipts = _receipts(line, account, shares, credit, payer, invoices)
    if line.pk not in (locked := lock_lines(receipts, {line.pk})):
        raise Refused(_("This payment is settled already."))
    payments = receive_many(receipts, by=by)
    row = locked[line.pk]
    row.outcome = BankLine.Outcome.APPLIED
    row.reason = _("Applied by %(who)s.") % {"who": by.name}
    row.save(update_fields=["outcome", "reason"])
    told = {str(invoice_id): f"{amount:.2f}" for invoice_id, amount in shares}
    record("invoices.line_accepted", row, by=by, invoices=told, credit=f"{credit:.2f}", was=line.outcome)
    if learn and len(receipts) == 1:
        learn_payers([(row, receipts[0].client_id)])
    return payments


def _require_income(line: BankLine) -> BankAccount:
    """Our account that the line came to."""
    if line.outcome in BankLine.SETTLED:
        raise Refused(_("This payment is settled already."))
    if line.direction != BankLine.Direction.IN:
        raise Refused(_("Only incoming money pays invoices."))
    if line.account is None:
        raise Refused(_("The money came to an account that is none of ours: add the account first."))
    closed = line.account.seller.closed_until
    if closed and received_on(line) <= closed:
        raise Refused(_("The books of the seller are closed until %(day)s.") % {"day": f"{closed:%d.%m.%Y}"})
    return line.account


def _require_payable(
    line: BankLine, shares: list[Share], invoices: dict[int, Invoice], seller: Seller
) -> None:
    if len({invoice_id for invoice_id, _amount in shares}) != len(shares):
        raise Refused(_("An invoice is named twice in the split."))
    for invoice_id, amount in shares:
        invoice = invoices.get(invoice_id)
        if invoice is None:
            raise Refused(_("There is no such invoice."))
        if invoice.seller_id != seller.pk:
            raise Refused(
                _("Invoice %(no)s is of “%(other)s”, the money came to “%(seller)s”.")
                % {"no": invoice.number, "other": invoice.seller, "seller": seller}
            )
        if invoice.currency != line.currency:
            raise Refused(_("Invoice %(no)s is in another currency.") % {"no": invoice.number})
        if amount > invoice.open_amount:
            raise Refused(
                _("Invoice %(no)s is open for %(open)s only.")
                % {"no": invoice.number or invoice.pk, "open": invoice.open_amount}
            )


def _require_whole(line: BankLine, shares: list[Share], credit: Decimal) -> None:
    if credit < 0 or any(amount <= 0 for _id, amount in shares) or not (shares or credit):
        raise Refused(_("Every part of a split is above zero."))
    left = line.amount - credit - sum((amount for _id, amount in shares), ZERO)
    if left > 0:
        raise Refused(_("%(left)s of the payment is not told where to go.") % {"left": left})
    if left < 0:
        raise Refused(_("The parts are %(more)s more than the payment.") % {"more": -left})


def _receipts(
    line: BankLine,
    account: BankAccount,
    shares: list[Share],
    credit: Decimal,
    payer: Payer | None,
    invoices: dict[int, Invoice],
) -> list[Receipt]:
    """One receipt a client; the credit goes to its payer's client."""
    parts: dict[int, list[Share]] = defaultdict(list)
    for invoice_id, amount in shares:
        parts[invoices[invoice_id].client_id].append((invoice_id, amount))
    if credit and payer is None:
        if len(parts) != 1:
            raise Refused(_("Say whose credit the rest becomes."))
        payer = payer_of(line, next(iter(parts)))
    if credit and payer:
        parts.setdefault(payer.client_id, [])
    payers = Payer.objects.filter(client__in=parts, inn=line.payer_inn).exclude(inn="")
    senders = dict(payers.order_by("-pk").values_list("client_id", "pk"))
    receipts = []
    for client_id, own in sorted(parts.items()):
        rest = credit if payer and payer.client_id == client_id else ZERO
        receipts.append(
            Receipt(
                client_id=client_id,
                payer_id=payer.pk
                if payer and rest
                else senders.get(client_id) or invoices[own[0][0]].payer_id,
                seller_id=account.seller_id,
                account_id=account.pk,
                received_on=received_on(line),
                amount=sum((amount for _id, amount in own), rest),
                shares=tuple(own),
                credit=rest,
                bank_line_id=line.pk,
                note=note_of(line),
            )
        )
    return receipts


@transaction.atomic
def set_aside(line: BankLine, *, by: User, because: str) -> BankLine:
    """No client's payment. Raises Refused without a reason, or when money of it is applied."""
    if not because.strip():
        raise Refused(_("Say why."), "because")
    row = _locked(line)
    if row.outcome in BankLine.SETTLED:
        raise Refused(_("This payment is settled already."))
    was, row.outcome, row.reason = row.outcome, BankLine.Outcome.NON_CLIENT, because.strip()[:300]
    row.save(update_fields=["outcome", "reason"])
    record("invoices.line_set_aside", row, by=by, was=was, because=because)
    return row


@transaction.atomic
def reopen(line: BankLine, *, by: User) -> BankLine:
    """Take a line that was no client's up again: judged anew, applied by a person only."""
    row = _locked(line)
    if row.outcome != BankLine.Outcome.NON_CLIENT:
        raise Refused(_("Only a payment that was set aside can be taken up again."))
    row.outcome = BankLine.Outcome.NEW
    row.save(update_fields=["outcome"])
    match_lines([row], by=by, held=_("Taken up again by %(who)s.") % {"who": by.name})
    row.refresh_from_db()
    if row.outcome == BankLine.Outcome.NON_CLIENT:  # the rules would set it aside once more
        row.outcome = BankLine.Outcome.UNMATCHED
        row.save(update_fields=["outcome"])
    record("invoices.line_reopened", row, by=by, outcome=row.outcome)
    return row


def _locked(line: BankLine) -> BankLine:
    return BankLine.objects.select_for_update(no_key=True, of=("self",)).get(pk=line.pk)
