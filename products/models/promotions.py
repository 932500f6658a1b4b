from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from clients.models import Client
from products.models.catalogue import Option, Product


@keep_history("code", "name", "kind", "value", "scope", "cycles", "shown", "valid_from", "valid_until",
              "limit_total", "limit_per_client", "active")  # fmt: skip
class Promotion(models.Model):
    """A promo code. Once used it keeps its terms: units bought with it point here.

    `value` is percent, roubles off the price of one unit for a cycle, or that price itself. Without
    `products` and `options` it serves everything. `cycles` None = for life; `valid_until` is the last day.
    """

    class Kind(models.TextChoices):
        PERCENT = "percent", _("percent off")
        FIXED = "fixed", _("a sum off the price of one")
        PRICE = "price", _("its own price of one")

    class Scope(models.TextChoices):
        ALL = "all", _("all units, also those added later")
        NEW_UNITS = "new_units", _("only the units bought with it")

    class Shown(models.TextChoices):
        NET = "net", _("inside the line's discount")
        LINE = "line", _("as a line of its own")

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PERCENT)
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2)
    products = models.ManyToManyField(Product, blank=True, related_name="+", verbose_name=_("products"))
    options = models.ManyToManyField(Option, blank=True, related_name="+", verbose_name=_("options"))
    scope = models.CharField(_("which units"), max_length=10, choices=Scope, default=Scope.NEW_UNITS)
    cycles = models.PositiveSmallIntegerField(
        _("cycles"), null=True, blank=True, help_text=_("Empty: for life.")
    )
    shown = models.CharField(_("on the invoice"), max_length=4, choices=Shown, default=Shown.NET)
    limit_total = models.PositiveIntegerField(_("uses at most"), null=True, blank=True)
    limit_per_client = models.PositiveIntegerField(
        _("uses of one client at most"), null=True, blank=True, default=1
    )
    valid_from = models.DateField(_("valid from"), default=clock.today)
    valid_until = models.DateField(_("last day"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ("-active", "code")
        constraints = [
            models.CheckConstraint(condition=Q(code=Upper("code")), name="promotion_code_upper"),
            models.CheckConstraint(condition=Q(value__gte=0), name="promotion_value"),
            models.CheckConstraint(
                condition=~Q(kind="percent") | Q(value__lte=100), name="promotion_percent"
            ),
            models.CheckConstraint(
                condition=Q(cycles__isnull=True) | Q(cycles__gte=1), name="promotion_cycles"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
                name="promotion_dates",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PromotionUse(models.Model):
    """The ledger of a promotion: what it took off, for whom. Rows are added, never changed or deleted.

    A use that fell away (the order is pending or cancelled again) is answered by a row with the opposite
    sum that names it in `reverses`. `line_id` is the invoice line, a younger fact.
    """

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="uses")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    order = models.ForeignKey("products.Order", models.PROTECT, null=True, blank=True, related_name="+")
    batch = models.ForeignKey("products.Batch", models.PROTECT, null=True, blank=True, related_name="+")
    line_id = models.PositiveBigIntegerField(null=True, blank=True)
    amount = models.DecimalField(_("taken off"), max_digits=14, decimal_places=2, default=Decimal(0))
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("use of a promotion")
        verbose_name_plural = _("uses of promotions")
        indexes = [models.Index(fields=["promotion", "client"], name="promotion_use_of_client")]

    def __str__(self) -> str:
        return f"{self.promotion_id}: {self.amount}"
