"""Reading a 1CClientBankExchange file (kl_to_1c.txt), the format every Russian bank exports."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from invoices.statements.blocks import ACCOUNT, DOCUMENT, HEADER, Block, Splitter
from invoices.statements.decoding import MAGIC, decode
from invoices.statements.documents import BrokenDocument, line_of
from invoices.statements.problems import Problems
from invoices.statements.records import AccountSection, StatementError, StatementFile, StatementLine
from invoices.statements.totals import balanced_of, report_mismatches, section_of, totals_of
from invoices.statements.values import account_number


def read_statement(data: bytes, own_accounts: Iterable[str] = ()) -> StatementFile:
    """The statement in `data`, whatever its encoding, line ends and quirks.

    Our accounts are those the file is a statement of, and `own_accounts` besides. A document that
    can't be trusted is left out and reported with its number and line; all others are read.
    Linear in size. Raises StatementError only when the bytes are not such a file at all.
    """
    problems = Problems()
    text = decode(data, problems)
    splitter = Splitter(problems)
    splitter.split(text)
    _require_format(text, splitter)
    sections = tuple(section_of(block, problems) for block in splitter.blocks if block.kind == ACCOUNT)
    own = frozenset(own_accounts) | _accounts(splitter.header, sections)
    lines = _lines(splitter.blocks, own, problems)
    totals = totals_of(sections, lines, own)
    balanced = balanced_of(totals)
    report_mismatches(totals, sections, problems)
    if not splitter.ended and balanced is not True:
        # Some banks never write the end mark; totals that hold prove the file is whole.
        problems.add(text.count("\n") + 1, _("The file has no end mark: it may be cut."))
    return StatementFile(splitter.header.written, sections, totals, balanced, problems.in_order(), lines)


def _require_format(text: str, splitter: Splitter) -> None:
    named = MAGIC.decode() in text[:200]
    if not named and len(splitter.blocks) == 1:
        raise StatementError(_("This is not a 1CClientBankExchange file."))
    if not named:
        splitter.problems.add(1, _("The first line doesn't name the format: the beginning may be lost."))


def _accounts(header: Block, sections: tuple[AccountSection, ...]) -> frozenset[str]:
    written = header.repeated.get("РасчСчет") or [header.fields.get("РасчСчет", "")]
    accounts = {account_number(value) for value in written} | {section.account for section in sections}
    return frozenset(accounts - {""})


def _lines(blocks: list[Block], own: frozenset[str], problems: Problems) -> tuple[StatementLine, ...]:
    lines = []
    for block in blocks:
        if block.kind == DOCUMENT:
            try:
                lines.append(line_of(block, own, problems))
            except BrokenDocument as trouble:
                number = block.fields.get("Номер", "").strip() or "?"
                text = _("Document %(number)s is left out: %(why)s.")
                problems.add(block.at, text % {"number": number, "why": trouble})
        elif block.kind not in (HEADER, ACCOUNT):
            problems.add(block.at, _("An unknown kind of section: left out."))
    return tuple(lines)
