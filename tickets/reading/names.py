"""Names of files: what the mail says, made harmless; an invented one where it says nothing."""

import mimetypes
import re

from tickets.reading.headers import Decoder, one_of, parameter, split_headers
from tickets.reading.parts import Entity

MAX_NAME = 150

_USUAL = {
    "text/calendar": "invite.ics",
    "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "headers.txt",
}
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"*:<>?|\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')


def name_of(entity: Entity, number: int, decoder: Decoder) -> str:
    """The file's name without folders, control and direction signs; at most 150 characters."""
    said = given_name(entity, decoder)
    if said:
        return said
    if entity.type.startswith("message/rfc822"):
        return f"{_subject(entity, decoder) or f'mail-{number}'}.eml"
    if entity.type in _USUAL:
        return _USUAL[entity.type]
    return f"part-{number}{mimetypes.guess_extension(entity.type) or '.bin'}"


def given_name(entity: Entity, decoder: Decoder) -> str:
    """The name the mail gives to a part, "" when it gives none."""
    said = parameter(entity.headers, "Content-Disposition", "filename", decoder)
    return safe_name(said or parameter(entity.headers, "Content-Type", "name", decoder))


def safe_name(name: str) -> str:
    name = _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) <= MAX_NAME:
        return name
    return f"{stem[: MAX_NAME - 21]}.{ending[:20]}" if dot else name[:MAX_NAME]


def _subject(entity: Entity, decoder: Decoder) -> str:
    headers, _body = split_headers(entity.content[:65_536], [])
    return safe_name(decoder.text(one_of(headers, "Subject")).replace("/", "-"))[: MAX_NAME - 4]
