"""Control totals: do the rows add up to what the bank says of each account?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from invoices.statements.blocks import Block
from invoices.statements.problems import Problems
from invoices.statements.records import AccountSection, AccountTotals, Direction, StatementLine, Totals
from invoices.statements.values import account_number, day, money

SUMS = ("НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток")
ZERO = Decimal("0.00")


def section_of(block: Block, problems: Problems) -> AccountSection:
    """The section's own totals; a sum that can't be read is named and reported."""
    written = {key: block.fields.get(key, "").strip() for key in SUMS}
    sums = {key: money(value) if value else None for key, value in written.items()}
    unreadable = tuple(key for key in SUMS if written[key] and sums[key] is None)
    for key in unreadable:
        text = _("%(key)s “%(value)s” can't be read.")
        problems.add(block.at, text % {"key": key, "value": written[key][:40]})
    return AccountSection(
        account=account_number(block.fields.get("РасчСчет", "")),
        starts_on=day(block.fields.get("ДатаНачала", "")),
        ends_on=day(block.fields.get("ДатаКонца", "")),
        opening=sums["НачальныйОстаток"],
        received=sums["ВсегоПоступило"],
        spent=sums["ВсегоСписано"],
        closing=sums["КонечныйОстаток"],
        unreadable=unreadable,
        raw=block.written,
        at=block.at,
    )


def totals_of(
    sections: Sequence[AccountSection], lines: Sequence[StatementLine], own: frozenset[str]
) -> Totals:
    """Sums of the rows, and every account that has a section or a row of its own."""
    rows_in: dict[str, Decimal] = {}
    rows_out: dict[str, Decimal] = {}
    by_direction: dict[Direction, Decimal] = {"in": ZERO, "out": ZERO, "unknown": ZERO}
    for line in lines:
        by_direction[line.direction] += line.amount
        internal = line.direction == "unknown" and line.payer.account in own and line.payee.account in own
        if line.direction == "in" or internal:
            rows_in[line.payee.account] = rows_in.get(line.payee.account, ZERO) + line.amount
        if line.direction == "out" or internal:
            rows_out[line.payer.account] = rows_out.get(line.payer.account, ZERO) + line.amount
    of_account: dict[str, list[AccountSection]] = {}
    for section in sections:
        of_account.setdefault(section.account, []).append(section)
    names = dict.fromkeys((*of_account, *rows_in, *rows_out))
    accounts = tuple(
        _account(name, _widest(of_account.get(name, [])), rows_in.get(name, ZERO), rows_out.get(name, ZERO))
        for name in names
    )
    return Totals(by_direction["in"], by_direction["out"], by_direction["unknown"], accounts)


def balanced_of(totals: Totals) -> bool | None:
    """False if any account's totals fail, True if all hold, None if some can't be checked."""
    verdicts = {account.balanced for account in totals.accounts}
    if False in verdicts:
        return False
    return True if verdicts == {True} else None


def report_mismatches(totals: Totals, sections: Sequence[AccountSection], problems: Problems) -> None:
    """Say which account fails and by what sums, at the line of its first section."""
    first_lines: dict[str, int] = {}
    for section in sections:
        first_lines.setdefault(section.account, section.at)
    text = _(
        "Account %(account)s: rows give %(rows_in)s in and %(rows_out)s out; the bank states "
        "%(stated_in)s in, %(stated_out)s out, %(opening)s at the start and %(closing)s at the end."
    )
    for found in totals.accounts:
        if found.balanced is False:
            sums = {key: "—" if (value := getattr(found, key)) is None else value for key in SHOWN}
            problems.add(first_lines.get(found.account, 1), text % {"account": found.account, **sums})


SHOWN = ("rows_in", "rows_out", "stated_in", "stated_out", "opening", "closing")


def _widest(sections: list[AccountSection]) -> list[AccountSection]:
    """Sections by day, without those whose period lies inside another's: a whole month beside its days.

    Sections without readable dates all count, each where it stands.
    """
    dated = [(s.starts_on, s.ends_on, s) for s in sections if s.starts_on and s.ends_on]
    if len(dated) < len(sections):
        return sections
    kept: list[tuple[date, AccountSection]] = []
    for _starts, ends, section in sorted(dated, key=lambda one: (one[0], -one[1].toordinal())):
        if not kept or ends > kept[-1][0]:
            kept.append((ends, section))
    return [section for _ends, section in kept]


def _account(name: str, sections: list[AccountSection], rows_in: Decimal, rows_out: Decimal) -> AccountTotals:
    opening = sections[0].opening if sections else None
    closing = sections[-1].closing if sections else None
    stated_in = _sum([section.received for section in sections])
    stated_out = _sum([section.spent for section in sections])
    checks = []
    if stated_in is not None:
        checks.append(stated_in == rows_in)
    if stated_out is not None:
        checks.append(stated_out == rows_out)
    if opening is not None and closing is not None:
        checks.append(opening + rows_in - rows_out == closing)
    checks.extend(_own_equations(sections))
    if any(section.unreadable for section in sections):
        checks.append(False)
    balanced = all(checks) if checks else None
    return AccountTotals(name, opening, stated_in, stated_out, closing, rows_in, rows_out, balanced)


def _own_equations(sections: list[AccountSection]) -> list[bool]:
    """Opening + received − spent = closing, for each section that states all four."""
    return [
        s.opening + s.received - s.spent == s.closing
        for s in sections
        if s.opening is not None and s.received is not None and s.spent is not None and s.closing is not None
    ]


def _sum(values: list[Decimal | None]) -> Decimal | None:
    """The sum; None when nothing is stated or some of the sections state nothing."""
    stated = [value for value in values if value is not None]
    return sum(stated, ZERO) if stated and len(stated) == len(values) else None
