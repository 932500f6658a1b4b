"""A quote with its paper, and Check & send of it."""

from collections.abc import Sequence
from typing import Any

from css_inline import inline
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import subject_of
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters.models import Hold, Letter
from billing_site.office.models import User
from billing_site.pages.page import Crumb, ObjectPage
from billing_site.pages.views import DetailPage, FormPage, send_file
from invoices import offering as papers
from invoices.forms import SeenForm
from invoices.views.invoices import Deed, history, lacks
from invoices.views.sending import LOOK_ONLY
from products import offering
from products.models import Quote, QuoteLine
from products.quoting import Quoted

LIST = ((_("Quotes"), "quote-list"),)
QUOTES = Quote.objects.select_related(
    "client__account_manager", "client__sales_manager", "payer", "promotion", "order", "author"
)


class QuotePage(DetailPage):
    permission, menu, crumbs = "products.view_quote", "orders", LIST
    template_name, queryset = "invoices/offer.html", QUOTES

    def get_context(self, obj: Quote) -> dict[str, Any]:
        lines, today = offering.lines_of(obj), clock.today()
        quoted, refused = priced(obj, lines)
        return {
            "lines": lines,
            "quoted": quoted,
            "refused": refused,
            "starts": offering.start_of(obj, today),
            "later": offering.per_cycle(lines),
            "over": offering.is_over(obj, today),
            "deeds": deeds(obj, self.request.user),
            "letters": Letter.objects.filter(about=subject_of(obj)).order_by("-pk"),
            "entries": history(obj),
        }


def priced(quote: Quote, lines: Sequence[QuoteLine]) -> tuple[list[Quoted], str]:
    """What accepting would bill now, or why it can't be priced."""
    try:
        start = offering.start_of(quote, clock.today())
        return offering.quote_again(quote, lines, start), ""
    except Refused as why:
        return [], why.message


def deeds(quote: Quote, user: User) -> list[Deed]:
    """What can be done in the quote's state, the main thing last."""
    change, status = lacks(user, "products.change_quote"), quote.status
    again = reverse("quote-new") + f"?client={quote.client_id}&like={quote.pk}"
    copy = Deed(again, _("Copy"), "copy", refusal=lacks(user, "products.add_quote"))
    reopen = Deed(_at("quote-reopen", quote), _("Back to a draft"), "undo-2", refusal=change)
    if status == Quote.Status.ACCEPTED:
        return [copy]
    if status in (Quote.Status.DECLINED, Quote.Status.EXPIRED):
        return [copy, reopen]
    decline = Deed(_at("quote-decline", quote), _("Declined by the client"), "ban", refusal=change)
    accept = Deed(
        _at("quote-accept", quote), _("Accepted by the client"), "check",
        "primary" if status == Quote.Status.SENT else "outline-secondary",
        refusal=lacks(user, "products.add_order"),
    )  # fmt: skip
    if status == Quote.Status.SENT:
        pdf = Deed(_at("quote-pdf", quote), _("Download PDF"), "file-down")
        return [copy, reopen, pdf, decline, accept]
    edit = Deed(_at("quote-edit", quote), _("Edit"), "pencil", refusal=change)
    send = Deed(_at("quote-send", quote), _("Check and send the quote"), "send", "primary", refusal=change)
    return [copy, decline, accept, edit, send]


def _at(name: str, quote: Quote) -> str:
    return reverse(name, args=[quote.pk])


class QuoteSend(FormPage):
    """`seen` is the fingerprint of what this page shows: anything else is shown again, never sent."""

    permission, menu, crumbs = "products.change_quote", "orders", LIST
    title, submit_label = _("Check and send the quote"), _("Send to the client")
    template_name, form_class, success_message = "invoices/offer_send.html", SeenForm, ""
    queryset = QUOTES

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        """The quote as it is by now: somebody may have been quicker."""
        self.object = self.get_object()
        if self.object.status != Quote.Status.DRAFT:
            messages.info(self.request, _t("%(quote)s: it is no draft any more.") % {"quote": self.object})
            return redirect(self.get_success_url(self.object))
        return super().answer(form, **more)

    def perform(self, form: SeenForm, by: Any) -> Quote:
        letter = papers.send_quote(self.object, by=by, seen=form.cleaned_data["seen"])
        told = _("%(quote)s is on its way to the client.")
        if letter.status == Letter.Status.HELD:
            told = _("%(quote)s is ready. The client is on hold: the letter waits until the hold is lifted.")
        messages.success(self.request, told % {"quote": self.object})
        return self.object

    def get_context(self, obj: Quote) -> dict[str, Any]:
        lines = offering.lines_of(obj)
        checks = papers.checks(obj, lines)
        return {
            "checks": sorted(checks, key=lambda check: ("stop", "warn", "pass").index(check.level)),
            "stops": sum(check.level == "stop" for check in checks),
            "seen": papers.fingerprint(obj, lines),
            "hold": Hold.objects.filter(client_no=obj.client_id).select_related("by").first(),
            "to": papers.addressees_of(obj.client),
            "content": papers.preview(obj, lines),
        }

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Quote) -> str:
        return reverse("quote-detail", args=[obj.pk])


class QuoteLetter(ObjectPage):
    """The draft's letter as HTML, for its frame."""

    permission, queryset = "products.view_quote", QUOTES

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(status=Quote.Status.DRAFT)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        quote = self.get_object()
        content = papers.preview(quote, offering.lines_of(quote))
        return HttpResponse(inline(content.html), headers={"Content-Security-Policy": LOOK_ONLY})


class QuotePaper(ObjectPage):
    """The paper as HTML, for a frame; of a draft marked «черновик»."""

    permission, queryset = "products.view_quote", QUOTES

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        quote = self.get_object()
        try:
            page = papers.preview_paper(quote, offering.lines_of(quote))
        except Refused as refused:
            page = render_to_string("invoices/paper_refused.html", {"message": refused.message})
        return HttpResponse(page, headers={"X-Frame-Options": "SAMEORIGIN"})


class QuotePdf(ObjectPage):
    """The paper as it went to the client."""

    permission, queryset = "products.view_quote", QUOTES

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        quote = self.get_object()
        stored = papers.sent_paper(quote)
        if not stored:
            raise Http404
        return send_file(stored, papers.file_name(quote), "application/pdf")
