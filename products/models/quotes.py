from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing_site.kit import clock
from clients.models import Client, Payer
from products.models.catalogue import Product
from products.models.orders import Order, OwnedQuerySet, WantedLine
from products.models.promotions import Promotion


class Quote(models.Model):
    """Коммерческое предложение (КП): an order that the client has not said yes to yet.

    Found by the hash of its link's token; accepted by the client's click or by staff it becomes an order.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENT = "sent", _("sent")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")

    MOVES = {
        Status.DRAFT: {Status.SENT, Status.ACCEPTED, Status.DECLINED},
        Status.SENT: {Status.DRAFT, Status.ACCEPTED, Status.DECLINED, Status.EXPIRED},
        Status.ACCEPTED: set(),
        Status.DECLINED: {Status.DRAFT},
        Status.EXPIRED: {Status.DRAFT},
    }

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    client = models.ForeignKey(Client, models.PROTECT, related_name="quotes", verbose_name=_("client"))
    payer = models.ForeignKey(
        Payer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payer")
    )
    promotion = models.ForeignKey(Promotion, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    valid_until = models.DateField(_("valid until"))
    starts_on = models.DateField(_("starts on"))
    comment = models.TextField(_("comment"), blank=True)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2, default=Decimal(0))
    token_hash = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    order = models.OneToOneField(Order, models.PROTECT, null=True, blank=True, related_name="quote")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        indexes = [
            models.Index(fields=["client", "-id"], name="quote_of_client"),
            models.Index(fields=["status", "-id"], name="quote_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("token_hash",), condition=~Q(token_hash=""), name="quote_token_once"
            )
        ]

    def __str__(self) -> str:
        return _("Quote %(no)s") % {"no": self.number}


class QuoteLine(WantedLine):
    """A line of a quote: what the order's line will be."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")

    class Meta(WantedLine.Meta):
        verbose_name = _("quote line")
        verbose_name_plural = _("quote lines")


class BillableItem(models.Model):
    """Разовая работа: hours or work done, collected on a client until an invoice takes it."""

    class When(models.TextChoices):
        NEXT_RUN = "next_run", _("with the next renewal")
        NOW = "now", _("at once")

    class Status(models.TextChoices):
        OPEN = "open", _("not invoiced")
        INVOICED = "invoiced", _("invoiced")
        DROPPED = "dropped", pgettext_lazy("work", "dropped")

    MOVES = {
        Status.OPEN: {Status.INVOICED, Status.DROPPED},
        Status.INVOICED: {Status.OPEN},
        Status.DROPPED: {Status.OPEN},
    }

    client = models.ForeignKey(
        Client, models.PROTECT, related_name="billable_items", verbose_name=_("client")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    text = models.CharField(_("text"), max_length=300)
    quantity = models.DecimalField(_("quantity"), max_digits=9, decimal_places=2)
    price = models.DecimalField(_("price of one"), max_digits=14, decimal_places=2)
    on = models.DateField(_("done on"), default=clock.today)
    when = models.CharField(_("invoice"), max_length=8, choices=When, default=When.NEXT_RUN)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    line_id = models.PositiveBigIntegerField(null=True, blank=True)  # the invoice line, a younger fact
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-off work")
        verbose_name_plural = _("one-off works")
        indexes = [
            models.Index(fields=["client", "-id"], name="billable_of_client"),
            models.Index(fields=["client"], condition=Q(status="open"), name="billable_open"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="billable_quantity"),
            models.CheckConstraint(condition=Q(price__gte=0), name="billable_price"),
        ]

    def __str__(self) -> str:
        return self.text
