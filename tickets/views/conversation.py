"""A ticket: what was said, who owes an answer, whose ticket it is; answers and notes are written here."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from csp.decorators import csp
from django import forms
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Entry
from billing_site.letters.models import Hold
from billing_site.office.models import User
from billing_site.pages.access import may
from billing_site.pages.telling import sentence
from billing_site.pages.views import DetailPage, FormPage, ObjectPage, PanelView, send_file
from clients.forms import FLAGS
from clients.models import Client
from clients.queries import important_notes
from invoices.models import Invoice
from products.models import Handover
from tickets import answering
from tickets.forms import AnswerForm, NoteForm
from tickets.models import File, Message, RawMail, Ticket
from tickets.queries import addresses_of, earlier_messages, opened_messages, others_of, standing_of
from tickets.reading import safe_html
from tickets.senders import own_addresses
from tickets.views.clock import clock_of
from tickets.views.quarantine import raw_file
from tickets.views.queue import TICKETS

OPEN_MESSAGES = 5  # the latest ones; those between them and the first are folded
BESIDE = 10  # services of the client shown beside; the link leads to all
LONG = 20_000  # characters of a message that are shown at once
PICTURE_AT_MOST = 512 * 1024
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
TICKET = Ticket.objects.select_related(
    "client__account_manager", "contact", "department", "assignee", "mailbox", "handover__service"
)


@dataclass(frozen=True)
class Shown:
    """A message as the page shows it. `rest` is what stands behind its first LONG characters."""

    message: Message
    standing: str
    is_new: bool

    @property
    def text(self) -> str:
        return self.message.text[:LONG].strip("\r\n")

    @property
    def rest(self) -> str:
        return self.message.text[LONG:]

    @property
    def quoted(self) -> str:
        return self.message.quoted[:LONG].strip("\r\n")


def ticket_page(
    ticket: Ticket, user: User, answer: forms.BaseForm | None = None, note: forms.BaseForm | None = None
) -> dict[str, Any]:
    """What tickets/ticket.html needs; `answer` and `note` are forms as they were posted."""
    before = _number(answer.data.get("seen")) if answer is not None and answer.is_bound else None
    found = opened_messages(ticket, OPEN_MESSAGES, since=before)
    shown = shown_messages(ticket, found, before)
    own = own_addresses()
    return {
        "first": shown[:1],
        "folded": found[0].total - len(found) if found else 0,
        "latest": shown[1:],
        "seen": found[0].top if found else 0,
        "clock": clock_of(ticket),
        "people": [one for one in ticket.participants.order_by("pk") if one.address not in own],
        "answer_form": answer or AnswerForm(auto_id="answer_%s"),
        "note_form": note or NoteForm(auto_id="note_%s"),
        "noting": note is not None and note.is_bound,
        "handover": ticket.handover,
        "waits": ticket.handover is not None and ticket.handover.status == Handover.Status.WAITING,
        "others": others_of(ticket, user),
        "history": [(entry, sentence(entry)) for entry in Entry.objects.about(ticket).order_by("-id")[:50]],
        **client_side(ticket.client, user),
    }


def shown_messages(ticket: Ticket, found: Iterable[Any], before: int | None = None) -> list[Shown]:
    """Messages with whose addresses they came from; those after `before` are new."""
    known = addresses_of(ticket.client)
    return [Shown(one, standing_of(one, known), before is not None and one.pk > before) for one in found]


def _number(text: Any) -> int | None:
    return int(text) if text and str(text).isdecimal() and len(str(text)) <= 18 else None


def client_side(client: Client | None, user: User) -> dict[str, Any]:
    """What we know of the client, as far as the user may know it."""
    if client is None or not may(user, "clients.view_client"):
        return {"client": None}
    if not Client.objects.visible_to(user).filter(pk=client.pk).exists():
        return {"client": None, "elsewhere": client}
    about: Any = client._meta
    side: dict[str, Any] = {
        "client": client,
        "flags": [about.get_field(name).verbose_name for name in FLAGS if getattr(client, name)],
        "hold": Hold.objects.filter(client_no=client.pk).select_related("by").first(),
        **important_notes(client),
    }
    if may(user, "products.view_service"):
        side["services"] = client.services.live().select_related("product").order_by("pk")[:BESIDE]
    if may(user, "invoices.view_invoice"):
        side["debts"] = Invoice.objects.unpaid().filter(client=client).order_by("due_on", "pk")[:6]
    return side


class TicketCard(DetailPage):
    permission, menu, crumbs = "tickets.view_ticket", "support", TICKETS
    queryset, template_name = TICKET, "tickets/ticket.html"

    def get_context(self, obj: Ticket) -> dict[str, Any]:
        return ticket_page(obj, self.request.user)


class Earlier(PanelView):
    """Messages before the one named in the address (?before=)."""

    permission, queryset, template_name = "tickets.view_ticket", TICKET, "tickets/_earlier.html"

    def get_context(self, obj: Ticket) -> dict[str, Any]:
        number = _number(self.request.GET.get("before"))
        before = get_object_or_404(Message, ticket=obj, pk=number) if number else None
        found, more = earlier_messages(obj, before)
        return {"earlier": shown_messages(obj, found), "more": more}


class Writing(FormPage):
    """A form at the end of the conversation; refused, it comes back with all that was said since."""

    permission, menu, crumbs = "tickets.answer_ticket", "support", TICKETS
    queryset, template_name = TICKET, "tickets/ticket.html"
    name: str
    form: forms.BaseForm | None = None

    def build_form(self, *data: Any) -> forms.BaseForm:
        made: Any = self.form_class
        self.form = made(*data, auto_id=f"{self.name}_%s")
        return self.form

    def get_context(self, obj: Ticket) -> dict[str, Any]:
        return ticket_page(obj, self.request.user, **{self.name: self.form})

    def get_success_url(self, obj: Message) -> str:
        """`said` tells js/drafts.js which draft is not needed any more."""
        said = f"ticket:{obj.ticket_id}:{self.name}"
        return reverse("ticket-detail", args=[obj.ticket_id]) + f"?said={said}#message-{obj.pk}"


class Answer(Writing):
    name, form_class = "answer", AnswerForm
    success_message = _("The answer is on its way.")

    def perform(self, form: AnswerForm, by: Any) -> Message:
        data = form.cleaned_data
        return answering.answer(
            self.object, data["text"], by=by, seen=data["seen"], files=data["attachments"]
        )


class NoteNew(Writing):
    name, form_class = "note", NoteForm
    success_message = _("Noted.")

    def perform(self, form: NoteForm, by: Any) -> Message:
        return answering.note(self.object, form.cleaned_data["text"], by=by)


class MessagePart(ObjectPage):
    """Something of a message, found through a ticket that the user sees."""

    permission = "tickets.view_ticket"

    def get_queryset(self) -> QuerySet:
        return Message.objects.filter(ticket__in=Ticket.objects.visible_to(self.request.user))


FRAME = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": True,
}


class MessageHtml(MessagePart):
    """The HTML of a mail, harmless and alone: for a frame that may do nothing."""

    @method_decorator(csp(FRAME))
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self.get_object()
        if not message.html:
            raise Http404
        made = safe_html(message.html, cid_url=Pictures(message).url)
        answer = render(request, "tickets/message.html", {"made": made})
        answer["X-Frame-Options"] = "SAMEORIGIN"
        return answer


class Pictures:
    """Pictures of a mail as data: addresses, since its frame may fetch nothing."""

    def __init__(self, message: Message):
        files = message.files.exclude(content_id="").filter(content_type__in=PICTURES)
        self._files = {one.content_id.strip("<>"): one for one in files.filter(size__lte=PICTURE_AT_MOST)}

    def url(self, content_id: str) -> str | None:
        file = self._files.get(content_id)
        if file is None or not default_storage.exists(file.storage_name):
            return None
        with default_storage.open(file.storage_name, "rb") as stored:
            content = base64.b64encode(stored.read()).decode()
        return f"data:{file.content_type};base64,{content}"


class MessageRaw(MessagePart):
    """The mail as it came, byte for byte."""

    permission = "tickets.view_rawmail"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        raw = RawMail.objects.filter(message=self.get_object()).first()
        if raw is None:
            raise Http404
        return raw_file(raw)


class MessageFile(ObjectPage):
    permission = "tickets.view_ticket"

    def get_queryset(self) -> QuerySet:
        return File.objects.filter(message__ticket__in=Ticket.objects.visible_to(self.request.user))

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        file = self.get_object()
        return send_file(file.storage_name, file.name)
