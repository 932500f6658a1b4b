"""The drift list (R3.6): what differs from what its parts say, why, and a repair that shows itself first."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages import formats
from billing_site.pages.addresses import known
from billing_site.pages.page import Crumb, Page
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import FormPage, PanelView
from invoices import billing
from invoices.forms import RepairForm
from invoices.models import Invoice
from products import drift
from products.drift import Drift, Kind
from products.models import Cycle, Service

WHAT: dict[Kind, str | Promise] = {
    Kind.AMOUNT: _("sum differs from the catalogue"),
    Kind.CYCLE: _("price of another cycle"),
    Kind.STORED: _("stored sum differs from the composition"),
    Kind.ENDS: _("ends before the others"),
    Kind.DOUBLED: _("doubled family"),
    Kind.UNPAID: _("no paid period"),
    Kind.COMPANIONS: _("companions are not as many"),
}


@dataclass(frozen=True)
class Row:
    """A finding as people read it."""

    drift: Drift

    @property
    def what(self) -> str | Promise:
        return WHAT[self.drift.kind]

    @property
    def has_sums(self) -> bool:
        return self.drift.kind in (Kind.AMOUNT, Kind.CYCLE, Kind.STORED)

    @property
    def words(self) -> list[str]:
        """Why, one sentence each."""
        one = self.drift
        said = [_part_in_words(part, one.service) for part in one.parts if part.differs]
        if one.companion:
            said.append(
                _t("“%(what)s”: there are %(has)s, needed are %(needs)s")
                % {"what": one.companion, "has": one.has, "needs": one.needs}
            )
        elif one.sibling:
            said.append(_sibling_in_words(one, one.sibling))
        if one.kind == Kind.UNPAID:
            said.append(_t("It runs, and nothing that is billed covers today."))
        return said

    @property
    def url(self) -> str:
        """Where the repair is shown: of companions by the dialogs that change what is held."""
        one = self.drift
        if one.companion:
            if one.sibling is None:
                return f"{reverse('order-new')}?client={one.service.client_id}"
            dialog = "service-change" if one.has < one.needs else "service-plan"
            option = one.companion.companion_option_id or ""
            return f"{reverse(dialog, args=[one.sibling.pk])}?what={option}&becomes={one.needs}"
        return reverse("drift-repair", args=[self.drift.service.pk, str(self.drift.kind)])


def _part_in_words(part: drift.Expected, service: Service) -> str:
    said = _t("%(what)s: stored %(stored)s, expected %(words)s = %(amount)s") % {
        "what": part.batch.option or service.product.name,
        "stored": formats.money(part.stored, service.client.currency),
        "words": drift.told(part),
        "amount": formats.money(part.amount, service.client.currency),
    }
    if part.other_cycle:
        said += ". " + _t("The price is that of a %(other)s, the service is billed for a %(cycle)s") % {
            "other": Cycle(part.other_cycle).label,
            "cycle": service.get_cycle_display(),
        }
    return said


def _sibling_in_words(one: Drift, sibling: Service) -> str:
    facts = {
        "service": sibling.product.name,
        "no": sibling.pk,
        "recurring": formats.money(sibling.recurring, one.service.client.currency),
        "day": formats.day(sibling.last_paid_day),
    }
    if one.kind == Kind.ENDS:
        return _t("“%(service)s” No. %(no)s is paid up to %(day)s") % facts
    return _t("Stands beside “%(service)s” No. %(no)s, %(recurring)s") % facts


class DriftList(Page):
    """Looks through the services client by client, a stretch at a time; an address goes on from its end."""

    permission, title, menu = "products.view_service", _("Drifted sums and dates"), "clients"
    crumbs = ((_("Services"), "service-list"),)
    template_name = "invoices/drift/list.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        services = Service.objects.visible_to(self.request.user)
        kind, after = request.GET.get("kind", ""), _number(request.GET.get("after"))
        mine, client = request.GET.get("mine") == "1", _number(request.GET.get("client"))
        if mine:
            services = services.filter(client__account_manager=request.user.pk)
        if client:
            services = services.filter(client=client)
        scan = billing.scan(services, after=after)
        rows = [Row(one) for one in scan.found if not kind or one.kind == kind]
        context = {
            "rows": rows, "kinds": list(WHAT.items()), "kind": kind, "mine": mine, "client": client,
            "more": scan.more, "after": after,
            "off": sum((row.drift.difference for row in rows if row.has_sums), Decimal(0)),
        }  # fmt: skip
        return render(request, self.template_name, {**self.frame(), **context, "base_template": "base.html"})


def _number(typed: str | None) -> int:
    """A row's number in the address; anything else is none."""
    return int(typed) if typed and typed.isdecimal() and len(typed) < 10 else 0


class ServiceDrift(PanelView):
    """What drifted in one service, under "explain this amount"; nothing when all is as its parts say."""

    permission, model, template_name = "products.view_service", Service, "invoices/drift/_service.html"

    def get_context(self, obj: Service) -> dict[str, Any]:
        found = billing.drifts(Service.objects.filter(client=obj.client_id))
        return {"rows": [Row(one) for one in found if one.service.pk == obj.pk], "client": obj.client}


class DriftRepair(FormPage):
    """What the repair will do; the button does exactly that."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "product__seller", "payer")
    form_class, template_name = RepairForm, "invoices/drift/repair.html"
    title, submit_label = _("Put the service right"), _("Put it right")
    success_message = _("Put right. Nothing has been sent.")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [(_("Drifted sums and dates"), known("drift-list")), *service_crumbs(obj)[1:]]

    def get_object(self) -> Service:
        if self.kwargs["kind"] not in list(Kind):
            raise Http404
        return super().get_object()

    def get_context(self, obj: Service) -> dict[str, Any]:
        shown: dict[str, Any] = {"service": obj, "client": obj.client}
        try:
            repair = billing.quote_repair(obj, self.kwargs["kind"])
        except Refused as why:
            return {**shown, "refused": why.message}
        lines = [
            (line, [{"text": step["text"], "amount": Decimal(step["amount"])} for step in line.why])
            for line in repair.lines
        ]
        return {**shown, "repair": repair, "row": Row(repair.drift), "lines": lines}

    def perform(self, form: RepairForm, by: Any) -> Invoice | Service:
        quoted = billing.quote_repair(self.object, self.kwargs["kind"])
        return billing.repair(quoted, by=by, seen=form.cleaned_data["seen"]) or self.object

    def get_success_url(self, obj: Invoice | Service) -> str:
        if isinstance(obj, Invoice):
            return reverse("invoice-detail", args=[obj.pk])
        return reverse("service-detail", args=[obj.pk])
