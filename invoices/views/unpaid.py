"""Units that were sold and stay unpaid (R3.2): more time, or taking back with what support must do."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.pages.views import ListPage
from invoices import billing
from invoices.filters import UnpaidFilter
from invoices.forms import ProlongForm, TakeBackForm
from invoices.models import Invoice, Revision
from invoices.tables import UnpaidTable
from invoices.views.deeds import InvoiceDeed


class UnpaidUnits(ListPage):
    """Sold and unpaid for longer than the setting says. What nobody was given expires by itself."""

    permission, title, menu = "invoices.void_invoice", _("Unpaid units"), "billing"
    table, filterset = UnpaidTable, UnpaidFilter
    default_order = ("issued_on", "id")
    search_fields = ("client__name_key", "number")
    search_hint = _("Client or invoice number")
    tabs = ((_("All"), ""), (_("Given"), "given=true"), (_("Not given"), "given=false"))
    empty_text = _("Nothing that was sold is unpaid for so long.")

    def get_queryset(self) -> QuerySet:
        return billing.unpaid_units(clock.today())


class Prolong(InvoiceDeed):
    permission, form_class = "invoices.void_invoice", ProlongForm
    title, submit_label = _("Give more time"), _("Give more time")
    success_message = _("The due date is moved. The letter with the revision is held: let it go when ready.")
    explanation = _(
        "The invoice gets a revision with another due date under the same number. The letter with it is "
        "written and held."
    )

    def perform(self, obj: Invoice, by: Any, data: dict[str, Any]) -> Invoice:
        revision: Revision = billing.prolong(obj, by=by, until=data["until"], because=data["because"])
        return revision.invoice


class TakeBack(InvoiceDeed):
    """What leaves and what support will be asked stands above the button."""

    permission, form_class, danger = "invoices.void_invoice", TakeBackForm, True
    title, submit_label, template_name = _("Take the units back"), _("Take back"), "invoices/take_back.html"
    success_message = _("Taken back: the invoice is void, the letter about it is held.")

    def get_context(self, obj: Invoice) -> dict[str, Any]:
        try:
            return {"quoted": billing.quote_take_back(obj)}
        except Refused as why:
            return {"refused": why.message}

    def perform(self, obj: Invoice, by: Any, data: dict[str, Any]) -> Invoice:
        return billing.take_back_units(obj, by=by, because=data["because"], logins=data["logins"])
