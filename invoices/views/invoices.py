"""Invoices: the list, and one with its paper, what happened to it and what can be done."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Entry
from billing_site.letters.models import Letter
from billing_site.office.models import User
from billing_site.pages.access import may, right_name
from billing_site.pages.telling import sentence
from billing_site.pages.views import DetailPage, ListPage
from clients.queries import through_clients
from invoices import documents, issuing
from invoices.filters import InvoiceFilter, find_invoices
from invoices.models import Invoice, Line
from invoices.queries import handovers_of, with_open
from invoices.tables import InvoiceTable, standing

LIST = ((_("Invoices"), "invoice-list"),)
HISTORY = 50
FORMER = Invoice.objects.filter(replaced_by=OuterRef("pk")).order_by("-pk")[:1]  # what it stands instead of


class InvoiceList(ListPage):
    permission, title, menu = "invoices.view_invoice", _("Invoices"), "billing"
    queryset = with_open(Invoice.objects.all())
    table, filterset = InvoiceTable, InvoiceFilter
    template_name = "invoices/list.html"
    search_fields = ("number",)
    search_hint = _("Number, client, payer's INN")
    tabs = (
        (_("All"), ""),
        (_("Drafts"), "status=draft"),
        (_("Unpaid"), "status=issued"),
        (_("Past due"), "state=overdue"),
        (_("Partly paid"), "state=partly"),
        (_("Paid invoices"), "status=paid"),
    )
    empty_text = _("No invoices yet. Accepting an order makes the first draft.")

    def laid_out(self) -> QuerySet:
        return through_clients(self.found, self.request.user)

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_invoices(queryset, typed)


@dataclass(frozen=True)
class Deed:
    """A button of the invoice; one with a `refusal` can't be pressed and says why."""

    url: str
    label: str | Promise
    icon: str
    look: str = "outline-secondary"
    refusal: str = ""


@dataclass(frozen=True)
class Counted:
    """A line with its arithmetic in words."""

    line: Line
    days: int
    steps: list[dict[str, Any]]


def counted(lines: list[Line]) -> list[Counted]:
    """Lines as they are explained: how many days, what was multiplied by what."""
    return [
        Counted(
            line,
            (line.period.upper - line.period.lower).days if documents.lasts(line) else 0,
            [{"text": step["text"], "amount": Decimal(step["amount"])} for step in line.why],
        )
        for line in lines
    ]


def title_of(invoice: Invoice) -> str:
    if invoice.number is None:
        return _t("Draft %(id)s") % {"id": invoice.pk}
    return _t("Invoice No. %(number)s") % {"number": documents.shown_number(invoice)}


class InvoicePage(DetailPage):
    permission, menu, crumbs = "invoices.view_invoice", "billing", LIST
    template_name = "invoices/invoice.html"
    queryset = Invoice.objects.select_related(
        "client",
        "payer",
        "seller",
        "order",
        "current",
        "manager",
        "manager_at_issue",
        "replaced_by",
        "author",
    ).annotate(former=Subquery(FORMER.values("pk")), former_number=Subquery(FORMER.values("number")))

    def get_title(self, obj: Any = None) -> str:
        return title_of(obj)

    def get_context(self, obj: Invoice) -> dict[str, Any]:
        revisions = issuing.revisions_of(obj)
        letters = list(issuing.letters_about(obj, revisions))
        link = obj.links.filter(revoked_at=None).first()
        return {
            "standing": standing(obj.status, obj.due_on, obj.paid),
            "deeds": deeds(obj, self.request.user, letters),
            "corrections": corrections(obj, self.request.user),
            "counted": counted(list(obj.revision.lines.all())),
            "link": link,
            "link_url": issuing.public_url(link.token) if link else "",
            "letters": letters,
            "allocations": obj.allocations.select_related("payment__bank_line").order_by("pk"),
            "handovers": handovers_of(obj),
            "revisions": revisions,
            "entries": history(obj),
        }


def history(obj: Any) -> list[tuple[Entry, str]]:
    """What the journal tells about an object, the newest first."""
    return [(entry, sentence(entry)) for entry in Entry.objects.about(obj).order_by("-id")[:HISTORY]]


def deeds(invoice: Invoice, user: User, letters: list[Letter]) -> list[Deed]:
    """What can be done in the invoice's state, the main thing last."""
    if invoice.status == Invoice.Status.DISCARDED:
        return []
    if invoice.status == Invoice.Status.DRAFT:
        return [
            Deed(
                reverse("invoice-discard", args=[invoice.pk]), _("Discard"), "trash-2",
                refusal=lacks(user, "invoices.discard_invoice"),
            ),
            Deed(
                reverse("invoice-send", args=[invoice.pk]), _("Check & send"), "send", "primary",
                refusal=lacks(user, "invoices.issue_invoice"),
            ),
        ]  # fmt: skip
    again = Deed(
        reverse("invoice-letter-again", args=[invoice.pk]), _("Send the letter again"), "mail",
        refusal=lacks(user, "letters.change_letter") or _no_letter(letters),
    )  # fmt: skip
    paper = Deed(
        reverse("revision-pdf", args=[invoice.current_id]), _("Download PDF"), "file-down", "primary",
        refusal="" if invoice.revision.file else _t("The PDF is being made."),
    )  # fmt: skip
    return [paper] if invoice.replaced_by_id else [again, paper]


def corrections(invoice: Invoice, user: User) -> list[Deed]:
    """What puts an unpaid invoice right by another paper (R6.2)."""
    if invoice.status not in (Invoice.Status.ISSUED, Invoice.Status.COLLECTIONS):
        return []
    held = _t("Money came for the invoice: reissue it, and the money goes over to the new one.")
    lacking = lacks(user, "invoices.void_invoice")
    deeds = (
        ("invoice-prolong", _("More time"), "calendar-plus", "", ""),
        ("invoice-split", _("Lines into a new draft"), "split", "", ""),
        ("invoice-reissue", _("Void and reissue"), "replace", "", ""),
        ("invoice-void", _("Void"), "ban", "danger", held if invoice.paid else ""),
    )
    return [
        Deed(reverse(name, args=[invoice.pk]), label, icon, look, lacking or refusal)
        for name, label, icon, look, refusal in deeds
    ]


def lacks(user: User, permission: str) -> str:
    """Which right is missing; empty when the user has it."""
    if may(user, permission):
        return ""
    return _t("You lack the right “%(right)s”.") % {"right": right_name(permission)}


def _no_letter(letters: list[Letter]) -> str:
    if letters and letters[0].status == Letter.Status.SENT:
        return ""
    return _t("The last letter has not gone yet: see its state.")
