"""Quantities and percents keep the digits they need."""

from decimal import Decimal

import pytest

from billing_site.pages import formats


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Decimal("1.500"), "1,5"), (Decimal("10.00"), "10"), (3, "3"), (Decimal(1200), "1\u00a0200"),
     (None, "—"), (Decimal("12.25"), "12,25")],
)  # fmt: skip
def test_no_digit_is_lost(value, shown):
    assert formats.units(value) == shown
