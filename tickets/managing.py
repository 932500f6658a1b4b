"""Who looks after a client: given by hand or by a rule, and what goes along with it (R1.6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.journal.models import Entry, subject_of
from billing_site.journal.moves import record_many
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients import actions
from clients.assigning import give_todo
from clients.letters import manager_letter
from clients.models import Client, Note
from tickets.models import Ticket

ROLE = "account_manager"
LATEST = 20


class Rule(TextChoices):
    """Whom the office gives a client to; of several, who has the fewest clients."""

    LEAST = "least", gettext_lazy("who has the fewest clients")
    DEPARTMENT = "department", gettext_lazy("the fewest in the department that brought the client")
    OFFICE = "office", gettext_lazy("the fewest of those who look after clients of the same office")


@dataclass(frozen=True)
class Change:
    """Another manager: from one name to another, "" = nobody."""

    was: str
    becomes: str
    at: datetime
    by: str


def managers() -> QuerySet[User]:
    """Who may be given clients, with `portfolio_size`: who has the fewest active ones comes first."""
    active = Client.objects.filter(account_manager=OuterRef("pk"), status=Client.Status.ACTIVE)
    counted = active.order_by().values("account_manager").annotate(n=Count("*")).values("n")
    return (
        User.objects.filter(is_active=True, groups__name=ROLE)
        .annotate(portfolio_size=Coalesce(Subquery(counted), 0))
        .order_by("portfolio_size", "name", "pk")
    )


def chosen(rule: str, client: Client) -> User:
    """The manager whom the rule gives the client to. Raises Refused at "rule" when there is none."""
    found = _fitting(Rule(rule), client).first()
    if found is None:
        raise Refused(_("The rule finds no manager for this client: pick a person."), "rule")
    return found


def _fitting(rule: Rule, client: Client) -> QuerySet[User]:
    if rule == Rule.DEPARTMENT:
        sales = client.sales_manager
        department = client.department_id or (sales.department_id if sales else None)
        return managers().filter(department=department) if department else managers().none()
    if rule == Rule.OFFICE:
        same = Client.objects.filter(office_name=client.office_name).exclude(office_name="")
        return managers().filter(pk__in=same.values("account_manager"))
    return managers()


@transaction.atomic
def change_client(client: Client, *, by: User, version: int, **fields: Any) -> Client:
    """`clients.actions.change_client`, and the open tickets follow to another account manager.

    Raises Stale as that does.
    """
    row = actions.lock(client.pk)
    was = row.account_manager
    row = actions.change_client(row, by=by, version=version, **fields)
    if row.account_manager != was:
        _move_tickets(row, was, by)
    return row


@transaction.atomic
def give_manager(client: Client, manager: User | None, *, by: User) -> Client:
    """From now on this person, or nobody, looks after the client. Raises Refused for one who left."""
    if manager is not None and not manager.is_active:
        raise Refused(_("%(who)s does not work here any more.") % {"who": manager.name}, "account_manager")
    row = actions.lock(client.pk)
    return change_client(row, by=by, version=row.version, account_manager=manager)


@transaction.atomic
def appoint(client: Client, manager: User, *, by: User) -> Client:
    """`give_manager`, with what makes them know each other: a to-do and a letter that waits for a look.

    Raises Refused at "account_manager" when the client has this manager already.
    """
    if actions.lock(client.pk).account_manager == manager:
        raise Refused(
            _("%(who)s looks after this client already.") % {"who": manager.name}, "account_manager"
        )
    row = give_manager(client, manager, by=by)
    with translation.override(manager.language):
        give_todo(_task(row), by=by, assignee=manager, due_on=clock.today(), client=row)
    _draft_letter(row, by)
    return row


def following(client: Client, was: User | None, manager: User | None) -> QuerySet[Ticket]:
    """Open tickets that go along from `was` to `manager`: those of the old manager (of the salesman while
    there was none) and those that nobody took in the new one's department. Hand-overs stay with support.
    """
    holder = was or client.sales_manager
    theirs = Q(assignee=holder) if holder else Q(pk__in=())
    if manager is not None and manager.department_id:
        theirs |= Q(assignee=None, department=manager.department_id)
    mine = Ticket.objects.filter(theirs, client=client, handover=None)
    return mine.exclude(status=Ticket.Status.CLOSED).exclude(assignee=manager).order_by("pk")


def _move_tickets(client: Client, was: User | None, by: User) -> None:
    manager = client.account_manager
    moved = following(client, was, manager).select_for_update(no_key=True, of=("self",))
    told = [
        (ticket, {"was": _name(ticket.assignee), "becomes": _name(manager)})
        for ticket in moved.select_related("assignee")
    ]
    Ticket.objects.filter(pk__in=[ticket.pk for ticket, _facts in told]).update(assignee=manager)
    record_many("tickets.assigned", told, by=by)


def _name(user: User | None) -> str:
    return user.name if user else "—"


def sales_notes(client: Client) -> QuerySet[Note]:
    """What the salesman wrote about the client, the latest first."""
    return Note.objects.filter(client=client, author=client.sales_manager_id or 0).order_by("-pk")[:LATEST]


def _task(client: Client) -> str:
    """What the new manager has to do, with all that sales know."""
    lines = [_("You look after this client now: get to know them, check the letter that waits and send it.")]
    if client.sales_manager:
        lines.append(_("Sales manager: %(who)s") % {"who": client.sales_manager.name})
    if client.admin_notes:
        lines.append(client.admin_notes)
    lines += [f"{clock.moscow(note.created_at):%d.%m.%Y}: {note.text}" for note in sales_notes(client)]
    return "\n".join(lines)


def _draft_letter(client: Client, by: User) -> Letter:
    """«Your personal manager», held until a person lets it go; one about an earlier manager never goes."""
    earlier = Letter.objects.filter(client_no=client.pk, kind="manager", status=Letter.Status.HELD)
    for letter in earlier.order_by("pk"):
        letters.drop(letter, by=by)
    with translation.override(client.language):
        content = manager_letter(client)
    return letters.queue(
        content, to=[client.main_email], kind="manager", by=by, client_no=client.pk, about=subject_of(client),
        language=client.language, status=Letter.Status.HELD, held_because=Letter.Because.PERSON,
    )  # fmt: skip


def history_of(client: Client) -> list[Change]:
    """Who looked after the client before, the latest change first."""
    changes = Entry.objects.about(client).filter(
        verb="clients.changed", facts__after__has_key="account_manager"
    )
    return [
        Change(
            one.facts["before"]["account_manager"], one.facts["after"]["account_manager"],
            one.at, one.actor_name,
        )
        for one in changes.order_by("-id")[:LATEST]
    ]  # fmt: skip
