from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.letters import actions as letters
from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage
from clients.forms import HoldForm, LiftForm
from clients.models import Client


class HoldPage(ActionPage):
    """A deed on the client's outgoing mail as a whole."""

    model, menu = Client, "clients"
    crumbs = ((_("Clients"), "client-list"),)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.name, self.get_success_url(obj))]

    def get_success_url(self, obj: Client) -> str:
        return reverse("client-detail", args=[obj.pk])


class ClientHold(HoldPage):
    """«Готовится»: replaces the broken-address trick (MISSION row 12)."""

    permission, form_class = "letters.add_hold", HoldForm
    title, submit_label = _("Being prepared: send nothing"), _("Send nothing")
    success_message = _("Nothing leaves to this client until you lift the hold.")
    explanation = _(
        "No letter leaves to this client, neither an invoice nor a reminder nor a reply, until somebody "
        "lifts the hold. Letters written meanwhile are kept; you will be asked about each of them."
    )

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> None:
        letters.hold(obj.pk, by=by, because=data["because"])


class ClientLift(HoldPage):
    permission, form_class = "letters.delete_hold", LiftForm
    title, submit_label = _("Lift the hold"), _("Lift the hold")
    success_message = _("The hold is lifted.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"held": list(letters.held_for(self.object.pk))}

    def get_explanation(self, obj: Client) -> str:
        if letters.held_for(obj.pk).exists():
            return str(_("These letters were held meanwhile. Say what becomes of each."))
        return str(_("No letters were held meanwhile. New ones will leave as usual."))

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> None:
        letters.lift(obj.pk, by=by, send=data["send"], drop=data["drop"])
