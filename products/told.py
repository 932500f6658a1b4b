"""What the journal's entries about orders and services say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "products.order_made": _("Order made: first invoices %(total)s"),
    "products.changed": _("Service changed: %(was)s → %(becomes)s"),
    "products.drift_repaired": _("Service put right: %(was)s → %(becomes)s"),
    "products.product_changed": _("Product changed: %(name)s"),
    "products.price_set": _("Price set: %(what)s, %(amount)s from %(from)s"),
}
