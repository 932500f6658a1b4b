"""What the journal's entries about invoices and money say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "invoices.cashback": _("Cashback to the credit balance: %(amount)s"),
    "invoices.drafted": _("Draft made: %(total)s, due %(due_on)s"),
    "invoices.payer_replaced": _("Drawn to another payer: %(payer)s"),
    "invoices.lines_added": _("Lines added to the draft: now %(total)s"),
    "invoices.lines_redrawn": _("Lines drawn anew, total %(total)s"),
    "invoices.taken_back": _("Units taken back: %(because)s"),
    "invoices.revised": _("Revision %(n)s: %(total)s, due %(due_on)s. %(because)s"),
    "invoices.lines_dropped": _("Lines taken out of the draft: now %(total)s"),
    "invoices.invoice.issued": _("Issued: No. %(number)s, %(total)s"),
    "invoices.invoice.discarded": _("Draft discarded"),
    "invoices.invoice.paid": _("Paid in full"),
    "invoices.invoice.void": _("Voided: %(because)s"),
    "invoices.invoice.collections": _("Handed over to collections"),
    "invoices.invoice.refunded": _("Money returned"),
    "invoices.revision.sent": _("The paper is frozen"),
    "invoices.revision.replaced": _("The paper is replaced by a later one"),
    "invoices.money_received": _("Money received: %(amount)s"),
    "invoices.proof_seen": _("Proof card looked through"),
    "invoices.line_applied": _("The payment is applied by itself"),
    "invoices.line_accepted": _("The payment is applied by hand"),
    "invoices.line_set_aside": _("Set aside as not a client's payment: %(because)s"),
    "invoices.line_reopened": _("The payment is taken up again"),
    "invoices.statement_loaded": _("Statement loaded: %(name)s"),
    "invoices.statement.read": _("The statement is read"),
    "invoices.statement.failed": _("The statement can't be read"),
    "invoices.statement.received": _("The statement is to be read again"),
    "invoices.renewal_parked": _("Renewal not drafted: %(because)s"),
}
