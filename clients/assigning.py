"""To-dos: what colleagues have to do, about a client or not."""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.models import Client, Todo, clients_seen_by


def todos_seen_by(user: User) -> QuerySet[Todo]:
    """One's own, those one gave, and those about clients of one's scope."""
    theirs = clients_seen_by(user, "client__") & Q(client__isnull=False)
    return Todo.objects.filter(Q(assignee=user) | Q(author=user) | theirs)


@transaction.atomic
def give_todo(
    text: str, *, by: User, assignee: User, due_on: date | None = None, client: Client | None = None
) -> Todo:
    """Something to do for a colleague or for oneself. Raises Refused at "due_on" for a day gone by."""
    if due_on and due_on < clock.today():
        raise Refused(_("This day is over."), "due_on")
    todo = Todo.objects.create(text=text, due_on=due_on, client=client, assignee=assignee, author=by)
    _tell("clients.todo_given", todo, by)
    return todo


@transaction.atomic
def change_todo(
    todo: Todo, *, by: User, text: str, assignee: User, due_on: date | None, client: Client | None
) -> Todo:
    """Change what is to be done, by whom, until when."""
    row = Todo.objects.select_for_update(no_key=True, of=("self",)).get(pk=todo.pk)
    if (row.text, row.assignee, row.due_on, row.client) == (text, assignee, due_on, client):
        return row
    row.text, row.assignee, row.due_on, row.client = text, assignee, due_on, client
    row.save(update_fields=["text", "assignee", "due_on", "client"])
    _tell("clients.todo_changed", row, by)
    return row


@transaction.atomic
def finish_todo(todo: Todo, *, by: User) -> bool:
    """Done. False when it was already."""
    if not Todo.objects.filter(pk=todo.pk, done_at=None).update(done_at=clock.now()):
        return False
    _tell("clients.todo_done", todo, by)
    return True


@transaction.atomic
def reopen_todo(todo: Todo, *, by: User) -> bool:
    """Not done after all. False when it is open."""
    if not Todo.objects.filter(pk=todo.pk, done_at__isnull=False).update(done_at=None):
        return False
    _tell("clients.todo_reopened", todo, by)
    return True


def _tell(verb: str, todo: Todo, by: User) -> None:
    record(verb, todo.client or todo, by=by, text=todo.text[:200], who=todo.assignee.name)
