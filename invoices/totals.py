"""Sums of documents: pure functions of values."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

REACH = 10_000  # sums to try: an invoice of many lines may have millions


@dataclass(frozen=True)
class Total:
    """Sums of a document's lines in its currency; each line was rounded once, so these are plain sums."""

    net: Decimal
    vat: Decimal
    gross: Decimal
    vat_by_rate: tuple[tuple[Decimal | None, Decimal], ...]


def total(lines: Iterable) -> Total:
    """Sum anything with `net`, `vat`, `gross`, `vat_rate`."""
    net = vat = gross = Decimal(0)
    by_rate: dict[Decimal | None, Decimal] = {}
    for line in lines:
        net, vat, gross = net + line.net, vat + line.vat, gross + line.gross
        by_rate[line.vat_rate] = by_rate.get(line.vat_rate, Decimal(0)) + line.vat
    rates = tuple(sorted(by_rate.items(), key=lambda pair: pair[0] if pair[0] is not None else Decimal(-1)))
    return Total(net, vat, gross, rates)


def that_make(amount: Decimal, parts: Iterable[tuple[int, Decimal]]) -> tuple[int, ...]:
    """Ids of the parts that sum to `amount` to the kopeck, those named first preferred; none if none do."""
    reached: dict[Decimal, tuple[int, ...]] = {Decimal(0): ()}
    for part_id, part in parts:
        for so_far, ids in list(reached.items()):
            if so_far + part <= amount and len(reached) < REACH:
                reached.setdefault(so_far + part, (*ids, part_id))
    return reached.get(amount, ())


def allocate(
    amount: Decimal, open_amounts: Iterable[tuple[int, Decimal]]
) -> tuple[list[tuple[int, Decimal]], Decimal]:
    """Pay invoices in the given order; what each gets, and the rest that is left over."""
    shares = []
    for invoice_id, open_amount in open_amounts:
        part = min(amount, open_amount)
        if part > 0:
            shares.append((invoice_id, part))
            amount -= part
    return shares, amount
