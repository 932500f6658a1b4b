"""The client's page of an invoice, by link, without signing in. A wrong link tells nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing_site.kit import live
from billing_site.kit.requisites import shown_phone
from billing_site.pages.access import public
from billing_site.pages.views import send_file
from invoices import documents, issuing, totals
from invoices.models import Invoice, PublicLink

MISSES, WINDOW = 60, 600  # wrong links one address may try, in so many seconds
NOT_YET = 60  # seconds until a paper that is being made should be asked for again
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",  # the address is the key
    "Cache-Control": "private, no-store",
}
LinkPage = Callable[[HttpRequest, PublicLink], HttpResponseBase]


@dataclass(frozen=True)
class Standing:
    """How an invoice stands for the one who shall pay it. `key` chooses words and colour."""

    key: str  # "unpaid", "overdue", "partly", "paid", "void", "replaced" or "refunded"

    @property
    def payable(self) -> bool:
        return self.key in ("unpaid", "overdue", "partly")


def standing_of(invoice: Invoice) -> Standing:
    if invoice.replaced_by_id:
        return Standing("replaced")
    if invoice.status in (Invoice.Status.PAID, Invoice.Status.VOID, Invoice.Status.REFUNDED):
        return Standing(invoice.status)
    if invoice.paid:
        return Standing("partly")
    return Standing("overdue" if invoice.is_overdue() else "unpaid")


def by_link(page: LinkPage) -> Callable[..., HttpResponseBase]:
    """Find the invoice by the token in the address and answer in its client's language."""

    @public
    @require_safe
    @wraps(page)
    def found(request: HttpRequest, token: str) -> HttpResponseBase:
        link = issuing.find_link(token)
        if link is None:
            return sealed(nothing_here(request))
        with translation.override(link.invoice.client.language):
            try:
                answer = sealed(page(request, link))
            except Http404:  # its file is gone from the storage
                return sealed(not_ready(link))
            answer["Content-Language"] = link.invoice.client.language
            return answer

    return found


def sealed(answer: HttpResponseBase) -> HttpResponseBase:
    """Never indexed, never kept by others, the address never told to a third site."""
    for name, value in HEADERS.items():
        answer[name] = value
    return answer


def nothing_here(request: HttpRequest) -> HttpResponse:
    """The same page for wrong and revoked links. Guessing is slowed down; a true link always opens."""
    patient = live.allow(f"wrong-links:{request.META.get('REMOTE_ADDR', '')}", MISSES, WINDOW)
    answer = HttpResponse(render_to_string("invoices/public_gone.html"), status=404 if patient else 429)
    if not patient:
        answer["Retry-After"] = str(WINDOW)
    return answer


def not_ready(link: PublicLink) -> HttpResponse:
    address = reverse("public-invoice", args=[link.token])
    body = render_to_string("invoices/public_not_ready.html", {"address": address})
    return HttpResponse(body, status=503, headers={"Retry-After": str(NOT_YET)})


@by_link
def invoice_page(request: HttpRequest, link: PublicLink) -> HttpResponse:
    """The amount, how it stands, the lines, everything a payment needs. At most three queries."""
    # A look by staff or a HEAD of a mail scanner isn't the client's opening.
    if request.method == "GET" and not request.user.is_authenticated:
        issuing.note_opened(link)
    invoice = link.invoice
    manager = invoice.client.account_manager
    standing = standing_of(invoice)
    lines = list(invoice.revision.lines.all())
    context = {
        "invoice": invoice,
        "revision": invoice.revision,
        "lines": lines,
        "vat": totals.total(lines).vat,
        "number": documents.shown_number(invoice),
        "standing": standing,
        "replacement": _number_of(invoice.replaced_by),
        "qr": _qr(invoice) if standing.payable else "",
        "requisites": _requisites(invoice) if standing.payable else [],
        "pdf": reverse("public-invoice-pdf", args=[link.token]),
        "manager": manager,
        "manager_phone": shown_phone(manager.phone) if manager else "",
    }
    return HttpResponse(render_to_string("invoices/public.html", context))


@by_link
def invoice_pdf(_request: HttpRequest, link: PublicLink) -> HttpResponseBase:
    """The paper of an invoice that may be paid or has been; of a void one the page says not to pay."""
    invoice = link.invoice
    if standing_of(invoice).key in ("void", "replaced"):
        return HttpResponseRedirect(reverse("public-invoice", args=[link.token]))
    if not invoice.revision.file:
        return not_ready(link)
    return send_file(invoice.revision.file, documents.file_name(invoice), "application/pdf")


def _requisites(invoice: Invoice) -> list[tuple[str, str]]:
    """What a payment order asks for, in its order: pairs of label and value to copy."""
    seller = invoice.revision.seller
    pairs = [
        (_("Payee"), seller["name"]),
        (_("INN"), seller["inn"]),
        (_("KPP"), seller["kpp"]),
        (_("Account"), seller["account"]),
        (_("Bank"), seller["bank"]),
        (_("BIC"), seller["bic"]),
        (_("Correspondent account"), seller["correspondent"]),
        (_("Amount"), f"{invoice.open_amount:.2f}".replace(".", ",")),
        (_("Purpose of payment"), invoice.revision.purpose),
    ]
    return [(label, value) for label, value in pairs if value]


def _number_of(replacement: Invoice | None) -> str:
    """Empty while the replacement is a draft: the client hears of it when it is sent."""
    if replacement is None or replacement.number is None:
        return ""
    return documents.shown_number(replacement)


def _qr(invoice: Invoice) -> SafeString | str:
    """What is still open, as a QR for the bank's app; banks read roubles only."""
    if invoice.currency != "RUB":
        return ""
    seen = invoice.revision
    return documents.qr_svg(documents.qr_payload(seen.seller, seen.buyer, invoice.open_amount, seen.purpose))
