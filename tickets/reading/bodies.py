"""Which parts are the letter and which are files."""

import re
from dataclasses import dataclass, field
from html import escape

from tickets.reading import problems as say
from tickets.reading.charsets import decode
from tickets.reading.headers import Decoder, one_of, parameter
from tickets.reading.html import MAX_TEXT, html_to_text
from tickets.reading.mail import Part
from tickets.reading.names import given_name, name_of, safe_name
from tickets.reading.parts import Entity, decoded_uu
from tickets.reading.tnef import is_tnef, open_tnef

# Kinds of text that are files even when nothing says so.
_FILES = {
    "calendar",
    "csv",
    "vcard",
    "x-vcard",
    "directory",
    "x-amp-html",
    "rfc822-headers",
    "css",
    "xml",
    "rtf",
}
_UU = re.compile(r"^begin [0-7]{3,4} ([^\r\n]{1,255})\n", re.MULTILINE)
_CID = re.compile(r"""cid:([^"'\s>)]{1,250})""", re.IGNORECASE)


@dataclass(slots=True)
class Piece:
    """A stretch of the letter in one or both forms."""

    plain: str = ""
    html: str = ""

    def as_text(self) -> str:
        return self.plain if self.plain.strip() or not self.html else html_to_text(self.html)

    def as_html(self) -> str:
        return self.html or f"<pre>{escape(self.plain)}</pre>"


@dataclass(slots=True)
class Contents:
    """The letter as text and as HTML, and its files in the order they stand."""

    text: str = ""
    html: str = ""
    files: list[Part] = field(default_factory=list)


def contents_of(tree: Entity, decoder: Decoder) -> Contents:
    collector = _Collector(decoder)
    pieces = collector.pieces(tree, is_root=True) or collector.from_tnef
    html = "\n".join(piece.as_html() for piece in pieces if piece.as_html()) if _any_html(pieces) else ""
    text = "\n".join(text for text in (piece.as_text() for piece in pieces) if text)
    if any(len(piece.html) > MAX_TEXT and not piece.plain.strip() for piece in pieces):
        say.note(decoder.problems, say.HTML_CUT)
    shown = {cid.strip("<>") for cid in _CID.findall(html)}
    files = [
        Part(file.name, file.type, file.content, file.content_id, file.inline or file.content_id in shown)
        for file in collector.files
    ]
    return Contents(text, html, files)


