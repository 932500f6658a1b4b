"""Instead of an unpaid invoice: another one under a new number, or a smaller one and a draft (R6.2)."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.money import format_money
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Payer
from invoices import issuing, totals
from invoices.billing.receiving import settle
from invoices.billing.replacing import key_of
from invoices.billing.sending import hand_over
from invoices.drafting import ADDON_DAYS, Plan, make_drafts
from invoices.models import Allocation, Invoice, Line
from invoices.revising import as_new, revise
from products.models import Product, Service


@dataclass(frozen=True)
class Reissue:
    """What reissuing would do: who gets the new invoice, until when, and money that goes over to it."""

    invoice: Invoice
    payer: Payer
    due_on: date
    lines: tuple[Line, ...]
    allocations: tuple[Allocation, ...]

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        lines = [(line.text, str(line.period), str(line.gross)) for line in self.lines]
        money = [(one.pk, str(one.amount)) for one in self.allocations]
        return _short(self.invoice.pk, self.payer.pk, self.due_on, lines, money)


def _short(*shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def quote_reissue(
    invoice: Invoice, *, by: User, payer: Payer | None = None, due_on: date | None = None
) -> Reissue:
    """The invoice that would stand instead of this one: the same lines, under a new number. Writes nothing.

    Raises Refused for what is no unpaid invoice, at "payer", at "due_on", and with the first check of
    *Check & send* that stops it.
    """
    issuing.refuse_frozen(invoice)
    whom, until = payer or payer_today(invoice), due_on or next_due(invoice)
    if whom.client_id != invoice.client_id:
        raise Refused(_("This payer is another client's."), "payer")
    if whom.valid_until and whom.valid_until <= clock.today():
        raise Refused(_("This payer is valid no more: choose the one that goes on for it."), "payer")
    if until < clock.today():
        raise Refused(_("The due date is in the past."), "due_on")
    shown = Invoice.objects.select_related("client", "seller", "current").get(pk=invoice.pk)
    shown.payer, shown.due_on = whom, until
    stop = next((check for check in issuing.checks(shown, by) if check.level == "stop"), None)
    if stop:
        raise Refused(stop.text)
    standing = invoice.allocations.filter(reverses__isnull=True, reversed_by__isnull=True)
    return Reissue(
        invoice=invoice,
        payer=whom,
        due_on=until,
        lines=tuple(invoice.revision.lines.all()),
        allocations=tuple(standing.select_related("payment").order_by("pk")),
    )


def payer_today(invoice: Invoice) -> Payer:
    """Whom the invoice would be drawn to now: its payer, or the one that goes on for it (R1.2)."""
    payer, today = invoice.payer, clock.today()
    if not payer.valid_until or payer.valid_until > today:
        return payer
    living = Payer.objects.live(today).filter(client=invoice.client_id)
    return (
        living.filter(valid_from=payer.valid_until).first() or living.filter(is_default=True).first() or payer
    )


def next_due(invoice: Invoice) -> date:
    """The due date while that is ahead, else a week from today."""
    today = clock.today()
    return invoice.due_on if invoice.due_on > today else today + timedelta(days=ADDON_DAYS)


@transaction.atomic
def reissue(quoted: Reissue, *, by: User, because: str, seen: str | None = None) -> Invoice:
    """Do what `quote_reissue` showed: the invoice is void, another one stands in its place.

    Money goes over by counter-entries, units and their hand-overs stay. The letter of the new one is
    written and held; the old link says that the invoice is replaced. Raises Refused without a reason, and
    when that is not what would be done now.
    """
    lock(quoted.invoice.client_id)
    row = _locked(quoted.invoice)
    if not because.strip():
        raise Refused(_("Say why."), "because")
    now = quote_reissue(row, by=by, payer=quoted.payer, due_on=quoted.due_on)
    _refuse_other(now.fingerprint, quoted.fingerprint, seen)
    money = row.paid
    Line.objects.filter(revision__invoice=row).update(live=False)
    move(row, Invoice.Status.VOID, by=by, facts={"because": because.strip()}, paid=Decimal(0))
    plan = Plan(
        row.client, now.payer, row.seller, now.due_on, role=row.role, order=row.order,
        lines=as_new(now.lines),
    )  # fmt: skip
    (heir,) = make_drafts([plan], by=by)
    _hand_on(now.allocations, heir, by)
    key = row.renewal_key if now.payer == row.payer else key_of(row.renewal_key, now.payer)
    Invoice.objects.filter(pk=heir.pk).update(paid=money)
    Invoice.objects.filter(pk=row.pk).update(replaced_by=heir)
    record("invoices.reissued", heir, by=by, former=str(row), because=because.strip())
    issuing.issue(heir, by=by, instead_of=row)
    Invoice.objects.filter(pk=heir.pk).update(renewal_key=key)
    hand_over([heir.pk], Product.HandoverRule.ON_SENT)
    heir.refresh_from_db()
    return heir


def _hand_on(allocations: Sequence[Allocation], heir: Invoice, by: User) -> None:
    """Money of a void invoice pays its heir: each part is taken back and given anew."""
    Allocation.objects.bulk_create(
        Allocation(
            payment=one.payment, invoice_id=one.invoice_id, seller_id=one.seller_id, amount=-one.amount,
            reverses=one, by=by,
        )
        for one in allocations
    )  # fmt: skip
    Allocation.objects.bulk_create(
        Allocation(payment=one.payment, invoice=heir, seller_id=one.seller_id, amount=one.amount, by=by)
        for one in allocations
    )


def _locked(invoice: Invoice) -> Invoice:
    """Services, then the invoice: in the house's order, behind the client's lock."""
    sold = Service.objects.filter(batches__lines__revision=invoice.current_id).values("pk")
    list(Service.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=sold).order_by("pk"))
    return (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "payer", "seller", "order", "current")
        .get(pk=invoice.pk)
    )


def _refuse_other(now: str, quoted: str, seen: str | None) -> None:
    if seen is not None and seen != quoted:
        raise Refused(_("Look at what will happen now, then press again."))
    if now != quoted:
        raise Refused(_("The invoice has been changed meanwhile: look again."))


@dataclass(frozen=True)
class Split:
    """What taking lines out of an unpaid invoice would do: `left` keep the number, `taken` go to a draft."""

    invoice: Invoice
    left: tuple[Line, ...]
    taken: tuple[Line, ...]
    due_on: date

    @property
    def left_total(self) -> Decimal:
        return totals.total(self.left).gross

    @property
    def taken_total(self) -> Decimal:
        return totals.total(self.taken).gross

    @property
    def is_paid(self) -> bool:
        """Whether what stays is paid by the money that came."""
        return self.left_total == self.invoice.paid

    @property
    def fingerprint(self) -> str:
        """What was shown, in short. Another one = look again."""
        sums = self.left_total, self.taken_total, self.invoice.paid
        ids = [line.pk for line in self.taken]
        return _short(self.invoice.current_id, ids, [str(one) for one in sums], self.due_on)


def quote_split(invoice: Invoice, chosen: Collection[int]) -> Split:
    """What taking the `chosen` lines (by id) out would do. Writes nothing.

    Raises Refused for what is no unpaid invoice, and at "lines" when nothing or everything is chosen, or
    what stays is less than the money that came.
    """
    issuing.refuse_frozen(invoice)
    lines = list(invoice.revision.lines.all())
    split = Split(
        invoice=invoice,
        left=tuple(line for line in lines if line.pk not in chosen),
        taken=tuple(line for line in lines if line.pk in chosen),
        due_on=next_due(invoice),
    )
    if not split.taken:
        raise Refused(_("Choose the lines that go into a new draft."), "lines")
    if split.left_total <= 0:
        raise Refused(
            _("Something must stay in the invoice: to give it up whole, void or reissue it."), "lines"
        )
    if split.left_total < invoice.paid:
        raise Refused(
            _("%(paid)s came for the invoice: what stays must not be less, it is %(left)s.")
            % {"paid": format_money(invoice.paid), "left": format_money(split.left_total)},
            "lines",
        )
    return split


def unpaid_lines(invoice: Invoice) -> set[int]:
    """Lines beyond the money that came, where the others are that money to the kopeck; else none."""
    lines = list(invoice.revision.lines.all())
    stay = totals.that_make(invoice.paid, [(line.pk, line.gross) for line in lines])
    return {line.pk for line in lines} - set(stay) if stay else set()


@transaction.atomic
def split_off(quoted: Split, *, by: User, because: str, seen: str | None = None) -> Invoice:
    """Do what `quote_split` showed: a revision under the same number, and a draft with the other lines.

    An invoice that its money covers now is paid, and its services follow. Returns the draft. Raises Refused
    without a reason, and when that is not what would be done now.
    """
    lock(quoted.invoice.client_id)
    row = _locked(quoted.invoice)
    now = quote_split(row, [line.pk for line in quoted.taken])
    _refuse_other(now.fingerprint, quoted.fingerprint, seen)
    revise(row, by=by, because=because, without=[line.pk for line in now.taken])
    plan = Plan(
        row.client, row.payer, row.seller, now.due_on, role=row.role, order=row.order,
        lines=as_new(now.taken),
    )  # fmt: skip
    (draft,) = make_drafts([plan], by=by)
    record("invoices.split_off", row, by=by, draft=str(draft), total=str(draft.total))
    row.refresh_from_db()
    if row.paid == row.total:
        last = row.allocations.filter(amount__gt=0).aggregate(day=Max("payment__received_on"))["day"]
        settle([row], {row.pk: last}, by=by)
    return draft
