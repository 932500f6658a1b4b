"""Mails that made no ticket: those nobody could read, and automatic ones that continue nothing."""

from typing import Any

from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage, DetailPage, ListPage, ObjectPage
from tickets import intake
from tickets.filters import RawMailFilter
from tickets.models import RawMail, Ticket
from tickets.reading.charsets import guessed
from tickets.tables import RawMailTable, reason

QUARANTINE = ((_("Quarantine"), "quarantine-list"),)
BEGINNING = 16 * 1024  # bytes of the mail that the page shows


class QuarantineList(ListPage):
    permission, title, menu = "tickets.view_rawmail", _("Quarantine"), "support"
    table, filterset = RawMailTable, RawMailFilter
    search_fields = ("subject", "sender")
    search_hint = _("Subject, sender")
    tabs = ((_("Quarantine"), ""), (_("Filed without a ticket"), "state=filed"))
    empty_text = _("Nothing here: every mail was read.")

    def get_queryset(self) -> QuerySet:
        return RawMail.objects.defer("data")

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        text = typed.strip()
        return queryset.filter(subject__icontains=text) | queryset.filter(sender__icontains=text)


class QuarantineCard(DetailPage):
    """One mail as it came: why it stands aside, how it begins."""

    permission, menu, crumbs = "tickets.view_rawmail", "support", QUARANTINE
    template_name = "tickets/raw.html"

    def get_queryset(self) -> QuerySet:
        beginning = Substr("data", 1, BEGINNING, output_field=BinaryField())
        return RawMail.objects.defer("data").annotate(beginning=beginning).select_related("mailbox")

    def get_title(self, obj: RawMail | None = None) -> str:
        return (obj and obj.subject) or str(_("(no subject)"))

    def get_context(self, obj: Any) -> dict[str, Any]:
        message = getattr(obj, "message", None)
        tickets = Ticket.objects.visible_to(self.request.user)
        return {
            "reason": reason(obj.error, obj.kind),
            "beginning": guessed(bytes(obj.beginning)).replace("\0", "\ufffd"),
            "cut": obj.size > BEGINNING,
            "ticket": tickets.filter(pk=message.ticket_id).first() if message else None,
            "stands": message is None and obj.status != RawMail.Status.RECEIVED,
        }


class QuarantineRaw(ObjectPage):
    permission, model = "tickets.view_rawmail", RawMail

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return raw_file(self.get_object())


def raw_file(raw: RawMail) -> HttpResponse:
    """The mail's bytes as a download that no browser tries to understand."""
    answer = HttpResponse(bytes(raw.data), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{raw.pk}.eml"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


class Deed(ActionPage):
    """A deed on a mail that stands aside."""

    permission, menu, crumbs = "tickets.retry_rawmail", "support", QUARANTINE
    queryset = RawMail.objects.select_related("mailbox__department")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), reverse("quarantine-detail", args=[obj.pk]))]

    def get_cancel_url(self, obj: RawMail) -> str:
        return reverse("quarantine-detail", args=[obj.pk])

    def get_success_url(self, obj: Any) -> str:
        return reverse("quarantine-list")


class Retry(Deed):
    title, submit_label = _("Read the mail again"), _("Read again")
    explanation = _("The mail is read as if it had just come. If that fails again, it comes back here.")
    success_message = _("The mail is being read again.")

    def perform(self, obj: RawMail, by: Any, data: dict[str, Any]) -> RawMail:
        return intake.retry(obj, by=by)


class MakeTicket(Deed):
    title, submit_label = _("Make a ticket of the mail"), _("Make a ticket")
    explanation = _("A ticket is opened with what can be read of the mail; the clock starts.")
    success_message = _("Ticket opened.")

    def perform(self, obj: RawMail, by: Any, data: dict[str, Any]) -> Ticket:
        return intake.make_ticket(obj, by=by)

    def get_success_url(self, obj: Any) -> str:
        seen = Ticket.objects.visible_to(self.request.user)
        if isinstance(obj, Ticket) and seen.filter(pk=obj.pk).exists():
            return reverse("ticket-detail", args=[obj.pk])
        return reverse("quarantine-list")
