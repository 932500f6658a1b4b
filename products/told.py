"""What the journal's entries about orders and services say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "products.repriced": _("New price of %(what)s: %(was)s → %(becomes)s from %(on)s"),
    "products.order_made": _("Order made: first invoices %(total)s"),
    "products.changed": _("Service changed: %(was)s → %(becomes)s"),
    "products.change_planned": _("Change planned from %(on)s"),
    "products.plan_withdrawn": _("Planned change of %(on)s withdrawn"),
    "products.plan_done": _("Planned change of %(on)s carried out"),
    "products.plan_stuck": _("Planned change not carried out: %(because)s"),
    "products.held_until": _("Not suspended until %(until)s: %(because)s"),
    "products.access_changed": _("Host, login or password changed"),
    "products.password_revealed": _("Password of the service shown"),
    "products.program_saved": _("Provisioning program saved: %(name)s"),
    "products.program_secret_shown": _("Secret of the program shown: %(name)s"),
    "products.program_answered": _("The program has answered a test call: %(name)s"),
    "products.call_hurried": _("The program is asked before its turn"),
    "products.ends": _("Ends with the paid period, %(on)s: %(because)s"),
    "products.goes_on": _("Does not end after all"),
    "products.transferred": _("Transferred: %(old)s → %(new)s. %(because)s"),
    "products.companion_left": _("Changed without %(what)s: %(because)s"),
    "products.drift_repaired": _("Service put right: %(was)s → %(becomes)s"),
    "products.product_added": _("Product added: %(name)s"),
    "products.group_saved": _("Product group saved: %(name)s"),
    "products.option_saved": _("Option saved: %(name)s"),
    "products.companion_saved": _("Goes together with: %(name)s"),
    "products.companion_dropped": _("No longer goes together with: %(name)s"),
    "products.promotion_made": _("Promotion made: %(code)s"),
    "products.promotion_changed": _("Promotion changed: %(code)s"),
    "products.product_changed": _("Product changed: %(name)s"),
    "products.price_set": _("Price set: %(what)s, %(amount)s from %(from)s"),
}