class _Collector:
    """Walks the tree once, gathering pieces of the letter and files."""

    def __init__(self, decoder: Decoder):
        self.decoder = decoder
        self.files: list[Part] = []
        self.from_tnef: list[Piece] = []

    def pieces(self, entity: Entity, *, is_root: bool = False, seen: bool = False) -> list[Piece]:
        """The letter's stretches within this part. `seen`: some letter stood before it."""
        if entity.is_multipart:
            return self._of_children(entity, seen)
        if self._is_file(entity, is_root, seen):
            self._keep(entity)
            return []
        text = self._text(entity)
        if entity.type == "text/html":
            return [Piece(html=text)]
        return [Piece(plain=self._without_uu(text))]

    def _of_children(self, entity: Entity, seen: bool) -> list[Piece]:
        found: list[list[Piece]] = []
        for child in entity.children:
            related = entity.type == "multipart/related" and any(found)
            if related and not child.is_multipart:
                self._keep(child)
                continue
            alternative = entity.type == "multipart/alternative"
            found.append(self.pieces(child, seen=seen or (any(found) and not alternative)))
        if entity.type == "multipart/alternative":
            return _one_of_alternatives(found)
        return [piece for pieces in found for piece in pieces]

    def _is_file(self, entity: Entity, is_root: bool, seen: bool) -> bool:
        main, _slash, sub = entity.type.partition("/")
        if main != "text" or sub in _FILES:
            return True
        named = bool(given_name(entity, self.decoder))
        if one_of(entity.headers, "Content-Disposition").lower().startswith("attachment"):
            return named or not is_root
        return named and seen

    def _keep(self, entity: Entity) -> None:
        name = name_of(entity, len(self.files) + 1, self.decoder)
        if is_tnef(entity.type, name):
            opened = open_tnef(entity.content, self.decoder.problems)
            if opened:
                self.files += opened.files
                self.from_tnef.append(Piece(opened.text, opened.html))
                return
        content_id = self.decoder.text(one_of(entity.headers, "Content-ID")).strip("<> ")[:250]
        inline = one_of(entity.headers, "Content-Disposition").lower().startswith("inline") and bool(
            content_id
        )
        self.files.append(Part(name, entity.type[:120], entity.content, content_id, inline))

    def _text(self, entity: Entity) -> str:
        charset = parameter(entity.headers, "Content-Type", "charset", self.decoder)
        if not charset and entity.type == "text/html":
            charset = _charset_within(entity.content)
        text = (
            decode(entity.content, charset, self.decoder.problems).replace("\r\n", "\n").replace("\r", "\n")
        )
        if "\x00" in text:
            say.note(self.decoder.problems, say.NUL_BYTES)
        text = re.sub("[\ud800-\udfff]", "�", text.replace("\x00", "")).removeprefix("\ufeff")
        if parameter(entity.headers, "Content-Type", "format", self.decoder).lower() == "flowed":
            delsp = parameter(entity.headers, "Content-Type", "delsp", self.decoder).lower() == "yes"
            return unflowed(text, delete_space=delsp)
        return text

    def _without_uu(self, text: str) -> str:
        """Files written into the text the old way become files."""
        kept, end = [], 0
        for begin in _UU.finditer(text):
            if begin.start() < end:
                continue
            close = text.find("\nend", begin.end() - 1)
            if close < 0:
                break
            content = decoded_uu(text[begin.end() : close].encode("latin-1", "replace"))
            if content:
                self.files.append(
                    Part(safe_name(begin[1]) or "file.bin", "application/octet-stream", content)
                )
                kept.append(text[end : begin.start()])
                end = close + 4
        return "".join(kept) + text[end:] if kept else text


def _one_of_alternatives(versions: list[list[Piece]]) -> list[Piece]:
    """One piece: the first plain version that says something, the last HTML one."""
    plain = next((joined for joined in map(_plain_only, versions) if joined.strip()), "")
    html = next((pieces for pieces in reversed(versions) if _any_html(pieces)), None)
    if html is None:
        return [Piece(plain=plain)] if plain else []
    return [Piece(plain, "\n".join(piece.as_html() for piece in html))]


def _plain_only(pieces: list[Piece]) -> str:
    return "" if _any_html(pieces) else "\n".join(piece.plain for piece in pieces)


def _any_html(pieces: list[Piece]) -> bool:
    return any(piece.html for piece in pieces)


def _charset_within(html: bytes) -> str:
    """The encoding that an HTML names itself, asked only when the part names none."""
    found = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]{1,40})", html[:4096], re.IGNORECASE)
    return found[1].decode() if found else ""


def unflowed(text: str, *, delete_space: bool) -> str:
    """format=flowed (RFC 3676) read back: soft breaks joined within one level of quoting."""
    lines: list[str] = []
    paragraph: list[str] = []
    level = 0
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        if paragraph and depth != level:
            lines.append(_flowed_line(level, paragraph))
            paragraph = []
        level = depth
        soft = rest.endswith(" ") and rest != "-- "
        paragraph.append(rest[:-1] if soft and delete_space else rest)
        if not soft:
            lines.append(_flowed_line(level, paragraph))
            paragraph = []
    return "\n".join([*lines, _flowed_line(level, paragraph)] if paragraph else lines)


def _flowed_line(level: int, paragraph: list[str]) -> str:
    return (">" * level + " " if level else "") + "".join(paragraph)
