"""What the journal says about lists."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "pages.view_saved": _("Saved view added: %(label)s"),
    "pages.view_changed": _("Saved view changed: %(label)s"),
    "pages.view_deleted": _("Saved view deleted: %(label)s"),
}
