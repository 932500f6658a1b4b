"""winmail.dat: what Outlook wraps a letter in when it thinks the other side is Outlook too."""

import struct
from typing import NamedTuple

from tnefparse import TNEF

from tickets.reading import problems as say
from tickets.reading.charsets import decode
from tickets.reading.mail import Part
from tickets.reading.names import safe_name

_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
_SIGNATURE = b"\x78\x9f\x3e\x22"
_MAX_COPIED = 4_000_000_000  # the library copies the rest of the file for each object


class Opened(NamedTuple):
    files: list[Part]
    text: str
    html: str


def is_tnef(kind: str, name: str) -> bool:
    return kind in _TYPES or name.lower() == "winmail.dat"


def open_tnef(content: bytes, problems: list[str]) -> Opened | None:
    """What is inside, None (and a problem) when it can't be opened."""
    if not content.startswith(_SIGNATURE) or _objects(content) * len(content) > _MAX_COPIED:
        say.note(problems, say.BROKEN_TNEF)
        return None
    try:
        tnef = TNEF(content, do_checksum=False)
        files = [_file(attachment, number) for number, attachment in enumerate(tnef.attachments, 1)]
        opened = Opened(files, _text(tnef.body, problems), _text(tnef.htmlbody, problems))
    except Exception:  # noqa: BLE001 - a parser of a binary format without errors of its own: anything may come
        opened = Opened([], "", "")
    if any(opened):
        return opened
    say.note(problems, say.BROKEN_TNEF)
    return None


def _objects(content: bytes) -> int:
    """How many objects the file holds, found by their lengths alone."""
    at, count = 6, 0
    while at + 12 < len(content):
        at += struct.unpack_from("<I", content, at + 5)[0] + 11
        count += 1
    return count


def _file(attachment, number: int) -> Part:
    name = attachment.long_filename()
    name = name if isinstance(name, str) else _text(name, [])
    content = attachment.data if isinstance(attachment.data, bytes) else b""
    return Part(
        safe_name(name.strip("\x00")) or f"file-{number}.bin", "application/octet-stream", bytes(content)
    )


def _text(body: object, problems: list[str]) -> str:
    if isinstance(body, list):
        body = body[0] if body else ""
    if isinstance(body, bytes):
        body = decode(body, "", problems)
    text = body if isinstance(body, str) else ""
    return text.replace("\x00", "").replace("\r\n", "\n")
