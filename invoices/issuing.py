"""Check & send: the one moment when something leaves the house."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from billing_site.journal.models import subject_of
from billing_site.journal.moves import IllegalMove, move
from billing_site.journal.series import next_number
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import BadRequisite, check_code
from billing_site.kit.secrets import make_token, token_hash
from billing_site.letters.actions import Content, queue
from billing_site.letters.models import Hold, Letter
from billing_site.office.models import User
from clients.actions import lock
from clients.models import Client, EmailAddress, MailClass
from invoices import documents, totals
from invoices.drafting import Loose, loosened, release
from invoices.letters import invoice_letter, together_letter, void_letter
from invoices.models import Enclosure, Invoice, Line, PublicLink, Revision

WITHOUT_CODE = "invoices.send_without_code"


@dataclass(frozen=True)
class Check:
    """One thing looked at before sending: passed, worth a look, or a stop."""

    level: str  # "pass", "warn" or "stop"
    text: str


def checks(invoice: Invoice, by: User | None) -> list[Check]:
    """Everything that Check & send looks at when `by` presses it; a "stop" keeps the invoice in the house."""
    lines = list(invoice.revision.lines.all())
    found = [
        _check_total(lines), _check_seller(invoice), _check_payer(invoice), _check_code(invoice, by),
        _check_address(invoice),
    ]  # fmt: skip
    if Hold.objects.filter(client_no=invoice.client_id).exists():
        found.append(Check("warn", _("The client is on hold: the letter will wait until released.")))
    if invoice.due_on < clock.today():
        found.append(Check("warn", _("The due date is in the past.")))
    found += [Check("warn", _("Line %(n)s costs nothing.") % {"n": x.position}) for x in lines if not x.gross]
    return found


def _check_total(lines: list[Line]) -> Check:
    if not lines or totals.total(lines).gross <= 0:
        return Check("stop", _("The invoice has nothing to pay."))
    return Check("pass", _("Lines and total"))


def _check_seller(invoice: Invoice) -> Check:
    closed = invoice.seller.closed_until
    if closed and clock.today() <= closed:
        return Check("stop", _("The books of the seller are closed until %(day)s.") % {"day": closed})
    if not invoice.seller.accounts.filter(is_main=True, active=True).exists():
        return Check("stop", _("The seller has no bank account to print."))
    return Check("pass", _("Seller's requisites and account"))


def _check_payer(invoice: Invoice) -> Check:
    payer = invoice.payer
    if payer.kind != payer.Kind.PERSON and not payer.inn:
        return Check("stop", _("The payer has no INN."))
    return Check("pass", _("Payer's requisites"))


def _check_code(invoice: Invoice, by: User | None) -> Check:
    """Without a code the payer's first invoice may go, by whom the office trusts; no second (R1.5)."""
    code = invoice.payer.counterparty_code
    if code:
        try:
            check_code(code)
        except BadRequisite as wrong:
            return Check("stop", _("Counterparty code “%(code)s”: %(why)s") % {"code": code, "why": wrong})
        return Check("pass", _("Counterparty code"))
    first = invoice.payer.invoices.out().exclude(pk=invoice.pk).order_by("issued_on", "pk").first()
    if first:
        return Check(
            "stop",
            _("The payer still has no counterparty code, and its first invoice is out already: %(invoice)s. "
              "The next one goes when Union has given the code.") % {"invoice": first},
        )  # fmt: skip
    if by is None or not by.has_perm(WITHOUT_CODE):
        return Check(
            "stop",
            _("The payer has no counterparty code. Its first invoice may be sent without one by whoever has "
              "the right to: ask a head, or fill in the code."),
        )  # fmt: skip
    return Check("warn", _("The payer has no counterparty code: Union won't see the invoice yet."))


def _check_address(invoice: Invoice) -> Check:
    to = addressees(invoice)
    if not to:
        return Check("stop", _("The client has no address for the letter."))
    bounced = invoice.client.addresses.filter(address__in=to, bounced_at__isnull=False)
    if bounced.exists():
        return Check("warn", _("Letters to %(address)s came back before.") % {"address": bounced[0].address})
    return Check("pass", _("Address: %(to)s") % {"to": ", ".join(to)})


def addressees(invoice: Invoice) -> list[str]:
    """Who gets an invoice's letter, the profile address first."""
    return addressees_of(invoice.client)


def addressees_of(client: Client) -> list[str]:
    """The profile address and the contacts who get invoices, in this order."""
    rows = client.addresses.exclude(kind=EmailAddress.Kind.FORMER).select_related("contact")
    main = [row.address for row in rows if row.kind == EmailAddress.Kind.PROFILE]
    papers = [row.address for row in rows if row.contact and row.contact.gets(MailClass.INVOICES)]
    return [*main, *sorted(set(papers) - set(main))]


