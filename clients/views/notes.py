import json
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.journal.moves import Stale
from billing_site.kit.errors import Refused
from billing_site.pages.counters import recount
from billing_site.pages.requests import PanelRequest
from billing_site.pages.stale import overtaken
from billing_site.pages.views import SIGNED_IN, ListPage, ObjectPage, Page, PanelView, send_file
from clients import actions, noting
from clients.filters import NoteFilter
from clients.models import Client, Mention, Note, NoteFile, Translate, clients_seen_by
from clients.note_forms import NoteForm
from clients.queries import page_of_notes
from clients.tables import NoteTable


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
        form = NoteForm(request.POST, request.FILES, auto_id="note_%s")
        if not form.is_valid():
            return note_list(request, client, form=form)
        got = form.cleaned_data
        try:
            noting.write_note(
                client,
                got["text"],
                by=request.user,
                important=got["important"],
                files=got["files"],
                once=got["once"],
            )
        except Refused as refused:
            form.add_error(refused.field, refused.message)
            return note_list(request, client, form=form)
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
        form = NoteForm(request.POST, request.FILES, auto_id=f"note{note.pk}_%s")
        if not form.is_valid():
            return self.answer(note, form)
        got = form.cleaned_data
        try:
            noting.change_note(
                note,
                by=request.user,
                text=got["text"],
                important=got["important"],
                files=got["files"],
                version=got["version"] or 0,
            )
        except Stale as stale:
            form.add_error(None, stale.message)
            return self.answer(note, form, **overtaken(stale, NoteForm(instance=stale.row), form))
        except Refused as refused:
            form.add_error(refused.field, refused.message)
            return self.answer(note, form)
        return note_list(request, note.client, said=_("Note changed."))

    def answer(self, note: Note, form: NoteForm, **late: Any) -> HttpResponse:
        version = self.request.POST.get("version", note.version)
        context = {"note": note, "form": form, "client": note.client, "version": version, **late}
        answer = render(self.request, "clients/_note_form.html", context)
        answer["HX-Retarget"] = f"#note-{note.pk}"  # where the note or its form stands
        return answer


class NoteDelete(NotePage):
    def post(self, request: PanelRequest, **_kwargs: Any) -> HttpResponse:
        note = self.get_object()
        actions.delete_note(note, by=request.user)
        return note_list(request, note.client, said=_("Note deleted; its text is in the log."))


class NoteFileSent(ObjectPage):
    """A file of a note as a download."""

    permission = "clients.view_note"

    def get_queryset(self) -> QuerySet:
        seen = clients_seen_by(self.request.user, "note__client__")
        return NoteFile.objects.filter(seen, note__client=self.kwargs["client"])

    def get(self, request: PanelRequest, **_kwargs: Any) -> HttpResponseBase:
        file = self.get_object()
        return send_file(file.storage_name, file.name, file.content_type)


class NoteList(ListPage):
    """Notes on all clients of the reader's scope, searched by what they say."""

    permission, title, menu = "clients.view_note", gettext_lazy("Notes"), "clients"
    table, filterset = NoteTable, NoteFilter
    search_fields = ("text",)
    search_hint = gettext_lazy("Words of a note")
    tabs = (
        (gettext_lazy("All"), ""),
        (gettext_lazy("Important ones"), "important=true"),
    )
    empty_text = gettext_lazy("No note says this.")

    def get_queryset(self) -> QuerySet:
        return Note.objects.filter(clients_seen_by(self.request.user, "client__"))

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        wanted = " ".join(typed.lower().replace("ё", "е").split())
        key = Translate(Lower("text"), Value("ё"), Value("е"), output_field=TextField())  # as in its index
        return queryset.alias(key=key).filter(key__contains=wanted)


class Mentions(Page):
    """Notes to which colleagues called the reader, unseen ones first."""

    permission, title, menu = SIGNED_IN, gettext_lazy("You were called"), "home"
    size = 50

    def get(self, request: PanelRequest) -> HttpResponse:
        seen = clients_seen_by(request.user, "note__client__")
        calls = Mention.objects.filter(seen, user=request.user).select_related("note__client", "note__author")
        context = {"mentions": calls.order_by(F("seen_at").desc(nulls_first=True), "-id")[: self.size]}
        return render(request, "clients/mentions.html", {**self.frame(), **context})


class MentionOpen(ObjectPage):
    """To the note on its client's card; the bell forgets it."""

    permission = SIGNED_IN

    def get_queryset(self) -> QuerySet:
        return Mention.objects.filter(user=self.request.user).select_related("note")

    def post(self, request: PanelRequest, pk: int) -> HttpResponse:
        mention = self.get_object()
        noting.see(mention)
        recount(request.user)
        note = mention.note
        return redirect(reverse("client-detail", args=[note.client_id]) + f"?tab=notes#note-{note.pk}")
