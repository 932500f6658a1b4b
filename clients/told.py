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
    "clients.contract_added": _("Contract added: %(number)s"),
    "clients.contract_changed": _("Contract changed: %(number)s"),
    "clients.licence_added": _("1C licence added: %(product)s"),
    "clients.licence_changed": _("1C licence changed: %(product)s"),
    "clients.option_set": _("1C option: %(option)s, %(state)s since %(since)s"),
    "clients.payer_replaced": _("Legal entity changed from %(on)s: %(old)s → %(new)s"),
    "clients.kpp_changed": _("KPP changed from %(on)s: %(old)s → %(new)s"),
    "clients.contact_added": _("Contact added: %(name)s %(email)s"),
    "clients.contact_changed": _("Contact changed: %(name)s"),
    "clients.todo_given": _("To-do for %(who)s: %(text)s"),
    "clients.todo_changed": _("To-do changed: %(text)s"),
    "clients.todo_done": _("To-do done: %(text)s"),
    "clients.todo_reopened": _("To-do open again: %(text)s"),
    "clients.secret_revealed": _("Secret shown: %(what)s"),
    "clients.note_added": _("Note added"),
    "clients.note_changed": _("Note changed"),
    "clients.note_deleted": _("Note deleted: %(text)s"),
}
