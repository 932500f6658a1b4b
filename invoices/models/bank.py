from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Upper
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import BankAccount
from clients.models import Client


class StatementQuerySet(models.QuerySet):
    def with_counts(self) -> "StatementQuerySet":
        """With `applied` and `waiting`: how many lines first seen in the file are so."""
        lines = BankLine.objects.filter(statement=models.OuterRef("pk")).order_by()
        return self.annotate(applied=_count(lines.applied()), waiting=_count(lines.waiting()))


def _count(rows: models.QuerySet) -> Coalesce:
    counted = rows.values("statement").annotate(n=models.Count("*")).values("n")
    return Coalesce(models.Subquery(counted, output_field=models.IntegerField()), 0)


class Statement(models.Model):
    """An uploaded bank statement: the bytes are kept first, read after, by an errand."""

    again = False  # set on the row that answers a file loaded before; never stored

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        READ = "read", _("read")
        FAILED = "failed", _("unreadable")

    MOVES = {
        Status.RECEIVED: {Status.READ, Status.FAILED},
        Status.READ: set(),
        Status.FAILED: {Status.RECEIVED},
    }

    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    storage_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.RECEIVED)
    header = models.JSONField(default=dict)
    accounts = models.JSONField(default=list)
    totals = models.JSONField(default=dict)
    balanced = models.BooleanField(_("totals add up"), null=True)
    problems = models.JSONField(default=list)
    error = models.TextField(_("error"), blank=True)
    lines_new = models.PositiveIntegerField(_("new lines"), default=0)
    lines_known = models.PositiveIntegerField(_("known lines"), default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("loaded by")
    )
    created_at = models.DateTimeField(_("loaded"), default=clock.now, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        indexes = [models.Index(fields=["id"], condition=Q(status="received"), name="statement_to_read")]

    def __str__(self) -> str:
        return self.name


class BankLineQuerySet(models.QuerySet):
    def waiting(self) -> "BankLineQuerySet":
        """Incoming money that nobody has decided about: the desk's queue."""
        return self.filter(direction=BankLine.Direction.IN).exclude(outcome__in=BankLine.SETTLED)

    def applied(self) -> "BankLineQuerySet":
        return self.filter(outcome=BankLine.Outcome.APPLIED)

    def aside(self) -> "BankLineQuerySet":
        """What no client paid: spending, and income that is none of ours to match."""
        return self.filter(outcome=BankLine.Outcome.NON_CLIENT)


class BankLine(models.Model):
    """One row of a statement; `key` is its identity over files (an overlapping file adds only new rows).

    `outcome` is the matcher's verdict, or a person's. `evidence` is what it was judged by, per
    candidate; `proposal` what one click would do: [{"invoice": id, "amount": "860.00"}], and for what
    becomes credit {"credit": "140.00", "client": id}.
    """

    class Direction(models.TextChoices):
        IN = "in", _("in")
        OUT = "out", _("out")
        UNKNOWN = "unknown", _("unknown")

    class Outcome(models.TextChoices):
        NEW = "new", _("not looked at")
        APPLIED = "applied", _("applied")
        PARTIAL = "partial", _("less than the invoice")
        OVERPAID = "overpaid", _("more than the invoice")
        PROPOSED = "proposed", _("proposed")
        AMBIGUOUS = "ambiguous", _("ambiguous")
        THIRD_PARTY = "third_party", _("third person")
        WRONG_SELLER = "wrong_seller", _("wrong seller")
        REPLACED = "replaced", _("replaced invoice")
        DOUBLE = "double", _("possible double")
        ALREADY_PAID = "already_paid", _("already paid")
        NON_CLIENT = "non_client", _("not a client's payment")
        REFUND = "refund", _("refund")
        UNMATCHED = "unmatched", _("not matched")

    SETTLED = (Outcome.APPLIED, Outcome.NON_CLIENT)

    key = models.CharField(max_length=64, unique=True)
    statement = models.ForeignKey(
        Statement, models.PROTECT, related_name="lines", verbose_name=_("statement")
    )
    account = models.ForeignKey(
        BankAccount, models.PROTECT, null=True, related_name="lines", verbose_name=_("our account")
    )
    direction = models.CharField(_("direction"), max_length=7, choices=Direction)
    kind = models.CharField(_("document"), max_length=60, blank=True)
    number = models.CharField(_("number"), max_length=40, blank=True)
    date = models.DateField(_("date"), null=True)
    posted_on = models.DateField(_("posted on"), null=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="RUB")
    payer_name = models.CharField(_("payer"), max_length=300, blank=True)
    payer_inn = models.CharField(_("INN"), max_length=12, blank=True)
    payer_kpp = models.CharField(max_length=9, blank=True)
    payer_account = models.CharField(max_length=34, blank=True)
    payer_bic = models.CharField(max_length=9, blank=True)
    purpose = models.TextField(_("purpose"), blank=True)
    raw = models.JSONField(default=dict)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, default=Outcome.NEW)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    evidence = models.JSONField(default=list)
    proposal = models.JSONField(default=list)
    rule_version = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = BankLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        indexes = [
            models.Index(fields=["statement", "id"], name="bankline_of_statement"),
            models.Index(fields=["posted_on", "id"], name="bankline_by_date"),
            models.Index(
                fields=["-id"],
                condition=Q(direction="in") & ~Q(outcome__in=("applied", "non_client")),
                name="bankline_open",
            ),  # the desk's queue
            GinIndex(OpClass(Upper("payer_name"), name="gin_trgm_ops"), name="bankline_payer_trgm"),  # search
            GinIndex(OpClass(Upper("purpose"), name="gin_trgm_ops"), name="bankline_purpose_trgm"),
            models.Index(fields=["payer_inn"], name="bankline_inn", condition=~Q(payer_inn="")),
            models.Index(fields=["number"], name="bankline_number", condition=~Q(number="")),
        ]
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="bankline_amount")]

    def __str__(self) -> str:
        return f"{self.number} {self.amount}"

    @property
    def party_name(self) -> str:
        """The other side: who paid us, or whom we paid."""
        if self.direction != self.Direction.OUT:
            return self.payer_name
        written = self.raw.get("Получатель1") or self.raw.get("Получатель") or ""
        return written if isinstance(written, str) else written[0]


class LearnedPayer(models.Model):
    """An account that has paid for a client before, confirmed; two clients make it say nothing."""

    account = models.CharField(max_length=34)
    inn = models.CharField(max_length=12, blank=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="learned_payers")
    times = models.PositiveIntegerField(default=1)
    last_on = models.DateField()

    class Meta:
        verbose_name = _("learned payer")
        verbose_name_plural = _("learned payers")
        constraints = [models.UniqueConstraint(fields=("account", "client"), name="learned_once")]

    def __str__(self) -> str:
        return f"{self.account}"
