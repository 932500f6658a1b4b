"""The tree of MIME parts, cut out of the bytes in one pass per level.

stdlib's feed parser tests every line against every open boundary (a nesting bomb takes it seconds)
and would write attached mails anew; here the bytes of a part are the bytes that came.
"""

import binascii
import quopri
import re
from dataclasses import dataclass, field
from email.message import Message

from tickets.reading import problems as say
from tickets.reading.headers import Decoder, lenient_base64, one_of, parameter, split_headers, to_bytes

MAX_DEPTH = 12
MAX_PARTS = 500

_TYPE = re.compile(r"\s*([a-z0-9][\w.+-]*)/([a-z0-9][\w.+-]*)", re.IGNORECASE)
_TAIL = re.compile(rb"(--)?[ \t]{0,80}(?:\r?\n|\r|\Z)")
_LIKELY_BOUNDARY = re.compile(rb"^--(\S[^\r\n]{0,200}?)[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=\s]*")
_PADDED = re.compile(rb"=+[\s=]*")


@dataclass(slots=True)
class Entity:
    """One part: its headers, what it says it is, and either its children or its decoded content."""

    headers: Message
    type: str
    content: bytes = b""
    children: list["Entity"] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)


@dataclass(slots=True)
class _Tree:
    """What the whole walk shares."""

    problems: list[str]
    parts: int = 0


def read_tree(headers: Message, body: bytes, problems: list[str]) -> Entity:
    """The parts of a mail whose headers were split off; deeper or wider than the caps they stay files."""
    return _entity(headers, body, "text/plain", 1, _Tree(problems))


def type_of(headers: Message, default: str = "text/plain") -> str:
    """Lower-case `main/sub`; the default for a type that is missing or makes no sense."""
    match = _TYPE.match(one_of(headers, "Content-Type"))
    return f"{match[1]}/{match[2]}".lower() if match else default


def _entity(headers: Message, body: bytes, default: str, depth: int, tree: _Tree) -> Entity:
    kind = type_of(headers, default)
    if kind.startswith("multipart/"):
        return _multipart(headers, body, kind, depth, tree)
    return Entity(headers, kind, _content(headers, body, tree.problems))


def _multipart(headers: Message, body: bytes, kind: str, depth: int, tree: _Tree) -> Entity:
    pieces = _pieces(headers, body, tree)
    if not pieces:
        say.note(tree.problems, say.NO_BOUNDARY)
        return Entity(headers, "text/plain", _content(headers, body, tree.problems))
    if depth >= MAX_DEPTH:
        say.note(tree.problems, say.TOO_DEEP)
        return Entity(headers, "application/octet-stream", body)
    default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    entity = Entity(headers, kind)
    for start, end in pieces:
        tree.parts += 1
        if tree.parts > MAX_PARTS:
            say.note(tree.problems, say.TOO_MANY_PARTS)
            entity.children.append(Entity(Message(), "application/octet-stream", body[start:]))
            break
        entity.children.append(
            _entity(*split_headers(body[start:end], tree.problems), default, depth + 1, tree)
        )
    return entity


def _pieces(headers: Message, body: bytes, tree: _Tree) -> list[tuple[int, int]]:
    """Where the parts of a multipart lie; empty when no boundary can be found."""
    boundary = parameter(headers, "Content-Type", "boundary", Decoder(headers, []))
    written = to_bytes(str(headers.get_param("boundary", ""))) if boundary else b""
    for mark in (written, boundary.encode()):
        pieces = _between(body, mark.rstrip(), tree) if mark.strip() else []
        if pieces:
            return pieces
    likely = _LIKELY_BOUNDARY.search(body, 0, 65_536)
    if not likely:
        return []
    say.note(tree.problems, say.NO_BOUNDARY)
    return _between(body, likely[1], tree)


def _between(body: bytes, boundary: bytes, tree: _Tree) -> list[tuple[int, int]]:
    mark, pieces, start, at, open_part = b"--" + boundary, [], 0, 0, False
    while (found := body.find(mark, at)) >= 0:
        at = found + len(mark)
        tail = _TAIL.match(body, at)
        if not tail or (found and body[found - 1 : found] not in b"\r\n"):
            continue
        if open_part:
            pieces.append((start, _before_line_end(body, found, start)))
        start, open_part, at = tail.end(), not tail[1], tail.end()
        if len(pieces) > MAX_PARTS:
            break
    if open_part and start < len(body):
        say.note(tree.problems, say.OPEN_BOUNDARY)
        pieces.append((start, len(body)))
    return pieces


def _before_line_end(body: bytes, at: int, start: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    if body[at - 2 : at] == b"\r\n":
        return max(at - 2, start)
    return max(at - 1, start)


def _content(headers: Message, body: bytes, problems: list[str]) -> bytes:
    """The body with its transfer encoding undone; damaged ones give what can be had."""
    encoding = one_of(headers, "Content-Transfer-Encoding").partition(";")[0].strip(" \"'").lower()
    if encoding == "base64":
        return decoded_base64(body, problems)
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding in {"x-uuencode", "uuencode", "uue", "x-uue"}:
        opened = re.search(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", body, re.MULTILINE)
        return decoded_uu(body[opened.end() :] if opened else body)
    if encoding not in {"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"}:
        say.note(problems, say.UNKNOWN_ENCODING)
    return body


def decoded_base64(body: bytes, problems: list[str]) -> bytes:
    """Strict when it can be, else line by line: joined pieces are read on, foreign text ends it."""
    compact = b"".join(body.split())
    try:
        return binascii.a2b_base64(compact, strict_mode=True)
    except binascii.Error:
        say.note(problems, say.BROKEN_BASE64)
    pieces, end = [], 0
    for padding in _PADDED.finditer(body):
        pieces.append(lenient_base64(body[end : padding.start()]))
        end = padding.end()
        if not _BASE64_LINE.fullmatch(body[end : end + 76].split(b"\n")[0]):
            return b"".join(pieces)
    return b"".join([*pieces, lenient_base64(body[end:])])


def decoded_uu(lines: bytes) -> bytes:
    """The bytes of uuencoded lines, up to `end` or the first line that isn't one."""
    found = []
    for line in lines.splitlines():
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            found.append(binascii.a2b_uu(line))
        except binascii.Error:
            size = (((line[0] - 32) & 63) * 4 + 5) // 3  # some writers add trailing rubbish
            try:
                found.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                break
    return b"".join(found)
