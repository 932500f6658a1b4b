from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.history import keep_history
from clients.models.client import Client, NamedQuerySet, name_key


@keep_history("name", "note")
class CompanyGroup(models.Model):
    """Clients that belong to the same people: debts and tickets are looked at together."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = NamedQuerySet.as_manager()

    class Meta:
        verbose_name = _("group of companies")
        verbose_name_plural = _("groups of companies")
        ordering = ("name",)
        indexes = [GinIndex(OpClass(name_key(), name="gin_trgm_ops"), name="company_group_name_trgm")]

    def __str__(self) -> str:
        return self.name


@keep_history("name", "colour")
class ClientGroup(models.Model):
    """The office's own sorting of clients, shown as a coloured mark."""

    class Colour(models.TextChoices):
        GREY = "grey", _("grey")
        BLUE = "blue", _("blue")
        GREEN = "green", _("green")
        AMBER = "amber", _("amber")
        RED = "red", _("red")
        VIOLET = "violet", _("violet")

    name = models.CharField(_("name"), max_length=80, unique=True)
    colour = models.CharField(_("colour"), max_length=6, choices=Colour, default=Colour.GREY)

    class Meta:
        verbose_name = _("client group")
        verbose_name_plural = _("client groups")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


@keep_history("referrer", "since", "note")
class Referral(models.Model):
    """Who brought a client: another client, once."""

    referrer = models.ForeignKey(
        Client, models.PROTECT, related_name="referred", verbose_name=_("brought by client")
    )
    client = models.OneToOneField(Client, models.CASCADE, related_name="referral", verbose_name=_("client"))
    since = models.DateField(_("since"), default=clock.today)
    note = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        constraints = [
            models.CheckConstraint(condition=~Q(referrer=F("client")), name="referral_of_another_client")
        ]

    def __str__(self) -> str:
        return f"{self.referrer_id} → {self.client_id}"


class FormerId(models.Model):
    """A number a client had before, here or in the old panel; search lands on the client of today."""

    former = models.BigIntegerField(_("former number"), unique=True)
    client = models.ForeignKey(Client, models.PROTECT, related_name="former_ids", verbose_name=_("client"))

    class Meta:
        verbose_name = _("former number")
        verbose_name_plural = _("former numbers")
        ordering = ("former",)

    def __str__(self) -> str:
        return str(self.former)
