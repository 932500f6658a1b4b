"""How values look on pages: sums, days, moments, periods, numbers. One place, so that they look the same."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Any

from django.utils import timezone

NBSP = "\u00a0"
NOTHING = "—"
SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸"}


def escaped(text: Any) -> str:
    """HTML as it is, anything else made harmless: Django's conditional_escape in a third of its time."""
    return text.__html__() if hasattr(text, "__html__") else escape(str(text))


def number(value: Decimal | int | None, places: int = 0) -> str:
    """1284 → «1 284»; groups by NBSP, a decimal comma, a true minus."""
    if value is None:
        return NOTHING
    return f"{value:,.{places}f}".replace(",", NBSP).replace(".", ",").replace("-", "−")


def units(value: Decimal | int | None) -> str:
    """Decimal("1.500") → «1,5»: a quantity or a percent with the digits it needs, none lost."""
    if value is None:
        return NOTHING
    digits = f"{Decimal(value).normalize():f}"
    return number(Decimal(value), len(digits.partition(".")[2]))


def money(amount: Decimal | int | None, currency: str = "RUB") -> str:
    """Decimal("48336") → «48 336,00 ₽»."""
    if amount is None:
        return NOTHING
    return f"{number(amount, 2)}{NBSP}{SIGNS.get(currency, currency)}"


def local(at: datetime) -> datetime:
    """An instant as Moscow sees it."""
    return timezone.localtime(at) if timezone.is_aware(at) else at


def day(value: date | datetime | None) -> str:
    """26.11.2026; an instant is shown as its day in Moscow."""
    if not value:
        return NOTHING
    return f"{local(value) if isinstance(value, datetime) else value:%d.%m.%Y}"


def moment(at: datetime | None) -> str:
    """26.11.2026 14:05, Moscow."""
    return f"{local(at):%d.%m.%Y %H:%M}" if at else NOTHING


def period(value: Any) -> str:
    """A half-open range of days, shown closed: [01.02.2019, 01.08.2019) → «01.02.2019 – 31.07.2019».

    Takes a range with `lower` and `upper` or a pair; an open end stays open.
    """
    if not value:
        return NOTHING
    start, end = (value.lower, value.upper) if hasattr(value, "lower") else value
    last = end - timedelta(days=1) if end else None
    if start and start == last:
        return day(start)
    return f"{day(start) if start else '…'}{NBSP}– {day(last) if last else '…'}"
