from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User
from clients.models import clients_seen_by
from products.drift import Kind
from products.models import Service


class DriftedQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "DriftedQuerySet":
        return self.filter(clients_seen_by(user, "service__client__"))


class Drifted(models.Model):
    """A service that the last look found drifted, and how (R3.6); sums are for a full cycle.

    Written by looks and repairs (invoices.billing.drifting) so that the list of a large office is read by an
    index. Nothing is put right by it: who tells the reason, or repairs, looks at the service again.
    """

    service = models.ForeignKey(
        Service, models.PROTECT, related_name="drifted", verbose_name=_("service"), db_index=False
    )
    kind = models.CharField(_("what is wrong"), max_length=10, choices=Kind.choices)
    stored = models.DecimalField(_("stored"), max_digits=14, decimal_places=2)
    expected = models.DecimalField(_("expected"), max_digits=14, decimal_places=2)
    difference = models.DecimalField(_("differs by"), max_digits=14, decimal_places=2, default=Decimal(0))
    looked_at = models.DateTimeField(_("looked at"))

    objects = DriftedQuerySet.as_manager()

    class Meta:
        verbose_name = _("drifted service")
        verbose_name_plural = _("drifted services")
        constraints = [models.UniqueConstraint(fields=("service", "kind"), name="drifted_once")]
        indexes = [
            models.Index(fields=["kind", "id"], name="drifted_of_kind"),
            models.Index(fields=["difference", "id"], name="drifted_by_difference"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.kind}"
