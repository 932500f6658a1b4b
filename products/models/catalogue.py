from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit.history import keep_history
from billing_site.kit.periods import CYCLE_MONTHS
from billing_site.office.models import Seller, VatTreatment


class Cycle(models.TextChoices):
    """Billing cycle. MONTHS gives its length; the first two never renew."""

    FREE = "free", _("free")
    ONE_TIME = "one_time", _("one-time")
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    HALF_YEAR = "half_year", _("half-year")
    YEAR = "year", _("year")
    TWO_YEARS = "two_years", _("two years")
    THREE_YEARS = "three_years", _("three years")


MONTHS = CYCLE_MONTHS  # by the values of Cycle


class ProductGroup(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("product group")
        verbose_name_plural = _("product groups")
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


@keep_history("name", "family", "seller", "vat_treatment", "handover_rule", "own_year", "active")
class Product(models.Model):
    """What the office sells. A client has one live service of a family at most (R3.5)."""

    class HandoverRule(models.TextChoices):
        ON_SENT = "sent", _("when the invoice is sent")
        ON_PAID = "paid", _("when the invoice is paid")
        NEVER = "never", _("no hand-over")

    group = models.ForeignKey(ProductGroup, models.PROTECT, related_name="products", verbose_name=_("group"))
    name = models.CharField(_("name"), max_length=120, unique=True)
    family = models.CharField(
        _("family"), max_length=40, help_text=_("A client has at most one live service of a family.")
    )
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="products", verbose_name=_("seller"))
    vat_treatment = models.CharField(_("VAT"), max_length=8, choices=VatTreatment, default=VatTreatment.NONE)
    unit = models.CharField(_("unit"), max_length=20, default="польз.")
    line_text = models.CharField(
        _("text of an invoice line"),
        max_length=200,
        help_text=_("What the client reads; the period is added by itself."),
    )
    handover_rule = models.CharField(
        _("hand-over"), max_length=5, choices=HandoverRule, default=HandoverRule.ON_SENT
    )
    handover_subject = models.CharField(_("subject of the hand-over"), max_length=120, blank=True)
    own_year = models.BooleanField(_("runs its own year"), default=False)
    active = models.BooleanField(_("sold"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("group__position", "name")

    def __str__(self) -> str:
        return self.name


@keep_history("name", "unit", "pack")
class Option(models.Model):
    """Something bought inside a service in packs, e.g. disk space: «пакет 5 ГБ»."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="options", verbose_name=_("product"))
    name = models.CharField(_("name"), max_length=120)
    unit = models.CharField(_("unit"), max_length=20, default="пакет")
    pack = models.PositiveIntegerField(_("in a pack"), default=1)
    measure = models.CharField(_("measure"), max_length=10, blank=True)
    line_text = models.CharField(_("text of an invoice line"), max_length=200)
    handover_subject = models.CharField(_("subject of the hand-over"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ("product", "name")

    def __str__(self) -> str:
        return self.name


class PriceQuerySet(models.QuerySet):
    def on(self, day) -> "PriceQuerySet":
        """The price of each (product | option, cycle, currency) in force on `day`."""
        return (
            self.filter(valid_from__lte=day)
            .order_by("product_id", "option_id", "cycle", "currency", "-valid_from")
            .distinct("product_id", "option_id", "cycle", "currency")
        )


@keep_history("amount", "valid_from")
class Price(models.Model):
    """Price of one unit for one cycle, from a date on; old rows stay.

    `amount` in `currency`, VAT inside when the product's treatment has a rate.
    """

    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="prices", verbose_name=_("product")
    )
    option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="prices", verbose_name=_("option")
    )
    cycle = models.CharField(_("cycle"), max_length=12, choices=Cycle)
    currency = models.CharField(_("currency"), max_length=3, default="RUB")
    valid_from = models.DateField(_("valid from"))
    amount = models.DecimalField(_("price"), max_digits=14, decimal_places=2)

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=True) ^ Q(option__isnull=True), name="price_of_one_thing"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
            models.UniqueConstraint(
                fields=("product", "option", "cycle", "currency", "valid_from"),
                name="price_once_a_day",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} / {self.get_cycle_display()}"
