"""Marks by which an answer finds its ticket again: signed Message-IDs and a number in the subject."""

import hashlib
import hmac
import re

_SUBJECT = re.compile(r"\[\s{0,5}#\s{0,5}([0-9]{1,10})\s{0,5}\]")
_OWN_ID = re.compile(r"<?([a-z]{1,20})\.([0-9]{1,18})\.([0-9a-f]{24})@[^@<>\s]{1,255}>?")


def make_message_id(kind: str, object_id: int, host: str, key: str) -> str:
    """`<kind.id.signature@host>`, the same for the same object, so a repeated letter is one letter.

    Kind is lower-case letters. Dots and a real host keep it clear of the spam filters' patterns for
    random ids (long runs without a dot, upper case, dollars). 96 bits of HMAC-SHA256 over kind and id.
    """
    if not re.fullmatch("[a-z]{1,20}", kind) or object_id < 0:
        raise ValueError(f"not a kind and an id: {kind!r}, {object_id!r}")
    return f"<{kind}.{object_id}.{_signature(kind, str(object_id), key)}@{host}>"


def read_message_id(message_id: str, key: str) -> tuple[str, int] | None:
    """(kind, id) of an id that we signed, None for anybody else's. The host may have been rewritten."""
    match = _OWN_ID.fullmatch(message_id.strip())
    if not match:
        return None
    kind, number, signature = match.groups()
    if not hmac.compare_digest(signature, _signature(kind, number, key)):
        return None
    return kind, int(number)


def subject_ticket_number(subject: str) -> int | None:
    """The number in the first `[#123]`. Anyone can write it: it proves nothing about the sender."""
    match = _SUBJECT.search(subject)
    return int(match[1]) if match else None


def _signature(kind: str, number: str, key: str) -> str:
    return hmac.new(key.encode(), f"message-id:{kind}.{number}".encode(), hashlib.sha256).hexdigest()[:24]
