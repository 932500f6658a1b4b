from django.db import models
from django.utils.translation import gettext_lazy as _

from billing_site.kit.secrets import EncryptedTextField


class ModuleEndpoint(models.Model):
    """A program that provisions services when it is asked over HTTP; requests are signed with `secret`."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("address"))
    secret = EncryptedTextField(_("secret"))
    allow_private = models.BooleanField(
        _("private addresses allowed"),
        default=False,
        help_text=_("Only for a program inside the office's own network."),
    )

    class Meta:
        verbose_name = _("provisioning endpoint")
        verbose_name_plural = _("provisioning endpoints")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
