from datetime import date
from decimal import Decimal

import pytest

from billing_site.kit.words import amount_in_words, long_date, purpose_amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("48336", "Сорок восемь тысяч триста тридцать шесть рублей 00 копеек"),
        ("860.00", "Восемьсот шестьдесят рублей 00 копеек"),
        ("0", "Ноль рублей 00 копеек"),
        ("1", "Один рубль 00 копеек"),
        ("2.02", "Два рубля 02 копейки"),
        ("21.11", "Двадцать один рубль 11 копеек"),
        ("1000001.21", "Один миллион один рубль 21 копейка"),
        ("2002002", "Два миллиона две тысячи два рубля 00 копеек"),
    ],
)
def test_sums_are_written_as_papers_want_them(amount, words):
    assert amount_in_words(Decimal(amount)) == words


def test_a_sum_below_zero_has_no_words():
    with pytest.raises(ValueError):
        amount_in_words(Decimal(-1))


def test_the_sum_of_a_payment_purpose():
    """MISSION, figure 5."""
    assert purpose_amount(Decimal("860")) == "860р. 00к."
    assert purpose_amount(Decimal("12500.5")) == "12500р. 50к."


def test_days_are_written_out():
    assert long_date(date(2019, 2, 9)) == "9 февраля 2019 г."
    assert long_date(date(2026, 12, 31)) == "31 декабря 2026 г."
