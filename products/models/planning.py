from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from products.models.catalogue import Cycle, Option, OptionChoice, Product
from products.models.services import Service


class PlannedChange(models.Model):
    """What will change in a service on a day: less units, another cycle or package (R3.4).

    `becomes` units of `option` (None = the service itself), or a `cycle`, or a `product`; empty = as it is.
    """

    class Leaving(models.TextChoices):
        DEAREST = "dearest", _("the dearest first")
        NEWEST = "newest", _("the newest first")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES = {
        Status.PLANNED: {Status.DONE, Status.WITHDRAWN},
        Status.DONE: set(),
        Status.WITHDRAWN: set(),
    }

    service = models.ForeignKey(Service, models.PROTECT, related_name="planned", verbose_name=_("service"))
    option = models.ForeignKey(
        Option, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("option")
    )
    choice = models.ForeignKey(
        OptionChoice, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("choice")
    )
    becomes = models.PositiveIntegerField(_("becomes"), null=True, blank=True)
    cycle = models.CharField(_("cycle"), max_length=12, choices=Cycle, blank=True)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    on = models.DateField(_("from"))
    leaving = models.CharField(_("which units leave"), max_length=8, choices=Leaving, default=Leaving.DEAREST)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    because = models.CharField(_("why"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("planned"), default=clock.now, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("planned change")
        verbose_name_plural = _("planned changes")
        ordering = ("on", "id")
        indexes = [models.Index(fields=["on"], condition=Q(status="planned"), name="planned_change_due")]
        constraints = [
            models.UniqueConstraint(
                fields=("service", "option"),
                condition=Q(status="planned"),
                nulls_distinct=False,
                name="planned_change_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.on}"

    @property
    def client_no(self) -> int:
        return self.service.client_id
