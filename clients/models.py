from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from billing_site.kit.requisites import shown_phone
from billing_site.kit.validators import valid_inn, valid_kpp, valid_ogrn
from billing_site.office.models import User


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
)
class Client(models.Model):
    """A customer of the office: one cloud user, one number, one or more payers (R1.1)."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        INACTIVE = "inactive", _("inactive")
        CLOSED = "closed", _("closed")

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
    source = models.CharField(_("source"), max_length=80, blank=True)
    admin_notes = models.TextField(_("admin notes"), blank=True)
    tax_exempt = models.BooleanField(_("tax exempt"), default=False)
    no_late_fee = models.BooleanField(_("no late fees"), default=False)
    no_overdue_notices = models.BooleanField(_("no overdue notices"), default=False)
    separate_invoices = models.BooleanField(_("separate invoices"), default=False)
    never_suspend = models.BooleanField(_("never suspend automatically"), default=False)
    reliable_payer = models.BooleanField(_("reliable payer"), default=False)
    registered_on = models.DateField(_("client since"))
    version = models.PositiveIntegerField(default=0)

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        indexes = [
            models.Index(fields=["name_key", "id"], name="client_by_name"),  # the list's keyset
            models.Index(fields=["registered_on", "id"], name="client_by_date"),
            models.Index(fields=["account_manager", "name_key"], name="client_of_manager"),
            GinIndex(OpClass(F("name_key"), name="gin_trgm_ops"), name="client_name_trgm"),  # search
            models.Index(fields=["phone"], name="client_phone", condition=~Q(phone="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def client_no(self) -> int:
        return self.pk

    @property
    def main_email(self) -> str:
        """The profile address; reads the prefetched addresses when they are there."""
        return next((a.address for a in self.addresses.all() if a.kind == EmailAddress.Kind.PROFILE), "")


class NamedQuerySet(models.QuerySet):
    def named(self, text: str):
        """Rows whose name holds the text (lower case, ё as е); served by the trigram index."""
        return self.alias(key=name_key()).filter(key__contains=text)


class Power(models.TextChoices):
    """What a contact may ask for (R2.2)."""

    PAPERS = "papers", _("papers")
    ORDER = "order", _("order and pay")
    REQUISITES = "requisites", _("requisites and contacts")
    ACCESS = "access", _("access and passwords")
    DELETE = "delete", _("delete data")


@keep_history("name", "post", "phone", "extension", "powers")
class Contact(models.Model):
    """A person at the client, with powers (R2.2)."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="contacts", verbose_name=_("client"))
    name = models.CharField(_("name"), max_length=120)
    post = models.CharField(_("post"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    extension = models.CharField(_("extension"), max_length=8, blank=True)
    powers = ArrayField(
        models.CharField(max_length=12, choices=Power), default=list, blank=True, verbose_name=_("powers")
    )

    objects = NamedQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("name",)
        indexes = [
            models.Index(fields=["phone"], name="contact_phone", condition=~Q(phone="")),
            GinIndex(OpClass(name_key(), name="gin_trgm_ops"), name="contact_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_phone(self) -> str:
        return shown_phone(self.phone, self.extension)

    @property
    def power_words(self) -> list[str]:
        """The powers as people say them."""
        return [str(Power(power).label) for power in self.powers]


class EmailAddressQuerySet(models.QuerySet):
    def holders(self, wanted: "EmailAddress") -> "EmailAddressQuerySet":
        """Rows that keep `wanted` from being stored: another client's own, or this client's of any kind."""
        own = Q(client=wanted.client_id) & ~Q(kind=EmailAddress.Kind.FORMER)
        theirs = Q(kind__in=(EmailAddress.Kind.PROFILE, EmailAddress.Kind.EXCLUSIVE)) & ~Q(
            client=wanted.client_id
        )
        return self.filter(own | theirs, address=wanted.address).exclude(pk=wanted.pk)


@keep_history("client", "contact", "address", "kind")
class EmailAddress(models.Model):
    """The only place of an address: inbound mail, search and duplicates read it (R2.1).

    Lower-cased, domain in IDNA. The database holds: a profile or exclusive address belongs to one
    client; a client has one profile address.
    """

    class Kind(models.TextChoices):
        PROFILE = "profile", _("main")
        EXCLUSIVE = "exclusive", _("this client's only")
        SHARED = "shared", _("shared by several clients")
        FORMER = "former", _("former")

    client = models.ForeignKey(Client, models.CASCADE, related_name="addresses", verbose_name=_("client"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="addresses", verbose_name=_("contact")
    )
    address = models.EmailField(_("e-mail"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    bounced_at = models.DateTimeField(_("bounced"), null=True, blank=True)

    objects = EmailAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")
        indexes = [
            models.Index(fields=["address"], name="address_exact"),
            GinIndex(OpClass(F("address"), name="gin_trgm_ops"), name="address_trgm"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(address=Lower("address")), name="address_lower"),
            models.UniqueConstraint(
                fields=("client",), condition=Q(kind="profile"), name="address_one_profile"
            ),
            models.UniqueConstraint(
                fields=("client", "address"), condition=~Q(kind="former"), name="address_once_a_client"
            ),
            ExclusionConstraint(
                name="address_of_one_client",
                index_type="GIST",
                expressions=[("address", RangeOperators.EQUAL), ("client", RangeOperators.NOT_EQUAL)],
                condition=Q(kind__in=("profile", "exclusive")),
                violation_error_code="taken",
            ),
        ]

    def __str__(self) -> str:
        return self.address


class PayerQuerySet(NamedQuerySet):
    def live(self, on) -> "PayerQuerySet":
        return self.filter(Q(valid_from__lte=on) & (Q(valid_until__isnull=True) | Q(valid_until__gt=on)))


@keep_history(
    "kind",
    "name",
    "inn",
    "kpp",
    "ogrn",
    "legal_address",
    "postal_address",
    "counterparty_code",
    "signatory_post",
    "signatory",
    "valid_from",
    "valid_until",
    "is_default",
)
class Payer(models.Model):
    """Плательщик / контрагент (R1.1): whom an invoice is drawn to. `valid_until` is exclusive."""

    class Kind(models.TextChoices):
        LEGAL = "legal", _("legal entity")
        SOLE = "sole", _("sole trader")
        PERSON = "person", _("person")

    client = models.ForeignKey(Client, models.CASCADE, related_name="payers", verbose_name=_("client"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.LEGAL)
    name = models.CharField(_("name on papers"), max_length=250)
    inn = models.CharField(_("INN"), max_length=12, blank=True, validators=[valid_inn])
    kpp = models.CharField(_("KPP"), max_length=9, blank=True, validators=[valid_kpp])
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True, validators=[valid_ogrn])
    legal_address = models.CharField(_("legal address"), max_length=250, blank=True)
    postal_address = models.CharField(_("postal address"), max_length=250, blank=True)
    counterparty_code = models.CharField(_("counterparty code in Union"), max_length=20, blank=True)
    signatory_post = models.CharField(_("signatory's post"), max_length=120, blank=True)
    signatory = models.CharField(_("signatory"), max_length=120, blank=True)
    is_default = models.BooleanField(_("default payer"), default=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = PayerQuerySet.as_manager()

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        ordering = ("-is_default", "name")
        indexes = [
            models.Index(fields=["inn"], name="payer_inn", condition=~Q(inn="")),  # matching, search
            models.Index(fields=["counterparty_code"], name="payer_code", condition=~Q(counterparty_code="")),
            GinIndex(OpClass(name_key(), name="gin_trgm_ops"), name="payer_name_trgm"),  # search
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("client",), condition=Q(is_default=True), name="payer_one_default"
            ),
            models.CheckConstraint(condition=Q(kind="legal") | Q(kpp=""), name="payer_kpp_of_legal_entity"),
        ]

    def __str__(self) -> str:
        return self.name


@keep_history("text", "important")
class Note(models.Model):
    """A note of staff on a client; important ones stand on top of every page of the client."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="notes", verbose_name=_("client"))
    text = models.TextField(_("text"))
    important = models.BooleanField(_("important"), default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    changed_at = models.DateTimeField(_("changed"), null=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("-important", "-id")
        indexes = [models.Index(fields=["client", "-important", "-id"], name="note_of_client")]

    def __str__(self) -> str:
        return self.text[:60]
