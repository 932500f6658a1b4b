"""Sending: the paper leaves the house, the sold units go to support."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.actions import lock
from invoices import issuing
from invoices.models import Invoice, Line
from products import handing, provisioning
from products.models import Handover, Product


@transaction.atomic
def send_invoice(invoice: Invoice, *, by: User, seen: str | None = None) -> Letter:
    """Issue the draft, write its letter, and hand the sold units over to support (R3.1: on sent).

    `seen` is the `issuing.fingerprint` of what the person looked at: raises Refused when it is not what
    would go now.
    """
    lock(invoice.client_id)
    if seen is not None and seen != issuing.fingerprint(Invoice.objects.get(pk=invoice.pk)):
        raise Refused(_("The invoice or its addressees have changed since you looked: look again."))
    letter = issuing.issue(invoice, by=by)
    hand_over([invoice.pk], Product.HandoverRule.ON_SENT)
    return letter


@transaction.atomic
def send_together(drafts: Sequence[Invoice], *, by: User) -> Letter:
    """Issue several drafts of one client with one letter, and hand over what they sell (R5.2).

    Raises Refused when one of them may not leave: then none does.
    """
    if len(drafts) == 1:
        return send_invoice(drafts[0], by=by)
    lock(drafts[0].client_id)
    frozen = [issuing.freeze(draft, by=by) for draft in drafts]
    hand_over([draft.pk for draft in drafts], Product.HandoverRule.ON_SENT)
    return issuing.write_together(frozen, by)


def hand_over(invoice_ids: Sequence[int], rule: str) -> list[Handover]:
    """Write hand-overs for units sold on these invoices that nobody has given yet; once per batch."""
    lines = (
        Line.objects.filter(
            revision__invoice__in=invoice_ids,
            live=True,
            kind=Line.Kind.CHARGE,
            batch__given_at__isnull=True,
            batch__handover__isnull=True,
            batch__service__product__handover_rule=rule,
        )
        .select_related("batch__service__product", "batch__option")
        .order_by("batch_id")
        .distinct("batch_id")
    )
    made = handing.handovers_for([line.batch for line in lines if line.batch])
    return provisioning.hand_over(made)
