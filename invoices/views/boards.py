"""To send by the 20th (R5.2): renewals of a month made, checked, sent, opened, paid; odd ones first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.periods import add_months
from billing_site.office.models import User
from billing_site.pages.bulk import BulkPage
from billing_site.pages.page import Crumb, Page
from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import ActionPage, PanelView
from clients.models import Client
from invoices import billing, schedule
from invoices.billing.dispatching import Draft
from invoices.forms import SeenForm
from invoices.models import DraftCheck, Invoice, ParkedRenewal, PublicLink
from invoices.tables import standing

SHOWN = 300  # drafts of a board, and sent invoices: a manager has fewer, a head picks one
EVERYBODY = "all"
BOARD = ((_("To send"), "renewal-board"),)


def month_of(text: str) -> date | None:
    """First day of the month written as 2026-12; None when it is written otherwise."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def of_month(user: User, first: date) -> QuerySet[Invoice]:
    """Renewals of the month that starts on `first`, inside the user's scope."""
    month = (first, add_months(first, 1))
    return billing.renewals().filter(due_on__gte=month[0], due_on__lt=month[1]).visible_to(user)


@dataclass(frozen=True)
class Sendable:
    """A client of the board with his drafts."""

    client: Client
    drafts: Sequence[Draft]

    @property
    def waits(self) -> bool:
        return any(one.waits for one in self.drafts)

    @property
    def total(self) -> Decimal:
        return sum((one.invoice.total for one in self.drafts), Decimal(0))


@dataclass
class Board:
    """What is to be sent: clients with something odd first, then those who may go together."""

    odd: list[Sendable] = field(default_factory=list)
    ready: list[Sendable] = field(default_factory=list)
    longer: bool = False


def board(drafts: QuerySet[Invoice]) -> Board:
    """Drafts of the board by client."""
    rows = billing.drafts_of(drafts.order_by("client__name_key", "due_on", "pk")[: SHOWN + 1])
    by_client: dict[int, list[Draft]] = {}
    for one in rows[:SHOWN]:
        by_client.setdefault(one.invoice.client_id, []).append(one)
    found = Board(longer=len(rows) > SHOWN)
    for mine in by_client.values():
        sendable = Sendable(mine[0].invoice.client, mine)
        (found.odd if sendable.waits else found.ready).append(sendable)
    return found


class RenewalBoard(Page):
    """?starts= a month (2026-12), next month without it; ?manager= whose clients, one's own without it."""

    permission, title, menu = "invoices.view_invoice", _("Renewals to send"), "billing"
    template_name = "invoices/renewals/board.html"

    @cached_property
    def first(self) -> date:
        following = add_months(clock.today().replace(day=1), 1)
        return month_of(self.request.GET.get("starts", "")) or following

    @cached_property
    def manager(self) -> str:
        """A manager's number, or everybody."""
        typed = self.request.GET.get("manager", "")
        if typed == EVERYBODY or (typed.isdecimal() and len(typed) < 12):
            return typed
        has_clients = Client.objects.filter(account_manager=self.request.user.pk).exists()
        return str(self.request.user.pk) if has_clients else EVERYBODY

    def get(self, request: PanelRequest) -> HttpResponse:
        ours = Q() if self.manager == EVERYBODY else Q(manager=self.manager)
        renewals = of_month(request.user, self.first).filter(ours)
        drafts = board(renewals.filter(status=Invoice.Status.DRAFT))
        send_by = billing.send_by(self.first)
        return render(request, self.template_name, {
            **self.frame(),
            "first": self.first, "manager": self.manager, "board": drafts, "sent": sent(renewals),
            "managers": User.objects.filter(is_active=True, portfolio__isnull=False).distinct(),
            "send_by": send_by, "late": send_by < clock.today() and (drafts.odd or drafts.ready),
            "parked": self.parked(), "previous": add_months(self.first, -1),
            "following": add_months(self.first, 1), "address": request.get_full_path(),
        })  # fmt: skip

    def parked(self) -> QuerySet[ParkedRenewal]:
        """What the run has left to a person, of the same month and manager."""
        ours = Q() if self.manager == EVERYBODY else Q(client__account_manager=self.manager)
        month = (self.first, add_months(self.first, 1))
        waiting = ParkedRenewal.objects.filter(ours, resolved_at__isnull=True).visible_to(self.request.user)
        return waiting.filter(starts_on__gte=month[0], starts_on__lt=month[1]).select_related("client")


