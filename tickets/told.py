"""What the journal's entries about tickets and mail say to people (billing_site.pages.telling)."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "tickets.opened": _("Ticket opened"),
    "tickets.answered": _("Answered again"),
    "tickets.assigned": _("Assigned: %(was)s → %(becomes)s"),
    "tickets.handed": _("Passed on: %(was)s → %(becomes)s"),
    "tickets.bound": _("Client of the ticket: %(name)s"),
    "tickets.priority": _("Priority changed"),
    "tickets.ticket_of_filed_mail": _("Ticket made of a filed mail"),
    "tickets.answer_warning": _("Three quarters of the time for an answer are over"),
    "tickets.answer_breach": _("The answer is late"),
    "tickets.answer_escalation": _("The answer is late twice over"),
    "tickets.solve_warning": _("Three quarters of the time for a solution are over"),
    "tickets.solve_breach": _("The solution is late"),
    "tickets.solve_escalation": _("The solution is late twice over"),
    "letters.bounced": _("The letter came back: it did not arrive"),
}
