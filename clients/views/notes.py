import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import ObjectPage, PanelView
from clients import actions
from clients.forms import NoteForm
from clients.models import Client, Note, clients_seen_by
from clients.queries import page_of_notes


def note_list(
    request: PanelRequest, client: Client, *, form: NoteForm | None = None, said: str = ""
) -> HttpResponse:
    """All notes with the form for a new one: in place, or the card's tab without JavaScript."""
    if not request.htmx and form is None:
        return redirect(reverse("client-detail", args=[client.pk]) + "?tab=notes")
    context = {
        "client": client,
        "object": client,
        **page_of_notes(client),
        "form": form or NoteForm(auto_id="note_%s"),
    }
    answer = render(request, "clients/_tab_notes.html", context)
    if said:
        answer["HX-Trigger"] = json.dumps({"notes-changed": True, "toast": {"text": said, "kind": "success"}})
    return answer


class NoteMore(PanelView):
    """A further page of notes: `?from=` goes on where the last answer ended."""

    permission, model, template_name = "clients.view_note", Client, "clients/_notes.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        start = self.request.GET.get("from", "")
        place = int(start) if start.isdecimal() and len(start) < 10 else 0
        return {"client": obj, **page_of_notes(obj, place)}


class NoteNew(ObjectPage):
    permission, model = "clients.add_note", Client

    def get(self, request: PanelRequest, pk: int) -> HttpResponse:
        return note_list(request, self.get_object())

    def post(self, request: PanelRequest, pk: int) -> HttpResponse:
        client = self.get_object()
        form = NoteForm(request.POST, auto_id="note_%s")
        if not form.is_valid():
            return note_list(request, client, form=form)
        actions.add_note(client, by=request.user, **form.cleaned_data)
        return note_list(request, client, said=_("Note added."))


class NotePage(ObjectPage):
    """One note, found through its client."""

    permission = "clients.change_note"

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "client__")
        return Note.objects.filter(seen, client=self.kwargs["client"]).select_related("client", "author")


class NoteEdit(NotePage):
    """GET: the note as a form in its place; POST: all notes again, or the form with what is wrong."""

    def get(self, request: PanelRequest, **_kwargs: Any) -> HttpResponse:
        note = self.get_object()
        return self.answer(note, NoteForm(instance=note, auto_id=f"note{note.pk}_%s"))

    def post(self, request: PanelRequest, **_kwargs: Any) -> HttpResponse:
        note = self.get_object()
        form = NoteForm(request.POST, auto_id=f"note{note.pk}_%s")
        if not form.is_valid():
            return self.answer(note, form)
        actions.change_note(note, by=request.user, **form.cleaned_data)
        return note_list(request, note.client, said=_("Note changed."))

    def answer(self, note: Note, form: NoteForm) -> HttpResponse:
        return render(
            self.request, "clients/_note_form.html", {"note": note, "form": form, "client": note.client}
        )


class NoteDelete(NotePage):
    def post(self, request: PanelRequest, **_kwargs: Any) -> HttpResponse:
        note = self.get_object()
        actions.delete_note(note, by=request.user)
        return note_list(request, note.client, said=_("Note deleted; its text is in the log."))
