"""Which row is which: a key that stays the same when a period is exported and loaded again."""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable

from invoices.statements.records import StatementLine


def folded(text: str) -> str:
    """Text for comparing: NFC, case and ё folded, runs of spaces one. Letters of no alphabet are dropped."""
    text = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return " ".join(text.split())


def line_key(line: StatementLine, own_account: str, occurrence: int) -> str:
    """SHA-256 (hex) of what identifies a row; `occurrence` counts from 0 among equal rows of one file.

    Number and date alone collide in real files, so everything the payer and the bank say counts:
    our account, direction, posting date (else the paper's), number, kopecks, payer's account and
    INN, purpose.
    """
    identity = [*_identity(line, own_account), occurrence]
    text = json.dumps(identity, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def keyed(lines: Iterable[StatementLine]) -> list[tuple[str, StatementLine]]:
    """Each line of one file with its key, in order. Equal rows stay different rows."""
    seen: Counter[tuple] = Counter()
    result = []
    for line in lines:
        identity = _identity(line, line.own_account)
        result.append((line_key(line, line.own_account, seen[identity]), line))
        seen[identity] += 1
    return result


def _identity(line: StatementLine, own_account: str) -> tuple:
    on = line.posted_on or line.dated_on
    return (
        own_account,
        line.direction,
        on.isoformat() if on else "",
        line.number,
        int(line.amount * 100),
        line.payer.account,
        line.payer.inn,
        folded(line.purpose),
    )
