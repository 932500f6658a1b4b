import uuid
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import User
from clients.models import clients_seen_by
from products.models.services import Handover, Service


class ModuleCallQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "ModuleCallQuerySet":
        return self.filter(clients_seen_by(user, "service__client__"))


class ModuleCall(models.Model):
    """One request to a provisioning module; the row is the truth, a worker leases it.

    `key` is the same in every attempt, so the module does the work once. While a call is open nobody else
    does its hand-over; what fails for good is left to people (a ticket). Money never waits for it.
    """

    class Event(models.TextChoices):
        CREATE = "create", _("create")
        SUSPEND = "suspend", _("suspend")
        UNSUSPEND = "unsuspend", _("unsuspend")
        TERMINATE = "terminate", _("terminate")
        CHANGE = "change", _("change")

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        POLLING = "polling", _("waiting for the module")
        DONE = "done", _("done")
        HANDED_OVER = "handed_over", _("handed over")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES = {
        Status.QUEUED: {Status.SENDING, Status.HANDED_OVER, Status.WITHDRAWN},
        Status.SENDING: {
            Status.QUEUED,
            Status.POLLING,
            Status.DONE,
            Status.HANDED_OVER,
            Status.WITHDRAWN,
        },
        Status.POLLING: {Status.QUEUED, Status.DONE, Status.HANDED_OVER, Status.WITHDRAWN},
        Status.DONE: set(),
        Status.HANDED_OVER: {Status.QUEUED},
        Status.WITHDRAWN: set(),
    }

    service = models.ForeignKey(Service, models.PROTECT, related_name="module_calls")
    event = models.CharField(_("event"), max_length=10, choices=Event)
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    status_url = models.URLField(blank=True)
    last_error = models.TextField(blank=True)
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, blank=True, related_name="module_calls")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ModuleCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("module call")
        verbose_name_plural = _("module calls")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=("queued", "sending", "polling")),
                name="module_call_due",
            ),
            models.Index(fields=["service", "-id"], name="module_call_of_service"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"

    @property
    def client_no(self) -> int:
        return self.service.client_id

    @property
    def change(self) -> str:
        """«5 → 6 польз.», or until when a domain is and will be registered."""
        if until := self.new.get("until"):
            return f"{date.fromisoformat(self.old['until']):%d.%m.%Y} → {date.fromisoformat(until):%d.%m.%Y}"
        return f"{self.old.get('quantity')} → {self.new.get('quantity')} {self.new.get('unit', '')}".strip()

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.SENDING, self.Status.POLLING)

    @property
    def may_be_left(self) -> bool:
        """Whether people may take it over."""
        return self.status in (self.Status.QUEUED, self.Status.POLLING)

    @property
    def may_be_asked(self) -> bool:
        """Whether the program may be asked before its turn, or once more after people were to do it."""
        if self.status == self.Status.HANDED_OVER:
            return self.handover is not None and self.handover.status == Handover.Status.WAITING
        return self.may_be_left
