"""The paper on the staff's side: the frame beside an invoice, and the PDF of any revision."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from billing_site.kit.errors import Refused
from billing_site.pages.page import ObjectPage
from billing_site.pages.views import send_file
from invoices import documents
from invoices.models import Invoice, Revision


class InvoicePaper(ObjectPage):
    """The paper as HTML, for a frame: a draft's as it would be issued today, marked «черновик»."""

    permission = "invoices.view_invoice"
    queryset = Invoice.objects.select_related("client", "payer", "seller", "current")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            page = documents.preview_paper(self.get_object())
        except Refused as refused:
            page = render_to_string("invoices/paper_refused.html", {"message": refused.message})
        return HttpResponse(page, headers={"X-Frame-Options": "SAMEORIGIN"})


class RevisionPdf(ObjectPage):
    """The PDF of a revision, as it went to the client; replaced ones stay readable here (R6.2)."""

    permission = "invoices.view_invoice"

    def get_queryset(self) -> QuerySet:
        seen = Invoice.objects.visible_to(self.request.user)
        return Revision.objects.exclude(file="").filter(invoice__in=seen).select_related("invoice__seller")

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        revision = self.get_object()
        return send_file(revision.file, documents.file_name(revision.invoice), "application/pdf")
