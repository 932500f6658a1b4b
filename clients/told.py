"""What the journal's entries about clients say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "clients.created": _("Client created: %(name)s, %(email)s"),
    "clients.deleted": _("Client deleted: %(name)s, %(email)s"),
    "clients.changed": _("Profile changed"),
    "clients.email_changed": _("Main e-mail changed: %(before)s → %(after)s"),
    "clients.contacts_changed": _("Contact data changed: %(what)s"),
    "clients.confirmation_asked": _("Confirmation asked by link: %(what)s"),
    "clients.confirmation_given": _("Confirmed by the client: %(what)s"),
    "clients.confirmation_denied": _("Denied by the client: %(what)s"),
    "clients.payer_added": _("Payer added: %(name)s %(inn)s"),
    "clients.payer_changed": _("Payer changed"),
    "clients.contact_added": _("Contact added: %(name)s %(email)s"),
    "clients.contact_changed": _("Contact changed: %(name)s"),
    "clients.note_added": _("Note added"),
    "clients.note_changed": _("Note changed"),
    "clients.note_deleted": _("Note deleted: %(text)s"),
}
