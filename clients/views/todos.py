"""To-dos: one's own and those given, on their page and on the client's card."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.addresses import is_ours
from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import FormPage, ListPage, ObjectPage, PanelView
from clients import assigning
from clients.filters import TodoFilter
from clients.models import Client, Todo
from clients.note_forms import TodoForm
from clients.tables import TodoTable

SHOWN = 20


class TodoList(ListPage):
    """Without a filter: what the reader has to do."""

    permission, title, menu = "clients.view_todo", _("To-dos"), "home"
    table, filterset = TodoTable, TodoFilter
    default_order = ("due_on", "id")
    create = ("todo-new", "clients.add_todo", _("New to-do"))
    tabs = (
        (_("Mine"), ""),
        (_("Given to others"), "whose=given"),
        (_("All open"), "whose=all"),
        (_("Done"), "whose=done"),
    )
    empty_text = _("Nothing to do here. Give yourself or a colleague something with “New to-do”.")

    def get_queryset(self) -> QuerySet:
        found = assigning.todos_seen_by(self.request.user)
        if not self.request.GET.get("whose"):
            return found.filter(assignee=self.request.user, done_at=None)
        return found


class TodoPage(FormPage):
    """A to-do as a form; `?client=` begins one about a client."""

    permission, menu, form_class = "clients.add_todo", "home", TodoForm
    crumbs = ((_("To-dos"), "todo-list"),)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def get_success_url(self, obj: Todo) -> str:
        back = self.request.GET.get("next", "")
        return back if is_ours(self.request, back) else reverse("todo-list")


class TodoNew(TodoPage):
    title, submit_label, success_message = _("New to-do"), _("Give it"), _("It is written down.")

    def get_initial(self) -> dict[str, Any]:
        wanted = self.request.GET.get("client", "")
        if not wanted.isdecimal() or len(wanted) > 9:
            return {"assignee": self.request.user}
        client = get_object_or_404(Client.objects.visible_to(self.request.user), pk=int(wanted))
        return {"assignee": self.request.user, "client": client.pk}

    def perform(self, form: TodoForm, by: Any) -> Todo:
        return assigning.give_todo(**form.cleaned_data, by=by)


class TodoEdit(TodoPage):
    permission, title, model = "clients.change_todo", _("To-do"), Todo

    def get_queryset(self) -> QuerySet:
        return assigning.todos_seen_by(self.request.user).select_related("assignee", "client")

    def get_initial(self) -> dict[str, Any]:
        todo: Todo = self.object
        return {
            "text": todo.text,
            "due_on": todo.due_on,
            "assignee": todo.assignee,
            "client": todo.client_id,
        }

    def perform(self, form: TodoForm, by: Any) -> Todo:
        return assigning.change_todo(self.object, by=by, **form.cleaned_data)


class TodoDone(ObjectPage):
    """Done, or with `?reopen` not done after all; back to where it was ticked."""

    permission = "clients.change_todo"

    def get_queryset(self) -> QuerySet:
        return assigning.todos_seen_by(self.request.user).select_related("assignee", "client")

    def post(self, request: PanelRequest, pk: int) -> HttpResponse:
        todo = self.get_object()
        verb = assigning.reopen_todo if "reopen" in request.POST else assigning.finish_todo
        done = verb(todo, by=request.user)
        if request.htmx and todo.client:
            return todos_of(request, todo.client)
        if done:
            messages.success(request, _t("Done: %(text)s") % {"text": todo.text[:80]})
        back = request.POST.get("next", "")
        return redirect(back if is_ours(request, back) else "todo-list")


def todos_of(request: PanelRequest, client: Client) -> HttpResponse:
    found = client.todos.filter(done_at=None).select_related("assignee", "author")[:SHOWN]
    return render(request, "clients/_todos.html", {"client": client, "todos": found, "today": clock.today()})


class ClientTodos(PanelView):
    """What is to be done about a client."""

    permission, model = "clients.view_todo", Client

    def get(self, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return todos_of(self.request, self.get_object())
