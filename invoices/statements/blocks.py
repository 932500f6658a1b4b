"""Lines of a 1CClientBankExchange file to its blocks: header, account sections, documents."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from invoices.statements.problems import Problems
from invoices.statements.records import Written

HEADER, ACCOUNT, DOCUMENT, OTHER = "header", "account", "document", "other"
TITLE = ("1cclientbankexchange", "1сclientbankexchange")  # the second begins with a Cyrillic letter
OPENINGS = {"секциярасчсчет": ACCOUNT, "секциядокумент": DOCUMENT}
SECTION = ("Секция", "СЕКЦИЯ", "секция")
CLOSINGS = {"конецрасчсчет": ACCOUNT, "конецдокумента": DOCUMENT}
ENDS = ("конецфайла", "конецвыписки")
MAX_PURPOSE = 2000  # characters up to which broken lines are joined; banks give 210


@dataclass(slots=True)
class Block:
    """A run of `key=value` lines; `fields` has the first filled value of each key."""

    kind: str
    title: str
    at: int
    fields: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, list[str]] = field(default_factory=dict)
    closed: bool = False

    def repeat(self, key: str, value: str) -> None:
        """Keep one more value of a key that stands in the block already."""
        self.repeated.setdefault(key, [self.fields[key]]).append(value)
        if not self.fields[key].strip():
            self.fields[key] = value

    @property
    def written(self) -> Written:
        return {**self.fields, **self.repeated} if self.repeated else self.fields


class Splitter:
    """Reads lines in order; leaves `blocks` (the header first), `problems` and `ended`."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.header = Block(HEADER, "", 1)
        self.blocks = [self.header]
        self.open: Block | None = self.header
        self.last_key = ""
        self.in_stray_run = False
        self.ended = False

    def split(self, text: str) -> None:
        # The one hot loop of the reader: a field of an open block is stored right here.
        for number, line in enumerate(text.split("\n"), 1):
            key, equals, value = line.partition("=")
            key = key.strip()
            block = self.open
            if not equals or key.startswith(SECTION):
                if key:
                    self._mark(number, key, value.strip())
            elif block is None:
                self._stray(number)
            else:
                if key in block.fields:
                    block.repeat(key, value)
                else:
                    block.fields[key] = value
                self.last_key = key

    def _mark(self, number: int, text: str, title: str) -> None:
        word = text.casefold()
        if word in TITLE:
            self._second_title(number)
        elif kind := OPENINGS.get(word, OTHER if word.startswith("секция") else None):
            self._close_before(number)
            self.open = Block(kind, title, number)
            self.blocks.append(self.open)
            self.last_key, self.in_stray_run = "", False
        elif word in CLOSINGS or (word.startswith("конец") and word not in ENDS):
            self._close(number, text, CLOSINGS.get(word, OTHER))
        elif word in ENDS:
            self._close_before(number)
            self.open, self.ended = None, True
        else:
            self._continue(number, text)

    def _second_title(self, number: int) -> None:
        if number == self.header.at or (self.open is self.header and not self.header.fields):
            return
        self._close_before(number)
        self.problems.add(number, _("A second file begins here; it is read as one with the first."))
        self.open, self.ended = self.header, False

    def _close_before(self, number: int) -> None:
        """Whatever was open stays unclosed: documents of that kind are broken, and said to be."""
        block = self.open
        self.open = None
        if block is not None and block.kind == ACCOUNT:
            text = _("The account section of line %(at)d is not closed before line %(line)d.")
            self.problems.add(block.at, text % {"at": block.at, "line": number})

    def _close(self, number: int, text: str, kind: str) -> None:
        block = self.open
        if block is not None and block.kind == kind:
            block.closed, self.open = True, None
            return
        self._close_before(number)
        self.problems.add(number, _("“%(word)s” closes nothing that is open.") % {"word": text})

    def _stray(self, number: int) -> None:
        if not self.in_stray_run:
            self.problems.add(number, _("The line stands outside any section."))
        self.in_stray_run = True

    def _continue(self, number: int, text: str) -> None:
        block = self.open
        if block is None:
            self._stray(number)
        elif self.last_key.startswith("НазначениеПлатежа") and len(block.fields[self.last_key]) < MAX_PURPOSE:
            # A purpose with a line break inside: banks let them through.
            if self.last_key in block.repeated:
                block.repeated[self.last_key][-1] += f" {text}"
            block.fields[self.last_key] += f" {text}"
            self.problems.add(number, _("A line without “=”: read as the rest of the purpose."))
        else:
            self.problems.add(number, _("A line without “=”: left out."))
