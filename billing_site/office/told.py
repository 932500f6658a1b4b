"""What the journal's entries about the office say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {"office.profile_changed": _("Own account changed")}
