from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from billing_site.kit.history import keep_history
from billing_site.kit.requisites import shown_phone
from clients.models.client import Client, NamedQuerySet, name_key


class Power(models.TextChoices):
    """What a contact may ask for (R2.2)."""

    PAPERS = "papers", _("papers")
    ORDER = "order", _("order and pay")
    REQUISITES = "requisites", _("requisites and contacts")
    ACCESS = "access", _("access and passwords")
    DELETE = "delete", _("delete data")


class MailClass(models.TextChoices):
    """What kinds of letters a contact gets."""

    INVOICES = "invoices", _("invoices and debts")
    PAPERS = "papers", _("acts and papers")
    SUPPORT = "support", _("work on the cloud")
    NEWS = "news", _("news and offers")


@keep_history("name", "post", "phone", "extension", "powers", "classes")
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
    classes = ArrayField(
        models.CharField(max_length=10, choices=MailClass),
        default=list,
        blank=True,
        verbose_name=_("gets letters about"),
    )
    version = models.PositiveIntegerField(default=0)

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

    def own_address(self) -> "EmailAddress | None":
        """The address in use; a contact has one at most."""
        return self.addresses.exclude(kind=EmailAddress.Kind.FORMER).first()

    @property
    def power_words(self) -> list[str]:
        """The powers as people say them."""
        return [str(Power(power).label) for power in self.powers]

    def gets(self, kind: MailClass) -> bool:
        """Whether letters of this kind go to the contact; without a choice, what it may ask for."""
        if self.classes:
            return kind in self.classes
        return kind in (MailClass.INVOICES, MailClass.PAPERS) and Power.PAPERS in self.powers

    @property
    def class_words(self) -> list[str]:
        """Kinds of letters the contact gets, as people say them."""
        return [str(MailClass(one).label) for one in self.classes]


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
                fields=("client",),
                include=("address",),
                condition=Q(kind="profile"),
                name="address_one_profile",
            ),  # covering: a list shows the address of each client and the planner shuns the GiST one below
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
