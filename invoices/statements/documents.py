"""One document block of a 1CClientBankExchange file to a statement line."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from invoices.statements.blocks import Block
from invoices.statements.problems import Problems
from invoices.statements.records import Direction, Party, StatementLine
from invoices.statements.values import account_number, currency_of, day, money, tax_number

PURPOSE = "НазначениеПлатежа"
PURPOSE_PARTS = tuple(f"{PURPOSE}{n}" for n in range(1, 7))
# Two different values of one of these in a document = two documents run together.
SINGLE = ("Номер", "Дата", "Сумма", "ПлательщикСчет", "ПолучательСчет")
# VTB and an old rule glue the tax numbers to the name: `7777777777, ООО …`, `ИНН 7701…/КПП… ООО …`.
GLUED = re.compile(
    r"\s*(?:ИНН)?[\s:]{0,3}([0-9]{12}|[0-9]{10})(?![0-9])"
    r"[\s,;/\\]{0,3}(?:(?:КПП)?[\s:]{0,3}[0-9]{9}(?![0-9]))?[\s,;/\\]{0,3}",
    re.IGNORECASE,
)


class BrokenDocument(ValueError):
    """The document can't be read as a payment; the message says why, for a person."""


class Side(NamedTuple):
    """The keys of one side of a payment."""

    name: str
    first_line: str
    inn: str
    kpp: str
    account: str
    own_account: str
    account_line: str
    bic: str


def _side(word: str) -> Side:
    keys = ("", "1", "ИНН", "КПП", "Счет", "РасчСчет", "2", "БИК")
    return Side(*(word + key for key in keys))


PAYER, PAYEE = _side("Плательщик"), _side("Получатель")


def line_of(block: Block, own: frozenset[str], problems: Problems) -> StatementLine:
    """The statement line of a document block; `own` are our account numbers.

    Lesser troubles (a date that is no date, accounts that are not ours) go to `problems`.
    Raises BrokenDocument when the block can't be trusted to be one whole payment.
    """
    _require_whole(block)
    fields = block.fields
    amount = _amount(fields.get("Сумма", ""))
    payer, payee = _party(fields, PAYER, own), _party(fields, PAYEE, own)
    direction = _direction(payer.account in own, payee.account in own, fields)
    number = fields.get("Номер", "").strip()
    if direction == "unknown":
        problems.add(block.at, _unknown(number, payer.account in own))
    return StatementLine(
        kind=block.title,
        number=number,
        dated_on=_date(block, "Дата", number, problems),
        posted_on=_posted_on(block, direction, number, problems),
        direction=direction,
        amount=amount,
        currency=currency_of(payer.account if direction == "out" else payee.account),
        payer=payer,
        payee=payee,
        purpose=_purpose(fields),
        raw=block.written,
        at=block.at,
    )


def _require_whole(block: Block) -> None:
    if not block.closed:
        raise BrokenDocument(_("it has no end (the file is cut or lines are lost)"))
    for key in SINGLE:
        values = {value.strip() for value in block.repeated.get(key, ())} - {""}
        if len(values) > 1:
            raise BrokenDocument(_("“%(key)s” is given twice and differs") % {"key": key})


def _amount(written: str) -> Decimal:
    if not written.strip():
        raise BrokenDocument(_("it has no sum"))
    amount = money(written.strip())
    if amount is None:
        raise BrokenDocument(_("the sum “%(sum)s” can't be read") % {"sum": written.strip()[:40]})
    if amount <= 0:
        raise BrokenDocument(_("the sum %(sum)s is not above zero") % {"sum": amount})
    return amount


def _party(fields: Mapping[str, str], side: Side, own: frozenset[str]) -> Party:
    name = (fields.get(side.first_line) or fields.get(side.name, "")).strip()
    inn = tax_number(fields.get(side.inn, ""))
    if glued := GLUED.match(name):
        inn = inn or glued.group(1)
        name = name[glued.end() :].strip() or name
    return Party(
        name,
        inn,
        tax_number(fields.get(side.kpp, "")),
        _account(fields, side, own),
        tax_number(fields.get(side.bic, "")),
    )


def _account(fields: Mapping[str, str], side: Side, own: frozenset[str]) -> str:
    """Ours if any of the side's accounts is ours; else the client's own before the bank's for it."""
    booked = account_number(fields.get(side.account, ""))
    personal = account_number(fields.get(side.own_account, ""))
    if booked in own:
        return booked
    if personal or booked:
        return personal or booked
    third = account_number(fields.get(side.account_line, ""))
    return third if len(third) == 20 and third.isdecimal() else ""


def _direction(from_us: bool, to_us: bool, fields: Mapping[str, str]) -> Direction:
    """By our own account; between two of ours, by the side whose posting date the bank filled."""
    if from_us != to_us:
        return "in" if to_us else "out"
    if not from_us:
        return "unknown"
    received = bool(fields.get("ДатаПоступило", "").strip())
    spent = bool(fields.get("ДатаСписано", "").strip())
    if received == spent:
        return "unknown"
    return "in" if received else "out"


def _unknown(number: str, both_ours: bool) -> str:
    if both_ours:
        text = _("Document %(number)s: both accounts are ours, the direction is not told.")
    else:
        text = _("Document %(number)s: neither account is ours, the direction is unknown.")
    return text % {"number": number or "?"}


def _date(block: Block, key: str, number: str, problems: Problems):
    written = block.fields.get(key, "").strip()
    found = day(written) if written else None
    if written and found is None:
        text = _("Document %(number)s: %(key)s “%(value)s” is not a date.")
        problems.add(block.at, text % {"number": number or "?", "key": key, "value": written[:40]})
    return found


def _posted_on(block: Block, direction: Direction, number: str, problems: Problems):
    if direction == "unknown":
        return None
    return _date(block, "ДатаПоступило" if direction == "in" else "ДатаСписано", number, problems)


def _purpose(fields: Mapping[str, str]) -> str:
    whole = fields.get(PURPOSE, "").strip()
    return whole or " ".join(_parts(fields))


def _parts(fields: Mapping[str, object]) -> list[str]:
    parts = (fields.get(key, "") for key in PURPOSE_PARTS)
    return [part.strip() for part in parts if isinstance(part, str) and part.strip()]


def purpose_variants(purpose: str, raw: Mapping[str, object]) -> tuple[str, ...]:
    """The purpose, and for one given in parts also the parts joined without a space.

    A bank that cuts the purpose into lines may cut it inside a number.
    """
    parts = _parts(raw)
    if len(parts) > 1 and not str(raw.get(PURPOSE, "")).strip():
        return (purpose, "".join(parts))
    return (purpose,)
