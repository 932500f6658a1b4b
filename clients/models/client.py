from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from billing_site.kit.history import keep_history
from billing_site.kit.secrets import EncryptedTextField
from billing_site.office.models import Department, User


class Translate(models.Func):
    """translate(text, from, to) of PostgreSQL."""

    function = "translate"
    arity = 3


def name_key(column: str = "name") -> Translate:
    """A name as search compares it: lower case, ё as е."""
    return Translate(Lower(column), Value("ё"), Value("е"))


class ClientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "ClientQuerySet":
        """Clients inside the user's scope; pages fetch through it, so outside it is 404."""
        return self.filter(clients_seen_by(user))


def clients_seen_by(user: User, path: str = "") -> Q:
    """The row rule once, as a Q; `path` leads from another model to its client ("client__")."""
    if user.is_superuser or user.scope == User.Scope.ALL:
        return Q()
    if user.scope == User.Scope.DEPARTMENT and user.department_id:
        return Q(**{f"{path}account_manager__department": user.department_id}) | Q(
            **{f"{path}sales_manager__department": user.department_id}
        )
    return Q(**{f"{path}account_manager": user.pk}) | Q(**{f"{path}sales_manager": user.pk})


def client_numbers_seen_by(user: User) -> Q:
    """The same rule for rows with a plain `client_no`; those without a client are for the scope "all"."""
    if user.is_superuser or user.scope == User.Scope.ALL:
        return Q()
    return Q(client_no__in=Client.objects.visible_to(user).values("pk"))


class NamedQuerySet(models.QuerySet):
    def named(self, text: str):
        """Rows whose name holds the text (lower case, ё as е); served by the trigram index."""
        return self.alias(key=name_key()).filter(key__contains=text)

    def alike(self, text: str):
        """Rows whose name is almost the text, by pg_trgm's word similarity."""
        return self.alias(key=name_key()).filter(key__trigram_word_similar=text)


@keep_history(
    "name",
    "status",
    "language",
    "account_manager",
    "sales_manager",
    "phone",
    "extension",
    "source",
    "admin_notes",
    "tax_exempt",
    "no_late_fee",
    "no_overdue_notices",
    "separate_invoices",
    "never_suspend",
    "reliable_payer",
    "company",
    "company_group",
    "client_group",
    "department",
    "office_name",
    "lead",
    "utm",
    "billing_contact",
    "postal_address",
    "security_question",
    "portal_login",
    "cloud_login",
    "recovery",
    "no_auto_card",
    "payment_method",
)
class Client(models.Model):
    """A customer of the office: one cloud user, one number, one or more payers (R1.1)."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        INACTIVE = "inactive", _("inactive")
        CLOSED = "closed", _("closed")

    class PaymentMethod(models.TextChoices):
        TRANSFER = "transfer", _("bank transfer")
        CARD = "card", _("card")
        CASH = "cash", _("cash")

    MOVES = {
        Status.ACTIVE: {Status.INACTIVE, Status.CLOSED},
        Status.INACTIVE: {Status.ACTIVE, Status.CLOSED},
        Status.CLOSED: {Status.ACTIVE},
    }

    name = models.CharField(_("name"), max_length=200)
    name_key = models.GeneratedField(
        expression=name_key(),
        output_field=models.CharField(max_length=200),
        db_persist=True,
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    language = models.CharField(
        _("language"), max_length=2, choices=[("ru", _("Russian")), ("en", _("English"))], default="ru"
    )
    currency = models.CharField(_("currency"), max_length=3, default="RUB")
    phone = models.CharField(_("phone"), max_length=16, blank=True, help_text=_("Kept as +7…, E.164"))
    extension = models.CharField(_("extension"), max_length=8, blank=True)
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="portfolio",
        verbose_name=_("account manager"),
    )
    sales_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sold_to",
        verbose_name=_("sales manager"),
    )
    company = models.CharField(_("company"), max_length=200, blank=True)
    company_group = models.ForeignKey(
        "clients.CompanyGroup",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name=_("group of companies"),
    )
    client_group = models.ForeignKey(
        "clients.ClientGroup",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name=_("client group"),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="brought",
        verbose_name=_("brought by department"),
    )
    office_name = models.CharField(_("brought by office"), max_length=80, blank=True)
    lead = models.CharField(_("lead"), max_length=80, blank=True)
    utm = models.JSONField(_("UTM marks"), default=dict, blank=True)
    billing_contact = models.ForeignKey(
        "clients.Contact",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("billing contact"),
    )
    postal_address = models.CharField(_("postal address"), max_length=250, blank=True)
    security_question = models.CharField(_("security question"), max_length=200, blank=True)
    security_answer = EncryptedTextField(_("security answer"), blank=True)
    portal_login = models.CharField(_("login on the 1C portal"), max_length=80, blank=True)
    portal_password = EncryptedTextField(_("password on the 1C portal"), blank=True)
    cloud_login = models.CharField(_("login in the cloud"), max_length=80, blank=True)
    source = models.CharField(_("source"), max_length=80, blank=True)
    admin_notes = models.TextField(_("admin notes"), blank=True)
    tax_exempt = models.BooleanField(_("tax exempt"), default=False)
    no_late_fee = models.BooleanField(_("no late fees"), default=False)
    no_overdue_notices = models.BooleanField(_("no overdue notices"), default=False)
    separate_invoices = models.BooleanField(_("separate invoices"), default=False)
    never_suspend = models.BooleanField(_("never suspend automatically"), default=False)
    reliable_payer = models.BooleanField(_("reliable payer"), default=False)
    recovery = models.BooleanField(_("debt recovery"), default=False)
    payment_method = models.CharField(
        _("payment method"), max_length=8, choices=PaymentMethod, default=PaymentMethod.TRANSFER
    )
    no_auto_card = models.BooleanField(_("no automatic card charges"), default=False)
    registered_on = models.DateField(_("client since"))
    version = models.PositiveIntegerField(default=0)

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        permissions = [
            ("reveal_secret", "Reveal a client's passwords and answers"),
            ("import_client", "Import clients from a file"),
            ("change_contacts", "Change contact data of a client"),
            ("waive_proofs", "Change contact data without proofs"),
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="client_by_name"),  # the list's keyset
            models.Index(fields=["registered_on", "id"], name="client_by_date"),
            models.Index(fields=["account_manager", "name_key"], name="client_of_manager"),
            models.Index(
                fields=["account_manager"], name="client_active_of_manager", condition=Q(status="active")
            ),  # how many each one has
            GinIndex(OpClass(F("name_key"), name="gin_trgm_ops"), name="client_name_trgm"),  # search
            models.Index(fields=["phone"], name="client_phone", condition=~Q(phone="")),
            models.Index(fields=["cloud_login"], name="client_cloud", condition=~Q(cloud_login="")),
            models.Index(fields=["portal_login"], name="client_portal", condition=~Q(portal_login="")),
            GinIndex(
                OpClass(name_key("company"), name="gin_trgm_ops"),
                name="client_company_trgm",
                condition=~Q(company=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def client_no(self) -> int:
        return self.pk

    @property
    def main_email(self) -> str:
        """The profile address; reads the prefetched addresses when they are there."""
        kinds = self.addresses.model.Kind
        return next((a.address for a in self.addresses.all() if a.kind == kinds.PROFILE), "")
