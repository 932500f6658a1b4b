from datetime import date, timedelta

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from billing_site.kit.validators import valid_bic, valid_inn, valid_kpp, valid_ogrn
from billing_site.office.models import Seller
from clients.models.client import Client, NamedQuerySet, name_key


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
    "bank_name",
    "bic",
    "account",
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
    bank_name = models.CharField(_("bank"), max_length=120, blank=True)
    bic = models.CharField(_("BIC"), max_length=9, blank=True, validators=[valid_bic])
    account = models.CharField(_("settlement account"), max_length=20, blank=True)
    is_default = models.BooleanField(_("default payer"), default=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    objects = PayerQuerySet.as_manager()

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        ordering = ("-is_default", "name")
        indexes = [
            models.Index(fields=["inn"], name="payer_inn", condition=~Q(inn="")),  # matching, search
            models.Index(fields=["client"], name="payer_without_code", condition=Q(counterparty_code="")),
            models.Index(fields=["account"], name="payer_account", condition=~Q(account="")),  # search
            GinIndex(OpClass(name_key(), name="gin_trgm_ops"), name="payer_name_trgm"),  # search
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("client",), condition=Q(is_default=True), name="payer_one_default"
            ),
            models.UniqueConstraint(
                fields=("counterparty_code",), condition=~Q(counterparty_code=""), name="payer_code_once"
            ),
            models.CheckConstraint(condition=Q(kind="legal") | Q(kpp=""), name="payer_kpp_of_legal_entity"),
            models.CheckConstraint(
                condition=Q(account="") | ~Q(bic=""), name="payer_account_at_a_bank"
            ),  # without its BIC the key of an account says nothing
        ]

    def __str__(self) -> str:
        return self.name

    def kpp_on(self, day: date) -> str:
        """The KPP in force on `day`; before the first dated one that first one."""
        dated = sorted(self.kpps.all(), key=lambda one: one.valid_from)
        return next(
            (one.kpp for one in reversed(dated) if one.valid_from <= day), dated[0].kpp if dated else self.kpp
        )

    @property
    def last_day(self) -> date | None:
        """The day before `valid_until`, as people say it."""
        return self.valid_until - timedelta(days=1) if self.valid_until else None


@keep_history("kpp", "valid_from")
class PayerKpp(models.Model):
    """The KPP of one entity from a date on (R1.2); a paper takes the one of its own date.

    A payer whose KPP never changed has no rows: then `Payer.kpp` was always so.
    """

    payer = models.ForeignKey(Payer, models.CASCADE, related_name="kpps", verbose_name=_("payer"))
    kpp = models.CharField(_("KPP"), max_length=9, validators=[valid_kpp])
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("KPP from a date")
        verbose_name_plural = _("KPPs from a date")
        ordering = ("-valid_from",)
        constraints = [models.UniqueConstraint(fields=("payer", "valid_from"), name="payer_kpp_once")]

    def __str__(self) -> str:
        return f"{self.kpp} {self.valid_from}"


@keep_history(
    "payer",
    "seller",
    "kind",
    "number",
    "date",
    "until",
    "prolongs",
    "signatory_post",
    "signatory",
    "basis",
    "state",
    "file_name",
)
class Contract(models.Model):
    """What our papers stand on (R1.3). `until` is the last day; empty = without a term."""

    class Kind(models.TextChoices):
        DEAL = "deal", _("contract")
        OFFER = "offer", _("offer")
        BILL = "bill", _("invoice-contract")

    class State(models.TextChoices):
        SENT = "sent", _("sent")
        SCAN = "scan", _("scan received")
        ORIGINAL = "original", _("original received")
        EDI = "edi", _("signed by EDI")

    client = models.ForeignKey(Client, models.PROTECT, related_name="contracts", verbose_name=_("client"))
    payer = models.ForeignKey(Payer, models.PROTECT, related_name="contracts", verbose_name=_("payer"))
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="client_contracts", verbose_name=_("seller")
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.DEAL)
    number = models.CharField(_("number"), max_length=40)
    date = models.DateField(_("date"))
    until = models.DateField(_("until"), null=True, blank=True)
    prolongs = models.BooleanField(_("prolongs itself"), default=False)
    signatory_post = models.CharField(_("signatory's post"), max_length=120, blank=True)
    signatory = models.CharField(_("signatory"), max_length=120, blank=True)
    basis = models.CharField(_("acts on the basis of"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.SENT)
    file_name = models.CharField(_("file"), max_length=150, blank=True)
    storage_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ("-date", "-id")
        indexes = [models.Index(fields=["number"], name="contract_number")]
        constraints = [
            models.UniqueConstraint(fields=("payer", "seller", "number", "date"), name="contract_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("date")), name="contract_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.number


@keep_history(
    "product", "ownership", "registration_number", "its_until", "portal_login", "active_from", "active_until"
)
class LicenceItem(models.Model):
    """A 1C product of the client, ours or its own (R1.4). `active_until` is exclusive."""

    class Ownership(models.TextChoices):
        RENT = "rent", _("rented from us")
        OWN = "own", _("the client's own")

    client = models.ForeignKey(Client, models.PROTECT, related_name="licences", verbose_name=_("client"))
    product = models.CharField(_("1C product"), max_length=120)
    ownership = models.CharField(_("licence"), max_length=4, choices=Ownership)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    its_until = models.DateField(_("ITS until"), null=True, blank=True)
    portal_login = models.CharField(_("login on the 1C portal"), max_length=80, blank=True)
    active_from = models.DateField(_("active from"), default=clock.today)
    active_until = models.DateField(_("active until"), null=True, blank=True)

    class Meta:
        verbose_name = _("1C licence")
        verbose_name_plural = _("1C licences")
        ordering = ("product", "id")
        indexes = [
            models.Index(
                fields=["registration_number"], name="licence_number", condition=~Q(registration_number="")
            ),
            models.Index(fields=["portal_login"], name="licence_portal", condition=~Q(portal_login="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(active_until__isnull=True) | Q(active_until__gt=F("active_from")),
                name="licence_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.product

    @property
    def last_day(self) -> date | None:
        """The day before `active_until`, as people say it."""
        return self.active_until - timedelta(days=1) if self.active_until else None


@keep_history("kind", "state", "since", "until", "note")
class ClientOption(models.Model):
    """What a client has of 1C's services: a state from a day on (R1.4). `until` is exclusive."""

    class Kind(models.TextChoices):
        REPORTING = "reporting", _("1C-Reporting")
        EDI = "edi", _("1C-EDI")
        COUNTERPARTY = "counterparty", _("1C-Counterparty")
        KAZAKHSTAN = "kazakhstan", _("Kazakhstan")

    class State(models.TextChoices):
        NONE = "none", _("not connected")
        REQUESTED = "requested", _("requested")
        CONNECTED = "connected", _("connected")
        REFUSED = "refused", _("refused by the client")
        OFF = "off", _("switched off")

    client = models.ForeignKey(Client, models.CASCADE, related_name="options", verbose_name=_("client"))
    kind = models.CharField(_("option"), max_length=12, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State)
    since = models.DateField(_("since"), default=clock.today)
    until = models.DateField(_("paid until"), null=True, blank=True)
    note = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("1C option")
        verbose_name_plural = _("1C options")
        ordering = ("kind", "-since")
        indexes = [models.Index(fields=["kind", "state"], name="option_kind_state")]
        constraints = [
            models.UniqueConstraint(fields=("client", "kind", "since"), name="option_once_a_day"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="option_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_state_display()}"

    @property
    def last_day(self) -> date | None:
        """The day before `until`, as people say it."""
        return self.until - timedelta(days=1) if self.until else None
