from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing_site.kit import clock


class EntryQuerySet(models.QuerySet):
    def about(self, obj: models.Model) -> "EntryQuerySet":
        return self.filter(subject=subject_of(obj))


class Entry(models.Model):
    """One thing that happened, told by the verb that did it. Only ever added (a trigger refuses the rest).

    No foreign keys in or out and no unique key but the id, so that the table can be partitioned
    the day it is measured to need it; the actor's name is frozen for the same reason.
    """

    at = models.DateTimeField(_("at"))
    verb = models.CharField(_("what"), max_length=60)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("who"), max_length=120)
    subject = models.CharField(_("about"), max_length=60)
    client_no = models.BigIntegerField(_("client"), null=True)
    facts = models.JSONField(_("facts"), default=dict)
    request_id = models.CharField(max_length=36, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        indexes = [
            BrinIndex(fields=["at"], name="journal_entry_at"),
            models.Index(fields=["client_no", "id"], name="journal_entry_client"),  # timeline of a client
            models.Index(fields=["subject", "id"], name="journal_entry_subject"),  # history of one object
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


class Series(models.Model):
    """A gapless row of numbers. The row is locked as the last statement before commit (R6.3)."""

    name = models.CharField(_("name"), max_length=20, primary_key=True)
    last = models.BigIntegerField(_("last number taken"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """Long work in chunks with progress that a page can show; survives a restart of the worker."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", pgettext_lazy("job", "cancelled")

    kind = models.CharField(_("kind"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="jobs", verbose_name=_("author")
    )
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    failures = models.JSONField(_("failures"), default=list)
    file = models.CharField(_("result"), max_length=200, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    error = models.TextField(_("error"), blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["author", "-id"], name="job_of_author"),
            models.Index(
                fields=["leased_until"],
                name="job_to_run",
                condition=models.Q(state__in=("waiting", "running")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def subject_of(obj: models.Model) -> str:
    """The journal's plain key of an object: "invoices.invoice:12"."""
    return f"{obj._meta.label_lower}:{obj.pk}"


def client_no_of(obj: models.Model) -> int | None:
    """Client a journal entry belongs to: the object's own `client_no`, else its `client_id`."""
    return getattr(obj, "client_no", None) or getattr(obj, "client_id", None)
