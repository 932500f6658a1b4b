"""What a bank statement says, whatever the file format it came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Direction = Literal["in", "out", "unknown"]
# A value as written; a list when the file repeats the key.
Written = Mapping[str, str | list[str]]


class StatementError(ValueError):
    """The bytes are not a bank statement at all; the message says why, for a person."""


def sum_text(amount: Decimal | None) -> str | None:
    """A sum as JSON keeps it: "860.00"; None = not said."""
    return None if amount is None else f"{amount:.2f}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a line of the file (counted from 1), in words for a person."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a payment; "" = not said. `account` is ours where the party is us."""

    name: str
    inn: str
    kpp: str
    account: str
    bic: str


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on our account.

    `amount` is positive; `direction` tells income from spending by our own account number.
    `dated_on` is the paper's date, `posted_on` the day the bank moved the money (None = not said).
    `purpose` is one line of text; `raw` has every key as written; `at` is the row's first line
    in the file.
    """

    kind: str
    number: str
    dated_on: date | None
    posted_on: date | None
    direction: Direction
    amount: Decimal
    currency: str
    payer: Party
    payee: Party
    purpose: str
    raw: Written
    at: int

    @property
    def own_account(self) -> str:
        """Our account the money moved on; "" while the direction is unknown."""
        if self.direction == "in":
            return self.payee.account
        return self.payer.account if self.direction == "out" else ""


@dataclass(frozen=True, slots=True)
class AccountSection:
    """The bank's own totals of one account over [starts_on, ends_on], both inclusive.

    A sum is None when the file doesn't state it; `unreadable` names sums that are stated but
    can't be read. `raw` has the section's keys as written, `at` is its first line.
    """

    account: str
    starts_on: date | None
    ends_on: date | None
    opening: Decimal | None
    received: Decimal | None
    spent: Decimal | None
    closing: Decimal | None
    unreadable: tuple[str, ...]
    raw: Written
    at: int


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """An account over the whole file: what the bank states beside what the rows add up to."""

    account: str
    opening: Decimal | None
    stated_in: Decimal | None
    stated_out: Decimal | None
    closing: Decimal | None
    rows_in: Decimal
    rows_out: Decimal
    balanced: bool | None

    def as_json(self) -> dict[str, str | bool | None]:
        """All but the account's number, ready to be kept or printed."""
        return {
            "opening": sum_text(self.opening),
            "stated_in": sum_text(self.stated_in),
            "stated_out": sum_text(self.stated_out),
            "closing": sum_text(self.closing),
            "in": sum_text(self.rows_in),
            "out": sum_text(self.rows_out),
            "balanced": self.balanced,
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the rows by direction, and each account against the bank's statement of it."""

    rows_in: Decimal
    rows_out: Decimal
    rows_unknown: Decimal
    accounts: tuple[AccountTotals, ...]

    def as_json(self) -> dict[str, str | None]:
        """The sums, without the accounts."""
        return {
            "in": sum_text(self.rows_in),
            "out": sum_text(self.rows_out),
            "unknown": sum_text(self.rows_unknown),
        }


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement as read.

    `balanced`: True = the bank's totals hold to the kopeck, False = they don't, None = the file
    states too little to tell. Nothing may be applied by itself while it is False.
    """

    header: Written
    accounts: tuple[AccountSection, ...]
    totals: Totals
    balanced: bool | None
    problems: tuple[Problem, ...]
    lines: tuple[StatementLine, ...]
