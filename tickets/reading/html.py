"""HTML of a mail read: to plain text, and how hard it is on a parser.

Own scanner: Python 3.11's html.parser is quadratic on unclosed comments and tags. `find` remembers
what is not there any more, so that every needle costs at most one walk through the text.
"""

import html as entities
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_TEXT = 4_000_000
MAX_QUOTING = 9  # each line repeats the marks: without a bound a few bytes would grow into many

_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:_-]*)")
_QUOTED_VALUE = re.compile(r"=\s{0,20}([\"'])")
_BLOCKS = frozenset({
    "address", "article", "aside", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "table", "tr", "ul",
})  # fmt: skip
_SPACED = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "pre", "table",
})  # fmt: skip
_SILENT = frozenset({
    "head", "style", "script", "title", "template", "noscript", "object", "textarea", "select", "svg",
})  # fmt: skip
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "p", "li", "td", "th", "tr", "dd", "dt", "option", "tbody", "thead", "tfoot",
})  # fmt: skip
_FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip


class _Scanner:
    def __init__(self, html: str):
        self.html = html
        self._gone: set[str] = set()

    def find(self, needle: str, start: int) -> int:
        if needle in self._gone:
            return -1
        found = self.html.find(needle, start)
        if found < 0:
            self._gone.add(needle)
        return found

    def tokens(self) -> Iterator[tuple[str, str]]:
        """("", text) · ("div" or "/div", the tag as written) in order; comments and declarations go."""
        html, at = self.html, 0
        while (opened := self.find("<", at)) >= 0:
            if opened > at:
                yield "", html[at:opened]
            at = self._past_markup(opened)
            match = _TAG.match(html, opened)
            if match:
                yield match[0][1:].lower(), html[opened:at]
                at = self._past_raw_text(match, at)
            elif at == opened + 1:
                yield "", "<"
        yield "", html[at:]

    def _past_markup(self, opened: int) -> int:
        """Where the markup that opens here ends; the sign itself when it is only a sign."""
        if self.html.startswith("<!--", opened):
            end = self.find("-->", opened + 2)
            return end + 3 if end >= 0 else len(self.html)
        if self.html.startswith(("<!", "<?"), opened):
            end = self.find(">", opened)
            return end + 1 if end >= 0 else len(self.html)
        if _TAG.match(self.html, opened):
            return self._past_tag(opened)
        return opened + 1

    def _past_tag(self, opened: int) -> int:
        """Past the `>` of a tag; one inside a quoted value doesn't count."""
        end = self.find(">", opened)
        if end < 0:
            return len(self.html)
        at = opened
        while True:
            quote = _QUOTED_VALUE.search(self.html, at, end)
            if not quote:
                return end + 1
            closed = self.find(quote[1], quote.end())
            if closed < 0:
                return end + 1
            at = closed + 1
            if closed > end:
                end = self.find(">", closed)
                if end < 0:
                    return len(self.html)

    def _past_raw_text(self, match: re.Match, at: int) -> int:
        """Script and style hold no markup: go on at their end tag."""
        name = match[1].lower()
        if name not in {"script", "style"} or match[0].startswith("</"):
            return at
        end = min(
            (i for i in (self.find(f"</{name}", at), self.find(f"</{name.upper()}", at)) if i >= 0),
            default=-1,
        )
        return end if end >= 0 else at


class _Writer:
    """Lays text out: blocks on lines of their own, quotes behind `> `, white space folded outside pre."""

    def __init__(self):
        self.lines: list[str] = []
        self.quote = self.pre = 0
        self._line: list[str] = []
        self._gap = False
        self._level = 0  # of quoting, of the last line written

    def write(self, text: str) -> None:
        if self.pre:
            first, *rest = text.split("\n")
            self._add(first)
            for line in rest:
                self.end_line()
                self._add(line)
            return
        text = re.sub(r"[ \t\r\n\f]+", " ", text)
        if text.startswith(" ") and (not self._line or self._line[-1].endswith((" ", "\t"))):
            text = text[1:]
        self._add(text)

    def cell(self) -> None:
        if self._line:
            self._add("\t")

    def end_line(self) -> None:
        if self._gap and self.lines and self.lines[-1].strip("> "):
            self.lines.append(("> " * min(self._level, self.quote)).rstrip())
        self.lines.append((("> " * self.quote) + "".join(self._line)).rstrip())
        self._line, self._gap, self._level = [], False, self.quote

    def block(self, spaced: bool) -> None:
        """A block begins or ends: a new line, and an empty one around paragraphs."""
        if "".join(self._line).strip():
            self.end_line()
        self._line = []
        self._gap = self._gap or spaced

    def text(self) -> str:
        self.block(spaced=False)
        return "\n".join(self.lines).replace("\xa0", " ").strip("\n")

    def _add(self, text: str) -> None:
        if text:
            self._line.append(text)


def html_to_text(html: str) -> str:
    """Plain text of the HTML, quotes marked with `> `; linear in its length."""
    writer, silent = _Writer(), 0
    for tag, token in _Scanner(html[:MAX_TEXT]).tokens():
        if not tag:
            if not silent:
                writer.write(entities.unescape(token))
            continue
        name, closing = tag.removeprefix("/"), tag.startswith("/")
        if name in _SILENT and not token.endswith("/>"):
            silent = max(0, silent - 1) if closing else silent + 1
        elif name in {"body", "html"}:
            silent = 0  # a head that was never closed must not swallow the letter
        elif not silent:
            _lay_out(writer, name, closing, token)
    return writer.text()


def _lay_out(writer: _Writer, name: str, closing: bool, token: str) -> None:
    if name == "br":
        writer.end_line()
    elif name == "blockquote":
        writer.block(spaced=True)
        writer.quote = max(0, writer.quote - 1) if closing else min(writer.quote + 1, MAX_QUOTING)
    elif name in _BLOCKS:
        writer.block(name in _SPACED)
        if name == "pre":
            writer.pre = max(0, writer.pre - 1) if closing else writer.pre + 1
        elif name == "li" and not closing:
            writer.write("- ")
        elif name == "hr":
            writer.write("---")
            writer.end_line()
    elif name in {"td", "th"} and not closing:
        writer.cell()
    elif name == "img":
        alt = re.search(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", token[:4000], re.IGNORECASE)
        writer.write(entities.unescape((alt[1] or alt[2] or "") if alt else ""))


class Shape(NamedTuple):
    """What HTML will cost a parser: its deepest nesting, and how often it must rebuild open formatting.

    `<p><b><i>…<p><p><p>` makes every further paragraph repeat what was left open: 48 KB become 105 MB.
    """

    depth: int
    rebuilt: int


def shape_of(html: str) -> Shape:
    """Neither figure is below what a browser would build.

    An end tag counts only against an open one of its own name: browsers ignore the others, and
    `<div></b>` over and over would look flat.
    """
    opened: dict[str, int] = {}
    depth = deepest = formatting = rebuilt = 0
    for tag, _written in _Scanner(html).tokens():
        name = tag.removeprefix("/")
        step = 1 if tag == name else -1
        if name not in _FORMATTING:
            rebuilt += formatting if name else 0
        elif step > 0 or opened.get(name):
            formatting += step
        if not name or name in _VOID or (step < 0 and not opened.get(name)):
            continue
        opened[name] = opened.get(name, 0) + step
        depth += step
        deepest = max(deepest, depth)
    return Shape(deepest, rebuilt)
