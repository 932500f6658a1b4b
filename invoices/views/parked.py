"""Parked renewals: which, why, what it was and what it would be; a person bills or counts again."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages.bulk import BulkPage
from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage, Bulk, DetailPage, ListPage
from invoices import billing, schedule
from invoices.forms import BecauseForm
from invoices.models import Invoice, ParkedRenewal
from invoices.renewal_filters import ParkedFilter
from invoices.renewal_tables import ParkedTable
from invoices.views.invoices import counted
from products.models import Service

LIST = ((_("Parked renewals"), "parked-list"),)


class ParkedList(ListPage):
    permission, title, menu = "invoices.view_invoice", _("Parked renewals"), "billing"
    queryset = ParkedRenewal.objects.filter(resolved_at__isnull=True)
    table, filterset = ParkedTable, ParkedFilter
    template_name = "invoices/renewals/parked_list.html"
    search_fields = ("client__name_key",)
    search_hint = _("Client")
    bulk = (Bulk("parked-bulk-as-is", "invoices.issue_invoice", _("Bill as it is")),)
    empty_text = _("No renewal waits for a decision.")


class ParkedPage(DetailPage):
    permission, menu, crumbs = "invoices.view_invoice", "billing", LIST
    template_name = "invoices/renewals/parked.html"
    queryset = ParkedRenewal.objects.select_related(
        "client__account_manager", "payer", "seller", "resolved_by"
    )

    def get_title(self, obj: Any = None) -> str:
        return str(obj.client)

    def get_context(self, obj: ParkedRenewal) -> dict[str, Any]:
        context: dict[str, Any] = {
            "found": [Found(one) for one in obj.facts.get("found", ())],
            "services": Service.objects.filter(pk__in=obj.facts.get("services", ()))
            .select_related("product")
            .order_by("pk"),
        }
        if obj.resolved_at:
            return context
        try:
            plans = billing.plans_of(obj)
        except (Refused, LookupError) as why:
            return {**context, "no_draft": str(why)}
        return {**context, "drafts": [(plan, counted(plan.lines)) for plan in plans]}


class Found:
    """One thing that is wrong, as people read it; `lines` are pairs of sums a month, old and new."""

    def __init__(self, facts: dict[str, Any]):
        self.code, self.words = facts["code"], billing.said(facts)
        self.lines = [
            (line["text"], Decimal(line["was"]), Decimal(line["becomes"])) for line in facts.get("lines", ())
        ]


class ParkedDeed(ActionPage):
    """A decision about a parked renewal; ends at it."""

    permission, menu, crumbs = "invoices.issue_invoice", "billing", LIST
    queryset = ParkedRenewal.objects.select_related("client")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj.client), reverse("parked-detail", args=[obj.pk]))]

    def get_success_url(self, obj: Any) -> str:
        if isinstance(obj, Invoice):
            return reverse("invoice-detail", args=[obj.pk])
        return reverse("parked-detail", args=[obj.pk])


class BillAsIs(ParkedDeed):
    form_class, success_message = BecauseForm, _("The draft is made. Nothing has been sent.")
    title, submit_label = _("Bill as it is"), _("Make the draft")
    explanation = _("The draft is made as it stands. It goes to the client by Check & send, as any other.")

    def perform(self, obj: ParkedRenewal, by: Any, data: dict[str, Any]) -> Invoice:
        return billing.bill_as_is(obj, by=by, because=data["because"])


class CountAgain(ParkedDeed):
    title, submit_label, success_message = _("Count again"), _("Count again"), _("Counted again.")
    explanation = _(
        "The renewal of this client is counted with what stands now. What is right becomes a draft, what is "
        "still wrong stays here."
    )

    def perform(self, obj: ParkedRenewal, by: Any, data: dict[str, Any]) -> ParkedRenewal:
        return billing.count_again(obj, by=by)


class BulkAsIs(BulkPage):
    permission, menu, list_name = "invoices.issue_invoice", "billing", "parked-list"
    deed = schedule.BILL_AS_IS