def preview(invoice: Invoice) -> tuple[list[str], Content]:
    """The letter exactly as it would go today: addressees and content, number and link still open.

    Raises Refused while the seller can't print a paper.
    """
    shown, revision = documents.as_of_today(invoice)
    with translation.override(invoice.client.language):
        content = invoice_letter(shown, revision, number=documents.shown_number(shown), link="#")
    return addressees(invoice), content


def fingerprint(invoice: Invoice) -> str:
    """What Check & send has shown, in short: addressees, due date and lines. Another one = look again."""
    lines = [(line.text, str(line.period), str(line.gross)) for line in invoice.revision.lines.all()]
    shown = repr((addressees(invoice), invoice.due_on, invoice.payer_id, lines))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


@transaction.atomic
def issue(invoice: Invoice, *, by: User, on: date | None = None, instead_of: Invoice | None = None) -> Letter:
    """Freeze the draft, take its number, write the letter; PDF and sending are errands after commit.

    The letter of an invoice that stands `instead_of` a void one says so and is held for a person (R6.2).
    Raises Refused and IllegalMove as `freeze`. Writing hand-overs is the caller's (billing.send).
    """
    frozen = freeze(invoice, by=by, on=on)
    held = {"status": Letter.Status.HELD, "held_because": Letter.Because.PERSON} if instead_of else {}
    return write_letter(frozen.invoice, frozen.revision, frozen.token, by, instead_of, **held)


@dataclass(frozen=True)
class Frozen:
    """An invoice that has just got its number, and what its letter says; `token` is of its link."""

    invoice: Invoice
    revision: Revision
    token: str


@transaction.atomic
def freeze(invoice: Invoice, *, by: User, on: date | None = None) -> Frozen:
    """The draft becomes an invoice with a number, a frozen paper and a link; its PDF is an errand.

    Raises Refused with the first stopping check, IllegalMove when it is no draft any more. The number
    is taken last, so the series' row is locked for the shortest time (R6.3). The letter is the caller's.
    """
    lock(invoice.client_id)
    row = (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "payer", "seller", "current")
        .get(pk=invoice.pk)
    )
    if row.status != Invoice.Status.DRAFT:
        raise IllegalMove(row, Invoice.Status.ISSUED)
    stop = next((check for check in checks(row, by) if check.level == "stop"), None)
    if stop:
        raise Refused(stop.text)
    day = on or clock.today()
    token, digest = make_token()
    PublicLink.objects.create(invoice=row, token=token, token_hash=digest)
    revision = row.revision
    revision.invoice = row
    revision.seller = documents.seller_snapshot(row.seller, day, row.payer)
    revision.buyer = documents.buyer_snapshot(row.payer, day)
    number = next_number(row.series)
    row.number, row.issued_on = number, day
    revision.purpose = documents.purpose(row, revision, list(revision.lines.all()))
    revision.save(update_fields=["seller", "buyer", "purpose"])
    move(revision, Revision.Status.SENT, by=by, sent_at=clock.now())
    move(
        row,
        Invoice.Status.ISSUED,
        by=by,
        facts={"number": number, "total": str(row.total)},
        number=number,
        issued_on=day,
        manager_at_issue_id=row.client.account_manager_id,
    )
    errands.send("invoices.render_paper", revision.pk)
    return Frozen(row, revision, token)


def public_url(token: str) -> str:
    """Absolute address of the client's page of an invoice."""
    return settings.SITE_URL + reverse("public-invoice", args=[token])


def find_link(token: str) -> PublicLink | None:
    """The live link of a token with all that its page shows, in one query; None for wrong and revoked."""
    return (
        PublicLink.objects.select_related(
            "invoice__client__account_manager",
            "invoice__seller",
            "invoice__current",
            "invoice__replaced_by__seller",
        )
        .exclude(invoice__status__in=(Invoice.Status.DRAFT, Invoice.Status.DISCARDED))
        .filter(token_hash=token_hash(token), revoked_at__isnull=True)
        .first()
    )


def note_opened(link: PublicLink) -> None:
    """The client has opened the invoice; only the first time is kept."""
    if link.first_opened_at is None:
        PublicLink.objects.filter(pk=link.pk, first_opened_at__isnull=True).update(
            first_opened_at=clock.now()
        )


def write_letter(
    invoice: Invoice,
    revision: Revision,
    token: str,
    by: User,
    instead_of: Invoice | None = None,
    **fields: Any,
) -> Letter:
    """The letter that goes with a revision, once; `fields` are further columns of Letter."""
    number = documents.shown_number(invoice)
    former = documents.shown_number(instead_of) if instead_of else ""
    with translation.override(invoice.client.language):
        content = invoice_letter(invoice, revision, number=number, link=public_url(token), former=former)
    return queue(
        content,
        to=addressees(invoice),
        kind="invoice",
        by=by,
        client_no=invoice.client_id,
        about=subject_of(invoice),
        key=f"invoice-{invoice.pk}-{revision.n}",
        needs=subject_of(revision),
        language=invoice.client.language,
        **fields,
    )


