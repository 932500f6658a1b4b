from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from billing_site.kit.secrets import EncryptedTextField
from billing_site.office.models import User
from clients.models import clients_seen_by
from products.models.orders import DomainHow
from products.models.services import Service


class DomainQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "DomainQuerySet":
        return self.filter(clients_seen_by(user, "service__client__"))


class Domain(models.Model):
    """A domain name; money and periods are those of its service."""

    How = DomainHow

    service = models.OneToOneField(Service, models.PROTECT, related_name="domain_name")
    name = models.CharField(_("domain"), max_length=253)
    how = models.CharField(_("how"), max_length=8, choices=How, default=How.REGISTER)
    registrar = models.CharField(_("registrar"), max_length=80, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    auth_code = EncryptedTextField(_("transfer code"), blank=True, default="")

    objects = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        constraints = [models.UniqueConstraint(Lower("name"), name="domain_once")]
        indexes = [models.Index(fields=["expires_on", "id"], name="domain_expiry")]

    def __str__(self) -> str:
        return self.name

    @property
    def ascii_name(self) -> str:
        """As registrars and name servers write it: «xn--…»."""
        return self.name.encode("idna").decode()
