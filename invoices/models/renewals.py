from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.letters.models import Letter
from billing_site.office.models import Seller
from clients.models import Client, Payer
from invoices.models.invoice import Invoice, Revision
from products.models import OwnedQuerySet


class ParkedRenewal(models.Model):
    """A renewal that the run left to a person, with the reason; open until it is resolved.

    `facts`: what was found, the gravest first ({"found": [{"code": …}, …]}), the total it would have, its
    services; `payer` and `seller` are empty when it did not come so far.
    """

    class Reason(models.TextChoices):
        OVERLAP = "overlap", _("days billed twice")
        CHANGED = "changed", _("sum changed")
        UNPRICED = "unpriced", _("no price")
        COMPANIONS = "companions", _("companions are not as many")
        NO_PAYER = "no_payer", _("no payer")
        BROKEN = "broken", _("can't be counted")

    client = models.ForeignKey(
        Client, models.PROTECT, related_name="parked_renewals", verbose_name=_("client")
    )
    payer = models.ForeignKey(
        Payer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payer")
    )
    seller = models.ForeignKey(
        Seller, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seller")
    )
    starts_on = models.DateField(_("period from"))
    reason = models.CharField(_("reason"), max_length=40)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(_("parked"), default=clock.now, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("parked renewal")
        verbose_name_plural = _("parked renewals")
        indexes = [models.Index(fields=["-id"], condition=Q(resolved_at__isnull=True), name="parked_open")]
        constraints = [
            models.UniqueConstraint(
                fields=("client", "payer", "seller", "starts_on"),
                condition=Q(resolved_at__isnull=True),
                nulls_distinct=False,
                name="parked_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.words}"

    @property
    def client_no(self) -> int:
        return self.client_id

    @property
    def words(self) -> str:
        """The reason as people say it."""
        return str(self.Reason(self.reason).label)


class DraftCheck(models.Model):
    """Who has looked at a renewal draft, and what stood in it then (R5.2): `seen` is its fingerprint."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="draft_check")
    seen = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("checked"), default=clock.now)

    class Meta:
        verbose_name = _("check of a draft")
        verbose_name_plural = _("checks of drafts")

    def __str__(self) -> str:
        return f"{self.invoice_id}"


class Enclosure(models.Model):
    """A paper that goes with a letter about several invoices of a client (R5.2)."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="enclosures")
    revision = models.OneToOneField(Revision, models.PROTECT, related_name="enclosure")

    class Meta:
        verbose_name = _("enclosure")
        verbose_name_plural = _("enclosures")

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.revision_id}"
