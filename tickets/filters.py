import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import Department, User
from billing_site.pages.finding import any_of
from billing_site.pages.requests import PanelRequest
from clients.models import Client
from tickets.models import Participant, RawMail, Ticket

MINE, NOBODY = "mine", "nobody"
STATES = (
    ("awaiting", _("awaiting our reply")),
    ("late", _("late")),
    (Ticket.Status.ANSWERED.value, Ticket.Status.ANSWERED.label),
    (Ticket.Status.WAITING.value, Ticket.Status.WAITING.label),
    (Ticket.Status.CLOSED.value, Ticket.Status.CLOSED.label),
    ("all", _("all, closed ones too")),
)


def find_tickets(rows: QuerySet, typed: str) -> QuerySet:
    """Tickets by number, subject, client, address: what people type into the list."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    digits = text.lstrip("#№ ")
    called = Client.objects.filter(name_key__contains=text)
    ways: list[Q | QuerySet] = [Q(subject__icontains=typed.strip()), Q(client__in=called)]
    if digits.isdecimal() and len(digits) <= 18:
        ways.append(Q(pk=int(digits)))
    if "@" in text:
        ways.append(Participant.objects.filter(address__startswith=text).values("ticket"))
    return rows.filter(any_of(Ticket, *ways))


class TicketFilter(django_filters.FilterSet):
    """Without a state, only tickets that are not closed, unless something is searched for."""

    request: PanelRequest
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, method="by_state", empty_label=_("not closed")
    )
    department = django_filters.ChoiceFilter(
        label=_("Department"),
        choices=lambda: [(MINE, _("my department")), *Department.objects.values_list("pk", "name")],
        method="by_department",
        empty_label=_("any"),
    )
    assignee = django_filters.ChoiceFilter(
        label=_("Assigned to"),
        choices=lambda: [
            (MINE, _("me")),
            (NOBODY, _("nobody")),
            *User.objects.filter(is_active=True).values_list("pk", "name"),
        ],
        method="by_assignee",
        empty_label=_("any"),
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=(("talk", _("conversations")), ("handover", _("hand-overs"))),
        method="by_kind",
        empty_label=_("any"),
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=Ticket.Priority.choices, empty_label=_("any")
    )

    class Meta:
        model = Ticket
        fields = ("state", "department", "assignee", "kind", "priority")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("state") or self.data.get("q"):
            return found
        return found.exclude(status=Ticket.Status.CLOSED)

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == "all":
            return rows
        if value == "awaiting":
            return rows.filter(status__in=(Ticket.Status.OPEN, Ticket.Status.CLIENT_REPLY))
        if value == "late":
            return rows.exclude(status=Ticket.Status.CLOSED).filter(
                Q(answer_due_at__lt=clock.now())
                | Q(answer_due_at__isnull=True, handover__isnull=False, solve_due_at__lt=clock.now())
            )
        return rows.filter(status=value)

    def by_department(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(department=self.request.user.department_id if value == MINE else value)

    def by_assignee(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == NOBODY:
            return rows.filter(assignee__isnull=True)
        return rows.filter(assignee=self.request.user.pk if value == MINE else value)

    def by_kind(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(handover__isnull=value == "talk")


class RawMailFilter(django_filters.FilterSet):
    """Mails that made no ticket: those in quarantine, or those filed without one."""

    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=(("filed", _("filed without a ticket")),),
        method="by_state",
        empty_label=_("in quarantine"),
    )

    class Meta:
        model = RawMail
        fields = ("state",)

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        if self.form.cleaned_data.get("state"):
            return super().filter_queryset(queryset)
        return queryset.filter(status=RawMail.Status.QUARANTINED)

    def by_state(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        return rows.filter(status=RawMail.Status.PROCESSED, message__isnull=True)
