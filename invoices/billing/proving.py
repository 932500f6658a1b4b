"""Proof cards: what a payment changed on services, and that a person has looked at it (R5.3)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from invoices.models import Invoice, ProofCard
from products.models import Batch, Service

Snapshot = dict[str, Any]


def snapshots(service_ids: Iterable[int]) -> dict[int, Snapshot]:
    """What a card compares: status, units and packs given or paid, of them paid, recurring sum, dates."""
    rows = Service.objects.filter(pk__in=service_ids).select_related("product")
    held: dict[int, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    paid: dict[int, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for service, option, quantity, paid_at in (
        Batch.objects.counted()
        .filter(service__in=service_ids)
        .order_by("pk")
        .values_list("service", "option__name", "quantity", "paid_at")
    ):
        held[service][option] += quantity
        paid[service][option] += quantity if paid_at else 0
    return {
        row.pk: {
            "name": row.product.name,
            "status": row.status,
            "unit": row.product.unit,
            "units": held[row.pk].get(None, 0),
            "units_paid": paid[row.pk].get(None, 0),
            "options": _packs(held[row.pk]),
            "options_paid": _packs(paid[row.pk]),
            "recurring": f"{row.recurring:.2f}",
            "paid_until": row.paid_until.isoformat() if row.paid_until else None,
        }
        for row in rows
    }


def _packs(held: Mapping[str | None, int]) -> dict[str, int]:
    return {option: quantity for option, quantity in held.items() if option is not None}


def prove(
    lines: Sequence[tuple[int, int, int]], before: Mapping[int, Snapshot], after: Mapping[int, Snapshot]
) -> None:
    """Keep what each invoice changed, before → after; `lines` are (invoice, batch, service)."""
    touched: dict[int, list[int]] = defaultdict(list)
    for invoice_id, _batch, service_id in lines:
        if service_id not in touched[invoice_id]:
            touched[invoice_id].append(service_id)
    ProofCard.objects.bulk_create(
        (
            ProofCard(
                invoice_id=invoice_id,
                facts=[{"service": s, "before": before[s], "after": after[s]} for s in services],
            )
            for invoice_id, services in touched.items()
        ),
        ignore_conflicts=True,
    )
    additional = Invoice.objects.filter(pk__in=touched, role=Invoice.Role.ADDON)
    additional.filter(proof__seen_at__isnull=True).update(proof_waits=True)


@transaction.atomic
def look_through(card: ProofCard, *, by: User) -> ProofCard:
    """A person has looked at what the payment changed. Raises Refused when somebody has done so before."""
    lock(card.invoice.client_id)
    row = ProofCard.objects.select_for_update(no_key=True, of=("self",)).get(pk=card.pk)
    if row.seen_at:
        raise Refused(
            _("%(who)s has looked through it already.") % {"who": row.seen_by.name if row.seen_by else "—"}
        )
    row.seen_at, row.seen_by = clock.now(), by
    row.save(update_fields=["seen_at", "seen_by"])
    Invoice.objects.filter(pk=row.invoice_id).update(proof_waits=False)
    record("invoices.proof_seen", card.invoice, by=by, card=row.pk)
    return row
