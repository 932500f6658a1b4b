"""To send by the 20th (R5.2): what is odd in a renewal draft, who has looked, and sending all that is not."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import add_months
from billing_site.letters.models import Hold, Letter
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client, EmailAddress, MailClass
from invoices.billing.drifting import unequal_companions
from invoices.billing.gating import Reason, said
from invoices.billing.sending import send_together
from invoices.models import DraftCheck, Invoice, Line
from invoices.models.invoice import InvoiceQuerySet
from invoices.sanity import Rate, monthly
from products.models import LIVE, Companion, Service

TOLERANCE = 1  # percent: by the office's rule of months a rest may differ by kopecks
SEND_DAY = 20
OWN_DAYS = timedelta(days=10)  # a period that starts in the middle of a month goes out so long before it


class Odd(TextChoices):
    """Why a draft deserves a look before it goes."""

    CHANGED = "changed", gettext_lazy("sum changed")
    COMPANIONS = "companions", gettext_lazy("companions are not as many")
    NO_CODE = "no_code", gettext_lazy("no code")
    NO_ADDRESS = "no_address", gettext_lazy("no address")
    BOUNCED = "bounced", gettext_lazy("letters come back")
    HOLD = "hold", gettext_lazy("letters on hold")


@dataclass(frozen=True)
class Oddity:
    """One reason with what is to be known about it."""

    odd: Odd
    words: str = ""

    def __str__(self) -> str:
        return f"{self.odd.label}: {self.words}" if self.words else str(self.odd.label)


@dataclass(frozen=True)
class Draft:
    """A renewal draft on its way: what is odd, and who has looked at it as it is now."""

    invoice: Invoice
    oddities: tuple[Oddity, ...]
    check: DraftCheck | None

    @property
    def waits(self) -> bool:
        """Whether a person has to look before it may go with the others."""
        return bool(self.oddities) and self.check is None


def renewals() -> InvoiceQuerySet:
    """Invoices of the renewal run that stand: drafts and what became of them."""
    gone = (Invoice.Status.DISCARDED, Invoice.Status.VOID)
    return Invoice.objects.exclude(renewal_key="").exclude(status__in=gone)


def send_by(due_on: date) -> date:
    """The day by which a renewal that is due on `due_on` is to be sent."""
    if due_on.day == 1:
        return add_months(due_on, -1).replace(day=SEND_DAY)
    return due_on - OWN_DAYS


def late_drafts(today: date) -> InvoiceQuerySet:
    """Renewal drafts whose day to be sent is over."""
    first = today.replace(day=1)
    by_month = add_months(first, 1) if today.day > SEND_DAY else first
    late = Q(due_on__day=1, due_on__lte=by_month) | (~Q(due_on__day=1) & Q(due_on__lt=today + OWN_DAYS))
    return renewal_drafts().filter(late, due_on__lte=max(by_month, today + OWN_DAYS))


def seen_of(draft: Invoice) -> str:
    """What stands in a draft, in short: its payer, day and lines. Its current revision's lines are read."""
    lines = [(line.text, str(line.period), str(line.gross)) for line in draft.revision.lines.all()]
    shown = repr((draft.due_on, draft.payer_id, lines))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def renewal_drafts() -> InvoiceQuerySet:
    """Those that have not left yet."""
    return renewals().filter(status=Invoice.Status.DRAFT)


def drafts_of(drafts: QuerySet[Invoice]) -> list[Draft]:
    """These drafts with what is odd in them, in the same few queries for any number."""
    lines = Prefetch("current__lines", Line.objects.select_related("batch").order_by("position", "id"))
    rows = list(
        drafts.select_related("client", "payer", "seller", "current", "draft_check__by").prefetch_related(
            lines
        )
    )
    clients = {row.client_id for row in rows}
    found: dict[int, list[Oddity]] = defaultdict(list)
    changed, uneven, reached = _changed(rows), _uneven(rows), _addresses(clients)
    held = set(Hold.objects.filter(client_no__in=clients).values_list("client_no", flat=True))
    for row in rows:
        found[row.pk] += changed.get(row.pk, ())
        found[row.pk] += uneven.get(row.pk, ())
        if not row.payer.counterparty_code:
            found[row.pk].append(Oddity(Odd.NO_CODE))
        found[row.pk] += reached.get(row.client_id, (Oddity(Odd.NO_ADDRESS),))
        if row.client_id in held:
            found[row.pk].append(Oddity(Odd.HOLD))
    return [Draft(row, tuple(found[row.pk]), _check_of(row)) for row in rows]


def _check_of(row: Invoice) -> DraftCheck | None:
    """The look that still holds: nothing in the draft has changed since."""
    check: DraftCheck | None = getattr(row, "draft_check", None)
    return check if check and check.seen == seen_of(row) else None


