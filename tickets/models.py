from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from billing_site.kit.clock import now
from billing_site.kit.history import keep_history
from billing_site.letters.models import Letter
from billing_site.office.models import Department, User
from clients.models import Client, Contact, clients_seen_by
from products.models import Handover


class Mailbox(models.Model):
    """A source of mail and the department its tickets wait in; the cursor is UIDVALIDITY + UID."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    address = models.EmailField(_("address"))
    url = models.CharField(_("source"), max_length=300, unique=True)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("department"))
    active = models.BooleanField(_("fetched"), default=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    fetched_at = models.DateTimeField(_("last fetch"), null=True)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return self.name


class RawMail(models.Model):
    """The bytes of one mail, committed before anything is parsed or flagged on the server."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSED = "processed", _("processed")
        QUARANTINED = "quarantined", _("quarantined")

    MOVES = {
        Status.RECEIVED: {Status.PROCESSED, Status.QUARANTINED},
        Status.QUARANTINED: {Status.RECEIVED, Status.PROCESSED},
        Status.PROCESSED: set(),
    }

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="mails", verbose_name=_("mailbox"))
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    size = models.PositiveIntegerField(_("size"))
    uid_validity = models.BigIntegerField(null=True)
    uid = models.BigIntegerField(null=True)
    status = models.CharField(_("state"), max_length=12, choices=Status, default=Status.RECEIVED)
    message_id = models.CharField(max_length=998, blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    kind = models.CharField(_("class"), max_length=10, blank=True)
    error = models.TextField(_("reason"), blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    received_at = models.DateTimeField(_("received"), default=now, editable=False)

    class Meta:
        verbose_name = _("raw mail")
        verbose_name_plural = _("raw mails")
        permissions = [("retry_rawmail", "Retry a quarantined mail")]
        constraints = [models.UniqueConstraint(fields=("mailbox", "sha256"), name="rawmail_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="received"), name="rawmail_to_read"),
            models.Index(fields=["-id"], condition=Q(status="quarantined"), name="rawmail_quarantine"),
            models.Index(
                fields=["mailbox", "uid_validity", "uid"],
                condition=Q(uid__isnull=False),
                name="rawmail_by_uid",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.sha256[:12]


class TicketQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "TicketQuerySet":
        """Tickets of the user's clients; those without a client by department (HOUSE 7)."""
        if user.is_superuser or user.scope == User.Scope.ALL:
            return self
        return self.filter(
            clients_seen_by(user, "client__") & Q(client__isnull=False)
            | Q(department=user.department_id)
            | Q(assignee=user)
        )

    def awaiting(self) -> "TicketQuerySet":
        """Somebody waits for our answer."""
        return self.filter(status__in=(Ticket.Status.OPEN, Ticket.Status.CLIENT_REPLY))


@keep_history("subject", "client", "department", "assignee", "status", "priority")
class Ticket(models.Model):
    """A conversation, or a hand-over to support. Dues are derived from the messages, stored to be sorted."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")
        CLIENT_REPLY = "client_reply", _("client's reply")
        WAITING = "waiting", _("on hold")
        CLOSED = "closed", _("closed")

    _NOT_CLOSED = {Status.OPEN, Status.ANSWERED, Status.CLIENT_REPLY, Status.WAITING}
    MOVES = {
        Status.OPEN: {Status.ANSWERED, Status.CLIENT_REPLY, Status.WAITING, Status.CLOSED},
        Status.ANSWERED: {Status.OPEN, Status.CLIENT_REPLY, Status.WAITING, Status.CLOSED},
        Status.CLIENT_REPLY: {Status.OPEN, Status.ANSWERED, Status.WAITING, Status.CLOSED},
        Status.WAITING: {Status.OPEN, Status.ANSWERED, Status.CLIENT_REPLY, Status.CLOSED},
        Status.CLOSED: {Status.OPEN, Status.CLIENT_REPLY},
    }

    class Priority(models.TextChoices):
        LOW = "low", _("low")
        NORMAL = "normal", _("normal")
        HIGH = "high", _("high")

    subject = models.CharField(_("subject"), max_length=250)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("client")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    handover = models.OneToOneField(
        Handover, models.PROTECT, null=True, blank=True, related_name="ticket", verbose_name=_("hand-over")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="tickets", verbose_name=_("department")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("assigned to"),
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.OPEN)
    priority = models.CharField(_("priority"), max_length=6, choices=Priority, default=Priority.NORMAL)
    mailbox = models.ForeignKey(Mailbox, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(_("opened"), default=now, editable=False)
    last_at = models.DateTimeField(_("last message"))
    answer_due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    solve_due_at = models.DateTimeField(_("solution due"), null=True, blank=True)
    breached = models.BooleanField(_("late"), default=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        permissions = [("answer_ticket", "Answer in a ticket"), ("close_ticket", "Close a ticket")]
        indexes = [
            models.Index(fields=["answer_due_at", "id"], condition=~Q(status="closed"), name="ticket_queue"),
            models.Index(
                fields=["solve_due_at", "id"], condition=~Q(status="closed"), name="ticket_to_solve"
            ),
            models.Index(fields=["status", "-id"], name="ticket_by_status"),
            models.Index(fields=["client", "-id"], name="ticket_of_client"),
            models.Index(fields=["last_at", "id"], name="ticket_by_last"),
            GinIndex(OpClass(Upper("subject"), name="gin_trgm_ops"), name="ticket_subject_trgm"),  # search
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class Message(models.Model):
    """One message of a ticket. A mail makes exactly one (unique `raw`)."""

    class Kind(models.TextChoices):
        CLIENT = "client", _("client")
        STAFF = "staff", _("answer")
        NOTE = "note", _("internal note")
        AUTO = "auto", _("automatic")

    class Authentic(models.TextChoices):
        PASS = "pass", _("authenticated")
        FAIL = "fail", _("forged?")
        NONE = "none", _("not checked")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=6, choices=Kind)
    raw = models.OneToOneField(RawMail, models.PROTECT, null=True, blank=True, related_name="message")
    letter = models.OneToOneField(Letter, models.PROTECT, null=True, blank=True, related_name="message")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    from_name = models.CharField(max_length=200, blank=True)
    from_address = models.CharField(max_length=254, blank=True)
    from_profile = models.BooleanField(default=False)
    authentic = models.CharField(max_length=4, choices=Authentic, default=Authentic.NONE)
    text = models.TextField()
    quoted = models.TextField(blank=True)
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=998, blank=True)
    problems = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("at", "id")
        indexes = [
            models.Index(fields=["ticket", "at"], name="message_of_ticket"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="message_by_id"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class File(models.Model):
    """An attachment of a message; served only through a view, as a download."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="files")
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=200)
    content_id = models.CharField(max_length=250, blank=True)
    inline = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return self.name


class Participant(models.Model):
    """Who takes part in a ticket by mail; an answer goes to them, a reply from them is theirs."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="participants")
    address = models.EmailField(_("e-mail"))
    name = models.CharField(max_length=200, blank=True)
    copied = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [models.UniqueConstraint(fields=("ticket", "address"), name="participant_once")]
        indexes = [
            models.Index(OpClass("address", name="varchar_pattern_ops"), name="participant_address")
        ]  # the beginning of an address, typed into the queue

    def __str__(self) -> str:
        return self.address


class SlaPolicy(models.Model):
    """Limits in working minutes; empty department = for all without their own (R9.1)."""

    department = models.OneToOneField(
        Department, models.PROTECT, null=True, blank=True, related_name="sla", verbose_name=_("department")
    )
    answer_minutes = models.PositiveIntegerField(_("answer within, minutes"), default=120)
    solve_minutes = models.PositiveIntegerField(_("solve within, minutes"), default=120)
    handover_minutes = models.PositiveIntegerField(_("hand-over within, minutes"), default=120)

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")

    def __str__(self) -> str:
        return str(self.department or _("all departments"))


class SlaEvent(models.Model):
    """A stage that a clock of a ticket reached; each fires once."""

    class Stage(models.TextChoices):
        WARNING = "warning", _("warning")
        BREACH = "breach", _("breach")
        ESCALATION = "escalation", _("escalation")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="sla_events")
    clock = models.CharField(max_length=60)
    stage = models.CharField(max_length=10, choices=Stage)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("SLA event")
        verbose_name_plural = _("SLA events")
        constraints = [models.UniqueConstraint(fields=("ticket", "clock", "stage"), name="sla_stage_once")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.stage}"
