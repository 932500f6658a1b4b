from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from invoices.models.invoice import Invoice


class ProofCard(models.Model):
    """What a payment changed on services, before → after, for a person to look at (R5.3).

    `facts`: [{"service": id, "name": …, "before": {…}, "after": {…}}].
    """

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="proof")
    facts = models.JSONField(default=list)
    made_at = models.DateTimeField(default=clock.now, editable=False)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("proof card")
        verbose_name_plural = _("proof cards")
        indexes = [models.Index(fields=["-id"], condition=Q(seen_at__isnull=True), name="proof_unseen")]

    def __str__(self) -> str:
        return f"{self.invoice_id}"
