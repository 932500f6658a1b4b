from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing_site.kit import clock
from billing_site.office.models import User
from clients.models import Client, Payer, clients_seen_by
from products.models.catalogue import Cycle, Option, OptionChoice, Product
from products.models.promotions import Promotion


class DomainHow(models.TextChoices):
    """What shall be done about a domain that is ordered."""

    REGISTER = "register", _("register")
    TRANSFER = "transfer", _("transfer")
    OWN = "own", pgettext_lazy("domain", "the client's own")


class OwnedQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "OwnedQuerySet":
        return self.filter(clients_seen_by(user, "client__"))


class Order(models.Model):
    """What a client asked for; accepting it makes services and drafts."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        CANCELLED = "cancelled", _("cancelled")
        REFUSED = "refused", _("refused")
        FRAUD = "fraud", _("fraud")

    MOVES = {
        Status.PENDING: {Status.ACCEPTED, Status.CANCELLED, Status.REFUSED, Status.FRAUD},
        Status.ACCEPTED: {Status.PENDING},
        Status.CANCELLED: {Status.PENDING},
        Status.REFUSED: {Status.PENDING},
        Status.FRAUD: {Status.PENDING},
    }

    client = models.ForeignKey(Client, models.PROTECT, related_name="orders", verbose_name=_("client"))
    payer = models.ForeignKey(
        Payer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payer")
    )
    promotion = models.ForeignKey(
        Promotion, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("promo code")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    starts_on = models.DateField(_("starts on"))
    comment = models.TextField(_("comment"), blank=True)
    total = models.DecimalField(_("first invoice"), max_digits=14, decimal_places=2, default=Decimal(0))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [
            ("accept_order", "Accept an order"),
            ("cancel_order", "Cancel or refuse an order"),
            ("double_family", "Sell a second service of one family"),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["client", "-id"], name="order_of_client"),
        ]

    def __str__(self) -> str:
        return _("Order %(no)s") % {"no": self.pk}


class WantedLine(models.Model):
    """One product (with an option's packs on lines of their own) that somebody wants, and its terms."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("option")
    )
    choice = models.ForeignKey(
        OptionChoice, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("choice")
    )
    cycle = models.CharField(_("cycle"), max_length=12, choices=Cycle)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    price = models.DecimalField(_("price of one for a cycle"), max_digits=14, decimal_places=2)
    setup_fee = models.DecimalField(
        _("set-up fee of one"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    own_price_because = models.CharField(_("why an own price"), max_length=200, blank=True)
    discount = models.DecimalField(_("discount, %"), max_digits=5, decimal_places=2, default=Decimal(0))
    doubled_because = models.CharField(_("why a second service"), max_length=200, blank=True)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    domain_how = models.CharField(_("how"), max_length=8, choices=DomainHow, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="%(class)s_quantity"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=100), name="%(class)s_discount"
            ),
            models.CheckConstraint(condition=Q(price__gte=0, setup_fee__gte=0), name="%(class)s_price"),
        ]

    def __str__(self) -> str:
        return f"{self.option or self.product} × {self.quantity}"


class OrderLine(WantedLine):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")

    class Meta(WantedLine.Meta):
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
