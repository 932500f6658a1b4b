from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from billing_site.kit.requisites import readable_domain
from billing_site.kit.secrets import EncryptedTextField
from clients.models import Client, Payer
from products.models.catalogue import Cycle, Option, OptionChoice, Product
from products.models.orders import OrderLine, OwnedQuerySet
from products.models.promotions import Promotion


class Server(models.Model):
    """A machine that services live on."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    host = models.CharField(_("address"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("server")
        verbose_name_plural = _("servers")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(OwnedQuerySet):
    def live(self) -> "ServiceQuerySet":
        return self.filter(status__in=LIVE)

    def on_host(self, text: str) -> "ServiceQuerySet":
        """Services on this domain, host or IP, in whatever case; «xn--…» finds the name it stands for."""
        names = sorted({text, readable_domain(text)})
        return self.exclude(domain="").alias(on=Lower("domain")).filter(on__in=names)

    def on_host_like(self, text: str) -> "ServiceQuerySet":
        """Services whose domain, host or IP holds the text (lower case)."""
        return self.exclude(domain="").alias(on=Lower("domain")).filter(on__contains=text)

    def of_login(self, text: str) -> "ServiceQuerySet":
        """Services with this login, in whatever case."""
        return self.exclude(username="").alias(login=Lower("username")).filter(login=text)


@keep_history(
    "client",
    "payer",
    "product",
    "status",
    "cycle",
    "anchor",
    "domain",
    "username",
    "host",
    "server",
    "ip",
    "not_until",
    "ends",
    "terminated_on",
    "end_because",
    "doubled_because",
)
class Service(models.Model):
    """A product that a client has. What is in it stands in its batches (состав услуги).

    An addon is a service with a `host`: it ends and renews with it. `paid_until` is exclusive (the first
    unpaid day, the next due date) and derived from paid lines; `recurring` is the sum of the batches
    that R3.1 counts for one full cycle. Both are stored by the
    verbs that change their facts and recomputed by check_books.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        TERMINATED = "terminated", _("terminated")
        CANCELLED = "cancelled", _("cancelled")

    MOVES = {
        Status.PENDING: {Status.ACTIVE, Status.CANCELLED},
        Status.ACTIVE: {Status.SUSPENDED, Status.TERMINATED},
        Status.SUSPENDED: {Status.ACTIVE, Status.TERMINATED},
        Status.TERMINATED: set(),
        Status.CANCELLED: set(),
    }

    client = models.ForeignKey(Client, models.PROTECT, related_name="services", verbose_name=_("client"))
    payer = models.ForeignKey(
        Payer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payer"),
        help_text=_("Empty: the client's default payer."),
    )
    order_line = models.ForeignKey(OrderLine, models.PROTECT, null=True, blank=True, related_name="services")
    product = models.ForeignKey(Product, models.PROTECT, related_name="services", verbose_name=_("product"))
    host = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="addons", verbose_name=_("addon of")
    )
    family = models.CharField(_("family"), max_length=40)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    cycle = models.CharField(_("billing cycle"), max_length=12, choices=Cycle)
    anchor = models.DateField(_("anchor"))
    starts_on = models.DateField(_("starts on"))
    paid_until = models.DateField(_("next due date"), null=True, blank=True)
    recurring = models.DecimalField(
        _("recurring amount"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    domain = models.CharField(_("domain or host"), max_length=200, blank=True)
    server = models.ForeignKey(
        Server, models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("server")
    )
    ip = models.GenericIPAddressField(_("dedicated IP"), null=True, blank=True)
    username = models.CharField(_("login"), max_length=80, blank=True)
    password = EncryptedTextField(_("password"), blank=True, default="")
    not_until = models.DateField(_("do not suspend until"), null=True, blank=True)
    not_until_because = models.CharField(_("why"), max_length=200, blank=True)
    ends = models.BooleanField(_("ends with the paid period"), default=False)
    end_because = models.CharField(_("why it ends"), max_length=200, blank=True)
    terminated_on = models.DateField(_("terminated on"), null=True, blank=True)
    doubled_because = models.CharField(_("why a second service"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        permissions = [
            ("suspend_service", "Switch a service off and on"),
            ("terminate_service", "Terminate a service"),
            ("transfer_service", "Move a service to another client"),
        ]
        indexes = [
            models.Index(fields=["client", "status"], name="service_of_client"),
            models.Index(
                fields=["paid_until", "id"],
                name="service_due",
                condition=Q(status__in=("active", "suspended")),
            ),  # the renewal run's claim
            models.Index(
                fields=["product"],
                name="service_live_of_product",
                condition=Q(status__in=("pending", "active", "suspended")),
            ),  # how many run, in the catalogue
            models.Index(Lower("domain"), name="service_host", condition=~Q(domain="")),  # search
            models.Index(Lower("username"), name="service_login", condition=~Q(username="")),
            GinIndex(
                OpClass(Lower("domain"), name="gin_trgm_ops"),
                name="service_host_trgm",
                condition=~Q(domain=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("client", "family", "host"),
                condition=Q(status__in=("pending", "active", "suspended"), doubled_because=""),
                nulls_distinct=False,
                name="service_one_of_family",
            )
        ]

    def __str__(self) -> str:
        return f"{self.product.name}"

    @property
    def last_paid_day(self) -> date | None:
        """`paid_until` as people say it: the last day that is paid."""
        return self.paid_until - timedelta(days=1) if self.paid_until else None


LIVE = (Service.Status.PENDING, Service.Status.ACTIVE, Service.Status.SUSPENDED)


class BatchQuerySet(models.QuerySet):
    def counted(self) -> "BatchQuerySet":
        """Batches that renewal and the recurring amount count: given or paid, not taken back (R3.1)."""
        return self.filter(Q(given_at__isnull=False) | Q(paid_at__isnull=False), taken_back_at__isnull=True)

    def standing(self) -> "BatchQuerySet":
        """Everything ordered and not taken back: what the client will have."""
        return self.filter(taken_back_at__isnull=True)


@keep_history(
    "quantity", "price", "discount", "since", "taken_back_at", "promotion", "promo_until", "next_price",
    "next_price_from",
)  # fmt: skip
class Batch(models.Model):
    """Units of one service bought together at one price and discount (R3.1).

    `price` is for one unit and one cycle; `discount` in percent. Ordered (the row), given (hand-over
    carried out), paid (its line is paid) are independent facts. `price` and `discount` are without the
    promotion, which holds for periods that start before `promo_until` (None = for life); periods that
    start on `next_price_from` or later cost `next_price`.
    """

    service = models.ForeignKey(Service, models.PROTECT, related_name="batches", verbose_name=_("service"))
    option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("option")
    )
    choice = models.ForeignKey(
        OptionChoice, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("choice")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    price = models.DecimalField(_("price of one for a cycle"), max_digits=14, decimal_places=2)
    own_price_because = models.CharField(_("why an own price"), max_length=200, blank=True)
    discount = models.DecimalField(_("discount, %"), max_digits=5, decimal_places=2, default=Decimal(0))
    promotion = models.ForeignKey(
        Promotion, models.PROTECT, null=True, blank=True, related_name="batches", verbose_name=_("promo code")
    )
    promo_until = models.DateField(_("promo code until"), null=True, blank=True)
    next_price = models.DecimalField(
        _("next price of one"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    next_price_from = models.DateField(_("next price from"), null=True, blank=True)
    since = models.DateField(_("since"))
    created_at = models.DateTimeField(_("ordered"), default=clock.now, editable=False)
    given_at = models.DateTimeField(_("given"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("composition")
        ordering = ("id",)
        indexes = [
            models.Index(fields=["service"], name="batch_of_service"),
            models.Index(
                fields=["id"],
                name="batch_unpaid",
                condition=Q(paid_at__isnull=True, taken_back_at__isnull=True),
            ),  # units that nobody has paid yet
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="batch_quantity"),
            models.CheckConstraint(condition=Q(price__gte=0), name="batch_price"),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lte=100), name="batch_discount"),
            models.CheckConstraint(
                condition=Q(next_price__isnull=True, next_price_from__isnull=True)
                | Q(next_price__gte=0, next_price_from__isnull=False),
                name="batch_next_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.price}"


class HandoverQuerySet(models.QuerySet):
    def for_people(self) -> "HandoverQuerySet":
        """What waits for somebody: no program is busy with it."""
        waiting = self.filter(status=Handover.Status.WAITING)
        return waiting.exclude(module_calls__status__in=("queued", "sending", "polling"))


class Handover(models.Model):
    """Work for support that a sold change means: «было 5, стало 6» (заявка в техподдержку)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("carried out")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES = {
        Status.WAITING: {Status.DONE, Status.WITHDRAWN},
        Status.DONE: set(),
        Status.WITHDRAWN: set(),
    }

    service = models.ForeignKey(Service, models.PROTECT, related_name="handovers", verbose_name=_("service"))
    batch = models.OneToOneField(
        Batch, models.PROTECT, null=True, blank=True, related_name="handover", verbose_name=_("batch")
    )
    option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("option")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("what to do"))
    was = models.PositiveIntegerField(_("was"))
    becomes = models.PositiveIntegerField(_("becomes"))
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    created_at = models.DateTimeField(_("written"), default=clock.now, editable=False)
    done_at = models.DateTimeField(_("carried out"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        permissions = [("carry_out_handover", "Say that a hand-over is carried out")]
        indexes = [models.Index(fields=["id"], name="handover_waiting", condition=Q(status="waiting"))]

    def __str__(self) -> str:
        return self.subject

    @property
    def client_no(self) -> int:
        return self.service.client_id
