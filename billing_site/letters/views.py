from typing import Any

from css_inline import inline
from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Entry
from billing_site.letters import actions
from billing_site.letters.filters import LetterFilter
from billing_site.letters.kinds import kind_word
from billing_site.letters.models import Addresses, Attachment, Letter
from billing_site.letters.tables import LetterTable
from billing_site.letters.tasks import headers_of
from billing_site.pages.page import Crumb
from billing_site.pages.subjects import subject
from billing_site.pages.telling import sentence
from billing_site.pages.views import ActionPage, DetailPage, ListPage, ObjectPage, PanelView, send_file
from clients.models import Client, client_numbers_seen_by
from clients.queries import through_clients

LIST = ((_("Letters"), "letter-list"),)
SHOWN = 50  # letters in the panel of a client, entries in the history of a letter
# Mail is looked at, never used: no script, no foreign picture, no form, no link that leads on.
LOOK_ONLY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"


class LetterList(ListPage):
    """Everything that left the house, waits to leave it, or never shall."""

    permission, title, menu = "letters.view_letter", _("Letters"), "utilities"
    table, filterset = LetterTable, LetterFilter
    search_fields = ("subject", "to")
    search_hint = _("Address or subject")
    tabs = (
        (_("All"), ""),
        (_("Need a decision"), "state=stopped"),
        (_("Held"), "status=held"),
        (_("To be sent"), "status=queued"),
        (_("Sent"), "status=sent"),
        (_("Dropped"), "status=dropped"),
    )
    empty_text = _("No letters yet. An invoice that is checked and sent writes the first one.")

    def get_queryset(self) -> QuerySet:
        name = Client.objects.filter(pk=OuterRef("client_no")).values("name")
        seen = Letter.objects.filter(client_numbers_seen_by(self.request.user))
        return seen.annotate(client_name=Subquery(name))

    def laid_out(self) -> QuerySet:
        return through_clients(self.found, self.request.user, "client_no")

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        addressed = queryset.alias(addresses=Addresses("to"))
        return addressed.filter(Q(subject__icontains=typed) | Q(addresses__icontains=typed))


class LetterView(ObjectPage):
    """What is about one letter; that of a client outside the user's scope is not found."""

    permission = "letters.view_letter"

    def get_queryset(self) -> QuerySet:
        return Letter.objects.filter(client_numbers_seen_by(self.request.user))


class LetterPage(LetterView, DetailPage):
    """A letter as it went or shall go, why it stands where it stands, what can be done."""

    menu, crumbs = "utilities", LIST
    template_name = "letters/letter.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("author", "again_of")

    def get_context(self, obj: Letter) -> dict[str, Any]:
        entries = Entry.objects.about(obj).order_by("-id")[:SHOWN]
        return {
            "client": Client.objects.filter(pk=obj.client_no or 0).first(),
            "kind": kind_word(obj.kind),
            "about": subject(obj.about),
            "needs": subject(obj.needs),
            "headers": headers(obj),
            "files": obj.attachments.order_by("pk"),
            "again": obj.again.order_by("pk"),
            "hold": actions.hold_of(obj) if obj.status == Letter.Status.HELD else None,
            "entries": [(entry, sentence(entry)) for entry in entries],
        }


def headers(letter: Letter) -> list[tuple[str, str]]:
    """Headers as they went, or shall go, over the wire."""
    written = [
        ("From", letter.sender or settings.DEFAULT_FROM_EMAIL),
        ("To", ", ".join(letter.to)),
        ("Cc", ", ".join(letter.cc)),
        ("Reply-To", letter.reply_to),
        ("Subject", letter.subject),
        *headers_of(letter).items(),
    ]
    return [(name, value) for name, value in written if value]


class LetterHtml(LetterView):
    """The HTML of a letter for its sandboxed frame."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        answer = HttpResponse(inline(self.get_object().html or "<p></p>"))
        answer["Content-Security-Policy"] = LOOK_ONLY
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class LetterFile(ObjectPage):
    """An attachment, found through its letter."""

    permission = "letters.view_letter"

    def get_queryset(self) -> QuerySet:
        seen = Letter.objects.filter(client_numbers_seen_by(self.request.user), pk=self.kwargs["letter"])
        return Attachment.objects.filter(letter__in=seen)

    def get(self, request: HttpRequest, **_kwargs: Any) -> FileResponse:
        part = self.get_object()
        return send_file(part.storage_name, part.name, part.content_type)


class Deed(LetterView, ActionPage):
    """A deed on a letter; ends at the letter."""

    permission, menu, crumbs = "letters.change_letter", "utilities", LIST

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.subject, self.get_success_url(obj))]

    def get_success_url(self, obj: Letter) -> str:
        return reverse("letter-detail", args=[obj.pk])


class Release(Deed):
    title, submit_label, success_message = _("Send the letter"), _("Send"), _("The letter is on its way.")

    def get_explanation(self, obj: Letter) -> str:
        hold = actions.hold_of(obj)
        if hold is not None:
            return actions.told_hold(hold)
        if obj.status == Letter.Status.UNCERTAIN:
            return str(
                _("Nobody knows whether this letter arrived. It goes again under the same Message-ID, so "
                  "most mail servers show it once; the client may still get it twice.")
            )  # fmt: skip
        return str(_("The letter goes to: %(to)s.") % {"to": ", ".join(obj.to)})

    def perform(self, obj: Letter, by: Any, data: dict[str, Any]) -> Letter:
        return actions.release(obj, by=by)


class Drop(Deed):
    title, submit_label, success_message = _("Never send the letter"), _("Never send"), _("It never goes.")
    explanation = _("The letter stays in the list as dropped. It can't be taken up again.")
    danger = True

    def perform(self, obj: Letter, by: Any, data: dict[str, Any]) -> Letter:
        return actions.drop(obj, by=by)


class Arrived(Deed):
    title, submit_label = _("The letter did arrive"), _("It did arrive")
    explanation = _("Say so when the client has it, or the mail server's log shows that it was taken.")
    success_message = _("The letter counts as sent.")

    def perform(self, obj: Letter, by: Any, data: dict[str, Any]) -> Letter:
        return actions.confirm_arrival(obj, by=by)


class SendAgain(Deed):
    title, submit_label = _("Send the letter again"), _("Send again")
    success_message = _("A copy of the letter is written.")

    def get_explanation(self, obj: Letter) -> str:
        hold = actions.hold_of(obj)
        copy = _("A copy with the same files goes to: %(to)s.") % {"to": ", ".join(obj.to)}
        return f"{copy}\n{actions.told_hold(hold)}" if hold is not None else str(copy)

    def perform(self, obj: Letter, by: Any, data: dict[str, Any]) -> Letter:
        return actions.send_again(obj, by=by)


class ClientLetters(PanelView):
    """The newest letters to a client, for the card."""

    permission, model, template_name = "letters.view_letter", Client, "letters/_client_letters.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        found = list(Letter.objects.filter(client_no=obj.pk).order_by("-id")[: SHOWN + 1])
        return {
            "letters": [(letter, kind_word(letter.kind)) for letter in found[:SHOWN]],
            "longer": len(found) > SHOWN,
        }
