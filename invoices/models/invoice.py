from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from billing_site.kit.secrets import EncryptedTextField
from billing_site.office.models import Seller, User, VatTreatment
from clients.models import Client, Payer, clients_seen_by
from products.models import Batch, Order


class InvoiceQuerySet(models.QuerySet):
    def on_control(self) -> "InvoiceQuerySet":
        """Additional ones that are paid and not looked through, or unpaid (R5.3)."""
        return self.filter(Q(status=Invoice.Status.ISSUED) | Q(proof_waits=True), role=Invoice.Role.ADDON)

    def visible_to(self, user: User) -> "InvoiceQuerySet":
        return self.filter(clients_seen_by(user, "client__"))

    def out(self) -> "InvoiceQuerySet":
        """Sent and still standing, paid or not."""
        return self.filter(
            status__in=(Invoice.Status.ISSUED, Invoice.Status.PAID, Invoice.Status.COLLECTIONS)
        )

    def unpaid(self) -> "InvoiceQuerySet":
        return self.filter(status=Invoice.Status.ISSUED)

    def overdue(self, on=None) -> "InvoiceQuerySet":
        """Issued and not paid in full by the end of the due date (derived, never a status)."""
        return self.unpaid().filter(due_on__lt=on or clock.today())


@keep_history("client", "payer", "seller", "number", "role", "issued_on", "due_on", "status")
class Invoice(models.Model):
    """Счёт. What it says stands in its current revision; the row says whose, when, and how it stands.

    `total`, `paid` in `currency`; stored, changed only by the verbs that write their facts. `manager`
    is the client's manager now (a trigger on clients keeps it), `manager_at_issue` is frozen.
    `unpaid_units`, while the invoice is ISSUED: whether its live lines sell units that nobody has paid or
    taken back (R3.2); triggers keep it, as support gives units without knowing of invoices. `proof_waits`:
    it is an additional one whose proof card nobody has looked through (R5.3).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ISSUED = "issued", _("unpaid")
        PAID = "paid", _("paid")
        VOID = "void", _("void")
        COLLECTIONS = "collections", _("collections")
        REFUNDED = "refunded", _("refunded")
        DISCARDED = "discarded", _("discarded")

    MOVES = {
        Status.DRAFT: {Status.ISSUED, Status.DISCARDED},
        Status.ISSUED: {Status.PAID, Status.VOID, Status.COLLECTIONS},
        Status.COLLECTIONS: {Status.ISSUED, Status.PAID, Status.VOID},
        Status.PAID: {Status.ISSUED, Status.REFUNDED},
        Status.VOID: set(),
        Status.REFUNDED: set(),
        Status.DISCARDED: set(),
    }

    class Role(models.TextChoices):
        MAIN = "main", _("main")
        ADDON = "addon", _("additional")
        ONE_OFF = "one_off", _("one-off work")

    class Units(models.TextChoices):
        NONE = "", _("none")
        ORDERED = "ordered", _("not handed over")
        GIVEN = "given", _("given")

    client = models.ForeignKey(Client, models.PROTECT, related_name="invoices", verbose_name=_("client"))
    payer = models.ForeignKey(
        Payer, models.PROTECT, related_name="invoices", verbose_name=_("payer"), db_index=False
    )  # see invoice_of_payer
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="invoices", verbose_name=_("seller"))
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="invoices", verbose_name=_("order")
    )
    series = models.CharField(max_length=20)
    number = models.BigIntegerField(_("number"), null=True, blank=True)
    role = models.CharField(_("kind"), max_length=8, choices=Role, default=Role.MAIN)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    renewal_key = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3, default="RUB")
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2, default=Decimal(0))
    paid = models.DecimalField(_("paid"), max_digits=14, decimal_places=2, default=Decimal(0))
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    due_on = models.DateField(_("due on"))
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    unpaid_units = models.CharField(
        _("unpaid units"), max_length=8, choices=Units, blank=True, default=Units.NONE, editable=False
    )
    proof_waits = models.BooleanField(_("proof card to look through"), default=False, editable=False)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("manager"),
    )
    manager_at_issue = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("manager at issue"),
    )
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    current = models.OneToOneField("invoices.Revision", models.PROTECT, null=True, related_name="current_of")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        permissions = [
            ("issue_invoice", "Check and send an invoice"),
            ("send_without_code", "Send an invoice to a payer without a code in Union"),
            ("discard_invoice", "Discard a draft"),
            ("void_invoice", "Void an unpaid invoice"),
            ("look_proof", "Look through proof cards"),
        ]
        indexes = [
            models.Index(fields=["-id", "status"], name="invoice_newest"),
            models.Index(fields=["client", "-id"], name="invoice_of_client"),
            models.Index(fields=["due_on", "id"], name="invoice_by_due"),
            models.Index(fields=["issued_on", "id"], name="invoice_by_date"),
            models.Index(fields=["status", "-id"], name="invoice_by_status"),
            models.Index(
                fields=["manager", "client"],
                include=["due_on", "total", "paid"],
                condition=Q(status="issued"),
                name="invoice_debts",
            ),  # the debtors' report, index only
            models.Index(
                fields=["due_on"], include=["client"], condition=Q(status="issued"), name="invoice_unpaid_due"
            ),  # the counter in the top bar
            models.Index(
                fields=["client"],
                include=["due_on", "total", "paid"],
                condition=Q(status="issued"),
                name="invoice_owed_by_client",
            ),  # what a client owes, in lists and filters
            models.Index(
                fields=["payer"],
                include=["status", "issued_on", "created_at", "total"],
                name="invoice_of_payer",
            ),  # since when a payer waits for a code, index only
            models.Index(
                fields=["due_on", "id"], condition=Q(status="draft"), name="invoice_drafts_by_due"
            ),  # to check and send, on the home page
            models.Index(
                fields=["-proof_waits", "-id"],
                include=["status", "total"],
                condition=Q(role="addon") & (Q(status="issued") | Q(proof_waits=True)),
                name="invoice_on_control",
            ),  # additional invoices: paid and not looked through, then unpaid, in the order of their list
            models.Index(
                fields=["issued_on", "id"],
                include=["due_on", "total", "unpaid_units"],
                condition=Q(status="issued") & ~Q(unpaid_units=""),
                name="invoice_unpaid_units",
            ),  # units that nobody has paid, oldest first, index only
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("series", "number"),
                condition=Q(number__isnull=False),
                name="invoice_number_in_series",
            ),
            models.UniqueConstraint(
                fields=("renewal_key",),
                condition=Q(status="draft") & ~Q(renewal_key=""),
                name="invoice_one_renewal_draft",
            ),
            models.UniqueConstraint(fields=("id", "seller"), name="invoice_with_seller"),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "discarded"), number__isnull=True, issued_on__isnull=True)
                | (~Q(status__in=("draft", "discarded")) & Q(number__isnull=False, issued_on__isnull=False)),
                name="invoice_number_from_issue_on",
            ),
            models.CheckConstraint(
                condition=Q(paid__gte=0, paid__lte=F("total")), name="invoice_paid_within"
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid=F("total")), name="invoice_paid_is_paid"
            ),
        ]

    def __str__(self) -> str:
        if self.number is None:
            return _("draft %(id)s") % {"id": self.pk}
        return f"№ {self.number}"

    @property
    def revision(self) -> "Revision":
        """The current revision; every invoice has one from its making on."""
        assert self.current is not None
        return self.current

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid, in `currency`."""
        return self.total - self.paid

    @property
    def is_partly_paid(self) -> bool:
        return self.status == self.Status.ISSUED and 0 < self.paid < self.total

    def is_overdue(self, on=None) -> bool:
        return self.status == self.Status.ISSUED and self.due_on < (on or clock.today())


