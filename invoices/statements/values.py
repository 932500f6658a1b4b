"""Single values as banks write them: sums, dates, account and tax numbers."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{2})?")
SUM = re.compile(r"([0-9]{1,12})(?:[.,=-]([0-9]{1,2}))?")
THOUSANDS = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]{1,2})|([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]{1,2})")
NOT_SPACING = re.compile(r"[\s'’_]")
RUSSIAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})(?![0-9])")
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
LONGEST_INN, LONGEST_ACCOUNT = 12, 34  # the second as in IBAN
KOPECK = Decimal("0.01")
CURRENCIES = {
    "810": "RUB",
    "643": "RUB",
    "840": "USD",
    "978": "EUR",
    "156": "CNY",
    "398": "KZT",
    "933": "BYN",
    "051": "AMD",
    "417": "KGS",
    "860": "UZS",
    "949": "TRY",
    "784": "AED",
    "826": "GBP",
    "756": "CHF",
}


def money(written: str) -> Decimal | None:
    """A sum in roubles with kopecks: `860`, `860.5`, `100 000,00`, `1.234,56`, `860-00`; None = unreadable.

    A leading minus is kept: balances go below zero.
    """
    if PLAIN.fullmatch(written):
        return Decimal(written).quantize(KOPECK)
    text = NOT_SPACING.sub("", written)
    sign, text = ("-", text[1:]) if text[:1] in ("-", "−") else ("", text)
    if grouped := THOUSANDS.fullmatch(text):
        roubles, kopecks = grouped.group(1) or grouped.group(3), grouped.group(2) or grouped.group(4)
        text = f"{roubles.replace(',', '').replace('.', '')}.{kopecks}"
    if not (found := SUM.fullmatch(text)):
        return None
    return Decimal(f"{sign}{found.group(1)}.{found.group(2) or '00'}").quantize(KOPECK)


@lru_cache(maxsize=4096)
def day(written: str) -> date | None:
    """`09.02.2019`, `9.2.19` or `2019-02-09`, a time may follow; None = no such day."""
    written = written.strip()
    if found := RUSSIAN_DATE.match(written):
        dd, mm, yyyy = found.groups()
    elif found := ISO_DATE.match(written):
        yyyy, mm, dd = found.groups()
    else:
        return None
    try:
        return date(int(yyyy) + (2000 if len(yyyy) == 2 else 0), int(mm), int(dd))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def account_number(written: str) -> str:
    """An account number without the spaces and dots people put into it; `0` means none, as does a text."""
    number = NOT_SPACING.sub("", written).replace(".", "")
    return "" if number.strip("0") == "" or len(number) > LONGEST_ACCOUNT else number


def tax_number(written: str) -> str:
    """INN, KPP or BIC; `0`, blanks and what is too long to be one mean none."""
    number = written.strip()
    return "" if number.strip("0") == "" or len(number) > LONGEST_INN else number


def currency_of(account: str) -> str:
    """ISO code by digits 6–8 of the account; roubles when they say nothing."""
    return CURRENCIES.get(account[5:8], "RUB")
