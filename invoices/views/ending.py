"""Deeds on a running service that are no growth: not until, end, go on, terminate, transfer."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages.page import Crumb
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import ActionPage
from clients.contact_forms import evidence_of
from clients.models import Client, Power
from clients.proving import standing_phones
from invoices import billing
from invoices.forms import BecauseForm
from invoices.service_forms import HoldForm, TerminateForm, TransferForm
from products import running
from products.models import Service
from tickets.guarding import asked_in


class ServiceDeed(ActionPage):
    """A deed on a service; ends at the service."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "payer", "product__seller")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj)

    def get_success_url(self, obj: Service) -> str:
        return reverse("service-detail", args=[obj.pk])


class NotUntil(ServiceDeed):
    form_class, title, submit_label = HoldForm, _("Do not suspend until"), _("Save")
    success_message = _("Saved.")
    explanation = _("Until this day the service is not switched off for debt. Empty: as everybody.")

    def get_initial(self) -> dict[str, Any]:
        return {"until": self.object.not_until, "because": self.object.not_until_because}

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        return running.hold_until(obj, data["until"], by=by, because=data["because"])


class Ended(ServiceDeed):
    """What ends and what follows stands above the button."""

    template_name, now = "invoices/ending.html", False

    def get_context(self, obj: Service) -> dict[str, Any]:
        try:
            return {"ending": billing.quote_ending(obj, now=self.now), "now": self.now}
        except Refused as why:
            return {"refused": why.message}


class EndWithPeriod(Ended):
    form_class, title, submit_label = BecauseForm, _("End with the paid period"), _("End with the period")
    success_message = _("The service ends with its paid period and is not renewed.")

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        return billing.end_with_period(obj, by=by, because=data["because"])


class Terminate(Ended):
    permission, now, danger = "products.terminate_service", True, True
    form_class, title, submit_label = TerminateForm, _("Terminate now"), _("Terminate")
    success_message = _("The service is terminated.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"number": self.object.pk, "phones": standing_phones(self.object.client)}

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        asked = asked_in(data["ticket"], obj.client, Power.ORDER) if data["ticket"] else None
        return billing.terminate(
            obj,
            by=by,
            because=data["because"],
            logins=data["logins"],
            evidence=evidence_of(data),
            asked=asked,
        )


class GoOn(ServiceDeed):
    title, submit_label = _("Do not end"), _("Go on")
    explanation = _("The service is renewed again. A drafted renewal takes it in.")
    success_message = _("The service goes on.")

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        return billing.go_on(obj, by=by)


class Transfer(ServiceDeed):
    permission, form_class = "products.transfer_service", TransferForm
    title, submit_label = _("Transfer to another client"), _("Transfer")
    success_message = _("The service is the other client's now. Its history and invoices stayed.")
    explanation = _(
        "Paid periods, composition and prices go along, addons with them; history and invoices stay with the "
        "present client. Drafts lose its lines, and the next renewal is drafted for the other client."
    )

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"clients": Client.objects.visible_to(self.request.user)}

    def perform(self, obj: Service, by: Any, data: dict[str, Any]) -> Service:
        return billing.transfer(obj, data["to"], by=by, because=data["because"])
