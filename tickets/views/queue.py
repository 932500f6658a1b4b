"""The queue of tickets, the next one, and a ticket that we begin."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.pages.views import Create, FormPage, ListPage, Page
from clients.filters import find_clients
from clients.models import Client
from clients.queries import with_main_facts
from tickets import answering
from tickets.filters import TicketFilter, find_tickets
from tickets.forms import TicketForm
from tickets.models import Ticket
from tickets.queries import next_of_queue, with_due, with_last_words
from tickets.tables import TicketTable

TICKETS = ((_("Tickets"), "ticket-list"),)
FOUND = 8  # clients offered while a name is typed


class TicketList(ListPage):
    """By time left; those who wait for nobody stand last."""

    permission, title, menu = "tickets.view_ticket", _("Tickets"), "support"
    queryset = with_last_words(with_due(Ticket.objects.all()))
    table, filterset = TicketTable, TicketFilter
    template_name = "tickets/queue.html"
    default_order = ("due_at", "id")
    search_fields = ("id", "subject", "client__name_key")
    search_hint = _("Number, subject, client, e-mail")
    create = Create("ticket-new", "tickets.add_ticket", _("New ticket"))
    tabs = (
        (_("Queue"), ""),
        (_("My department"), "department=mine"),
        (_("Mine"), "assignee=mine"),
        (_("Unassigned"), "assignee=nobody"),
        (_("Awaiting a reply"), "state=awaiting"),
        (_("Hand-overs"), "kind=handover"),
        (_("Closed"), "state=closed"),
    )
    empty_text = _("No open tickets. Mails to the office become tickets by themselves.")

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_tickets(queryset, typed)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Closed tickets wait for nobody: the latest first."""
        super().setup(request, *args, **kwargs)
        if request.GET.get("state") == Ticket.Status.CLOSED:
            self.default_order = ("-last_at", "-id")


class TicketNext(Page):
    """Leads to the next ticket of the user's queue; ?after= names the one that is left."""

    permission = "tickets.view_ticket"

    def get(self, request: HttpRequest) -> HttpResponse:
        after = request.GET.get("after", "")
        found = next_of_queue(self.request.user, int(after) if after.isdecimal() else None)
        if found is None:
            messages.info(request, _t("Nobody else waits for you: the queue is empty."))
            return redirect("ticket-list")
        return redirect("ticket-detail", found)


class TicketNew(FormPage):
    """With addressees and “send” it is a letter, without it stays in the house."""

    permission, title, menu = "tickets.add_ticket", _("New ticket"), "support"
    crumbs = TICKETS
    form_class, template_name = TicketForm, "tickets/new.html"
    submit_label, success_message = _("Open the ticket"), _("Ticket opened.")

    @cached_property
    def client(self) -> Any:
        """The client of ?client= or of the form, inside the user's scope."""
        number = self.request.POST.get("client") or self.request.GET.get("client") or ""
        if not number.isdecimal() or len(number) > 12:
            return None
        return with_main_facts(Client.objects.visible_to(self.request.user)).filter(pk=number).first()

    @property
    def draft(self) -> str:
        return f"ticket:new:{self.request.GET.get('client') or 0}"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"clients": Client.objects.visible_to(self.request.user), "draft": self.draft}

    def get_initial(self) -> dict[str, Any]:
        initial: dict[str, Any] = {"department": self.request.user.department_id}
        if self.client:
            address = self.client.main_address
            initial |= {"client": self.client.pk, "to": address, "send": bool(address)}
        return initial

    def get_context(self, obj: None) -> dict[str, Any]:
        return {"client": self.client}

    def perform(self, form: TicketForm, by: Any) -> Ticket:
        return answering.open_ticket(by=by, **form.values())

    def get_success_url(self, obj: Ticket) -> str:
        if not Ticket.objects.visible_to(self.request.user).filter(pk=obj.pk).exists():
            return reverse("ticket-list")
        return reverse("ticket-detail", args=[obj.pk]) + f"?said={self.draft}"


class ClientChoice(Page):
    """Clients to choose from while a name, number, INN, phone or e-mail is typed."""

    permission = "tickets.view_ticket"

    def get(self, request: HttpRequest) -> HttpResponse:
        context = clients_called(request.GET.get("who", ""), self.request.user)
        return render(request, "tickets/_clients.html", context)


def clients_called(typed: str, user: Any) -> dict[str, Any]:
    """`typed`, and the clients `found` by it inside the user's scope."""
    found: list[Client] = []
    if typed.strip():
        rows = find_clients(with_main_facts(Client.objects.visible_to(user)), typed[:200])
        found = list(rows.order_by("name_key", "pk")[:FOUND])
    return {"typed": typed, "found": found}