class Revision(models.Model):
    """Исправление № n of an invoice: seller, buyer, lines. Frozen from SENT on.

    SENT at the commit of Check & send, whatever becomes of the letter. The worker fills the file and
    its hash once. `seller`, `buyer` are snapshots as printed; empty while PREPARED.
    """

    class Status(models.TextChoices):
        PREPARED = "prepared", _("prepared")
        SENT = "sent", _("sent")
        REPLACED = "replaced", _("replaced")

    MOVES = {
        Status.PREPARED: {Status.SENT},
        Status.SENT: {Status.REPLACED},
        Status.REPLACED: set(),
    }

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="revisions")
    n = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.PREPARED)
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    purpose = models.CharField(max_length=250, blank=True)
    comment = models.TextField(_("printed comment"), blank=True)
    file = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    render_attempts = models.PositiveSmallIntegerField(default=0)
    render_leased_until = models.DateTimeField(null=True)
    render_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [models.UniqueConstraint(fields=("invoice", "n"), name="revision_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="sent", file=""), name="revision_to_render")
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.n}"

    @property
    def client_no(self) -> int:
        return self.invoice.client_id


class Line(models.Model):
    """A line of a revision. A recurring charge covers `period` ([start, end), days) of one batch.

    `live` = of the current revision of an invoice that stands (neither void nor discarded). The
    exclusion makes billing one day of a batch twice impossible. Money in the invoice's currency;
    `price` is for one unit and this period, `month_price` beside it (R4.4); `why` is the arithmetic in
    words; `shares` are the month shares of R6.4, [["2019-02-01", "44.00"], …], summing to `gross`.
    `off` is what a promotion took off, inside `gross`; with an `off_text` paper prints it as a row.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        DISCOUNT = "discount", _("discount")
        CREDIT = "credit", _("credit")
        FEE = "fee", _("fee")
        TEXT = "text", _("text")
        OPENING = "opening", _("opening")

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.CHARGE)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="lines")
    period = DateRangeField(null=True, blank=True)
    live = models.BooleanField(default=True)
    recurring = models.BooleanField(default=True)
    text = models.CharField(_("text"), max_length=300)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=Decimal(1))
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=2, default=Decimal(0))
    month_price = models.DecimalField(
        _("price a month"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    discount = models.DecimalField(_("discount, %"), max_digits=5, decimal_places=2, default=Decimal(0))
    net = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    vat_treatment = models.CharField(max_length=8, choices=VatTreatment, default=VatTreatment.NONE)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    vat = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    gross = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, default=Decimal(0))
    off = models.DecimalField(_("promotion"), max_digits=14, decimal_places=2, default=Decimal(0))
    off_text = models.CharField(max_length=200, blank=True)
    rule = models.CharField(max_length=16, blank=True)
    why = models.JSONField(default=list)
    shares = models.JSONField(default=list)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ("position", "id")
        indexes = [models.Index(fields=["batch"], condition=Q(live=True), name="line_of_batch")]
        constraints = [
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="line_gross"),
            models.CheckConstraint(
                condition=~Q(kind__in=("charge", "opening"), recurring=True)
                | Q(batch__isnull=False, period__isnull=False),
                name="line_of_one_batch",
            ),
            ExclusionConstraint(
                name="line_period_once",
                index_type="GIST",
                expressions=[("batch", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=Q(live=True, kind="charge"),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class SkippedPeriod(models.Model):
    """A period that a person discarded with its draft: the renewal run doesn't bring it back."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="skipped")
    period = DateRangeField()
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("skipped period")
        verbose_name_plural = _("skipped periods")
        constraints = [
            ExclusionConstraint(
                name="skipped_once",
                index_type="GIST",
                expressions=[("batch", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.period}"


class PublicLink(models.Model):
    """The address under which the client sees the invoice. Found by hash; a revoked one tells nothing."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    token = EncryptedTextField()
    created_at = models.DateTimeField(default=clock.now, editable=False)
    revoked_at = models.DateTimeField(null=True)
    first_opened_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("public link")
        verbose_name_plural = _("public links")
        constraints = [
            models.UniqueConstraint(
                fields=("invoice",), condition=Q(revoked_at__isnull=True), name="link_one_live"
            )
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}"
