"""Renewals that wait for a person (R5): kept by the run, closed by a decision or when put right."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from billing_site.journal.moves import record_many
from billing_site.kit import clock
from billing_site.office.models import User
from clients.actions import lock
from invoices.billing.gating import Held, Reason
from invoices.models import ParkedRenewal

GRAVEST = tuple(Reason)  # the first one found in this order names the row


def open_rows(client_ids: Sequence[int]) -> dict[tuple, ParkedRenewal]:
    """Open parked renewals of these clients by client, payer, seller and day."""
    rows = ParkedRenewal.objects.filter(client__in=client_ids, resolved_at__isnull=True)
    return {(row.client_id, row.payer_id, row.seller_id, row.starts_on): row for row in rows}


def keep_parked(parked: Sequence[Held], client_ids: Sequence[int], *, by: User | None) -> None:
    """What a look at these clients parked is open, everything else of theirs is closed. They are locked."""
    there = open_rows(client_ids)
    held = {one.key: one for one in parked}
    new = [_row(one) for key, one in held.items() if key not in there]
    ParkedRenewal.objects.bulk_create(new)
    for key, row in there.items():
        if key in held and row.facts != held[key].facts:
            row.reason, row.facts = _reason(held[key]), held[key].facts
            row.save(update_fields=["reason", "facts"])
    gone = [row.pk for key, row in there.items() if key not in held]
    close(gone, by=by)
    told = [(one.client, {"because": one.because}) for key, one in held.items() if key not in there]
    record_many("invoices.renewal_parked", told, by=by)


def close(rows: Sequence[int], *, by: User | None) -> None:
    """These wait no more."""
    if rows:
        ParkedRenewal.objects.filter(pk__in=rows, resolved_at__isnull=True).update(
            resolved_at=clock.now(), resolved_by=by
        )


@transaction.atomic
def park_broken(client_id: int, starts_on: date, trouble: Exception, *, by: User | None = None) -> Held:
    """A client whose renewal can't even be counted: parked with what stopped it."""
    client = lock(client_id)
    found: dict[str, Any] = {"code": Reason.BROKEN, "trouble": str(trouble).strip().splitlines()[0]}
    if isinstance(trouble, IntegrityError) and "line_period_once" in str(trouble):
        found = {"code": Reason.OVERLAP}
    held = Held(client, starts_on, (found,))
    keep_parked([held], [client.pk], by=by)
    return held


def _reason(held: Held) -> str:
    codes = {one["code"] for one in held.found}
    return next(reason for reason in GRAVEST if reason in codes)


def _row(held: Held) -> ParkedRenewal:
    return ParkedRenewal(
        client=held.client, payer=held.payer, seller=held.seller, starts_on=held.starts_on,
        reason=_reason(held), facts=held.facts,
    )  # fmt: skip
