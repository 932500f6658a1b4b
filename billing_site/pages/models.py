"""How people keep their lists: views with a name, columns, density, rows on a page."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User


class SavedViewQuerySet(models.QuerySet):
    def seen_by(self, user: User) -> "SavedViewQuerySet":
        """A person's own views and those that colleagues share; what they show obeys the reader's scope."""
        return self.filter(Q(owner=user) | Q(shared=True))


class SavedView(models.Model):
    """A filter of a list under a name: a tab above the list. `page` is the list's URL name."""

    page = models.CharField(max_length=60)
    label = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filter"), max_length=2000, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    shared = models.BooleanField(_("colleagues see it"), default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("label", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("owner", "page", "label"),
                name="saved_view_once",
                violation_error_message=_("You have a view of this name already."),
            ),
        ]
        indexes = [models.Index(fields=["page", "owner"], name="saved_view_of_page")]

    def __str__(self) -> str:
        return self.label


class ListSetup(models.Model):
    """What a person chose for one list; no row means as the list is declared."""

    class Density(models.TextChoices):
        DENSE = "dense", _("dense")
        ROOMY = "roomy", _("roomy")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="list_setups")
    page = models.CharField(max_length=60)
    columns = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    density = models.CharField(_("density"), max_length=8, choices=Density, default=Density.DENSE)
    size = models.PositiveSmallIntegerField(_("rows on a page"), null=True, blank=True)
    default_view = models.ForeignKey(SavedView, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("setup of a list")
        verbose_name_plural = _("setups of lists")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=("user", "page"), name="list_setup_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.page}"
