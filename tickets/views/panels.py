"""Parts of other pages: tickets of a client or a service, and who else looks at a ticket."""

from typing import Any

from billing_site.pages.presence import PresenceView
from billing_site.pages.views import PanelView
from clients.models import Client
from products.models import Service
from tickets.models import Message, Ticket
from tickets.queries import open_first, with_due

SHOWN = 50


class TicketPanel(PanelView):
    """A short list of tickets, those that are not closed first."""

    permission, template_name = "tickets.view_ticket", "tickets/_tickets.html"

    def tickets_of(self, obj: Any) -> Any:
        raise NotImplementedError

    def get_context(self, obj: Any) -> dict[str, Any]:
        rows = with_due(self.tickets_of(obj)).select_related("department", "assignee")
        found = list(open_first(rows)[: SHOWN + 1])
        return {"tickets": found[:SHOWN], "longer": len(found) > SHOWN}


class ClientTickets(TicketPanel):
    model = Client

    def tickets_of(self, obj: Client) -> Any:
        return Ticket.objects.visible_to(self.request.user).filter(client=obj)

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {**super().get_context(obj), "client": obj}


class ServiceTickets(TicketPanel):
    """Hand-overs of a service."""

    model = Service

    def tickets_of(self, obj: Service) -> Any:
        return Ticket.objects.visible_to(self.request.user).filter(handover__service=obj)


class Presence(PresenceView):
    """Also tells whether somebody wrote meanwhile (?seen= names the newest message that is shown)."""

    permission, model, template_name = "tickets.view_ticket", Ticket, "tickets/_presence.html"

    def get_context(self, obj: Ticket) -> dict[str, Any]:
        return {**super().get_context(obj), "newer": self.newer(obj)}

    def newer(self, ticket: Ticket) -> int:
        seen = self.request.GET.get("seen", "")
        if not seen.isdecimal() or len(seen) > 18:
            return 0
        return Message.objects.filter(ticket=ticket, pk__gt=int(seen)).count()
