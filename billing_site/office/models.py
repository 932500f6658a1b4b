from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from billing_site.kit.validators import (
    valid_account,
    valid_bic,
    valid_inn,
    valid_kpp,
    valid_ogrn,
)


class Department(models.Model):
    """A part of the office: people belong to one, tickets wait in one."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    takes_handovers = models.BooleanField(_("carries out hand-overs"), default=False)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)


@keep_history("email", "name", "phone", "extension", "department", "scope", "is_active", "is_superuser")
class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. Clients never log in."""

    class Scope(models.TextChoices):
        ALL = "all", _("the whole office")
        DEPARTMENT = "department", _("own department")
        PORTFOLIO = "portfolio", _("own clients")

    class Theme(models.TextChoices):
        SYSTEM = "auto", _("as in the system")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    post = models.CharField(_("post"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    extension = models.CharField(_("extension"), max_length=8, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("department")
    )
    signature = models.TextField(_("signature"), blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=[("ru", _("Russian")), ("en", _("English"))], default="ru"
    )
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.SYSTEM)
    scope = models.CharField(_("sees"), max_length=10, choices=Scope, default=Scope.ALL)
    is_staff = models.BooleanField(_("staff"), default=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    joined_on = models.DateField(_("since"), default=clock.today, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        permissions = [("view_system", "See the system page")]
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split()[0] if self.name else self.email


class ProrationRule(models.TextChoices):
    """How a part of a period is priced (R4.3)."""

    OFFICE = "office", _("office: month price / 30 × (30 − day) + whole months")
    EXACT = "exact", _("exact days, to the kopeck")
    EXACT_ROUBLES = "exact_roubles", _("exact days to the end date, whole roubles")


class VatTreatment(models.TextChoices):
    """What kind of VAT a line carries. «Без НДС» is not a rate of zero."""

    NONE = "none", _("no VAT")
    GENERAL = "general", _("general rate")
    REDUCED = "reduced", _("reduced rate")
    ZERO = "zero", _("0 %")
    SIMPLIFIED_5 = "usn5", _("simplified, 5 %")
    SIMPLIFIED_7 = "usn7", _("simplified, 7 %")


class VatRate(models.Model):
    """Rate of a treatment from a date on. `rate` is empty for «без НДС»; percent otherwise."""

    treatment = models.CharField(_("treatment"), max_length=8, choices=VatTreatment)
    rate = models.DecimalField(_("rate, %"), max_digits=5, decimal_places=2, null=True, blank=True)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("VAT rate")
        verbose_name_plural = _("VAT rates")
        ordering = ("treatment", "valid_from")
        constraints = [models.UniqueConstraint(fields=("treatment", "valid_from"), name="vat_rate_once")]

    def __str__(self) -> str:
        return f"{self.get_treatment_display()} {self.valid_from}"


@keep_history(
    "name", "proration_rule", "vat_treatment", "series", "number_prefix", "closed_until", "is_cloud", "active"
)
class Seller(models.Model):
    """Our legal entity (организация): draws invoices, receives money (MISSION row 15)."""

    name = models.CharField(_("short name"), max_length=120, unique=True)
    proration_rule = models.CharField(
        _("proration rule"), max_length=16, choices=ProrationRule, default=ProrationRule.OFFICE
    )
    vat_treatment = models.CharField(_("VAT"), max_length=8, choices=VatTreatment, default=VatTreatment.NONE)
    series = models.CharField(
        _("number series"),
        max_length=20,
        default="invoices",
        help_text=_("Sellers with the same series share one gapless row of invoice numbers (R6.3)."),
    )
    number_prefix = models.CharField(_("printed number prefix"), max_length=8, blank=True)
    purpose_prefix = models.CharField(
        _("prefix in payment purposes"),
        max_length=8,
        blank=True,
        help_text=_("Printed before the number in the ready purpose and accepted from banks, e.g. 88#."),
    )
    offer_text = models.CharField(_("basis of papers"), max_length=250, blank=True)
    is_cloud = models.BooleanField(_("sells the cloud itself"), default=True)
    closed_until = models.DateField(_("books closed until"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def requisites_on(self, day) -> "SellerRequisites":
        """Requisites in force on `day`. Raises SellerRequisites.DoesNotExist when none are yet."""
        return self.requisites.filter(valid_from__lte=day).latest("valid_from")


@keep_history(
    "full_name", "inn", "kpp", "ogrn", "address", "phone", "director_post", "director", "accountant"
)
class SellerRequisites(models.Model):
    """Requisites and signatories of a seller from a date on; a paper takes those of its own date (R1.3)."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="requisites", verbose_name=_("seller"))
    valid_from = models.DateField(_("valid from"))
    full_name = models.CharField(_("full name"), max_length=250)
    inn = models.CharField(_("INN"), max_length=12, validators=[valid_inn])
    kpp = models.CharField(_("KPP"), max_length=9, blank=True, validators=[valid_kpp])
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True, validators=[valid_ogrn])
    address = models.CharField(_("address"), max_length=250)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    director_post = models.CharField(_("head's post"), max_length=80, default="Генеральный директор")
    director = models.CharField(_("head"), max_length=80)
    accountant = models.CharField(_("chief accountant"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("requisites")
        verbose_name_plural = _("requisites")
        ordering = ("seller", "valid_from")
        constraints = [models.UniqueConstraint(fields=("seller", "valid_from"), name="requisites_once")]

    def __str__(self) -> str:
        return f"{self.full_name} {self.valid_from}"


@keep_history("bank", "bic", "correspondent", "account", "is_main", "active")
class BankAccount(models.Model):
    """Our settlement account: printed on papers, told from others in bank statements."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="accounts", verbose_name=_("seller"))
    bank = models.CharField(_("bank"), max_length=120)
    bic = models.CharField(_("BIC"), max_length=9, validators=[valid_bic])
    correspondent = models.CharField(_("correspondent account"), max_length=20)
    account = models.CharField(_("account"), max_length=20, unique=True)
    is_main = models.BooleanField(_("printed on papers"), default=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ("seller", "account")
        constraints = [
            models.UniqueConstraint(
                fields=("seller",), condition=Q(is_main=True, active=True), name="bank_account_one_main"
            ),
            models.UniqueConstraint(fields=("id", "seller"), name="bank_account_with_seller"),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.bank}"

    def clean(self) -> None:
        try:
            valid_account(self.account, self.bic)
        except ValidationError as wrong:
            raise ValidationError({"account": wrong.messages}) from wrong


class WorkDay(models.Model):
    """One day of the working calendar; seeded from the official one, editable by staff.

    `opens` and `closes` are Moscow time; both empty = a day off.
    """

    day = models.DateField(_("day"), primary_key=True)
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("day of the working calendar")
        verbose_name_plural = _("working calendar")
        ordering = ("day",)
        constraints = [
            models.CheckConstraint(
                condition=Q(opens__isnull=True, closes__isnull=True) | Q(opens__lt=models.F("closes")),
                name="work_day_hours",
            )
        ]

    def __str__(self) -> str:
        return str(self.day)


class VatTable:
    """All rates, read once: `rate(treatment, day)` in percent, None for «без НДС»."""

    def __init__(self) -> None:
        self._rates: dict[str, list[tuple[date, Decimal | None]]] = {}
        for treatment, valid_from, rate in VatRate.objects.order_by("-valid_from").values_list(
            "treatment", "valid_from", "rate"
        ):
            self._rates.setdefault(treatment, []).append((valid_from, rate))

    def rate(self, treatment: str, day: date) -> Decimal | None:
        """Raises LookupError when the treatment has no rate on `day` yet."""
        if treatment == VatTreatment.NONE:
            return None
        for valid_from, rate in self._rates.get(treatment, ()):
            if valid_from <= day:
                return rate
        raise LookupError(f"no VAT rate for {treatment} on {day}")
