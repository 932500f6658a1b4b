"""Domains: the list by expiry, what stands about one on its service's page."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.requisites import readable_domain
from billing_site.pages.page import Crumb
from billing_site.pages.requests import PanelRequest
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import FormPage, ListPage, ObjectPage, PanelView
from products import domains
from products.filters import DomainFilter
from products.models import Domain, Service
from products.program_forms import DomainForm
from products.tables import DomainTable


class DomainList(ListPage):
    permission, title, menu = "products.view_domain", _("Domains"), "clients"
    queryset = Domain.objects.all()
    table, filterset, default_order = DomainTable, DomainFilter, ("expires_on", "id")
    search_fields = ("name__icontains", "service__client__name_key")
    search_hint = _("Domain or client")
    tabs = (
        (_("Ours"), "state=live"),
        (_("Expire soon"), "state=soon"),
        (_("Expired"), "state=expired"),
        (_("Without a date"), "state=undated"),
        (_("Clients' own"), "state=own"),
        (_("All"), ""),
    )
    empty_text = _("No domains yet. They are ordered like any product, each name on its line.")

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return super().search(queryset, readable_domain(typed))


class ServiceDomain(PanelView):
    permission, model, template_name = "products.view_domain", Service, "products/_service_domain.html"

    def get_context(self, obj: Service) -> dict[str, Any]:
        domain = Domain.objects.filter(service=obj).first()
        soon = clock.today() + domains.SOON
        standing = ""
        if domain and domain.expires_on:
            standing = "soon" if domain.expires_on <= soon else ""
            standing = "overdue" if domain.expires_on <= clock.today() else standing
        return {"domain": domain, "standing": standing}


class DomainEdit(FormPage):
    """Registrar, expiry, transfer code; the name never changes."""

    permission, menu = "products.change_domain", "clients"
    queryset = Domain.objects.select_related("service__client", "service__product")
    form_class, title = DomainForm, _("Registration of the domain")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj.service)

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.object, name) for name in ("registrar", "expires_on")}

    def perform(self, form: DomainForm, by: Any) -> Domain:
        return domains.change_domain(self.object, by=by, **form.values())

    def get_success_url(self, obj: Domain) -> str:
        return reverse("service-detail", args=[obj.service_id])


class DomainCode(ObjectPage):
    """The transfer code in plain text, only when asked for by POST; never kept by the browser."""

    permission, queryset = "clients.reveal_secret", Domain.objects.select_related("service__client")

    def post(self, request: PanelRequest, pk: int) -> HttpResponse:
        domain = self.get_object()
        context: dict[str, Any] = {"domain": domain}
        try:
            context["secret"] = domains.reveal_code(domain, by=request.user)
        except Refused as refused:
            context["refused"] = refused.message
        answer = render(request, "products/_domain_code.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
