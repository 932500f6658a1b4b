"""Bank statements: bytes in, plain records out. Knows no database; another format is another reader."""

from invoices.statements.documents import purpose_variants
from invoices.statements.identity import folded, keyed, line_key
from invoices.statements.reading import read_statement
from invoices.statements.records import (
    AccountSection,
    AccountTotals,
    Party,
    Problem,
    StatementError,
    StatementFile,
    StatementLine,
    Totals,
    sum_text,
)

__all__ = [
    "AccountSection",
    "AccountTotals",
    "Party",
    "Problem",
    "StatementError",
    "StatementFile",
    "StatementLine",
    "Totals",
    "folded",
    "keyed",
    "line_key",
    "purpose_variants",
    "read_statement",
    "sum_text",
]
