"""What the journal's entries about jobs say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "journal.job_cancelled": _("Job cancelled: %(title)s"),
    "journal.job_retried": _("Job started again: %(title)s"),
}