def write_together(frozen: Sequence[Frozen], by: User) -> Letter:
    """One letter with several invoices of a client; it leaves when the papers of all are made (R5.2)."""
    first = frozen[0]
    client = first.invoice.client
    told = [(one.invoice, documents.shown_number(one.invoice), public_url(one.token)) for one in frozen]
    with translation.override(client.language):
        content = together_letter(client, told)
    letter = queue(
        content,
        to=addressees(first.invoice),
        kind="invoice",
        by=by,
        client_no=client.pk,
        about=subject_of(first.invoice),
        key=f"invoices-{first.invoice.pk}",
        needs=papers_of(first.revision),
        language=client.language,
    )
    Enclosure.objects.bulk_create(Enclosure(letter=letter, revision=one.revision) for one in frozen)
    return letter


def papers_of(first: Revision) -> str:
    """What a letter about several invoices needs: all their papers, called by the first one's revision."""
    return f"invoices.enclosure:{first.pk}"


def revisions_of(invoice: Invoice) -> list[Revision]:
    """Its papers, the newest first, with the letter about several invoices that each went with, if any."""
    return list(invoice.revisions.select_related("enclosure").order_by("-n"))


def letters_about(invoice: Invoice, revisions: Iterable[Revision]) -> QuerySet[Letter]:
    """Letters that went about an invoice, alone or together with others, the newest first.

    `revisions` are those of `revisions_of`.
    """
    found = (getattr(one, "enclosure", None) for one in revisions)
    together = [enclosure.letter_id for enclosure in found if enclosure]
    about = Q(about=subject_of(invoice))
    if together:
        about |= Q(pk__in=together) | Q(again_of__in=together)
    return Letter.objects.filter(about).order_by("-pk")


def write_notice(invoice: Invoice, *, by: User | None) -> Letter | None:
    """The letter that a void invoice is not to be paid, held for a person (R3.2); None without an address."""
    to = addressees(invoice)
    if not to:
        return None
    with translation.override(invoice.client.language):
        content = void_letter(invoice, number=documents.shown_number(invoice))
    return queue(
        content,
        to=to,
        kind="invoice-void",
        by=by,
        client_no=invoice.client_id,
        about=subject_of(invoice),
        key=f"invoice-void-{invoice.pk}",
        language=invoice.client.language,
        status=Letter.Status.HELD,
        held_because=Letter.Because.PERSON,
    )


def refuse_frozen(row: Invoice) -> None:
    """Raise Refused when an invoice can't be corrected by another paper any more; `seller` loaded (R6.2)."""
    if row.status == Invoice.Status.PAID:
        raise Refused(
            _("Invoice %(no)s is paid: what is wrong in it is put right by a credit or a refund.")
            % {"no": row.number}
        )
    if row.status not in (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS):
        raise Refused(
            _("Invoice %(no)s is “%(status)s”: only an unpaid one is revised or voided.")
            % {"no": row.number or row.pk, "status": row.get_status_display()}
        )
    if row.issued_on and row.seller.closed_until and row.issued_on <= row.seller.closed_until:
        raise Refused(_("The invoice stands in a closed period."))


@dataclass(frozen=True)
class Voiding:
    """What voiding would do: `lines` whose periods become free, units that leave, drafts that lose lines."""

    lines: tuple[Line, ...]
    loose: Loose

    @property
    def drafts(self) -> list[Invoice]:
        return list(dict.fromkeys(line.revision.invoice for line in self.loose.lines))


def quote_void(invoice: Invoice) -> Voiding:
    """What voiding an invoice would do; `seller` loaded. Raises Refused as `void` does. Writes nothing."""
    if invoice.status != Invoice.Status.PAID and invoice.paid:
        raise Refused(_("Money came for the invoice: reissue it, and the money goes over to the new one."))
    refuse_frozen(invoice)
    lines = Line.objects.filter(revision__invoice=invoice, live=True).select_related(
        "batch__option", "batch__choice", "batch__service__product"
    )
    gone = list(lines.order_by("position", "pk"))
    return Voiding(tuple(gone), loosened(gone))


@transaction.atomic
def void(invoice: Invoice, *, by: User | None, because: str) -> Invoice:
    """An issued, wholly unpaid invoice is no more: its periods are free, its link says so (R6.2).

    Raises Refused for one that money is allocated to, or in a closed period; without a reason.
    """
    lock(invoice.client_id)
    row = (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("seller")
        .get(pk=invoice.pk)
    )
    if not because.strip():
        raise Refused(_("Say why."), "because")
    quoted = quote_void(row)
    move(row, Invoice.Status.VOID, by=by, facts={"because": because})
    Line.objects.filter(revision__invoice=row).update(live=False)
    release(quoted.lines, by=by)
    return row
