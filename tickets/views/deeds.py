"""What is done with a ticket besides writing: each deed a question and one verb."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage
from clients.models import Client
from products.models import Handover
from tickets import actions, handing
from tickets.forms import AssignForm, BindForm, HandForm, PriorityForm
from tickets.models import Ticket
from tickets.views.queue import TICKETS, clients_called


class Deed(ActionPage):
    """A deed on a ticket; ends on its page, or in the queue when it left the user's scope."""

    permission, menu, crumbs = "tickets.answer_ticket", "support", TICKETS
    queryset = Ticket.objects.select_related("client", "department", "assignee", "handover")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), reverse("ticket-detail", args=[obj.pk]))]

    def get_success_url(self, obj: Ticket) -> str:
        if not Ticket.objects.visible_to(self.request.user).filter(pk=obj.pk).exists():
            return reverse("ticket-list")
        return reverse("ticket-detail", args=[obj.pk])


class Take(Deed):
    title, submit_label, success_message = _("Take the ticket"), _("Take"), _("The ticket is yours.")

    def get_explanation(self, obj: Ticket) -> str:
        if obj.assignee is None:
            return _t("Nobody has it now.")
        return _t("Now %(who)s has it.") % {"who": obj.assignee}

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.assign(obj, by, by=by)


class Assign(Deed):
    title, submit_label, success_message = _("Whose ticket is it?"), _("Assign"), _("Assigned.")
    form_class = AssignForm

    def get_initial(self) -> dict[str, Any]:
        return {"assignee": self.object.assignee_id}

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.assign(obj, data["assignee"], by=by)


class HandTo(Deed):
    title, submit_label, success_message = _("Pass the ticket on"), _("Pass on"), _("Passed on.")
    form_class = HandForm

    def get_explanation(self, obj: Ticket) -> str:
        return _t("Now it waits in “%(department)s”. The clock goes on.") % {"department": obj.department}

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.hand_to(obj, data["department"], by=by, assignee=data["assignee"], text=data["text"])


class Priority(Deed):
    title, submit_label, success_message = _("Priority"), _("Change"), _("Priority changed.")
    form_class = PriorityForm

    def get_initial(self) -> dict[str, Any]:
        return {"priority": self.object.priority}

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.change_priority(obj, data["priority"], by=by)


class BindClient(Deed):
    """?who= searches; without it the page offers nobody."""

    title, submit_label = _("Whose ticket is it, which client?"), _("Bind")
    success_message = _("The ticket belongs to the client now.")
    form_class, template_name = BindForm, "tickets/bind.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"clients": Client.objects.visible_to(self.request.user)}

    def get_context(self, obj: Ticket) -> dict[str, Any]:
        first = obj.messages.exclude(from_address="").values_list("from_address", flat=True).first()
        typed = self.request.GET.get("who", "")
        return {**clients_called(typed, self.request.user), "written_from": first}

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.bind_client(obj, data["client"], by=by)


class Wait(Deed):
    title, submit_label, success_message = _("Put on hold"), _("Put on hold"), _("The ticket is on hold.")
    explanation = _(
        "We wait for the client or for somebody outside: the solution's clock stops. "
        "A mail of the client brings the ticket back."
    )

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.wait(obj, by=by)


class Resume(Deed):
    title, submit_label = _("Back to work"), _("Back to work")
    success_message = _("The ticket is back in the queue.")

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.resume(obj, by=by)


class Close(Deed):
    permission = "tickets.close_ticket"
    title, submit_label, success_message = _("Close the ticket"), _("Close"), _("The ticket is closed.")
    explanation = _("The client is told nothing. A further mail opens it again.")

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        """Closing a hand-over would say that it is carried out, which is another right."""
        if obj.handover is not None and obj.handover.status == Handover.Status.WAITING:
            raise Refused(_t("A hand-over is closed by saying that it is carried out."))
        return actions.close(obj, by=by)


class Reopen(Deed):
    permission = "tickets.close_ticket"
    title, submit_label, success_message = _("Open again"), _("Open again"), _("The ticket is open again.")

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return actions.reopen(obj, by=by)


class CarryOut(Deed):
    permission = "products.carry_out_handover"
    title, submit_label = _("The hand-over is carried out"), _("Carried out")
    success_message = _("Carried out; the ticket is closed.")

    def get_explanation(self, obj: Ticket) -> str:
        if obj.handover is None:
            return _t("This ticket is no hand-over.")
        facts = {"was": obj.handover.was, "becomes": obj.handover.becomes, "unit": obj.handover.unit}
        return _t("It was %(was)s, it becomes %(becomes)s %(unit)s") % facts

    def perform(self, obj: Ticket, by: Any, data: dict[str, Any]) -> Ticket:
        return handing.carry_out(obj, by=by)
