"""Roubles and kopecks: Decimal only, half up, nothing lost."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

KOPECK = Decimal("0.01")
NBSP = "\u00a0"
_AMOUNT = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|[+-]?\d+(?:[.,]\d{1,2})?")


def _decimal(x: Decimal | int) -> Decimal:
    if isinstance(x, float):
        raise TypeError("money is never a float")
    return Decimal(x)


def rounded(x: Decimal | int) -> Decimal:
    """Half up to the kopeck."""
    return _decimal(x).quantize(KOPECK, ROUND_HALF_UP)


def rounded_roubles(x: Decimal | int) -> Decimal:
    """Half up to the rouble, written with kopecks: 344.09 → 344.00."""
    return _decimal(x).quantize(Decimal(1), ROUND_HALF_UP).quantize(KOPECK)


def split_by(total: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Divide `total` in proportion to `weights`, to the kopeck; the parts sum to it exactly.

    Cumulative rounding: no part is off by more than a kopeck. Raises ValueError when weights sum to 0.
    """
    whole = sum((_decimal(w) for w in weights), Decimal(0))
    if not whole:
        raise ValueError("weights sum to nothing")
    parts, given, seen = [], Decimal(0), Decimal(0)
    for weight in weights:
        seen += _decimal(weight)
        upto = rounded(_decimal(total) * seen / whole)
        parts.append(upto - given)
        given = upto
    return parts


def split(total: Decimal, n: int) -> list[Decimal]:
    """`n` parts as equal as kopecks allow, summing to `total`."""
    return split_by(total, [1] * n)


def parse_amount(text: str) -> Decimal:
    """Read «12 500,00», «12500.5», «100 000». Raises ValueError, translated, for anything else."""
    cleaned = text.strip().removesuffix("₽").strip().replace("−", "-")
    if not _AMOUNT.fullmatch(cleaned):
        raise ValueError(_("“%(text)s” is not an amount.") % {"text": text.strip()[:40]})
    return rounded(Decimal(re.sub(r"[ \u00a0\u202f]", "", cleaned).replace(",", ".")))


def vat_inside(gross: Decimal, rate: Decimal) -> Decimal:
    """VAT that a price holds: gross × rate / (100 + rate); `rate` in percent."""
    return rounded(_decimal(gross) * rate / (100 + rate))


def amount_string(x: Decimal) -> str:
    """For programs: "48336.00"."""
    return f"{rounded(x):.2f}"


def format_number(x: Decimal) -> str:
    """For people and papers: «48 336,00» with no-break spaces."""
    return f"{rounded(x):,.2f}".replace(",", NBSP).replace(".", ",")


def format_money(x: Decimal) -> str:
    """«48 336,00 ₽» with no-break spaces."""
    return f"{format_number(x)}{NBSP}₽"