@dataclass(frozen=True)
class Sent:
    """A renewal that is out, and how far it has come."""

    invoice: Invoice
    opened: bool

    @property
    def standing(self) -> list[str]:
        return standing(self.invoice.status, self.invoice.due_on, self.invoice.paid)


def opened() -> Exists:
    """Whether the client has opened the invoice's page."""
    return Exists(PublicLink.objects.filter(invoice=OuterRef("pk"), first_opened_at__isnull=False))


def sent(renewals: QuerySet[Invoice]) -> list[Sent]:
    """Those that are out, unpaid and unopened ones first."""
    rows = renewals.exclude(status=Invoice.Status.DRAFT).annotate(opened=opened()).select_related("client")
    order = rows.order_by("paid_on", "opened", "client__name_key", "pk")
    return [Sent(row, row.opened) for row in order[:SHOWN]]


class BoardManagers(PanelView):
    """How far each manager has come with a month."""

    permission, template_name = "invoices.view_invoice", "invoices/renewals/_managers.html"

    def get_object(self) -> date:
        found = month_of(f"{self.kwargs['year']:04d}-{self.kwargs['month']:02d}")
        return found or clock.today().replace(day=1)

    def get_context(self, obj: date) -> dict[str, Any]:
        out = ~Q(status=Invoice.Status.DRAFT)
        checked = Exists(DraftCheck.objects.filter(invoice=OuterRef("pk")))
        rows = (
            of_month(self.request.user, obj)
            .annotate(is_checked=checked, is_opened=opened())
            .order_by()
            .values("manager", "manager__name")
            .annotate(
                made=Count("pk"),
                checked=Count("pk", filter=out | Q(is_checked=True)),
                sent=Count("pk", filter=out),
                opened=Count("pk", filter=out & Q(is_opened=True)),
                paid=Count("pk", filter=Q(status=Invoice.Status.PAID)),
                amount=Sum("total"),
            )
        )
        found: list[Any] = sorted(
            rows, key=lambda row: (row["sent"] - row["made"], row["manager__name"] or "")
        )
        names = ("made", "checked", "sent", "opened", "paid", "amount")
        sums = {name: sum(row[name] or 0 for row in found) for name in names}
        return {"rows": found, "sums": sums}


class CheckDraft(ActionPage):
    """A person has looked at a draft on Check & send: it may go with the others."""

    permission, menu, crumbs = "invoices.issue_invoice", "billing", BOARD
    queryset = Invoice.objects.select_related("client")
    form_class, title = SeenForm, _("Checked")
    success_message = _("Checked: it goes with the others.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("invoice-send", self.get_object().pk)

    def perform(self, obj: Invoice, by: Any, data: dict[str, Any]) -> Invoice:
        return billing.check_draft(obj, by=by, seen=data["seen"]).invoice

    def get_success_url(self, obj: Invoice) -> str:
        return f"{reverse('renewal-board')}?starts={obj.due_on:%Y-%m}"


class SendRenewals(BulkPage):
    """All that is ready goes; what is odd and unseen is left out with the reason."""

    permission, menu, list_name = "invoices.issue_invoice", "billing", "renewal-board"
    deed = schedule.SEND_RENEWALS

    @cached_property
    def place(self) -> Any:
        """The board that the clients were ticked on."""
        return BoardAddress(self.request.POST.get("list", ""))

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [(RenewalBoard.title, str(self.place))]


@dataclass(frozen=True)
class BoardAddress:
    """A board as it was, when that is what came with the request."""

    typed: str

    def __str__(self) -> str:
        here = reverse("renewal-board")
        return self.typed if self.typed.split("?")[0] == here else here
