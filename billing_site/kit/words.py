"""Sums and days in Russian words, as papers print them. A paper's fixed form: the same in any language."""

from datetime import date
from decimal import Decimal

from num2words import num2words

from billing_site.kit.money import rounded

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


def amount_in_words(amount: Decimal) -> str:
    """48336 → «Сорок восемь тысяч триста тридцать шесть рублей 00 копеек». ValueError below zero."""
    if amount < 0:
        raise ValueError("a paper's sum is never below zero")
    words = num2words(rounded(amount), lang="ru", to="currency", currency="RUB", cents=False, separator="")
    return words[0].upper() + words[1:]


def purpose_amount(amount: Decimal) -> str:
    """860 → «860р. 00к.», the office's way in payment purposes."""
    roubles, _point, kopecks = f"{rounded(amount):.2f}".partition(".")
    return f"{roubles}р. {kopecks}к."


def long_date(day: date) -> str:
    """«9 февраля 2019 г.»"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year} г."
