"""The client's page of a quote, by link, without signing in: look, accept, decline."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import shown_phone
from billing_site.pages.access import public
from billing_site.pages.views import send_file
from invoices import offering as papers
from invoices.views.offers import priced
from invoices.views.public import HEADERS, nothing_here
from products import offering
from products.models import Quote

# The address is the key, told to no other site; "no-referrer" would blank the guarding Origin of a POST.
OWN_HEADERS = {**HEADERS, "Referrer-Policy": "same-origin"}
QuotePage = Callable[[HttpRequest, Quote, str], HttpResponseBase]


def by_link(page: QuotePage) -> Callable[..., HttpResponseBase]:
    """Find the quote by the token in the address and answer in its client's language."""

    @public
    @wraps(page)
    def found(request: HttpRequest, token: str) -> HttpResponseBase:
        quote = offering.find_quote(token)
        if quote is None:
            return sealed(nothing_here(request))
        with translation.override(quote.client.language):
            answer = sealed(page(request, quote, token))
            answer["Content-Language"] = quote.client.language
            return answer

    return found


def sealed(answer: HttpResponseBase) -> HttpResponseBase:
    for name, value in OWN_HEADERS.items():
        answer[name] = value
    return answer


def standing_of(quote: Quote) -> str:
    """How a quote stands for the one who may accept it: "open", "accepted", "declined" or "expired"."""
    if offering.is_over(quote, clock.today()):
        return "expired"
    return "open" if quote.status == Quote.Status.SENT else str(quote.status)


def shown(quote: Quote, token: str) -> dict[str, object]:
    lines = offering.lines_of(quote)
    quoted, _why = priced(quote, lines)
    manager = quote.client.account_manager or quote.client.sales_manager
    return {
        "quote": quote,
        "token": token,
        "standing": standing_of(quote),
        "lines": lines,
        "sellers": list(dict.fromkeys(line.product.seller.name for line in lines)),
        "quoted": quoted,
        "total": sum(one.total for one in quoted) if quoted else quote.total,
        "later": offering.per_cycle(lines),
        "starts": offering.start_of(quote, clock.today()),
        "has_paper": bool(papers.sent_paper(quote)),
        "manager": manager,
        "manager_phone": shown_phone(manager.phone) if manager else "",
    }


@by_link
@require_safe
def quote_page(request: HttpRequest, quote: Quote, token: str) -> HttpResponse:
    """What is offered, what it would cost, until when, and the two answers."""
    return render(request, "invoices/public_offer.html", shown(quote, token))


@by_link
@require_safe
def quote_pdf(_request: HttpRequest, quote: Quote, token: str) -> HttpResponseBase:
    stored = papers.sent_paper(quote)
    if not stored:
        return _to_page(token)
    try:
        return send_file(stored, papers.file_name(quote), "application/pdf")
    except Http404:  # its file is gone from the storage
        return _to_page(token)


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def quote_accept(request: HttpRequest, quote: Quote, token: str) -> HttpResponseBase:
    """Looking changes nothing, so that a mail scanner can't accept: the answer is a POST."""
    if standing_of(quote) != "open":
        return _to_page(token)
    refused = ""
    if request.method == "POST":
        try:
            offering.accept_quote(quote, by=None)
            return _to_page(token)
        except Refused as why:
            refused = why.message
    return render(request, "invoices/public_offer_accept.html", {**shown(quote, token), "refused": refused})


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def quote_decline(request: HttpRequest, quote: Quote, token: str) -> HttpResponseBase:
    if standing_of(quote) != "open":
        return _to_page(token)
    refused = ""
    if request.method == "POST":
        try:
            offering.decline_quote(quote, by=None, because=request.POST.get("because", ""))
            return _to_page(token)
        except Refused as why:
            refused = why.message
    return render(request, "invoices/public_offer_decline.html", {**shown(quote, token), "refused": refused})


def _to_page(token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("public-quote", args=[token]))
