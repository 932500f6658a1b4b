from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit.history import keep_history
from billing_site.kit.periods import CYCLE_MONTHS
from billing_site.office.models import Seller, VatTreatment
from products.models.endpoints import ModuleEndpoint


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


@keep_history("name", "kind", "family", "seller", "vat_treatment", "unit", "line_text", "handover_rule",
              "handover_subject", "own_year", "cashback", "module", "active")  # fmt: skip
class Product(models.Model):
    """What the office sells. A client has one live service of a family at most (R3.5)."""

    class Kind(models.TextChoices):
        SUBSCRIPTION = "subscription", _("subscription")
        ONE_TIME = "one_time", _("sold once")
        HOURS = "hours", _("hours of work")
        FREE = "free", _("free of charge")
        ADDON = "addon", _("addon to a service")
        DOMAIN = "domain", _("domain")

    class Module(models.TextChoices):
        MANUAL = "manual", _("by hand (a ticket)")
        HTTP = "http", _("by a program (HTTP)")

    class HandoverRule(models.TextChoices):
        ON_SENT = "sent", _("when the invoice is sent")
        ON_PAID = "paid", _("when the invoice is paid")
        NEVER = "never", _("no hand-over")

    group = models.ForeignKey(ProductGroup, models.PROTECT, related_name="products", verbose_name=_("group"))
    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.SUBSCRIPTION)
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
    cashback = models.DecimalField(
        _("cashback, %"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        help_text=_("Goes to the credit balance when the invoice is paid."),
    )
    module = models.CharField(_("provisioning"), max_length=8, choices=Module, default=Module.MANUAL)
    endpoint = models.ForeignKey(
        ModuleEndpoint, models.PROTECT, null=True, blank=True, related_name="products",
        verbose_name=_("program"),
    )  # fmt: skip
    active = models.BooleanField(_("sold"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("group__position", "name")
        constraints = [
            models.CheckConstraint(condition=Q(cashback__gte=0, cashback__lte=100), name="product_cashback")
        ]

    def __str__(self) -> str:
        return self.name


@keep_history("name", "unit", "pack", "kind", "minimum", "maximum", "step", "active")
class Option(models.Model):
    """Something bought inside a service in packs, e.g. disk space: «пакет 5 ГБ».

    A choice has its prices by OptionChoice; a choice and a yes-no are bought once.
    """

    class Kind(models.TextChoices):
        QUANTITY = "quantity", _("quantity")
        CHOICE = "choice", _("one of several")
        YES_NO = "yes_no", _("yes or no")

    product = models.ForeignKey(Product, models.PROTECT, related_name="options", verbose_name=_("product"))
    name = models.CharField(_("name"), max_length=120)
    unit = models.CharField(_("unit"), max_length=20, default="пакет")
    pack = models.PositiveIntegerField(_("in a pack"), default=1)
    measure = models.CharField(_("measure"), max_length=10, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.QUANTITY)
    minimum = models.PositiveIntegerField(_("at least"), default=0)
    maximum = models.PositiveIntegerField(_("at most"), null=True, blank=True)
    step = models.PositiveIntegerField(_("step"), default=1)
    line_text = models.CharField(_("text of an invoice line"), max_length=200)
    handover_subject = models.CharField(_("subject of the hand-over"), max_length=120, blank=True)
    active = models.BooleanField(_("sold"), default=True)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ("product", "name")
        constraints = [
            models.CheckConstraint(condition=Q(step__gte=1), name="option_step"),
            models.CheckConstraint(
                condition=Q(maximum__isnull=True) | Q(maximum__gte=models.F("minimum")), name="option_limits"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValidationError({"maximum": _("The most is less than the least.")})
        if self.step < 1:
            raise ValidationError({"step": _("The step is one or more.")})


class OptionChoice(models.Model):
    """One of the answers to an option that is a choice, with prices of its own."""

    option = models.ForeignKey(Option, models.PROTECT, related_name="choices", verbose_name=_("option"))
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ("position", "id")
        constraints = [models.UniqueConstraint(fields=("option", "name"), name="option_choice_once")]

    def __str__(self) -> str:
        return self.name


@keep_history("rule", "minimum", "only_rent")
class Companion(models.Model):
    """What goes together with a product: as many, or at least so many (R3.5)."""

    class Rule(models.TextChoices):
        SAME = "same", _("as many")
        MINIMUM = "minimum", _("at least")

    product = models.ForeignKey(Product, models.PROTECT, related_name="companions", verbose_name=_("product"))
    companion_product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("goes with product")
    )
    companion_option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("goes with option")
    )
    rule = models.CharField(_("how many"), max_length=8, choices=Rule, default=Rule.SAME)
    minimum = models.PositiveIntegerField(_("at least"), null=True, blank=True)
    only_rent = models.BooleanField(_("only for clients who rent licences"), default=False)

    class Meta:
        verbose_name = _("companion")
        verbose_name_plural = _("companions")
        ordering = ("product", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(companion_product__isnull=True) ^ Q(companion_option__isnull=True),
                name="companion_of_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(rule="minimum") | Q(minimum__gte=1), name="companion_minimum"
            ),
            models.CheckConstraint(
                condition=~Q(companion_product=models.F("product")) | Q(companion_product__isnull=True),
                name="companion_is_another",
            ),
            models.UniqueConstraint(
                fields=("product", "companion_product", "companion_option"),
                nulls_distinct=False,
                name="companion_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.companion_option or self.companion_product}"

    def clean(self) -> None:
        if (self.companion_product is None) == (self.companion_option is None):
            raise ValidationError({"companion_product": _("Choose a product or an option, one of them.")})
        if self.companion_product_id == self.product_id:
            raise ValidationError({"companion_product": _("A product doesn't go with itself.")})
        if self.rule == self.Rule.MINIMUM and not self.minimum:
            raise ValidationError({"minimum": _("Say how many at least.")})


class PriceQuerySet(models.QuerySet):
    def on(self, day) -> "PriceQuerySet":
        """The price of each (product | option | its choice, cycle, currency) in force on `day`."""
        return (
            self.filter(valid_from__lte=day)
            .order_by("product_id", "option_id", "choice_id", "cycle", "currency", "-valid_from")
            .distinct("product_id", "option_id", "choice_id", "cycle", "currency")
        )


@keep_history("amount", "setup_fee", "valid_from")
class Price(models.Model):
    """Price of one unit for one cycle, from a date on; old rows stay.

    `amount` in `currency`, VAT inside when the product's treatment has a rate; `setup_fee` is of one
    unit, taken once with its first period. `choice` only with its option.
    """

    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="prices", verbose_name=_("product")
    )
    option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="prices", verbose_name=_("option")
    )
    choice = models.ForeignKey(
        OptionChoice, models.PROTECT, null=True, blank=True, related_name="prices", verbose_name=_("choice")
    )
    cycle = models.CharField(_("cycle"), max_length=12, choices=Cycle)
    currency = models.CharField(_("currency"), max_length=3, default="RUB")
    valid_from = models.DateField(_("valid from"))
    amount = models.DecimalField(_("price"), max_digits=14, decimal_places=2)
    setup_fee = models.DecimalField(_("set-up fee"), max_digits=14, decimal_places=2, default=Decimal(0))

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=True) ^ Q(option__isnull=True), name="price_of_one_thing"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, setup_fee__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(choice__isnull=True) | Q(option__isnull=False), name="price_choice_of_option"
            ),
            models.UniqueConstraint(
                fields=("product", "option", "choice", "cycle", "currency", "valid_from"),
                name="price_once_a_day",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} / {self.get_cycle_display()}"
