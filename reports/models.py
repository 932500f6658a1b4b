from django.db import models


class Report(models.Model):
    """Nothing is stored: the model carries the permissions of reports."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_debtors", "See the debtors' report")]
