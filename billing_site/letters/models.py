from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock


class Addresses(models.Func):
    """Addresses of a letter as one text that PostgreSQL agrees to index (see the migration)."""

    function = "letter_addresses"
    arity = 1
    output_field = models.TextField()


class Letter(models.Model):
    """One outgoing mail: the outbox. The row is the truth, SMTP is an errand.

    `about` and `client_no` are plain keys: letters is older than what it writes about. `key` makes an
    automatic letter happen once. `needs` names what must exist before sending (a paper's file); the
    one who makes it calls letters.actions.supply(). SENDING is committed with the Message-ID before a
    word is spoken to the server; a lease that ran out there means UNCERTAIN.
    """

    class Status(models.TextChoices):
        HELD = "held", _("held")
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("uncertain")
        DROPPED = "dropped", _("dropped")

    MOVES = {
        Status.HELD: {Status.QUEUED, Status.DROPPED},
        Status.QUEUED: {Status.HELD, Status.SENDING, Status.DROPPED},
        Status.SENDING: {Status.SENT, Status.FAILED, Status.UNCERTAIN, Status.QUEUED},
        Status.FAILED: {Status.QUEUED, Status.DROPPED},
        Status.UNCERTAIN: {Status.QUEUED, Status.DROPPED, Status.SENT},
        Status.SENT: set(),
        Status.DROPPED: set(),
    }

    class Because(models.TextChoices):
        NOTHING = "", ""
        HOLD = "hold", _("the client is on hold")
        PERSON = "person", _("a person holds it")

    kind = models.CharField(_("kind"), max_length=40)
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.QUEUED)
    held_because = models.CharField(_("held because"), max_length=10, choices=Because, blank=True)
    client_no = models.BigIntegerField(_("client"), null=True, blank=True)
    about = models.CharField(max_length=60, blank=True)
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    again_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="again")
    needs = models.CharField(max_length=60, blank=True)
    about_money = models.BooleanField(default=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    to = ArrayField(models.EmailField(), verbose_name=_("to"))
    cc = ArrayField(models.EmailField(), default=list, blank=True)
    language = models.CharField(max_length=2, default="ru")
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=250, blank=True)
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.TextField(_("error"), blank=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [
            models.Index(fields=["due_at"], name="letter_to_send", condition=Q(status="queued", needs="")),
            models.Index(fields=["leased_until"], name="letter_in_hand", condition=Q(status="sending")),
            models.Index(fields=["client_no", "-id"], name="letter_of_client"),
            models.Index(fields=["about", "-id"], name="letter_about"),
            models.Index(fields=["status", "-id"], name="letter_by_status"),
            models.Index(fields=["message_id"], name="letter_message_id"),  # bounces and answers find it
            models.Index(fields=["needs"], name="letter_waiting", condition=~Q(needs="")),
            GinIndex(OpClass(Upper("subject"), name="gin_trgm_ops"), name="letter_subject_trgm"),  # search
            GinIndex(OpClass(Upper(Addresses("to")), name="gin_trgm_ops"), name="letter_to_trgm"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=("sending", "sent", "uncertain")) | ~Q(message_id=""),
                name="letter_id_before_smtp",
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Attachment(models.Model):
    """A file that went, or will go, with a letter; the bytes stay in the storage for ever."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="attachments")
    name = models.CharField(_("name"), max_length=150)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name


class Hold(models.Model):
    """«Готовится»: nothing leaves to this client until a person releases it (the broken-address trick)."""

    client_no = models.BigIntegerField(primary_key=True)
    because = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")

    def __str__(self) -> str:
        return f"{self.client_no}"
