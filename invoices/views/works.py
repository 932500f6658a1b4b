"""One-off work and hours: the list, what waits on a client, and the drafts that take it."""

from typing import Any

from django.contrib import messages
from django.db.models import DecimalField, F, OuterRef, Subquery
from django.db.models.functions import Round
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage, Create, FormPage, ListPage, PanelView
from clients.models import Client
from invoices import billing
from invoices.models import Invoice, Line
from products import working
from products.filters import WorkFilter
from products.models import BillableItem
from products.tables import WorkTable
from products.work_forms import DropForm, WorkEditForm, WorkForm

LIST = ((_("One-off work"), "work-list"),)
SHOWN = 100
AMOUNT = Round(F("quantity") * F("price"), 2, output_field=DecimalField(max_digits=14, decimal_places=2))
INVOICE = Subquery(Line.objects.filter(pk=OuterRef("line_id")).values("revision__invoice")[:1])


class WorkList(ListPage):
    permission, title, menu = "products.view_billableitem", _("One-off work"), "billing"
    queryset = BillableItem.objects.annotate(amount=AMOUNT, invoice=INVOICE)
    table, filterset = WorkTable, WorkFilter
    search_fields = ("client__name_key", "text__icontains")
    search_hint = _("Client or what was done")
    create = Create("work-new", "products.add_billableitem", _("Add work"))
    tabs = (
        (_("Not invoiced yet"), "status=open"),
        (_("Invoiced works"), "status=invoiced"),
        (_("Dropped works"), "status=dropped"),
        (_("All works"), "status="),
    )
    empty_text = _("No work yet. Hours and works are collected on a client until an invoice takes them.")


class WorkNew(FormPage):
    """Without ?client= the form's page asks for the client first."""

    permission, menu, crumbs = "products.add_billableitem", "billing", LIST
    title, submit_label, success_message = _("Add work"), _("Add"), ""
    template_name, form_class = "invoices/work_new.html", WorkForm

    @cached_property
    def client(self) -> Client | None:
        number = self.request.GET.get("client", "")
        if not number:
            return None
        if not number.isdecimal() or len(number) > 12:
            raise Http404
        return get_object_or_404(Client.objects.visible_to(self.request.user), pk=number)

    def get_context(self, obj: None) -> dict[str, Any]:
        return {"client": self.client}

    def perform(self, form: WorkForm, by: Any) -> BillableItem:
        if self.client is None:
            raise Http404
        item, drafts = billing.collect(self.client, form.work(), by=by)
        told = _t("The work waits for the client's next renewal.")
        if drafts:
            told = _t("The work stands in %(invoice)s. Nothing has been sent.") % {"invoice": drafts[0]}
        messages.success(self.request, told)
        return item

    def get_success_url(self, obj: BillableItem) -> str:
        return home_of(obj)


def home_of(item: BillableItem) -> str:
    return reverse("client-detail", args=[item.client_id]) + "?tab=works"


class WorkDeed(ActionPage):
    """A deed on a work; ends at its client's works."""

    permission, menu, crumbs = "products.change_billableitem", "billing", LIST
    queryset = BillableItem.objects.select_related("client", "product")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj.client), home_of(obj))]

    def get_success_url(self, obj: BillableItem) -> str:
        return home_of(obj)


class WorkEdit(FormPage):
    permission, menu, crumbs = "products.change_billableitem", "billing", LIST
    title, form_class = _("Edit the work"), WorkEditForm
    queryset = BillableItem.objects.select_related("client", "product").filter(status="open")

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.object, name) for name in ("product", "text", "quantity", "price", "on")}

    def perform(self, form: WorkEditForm, by: Any) -> BillableItem:
        return working.change_work(self.object, form.work(), by=by)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj.client), home_of(obj))]

    def get_success_url(self, obj: BillableItem) -> str:
        return home_of(obj)


class WorkDrop(WorkDeed):
    title, submit_label, form_class = _("Don't invoice the work"), _("Drop it"), DropForm
    success_message = _("The work is dropped: no invoice will take it.")

    def get_explanation(self, obj: BillableItem) -> str:
        return _t("“%(text)s” stays in the list and can be brought back.") % {"text": obj.text}

    def perform(self, obj: BillableItem, by: Any, data: dict[str, Any]) -> BillableItem:
        return working.drop_work(obj, by=by, because=data["because"])


class WorkRestore(WorkDeed):
    title, submit_label = _("Bring the work back"), _("Bring it back")
    success_message = _("The work waits for an invoice again.")

    def get_explanation(self, obj: BillableItem) -> str:
        return obj.text

    def perform(self, obj: BillableItem, by: Any, data: dict[str, Any]) -> BillableItem:
        return working.restore_work(obj, by=by)


class ClientWorksBill(ActionPage):
    """Everything that waits on a client, at once."""

    permission, menu, model = "products.change_billableitem", "billing", Client
    crumbs = LIST
    title, submit_label, success_message = _("Invoice the work now"), _("Make the drafts"), ""
    template_name = "invoices/works_bill.html"

    @cached_property
    def waiting(self) -> list[BillableItem]:
        rows = BillableItem.objects.filter(client=self.object, status=BillableItem.Status.OPEN)
        return list(rows.select_related("product__seller").order_by("product__seller", "pk"))

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {
            "works": [(item, working.amount_of(item)) for item in self.waiting],
            "total": billing.open_sum(self.waiting),
        }

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> Client | Invoice:
        drafts = billing.bill_works(obj, self.waiting, by=by)
        told = _t("Drafts made: %(n)s. Nothing has been sent: check the draft and send it.")
        messages.success(self.request, told % {"n": len(drafts)})
        return drafts[0] if len(drafts) == 1 else obj

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Client | Invoice) -> str:
        if isinstance(obj, Invoice):
            return reverse("invoice-detail", args=[obj.pk])
        return reverse("client-detail", args=[obj.pk]) + "?tab=works"


class ClientWorks(PanelView):
    permission, model, template_name = "products.view_billableitem", Client, "invoices/_client_works.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        rows = obj.billable_items.annotate(invoice=INVOICE).select_related("product__seller", "author")
        works = list(rows.order_by("-pk")[:SHOWN])
        waiting = [item for item in works if item.status == BillableItem.Status.OPEN]
        return {
            "works": [(item, working.amount_of(item)) for item in works],
            "open_sum": billing.open_sum(waiting),
            "waiting": len(waiting),
        }
