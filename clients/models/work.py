from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from clients.models.client import Client, name_key


@keep_history("text", "important")
class Note(models.Model):
    """A note of staff on a client; important ones stand on top of every page of the client."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="notes", verbose_name=_("client"))
    text = models.TextField(_("text"))
    important = models.BooleanField(_("important"), default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    changed_at = models.DateTimeField(_("changed"), null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("-important", "-id")
        indexes = [
            models.Index(fields=["client", "-important", "-id"], name="note_of_client"),
            GinIndex(OpClass(name_key("text"), name="gin_trgm_ops"), name="note_text_trgm"),  # search
        ]

    def __str__(self) -> str:
        return self.text[:60]


class NoteFile(models.Model):
    """A file kept with a note; the bytes lie in the storage."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="files", verbose_name=_("note"))
    name = models.CharField(_("name"), max_length=150)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("file of a note")
        verbose_name_plural = _("files of a note")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Mention(models.Model):
    """A colleague called to look at a note."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions", verbose_name=_("note"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentions", verbose_name=_("colleague")
    )
    seen_at = models.DateTimeField(_("seen"), null=True)

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        indexes = [models.Index(fields=["user"], name="mention_unseen", condition=Q(seen_at__isnull=True))]
        constraints = [models.UniqueConstraint(fields=("note", "user"), name="mention_once")]

    def __str__(self) -> str:
        return f"{self.note_id} → {self.user_id}"


class Proof(models.Model):
    """Why a guarded request of a client was believed (R2.3)."""

    class Kind(models.TextChoices):
        LINK = "link", _("signed link confirmed from the main address")
        CALL = "call", _("call-back to a known phone")
        PAPER = "paper", _("letter on letterhead")
        PERSON = "person", _("came in person")

    client = models.ForeignKey(Client, models.PROTECT, related_name="proofs", verbose_name=_("client"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    text = models.TextField(_("text"), blank=True)
    file_name = models.CharField(_("file"), max_length=150, blank=True)
    storage_name = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)  # what exactly was confirmed: old and new values by field
    token_hash = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("kept by")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("token_hash",), condition=~Q(token_hash=""), name="proof_token_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.client_id}"


@keep_history("text", "due_on", "client", "assignee", "done_at")
class Todo(models.Model):
    """Something a colleague has to do, about a client or not."""

    text = models.TextField(_("text"))
    due_on = models.DateField(_("due on"), null=True, blank=True)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="todos", verbose_name=_("client")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="todos", verbose_name=_("who does it")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="given_todos", verbose_name=_("author")
    )
    done_at = models.DateTimeField(_("done"), null=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("to-do")
        verbose_name_plural = _("to-dos")
        ordering = (F("due_on").asc(nulls_last=True), "id")
        indexes = [
            models.Index(
                fields=["assignee", "due_on", "id"], name="todo_open", condition=Q(done_at__isnull=True)
            ),
            models.Index(
                fields=["author", "due_on", "id"], name="todo_given", condition=Q(done_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


@keep_history("title", "starts_on", "ends_on", "client")
class Event(models.Model):
    """A day or some days of the office's calendar. `ends_on` is the last day; empty = one day."""

    title = models.CharField(_("title"), max_length=200)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("client")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("starts_on", "id")
        indexes = [models.Index(fields=["starts_on", "id"], name="event_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="event_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.title
