"""Reading a payment purpose: which of our invoices does the payer say he pays?

Only a number that directly follows a word for “invoice” counts. What a prefix means, and whether
such an invoice exists, is decided above.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from invoices.purpose_tokens import DATE, MARK, NUMBER, PREFIX, SIGN, SUM, WORD, Token, shown, tokens_of
from invoices.purpose_words import (
    ACCOUNT,
    ACCOUNT_LETTERS,
    AFTER,
    ENDINGS,
    INVOICE,
    JOINING,
    ON_THE_WAY,
    REFUND,
    TAILS,
    UNIT,
)

MIN_DIGITS, MAX_DIGITS = 3, 9
MAX_RANGE = 50  # invoices; a wider “range” is two numbers
MAX_REFS = 200  # more than a purpose of 210 characters can name
INN_LENGTHS = (10, 12)


@dataclass(frozen=True, slots=True)
class InvoiceRef:
    """An invoice as the payer names it: `prefix` as written (`88#`, `ЛТ-`) or None, `dated` = quoted date."""

    prefix: str | None
    number: int
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class PurposeReading:
    """All that a purpose says: invoices, every date, sums, VAT sums apart, tax numbers, words of a refund."""

    refs: tuple[InvoiceRef, ...] = ()
    dates: tuple[date, ...] = ()
    sums: tuple[Decimal, ...] = ()
    vat: tuple[Decimal, ...] = ()
    inns: tuple[str, ...] = ()
    speaks_of_refund: bool = False


def read_purpose(text: str) -> tuple[InvoiceRef, ...]:
    """Our invoices the text names, in its order, each once. Never raises; linear in the text."""
    return reading_of(text).refs


def reading_of(text: str) -> PurposeReading:
    """Everything the purpose says. Never raises; linear in the text."""
    text = shown(text)
    tokens = list(tokens_of(text))
    sums, vat = _sums(tokens)
    return PurposeReading(
        refs=_Refs(text, tokens).read(),
        dates=tuple(token.day for token in tokens if token.day),
        sums=sums,
        vat=vat,
        inns=_inns(tokens),
        speaks_of_refund=any(token.kind == WORD and token.text.startswith(REFUND) for token in tokens),
    )


def best_reading(texts: Iterable[str]) -> PurposeReading:
    """Of several ways to write one purpose the one that names most invoices, then most digits."""
    readings = [reading_of(text) for text in texts]
    return max(readings, key=lambda r: (len(r.refs), sum(len(str(ref.number)) for ref in r.refs)))


def _sums(tokens: list[Token]) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Quoted sums and, apart, sums of VAT; after “сумма” a bare number is one too."""
    sums: list[Decimal] = []
    vat: list[Decimal] = []
    about = ""
    for token in tokens:
        if token.kind == WORD:
            about = "vat" if token.text == "ндс" else "sum" if token.text.startswith("сумм") else ""
        elif token.amount is not None:
            (vat if about == "vat" else sums).append(token.amount)
            about = ""
        elif token.kind == NUMBER:
            if about == "sum" and len(token.text) <= 12:
                sums.append(Decimal(f"{int(token.text)}.00"))
            about = ""
    return tuple(sums), tuple(vat)


def _inns(tokens: list[Token]) -> tuple[str, ...]:
    """Numbers of 10 or 12 digits that follow “ИНН”."""
    found: dict[str, None] = {}
    waiting = 0  # how many more tokens may stand between the word and its number
    for token in tokens:
        if token.kind == WORD and token.text == "инн":
            waiting = 4
        elif token.kind == NUMBER and waiting:
            if len(token.text) in INN_LENGTHS:
                found[token.text] = None
            waiting = 0
        else:
            waiting = max(0, waiting - 1)
    return tuple(found)


def _may_be_glued(word: str) -> bool:
    return word in INVOICE or word in ON_THE_WAY or word in ENDINGS or word.startswith(TAILS)


