"""Requests that the client itself made by mail: who wrote, whether it was he, whether he may (R2.3)."""

from django.utils.translation import gettext as _

from billing_site.kit.errors import Refused
from clients.models import Client, EmailAddress
from clients.proving import Asked
from tickets.models import Message, Ticket


def asked_in(number: int, client: Client, power: str) -> Asked:
    """The latest message of a ticket in which somebody with `power` asked, authenticated.

    Raises Refused at "ticket": the ticket is not the client's, or nobody who may ask for it wrote there.
    """
    ticket = Ticket.objects.filter(pk=number, client=client).first()
    if ticket is None:
        raise Refused(_("The client has no ticket %(number)s.") % {"number": f"#{number}"}, "ticket")
    sure = ticket.messages.filter(kind=Message.Kind.CLIENT, authentic=Message.Authentic.PASS)
    may = set(
        EmailAddress.objects.filter(client=client, contact__powers__contains=[power])
        .exclude(kind__in=(EmailAddress.Kind.FORMER, EmailAddress.Kind.SHARED))
        .values_list("address", flat=True)
    )
    for message in sure.order_by("-at", "-pk"):
        if message.from_profile or message.from_address in may:
            return Asked(f"#{ticket.pk}", message.from_name or message.from_address)
    raise Refused(
        _("Nobody who may ask for this wrote in %(ticket)s from an authenticated address: the main address, "
          "or a person who may order and switch off.") % {"ticket": f"#{ticket.pk}"},
        "ticket",
    )  # fmt: skip