def _addresses(clients: Collection[int]) -> dict[int, list[Oddity]]:
    """Client with an address → what is wrong with those that get invoices."""
    found: dict[int, list[Oddity]] = {}
    rows = EmailAddress.objects.filter(client__in=clients).exclude(kind=EmailAddress.Kind.FORMER)
    for row in rows.select_related("contact").order_by("pk"):
        gets = row.kind == EmailAddress.Kind.PROFILE or (row.contact and row.contact.gets(MailClass.INVOICES))
        if gets:
            odd = found.setdefault(row.client_id, [])
            if row.bounced_at:
                odd.append(Oddity(Odd.BOUNCED, row.address))
    return found


def _changed(rows: Sequence[Invoice]) -> dict[int, list[Oddity]]:
    """Draft → its rate a month beside that of the lines it continues, when it is another one."""
    services = {line.batch.service_id for row in rows for line in row.revision.lines.all() if line.batch}
    before: dict[tuple[int, date], list[Line]] = defaultdict(list)
    last = Line.objects.filter(
        batch__service__in=services, live=True, kind__in=(Line.Kind.CHARGE, Line.Kind.OPENING),
        period__endswith__in={row.due_on for row in rows},
    ).select_related("batch")  # fmt: skip
    for line in last:
        if line.batch:
            before[line.batch.service_id, line.period.upper].append(line)
    found = {}
    for row in rows:
        charged = [line for line in row.revision.lines.all() if line.batch and line.kind == Line.Kind.CHARGE]
        held = {line.batch.service_id for line in charged if line.batch}
        rate = Rate(
            _monthly(line for service in held for line in before[service, row.due_on]), _monthly(charged)
        )
        if rate.differs_by(TOLERANCE):
            facts = {"code": Reason.CHANGED, "was": str(rate.was), "becomes": str(rate.becomes)}
            found[row.pk] = [Oddity(Odd.CHANGED, said(facts))]
    return found


def _monthly(lines: Iterable[Line]) -> Decimal:
    rates = (monthly(line.gross, line.period.lower, line.period.upper) for line in lines)
    return sum((rate for rate in rates if rate), Decimal(0))


def _uneven(rows: Sequence[Invoice]) -> dict[int, list[Oddity]]:
    """Draft → companions of its services that are not as many (R3.5)."""
    if not rows or not Companion.objects.exists():
        return {}
    clients = {row.client_id for row in rows}
    live = Service.objects.filter(client__in=clients, status__in=LIVE).select_related("product")
    by_service: dict[int, list[Oddity]] = defaultdict(list)
    for one in unequal_companions(list(live)):
        by_service[one.service.pk].append(
            Oddity(
                Odd.COMPANIONS,
                _("“%(of)s” goes with “%(what)s”: there are %(has)s, needed are %(needs)s")
                % {"of": one.service.product.name, "what": one.companion, "has": one.has, "needs": one.needs},
            )
        )
    found: dict[int, list[Oddity]] = {}
    for row in rows:
        held = dict.fromkeys(line.batch.service_id for line in row.revision.lines.all() if line.batch)
        found[row.pk] = [odd for service in held for odd in by_service.get(service, ())]
    return found


@transaction.atomic
def check_draft(invoice: Invoice, *, by: User, seen: str) -> DraftCheck:
    """A person has looked at the draft as it is: it may go with the others.

    `seen` is what the page has shown (`seen_of`): raises Refused when the draft is another one by now.
    """
    lock(invoice.client_id)
    row = Invoice.objects.select_related("current").get(pk=invoice.pk)
    if row.status != Invoice.Status.DRAFT:
        raise Refused(_("%(invoice)s: it is no draft any more.") % {"invoice": row})
    if seen != seen_of(row):
        raise Refused(_("The draft has changed since you looked: look again."))
    check, _made = DraftCheck.objects.update_or_create(
        invoice=row, defaults={"seen": seen, "by": by, "at": clock.now()}
    )
    record("invoices.draft_checked", row, by=by, total=str(row.total))
    return check


def what_stops(drafts: Sequence[Draft]) -> str:
    """Why a client's drafts can't go together now; "" when they can."""
    if not drafts:
        return _("There is no renewal draft to send.")
    odd = next((one for one in drafts if one.waits), None)
    return f"{odd.oddities[0]}" if odd else ""


@transaction.atomic
def send_renewals(client: Client, *, by: User) -> Letter:
    """All renewal drafts of a client in one letter, with their papers.

    Raises Refused when there is none, when one is odd and nobody has looked at it, and as Check & send.
    """
    lock(client.pk)
    drafts = drafts_of(renewal_drafts().filter(client=client).order_by("due_on", "pk"))
    if why := what_stops(drafts):
        raise Refused(why)
    return send_together([one.invoice for one in drafts], by=by)