class _Refs:
    """Walks the tokens once from word to word for “invoice”; each `_take…` moves `at` forward."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0
        self.found: dict[tuple[str | None, int], InvoiceRef] = {}

    def read(self) -> tuple[InvoiceRef, ...]:
        while self.at < len(self.tokens) and len(self.found) < MAX_REFS:
            anchored = self._at_anchor()
            self.at += 1
            if anchored:
                dated, found = self._walk_to_number()
                if found:
                    self._take_list(dated)
        numbered = {number for prefix, number in self.found if prefix}
        refs = (ref for ref in self.found.values() if ref.prefix or ref.number not in numbered)
        return tuple(refs)[:MAX_REFS]

    def _peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        return (
            self.tokens[at] if 0 <= at < len(self.tokens) else Token(MARK, "", len(self.text), len(self.text))
        )

    def _at_anchor(self) -> bool:
        """“счет” in any case, сч., с/ф, invoice — but not a bank account."""
        token = self._peek()
        if token.kind != WORD:
            return False
        if token.text in ("с", "c"):
            return self._peek(1).text in ("/", "-") and self._peek(2).text == "ф"
        if token.text == "сф":
            return True
        if token.text not in INVOICE:
            return False
        before = self._peek(-1)
        if before.kind == WORD:
            return not before.text.startswith(ACCOUNT)
        glued = before.text in ("/", ".", "-")
        owner = self._peek(-2)
        return not (glued and (owner.text in ACCOUNT_LETTERS or owner.text.startswith(ACCOUNT)))

    def _walk_to_number(self) -> tuple[date | None, bool]:
        """Over what may stand between: the quoted date, and whether a number is reached.

        A date on the way (“счет от … № …”) needs a sign after it.
        """
        dated: date | None = None
        needs_sign = False
        while self.at < len(self.tokens):
            token = self._peek()
            if token.kind in (NUMBER, PREFIX):
                return dated, not needs_sign
            if token.kind == DATE and self._peek(-1).text == "от":
                dated, needs_sign = token.day, True
            elif token.kind == SIGN:
                needs_sign = False
            elif not self._may_stand_between(token):
                break
            self.at += 1
        return None, False

    def _may_stand_between(self, token: Token) -> bool:
        if token.kind == MARK:
            return token.text in ".:,-/()\"«»'"
        if token.kind != WORD:
            return False
        if token.text in ON_THE_WAY:
            return True
        if token.text == "от":
            return self._peek(1).kind == DATE
        if token.text in ("г", "года"):
            return self._peek(-1).kind == DATE
        joined = self._peek(-1).text in ("-", "/", ".")
        return token.text.startswith(TAILS[:2]) or (
            joined and (token.text in ENDINGS or token.text.startswith(TAILS))
        )

    def _take_list(self, dated: date | None) -> None:
        """Numbers joined by commas, “и”, “+”, “/”, and ranges; a date counts for all undated before it."""
        taken: list[InvoiceRef] = []
        digits = 0
        while len(taken) < MAX_REFS:
            ref, length, fits = self._take_number(digits)
            if ref:
                taken.append(replace(ref, dated=dated))
                digits = digits or length
                taken.extend(self._take_range(taken[-1]))
            own = self._take_date()
            if own:
                taken = [one if one.dated else replace(one, dated=own) for one in taken]
            dated = None
            if not fits or not self._take_joint(digits, after_number=ref is not None):
                break
        for ref in taken:
            self.found.setdefault((ref.prefix, ref.number), ref)

    def _take_number(self, digits: int) -> tuple[InvoiceRef | None, int, bool]:
        """A number: the ref if its shape is ours, its length, whether a list may go on after it."""
        prefix = None
        if self._peek().kind == PREFIX:
            token = self._peek()
            prefix = self.text[token.start : token.end].replace(" ", "")
            self.at += 1
        token = self._peek()
        if token.kind != NUMBER:
            return None, 0, False
        before = self._peek(-1)
        foreign = before.kind == WORD and before.end == token.start and not _may_be_glued(before.text)
        written = self._take_broken_digits()
        fits = self._take_suffix()
        length = len(written)
        if foreign or not fits or length > MAX_DIGITS:
            return None, length, False
        if length < MIN_DIGITS or not self._stands_alone(length, digits, prefix) or int(written) == 0:
            return None, length, True
        return InvoiceRef(prefix, int(written)), length, True

    def _take_broken_digits(self) -> str:
        """The digits of a number, also of one broken by spaces: `72 815`, `7 2 8 1 5`, `728 15 от …`."""
        parts = [self._take().text]
        while self._spaced_number() and len(parts) < MAX_DIGITS:
            so_far, following = "".join(parts), self._peek().text
            singles = all(len(part) == 1 for part in parts) and len(following) == 1
            grouped = len(so_far) < MIN_DIGITS and len(following) == 3
            broken = len(following) < MIN_DIGITS <= len(so_far) and self._is_dated(1)
            if not (singles or grouped or broken) or len(so_far) + len(following) > MAX_DIGITS:
                break
            parts.append(self._take().text)
        return "".join(parts)

    def _take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _spaced_number(self) -> bool:
        return self._peek().kind == NUMBER and self._peek().start == self._peek(-1).end + 1

    def _is_dated(self, ahead: int) -> bool:
        return self._peek(ahead).kind == DATE or (
            self._peek(ahead).text == "от" and self._peek(ahead + 1).kind == DATE
        )

    def _take_suffix(self) -> bool:
        """Over `/1`, `-1`, `/2019` glued behind; False when what is glued makes the number a foreign one."""
        mark, behind = self._peek(), self._peek(1)
        if mark.start != self._peek(-1).end:
            return True
        if mark.kind == WORD:
            return mark.text in AFTER
        if mark.text not in ("/", "-") or behind.start != mark.end:
            return True
        if behind.kind == NUMBER:
            year = len(behind.text) == 4 and behind.text[:2] in ("19", "20")
            short = len(behind.text) == 1 or (mark.text == "/" and (year or len(behind.text) == 2))
            if short:
                self.at += 2
            return short or len(behind.text) >= MIN_DIGITS
        return not (behind.kind in (WORD, PREFIX) and behind.text not in INVOICE)

    def _stands_alone(self, length: int, digits: int, prefix: str | None) -> bool:
        """Not “100 users”; further in a list a number of quite another length must be followed by no word."""
        following = self._peek()
        if following.kind != WORD:
            return True
        if (digits or length == MIN_DIGITS) and UNIT.fullmatch(following.text):
            return False
        alike = not digits or prefix is not None or abs(length - digits) <= 1
        return alike or following.text in AFTER

    def _take_range(self, first: InvoiceRef) -> list[InvoiceRef]:
        """`72815-72820`, `72815 по 72820`: the rest of the range, both ends included."""
        here = self.at
        if self._peek().text not in ("-", "по"):
            return []
        glued = self._peek().text == "-" and self._peek().start == self._peek(-1).end
        self.at += 1
        while self._peek().kind == SIGN:
            self.at += 1
        last, _length, _fits = (
            self._take_number(0) if self._peek().kind in (NUMBER, PREFIX) else (None, 0, False)
        )
        if last is None:
            self.at = here
            return []
        span = last.number - first.number
        if span <= 0:
            composite = glued and len(str(last.number)) != len(str(first.number))
            return [] if composite else [replace(last, dated=first.dated)]
        numbers = range(first.number + 1, last.number + 1) if span < MAX_RANGE else (last.number,)
        return [InvoiceRef(first.prefix, number, first.dated) for number in numbers]

    def _take_date(self) -> date | None:
        """The date of the numbers before it, and over sums and brackets beside it."""
        dated = None
        while True:
            token = self._peek()
            if token.kind == DATE and (self._peek(-1).text == "от" or self._peek(-1).kind == NUMBER):
                dated = token.day
            elif token.kind == WORD and token.text in ("от", "г", "года") and self._near_date():
                pass
            elif (
                not (token.kind == SUM or (token.kind == MARK and token.text in ("(", ")", ".")))
                or not token.text
            ):
                return dated
            self.at += 1

    def _near_date(self) -> bool:
        return self._peek(1).kind == DATE or self._peek(-1).kind == DATE

    def _take_joint(self, digits: int, *, after_number: bool) -> bool:
        """Over `,`, `и`, `/` … to the next number of the list; False when the list ends here."""
        here = self.at
        token = self._peek()
        joint = token.text in JOINING or token.text == "и" or (token.text == "/" and after_number)
        if joint:
            self.at += 1
            if self._peek().text == "и":
                self.at += 1
        elif not (digits >= 4 and token.kind == NUMBER and len(token.text) == digits) and token.kind != SIGN:
            return False
        while self._peek().kind == SIGN:
            self.at += 1
        if self._peek().kind in (NUMBER, PREFIX):
            return True
        self.at = here
        return False
