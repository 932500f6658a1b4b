"""What the journal's entries about letters say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "letters.written": _("Letter written: %(subject)s"),
    "letters.hold": _("Letters on hold: %(because)s"),
    "letters.lift": _("Hold lifted"),
    "letters.redirected": _("Letter goes to another address: %(before)s → %(after)s"),
    "letters.again": _("Letter %(of)s sent again"),
}
