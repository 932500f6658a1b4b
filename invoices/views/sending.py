"""Check & send: everything that will leave, the checks, and then the one button."""

from typing import Any

from css_inline import inline
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Hold, Letter
from billing_site.pages.page import Crumb, ObjectPage
from billing_site.pages.views import ActionPage, FormPage
from invoices import billing, issuing
from invoices.forms import SeenForm
from invoices.models import Invoice
from invoices.views.invoices import LIST, counted, title_of

# The letter is looked at, never used: no script, no foreign picture, no form. Its own origin lets the page
# around it measure how tall it is.
LOOK_ONLY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "sandbox allow-same-origin; frame-ancestors 'self'"
)


class SendPage(FormPage):
    """`seen` is the fingerprint of what this page shows: anything else is shown again, never sent."""

    permission, menu, crumbs = "invoices.issue_invoice", "billing", LIST
    title, submit_label = _("Check & send"), _("Issue and send")
    template_name, form_class, success_message = "invoices/send.html", SeenForm, ""
    queryset = Invoice.objects.select_related("client__account_manager", "payer", "seller", "current")

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        """The invoice as it is by now: somebody may have been quicker."""
        self.object = self.get_object()
        if self.object.status != Invoice.Status.DRAFT:
            messages.info(
                self.request, _t("%(invoice)s: it is no draft any more.") % {"invoice": self.object}
            )
            return redirect(self.get_success_url(self.object))
        return super().answer(form, **more)

    def perform(self, form: SeenForm, by: Any) -> Invoice:
        letter = billing.send_invoice(self.object, by=by, seen=form.cleaned_data["seen"])
        sent = Invoice.objects.select_related("seller").get(pk=self.object.pk)
        told = _("%(title)s is issued. The letter leaves by itself when the PDF is ready.")
        if letter.status == Letter.Status.HELD:
            told = _("%(title)s is issued. The client is on hold: the letter waits until the hold is lifted.")
        messages.success(self.request, told % {"title": title_of(sent)})
        return sent

    def get_context(self, obj: Invoice) -> dict[str, Any]:
        checks = issuing.checks(obj, self.request.user)
        context: dict[str, Any] = {
            "checks": sorted(checks, key=lambda check: ("stop", "warn", "pass").index(check.level)),
            "stops": sum(check.level == "stop" for check in checks),
            "counted": counted(list(obj.revision.lines.all())),
            "seen": issuing.fingerprint(obj),
            "hold": Hold.objects.filter(client_no=obj.client_id).select_related("by").first(),
            "to": issuing.addressees(obj),
        }
        if obj.renewal_key:
            context["renewal"] = billing.drafts_of(Invoice.objects.filter(pk=obj.pk))[0]
            context["looked"] = billing.seen_of(obj)
        try:
            _to, context["content"] = issuing.preview(obj)
        except Refused as refused:
            context["no_letter"] = refused.message
        return context

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (title_of(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Invoice) -> str:
        return reverse("invoice-detail", args=[obj.pk])


class LetterPreview(ObjectPage):
    """The draft's letter as HTML, for its frame."""

    permission = "invoices.issue_invoice"
    queryset = SendPage.queryset

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(status=Invoice.Status.DRAFT)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            _to, content = issuing.preview(self.get_object())
            page = inline(content.html)
        except Refused as refused:
            page = render_to_string("invoices/paper_refused.html", {"message": refused.message})
        return HttpResponse(page, headers={"Content-Security-Policy": LOOK_ONLY})


class LetterAgain(ActionPage):
    permission, menu, crumbs = "letters.change_letter", "billing", LIST
    title, submit_label = _("Send the letter again"), _("Send again")
    success_message = _("The letter is on its way again.")
    queryset = Invoice.objects.select_related("seller", "client")

    def last(self, obj: Invoice) -> Letter:
        letter: Letter | None = issuing.letters_about(obj, issuing.revisions_of(obj)).first()
        if letter is None:
            raise Refused(_t("No letter was written about this invoice."))
        return letter

    def get_explanation(self, obj: Invoice) -> str:
        try:
            letter = self.last(obj)
        except Refused as refused:
            return refused.message
        told = _t("“%(subject)s” goes once more, with the same file, to %(to)s.")
        now = issuing.addressees(obj)
        text = told % {"subject": letter.subject, "to": ", ".join(letter.to)}
        if set(now) != set(letter.to):
            text += "\n\n" + _t("The client's addresses are others by now: %(to)s.") % {
                "to": ", ".join(now) or "—"
            }
        return text

    def perform(self, obj: Invoice, by: Any, data: dict[str, Any]) -> Invoice:
        letters.send_again(self.last(obj), by=by)
        return obj

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (title_of(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Invoice) -> str:
        return reverse("invoice-detail", args=[obj.pk])
