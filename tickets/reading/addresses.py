"""Address headers, read in one pass: stdlib's reader recurses into comments and changed its mind
about broken lists between releases of Python 3.11.
"""

import re

from tickets.reading.headers import Decoder, clean_line
from tickets.reading.mail import Address

MAX_ADDRESSES = 2_000

_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,400}"|<[^<>]*>|[,;]|[^,;"<]+|.', re.DOTALL)


def addresses(value: str, decoder: Decoder) -> list[Address]:
    """Everybody named in an address header. Split first, decode after: a decoded name may hold commas."""
    found = []
    for entry in _entries(value):
        name, address = _name_and_address(entry)
        address = clean_line(decoder.text(address)).replace(" ", "").strip("<>\"';,")
        name = _bare(decoder.text(name))
        if address or name:
            found.append(Address("" if name == address else name, address))
        if len(found) == MAX_ADDRESSES:
            break
    return found


def _entries(value: str) -> list[list[str]]:
    """Tokens of each address: quoted strings, <…> and the rest; groups lose their name."""
    entries: list[list[str]] = []
    current: list[str] = []
    for token in _TOKEN.findall(_without_comments(value)):
        if token in {",", ";"}:
            entries.append(current)
            current = []
        else:
            current.append(token)
    return [entry for entry in [*entries, current] if "".join(entry).strip()]


def _name_and_address(entry: list[str]) -> tuple[str, str]:
    brackets = [token for token in entry if token.startswith("<") and token.endswith(">")]
    if brackets:
        address = brackets[-1][1:-1]
        words = [_unquoted(token) for token in entry if token is not brackets[-1]]
        return _ungrouped("".join(words)).strip(), address.rpartition(":")[2].strip()
    text = _ungrouped("".join(_unquoted(token) if "@" in token else token for token in entry)).strip()
    if "@" not in text:
        return _unquoted(text), ""
    words = text.split()
    address = next(word for word in reversed(words) if "@" in word)
    return " ".join(word for word in words if word != address), address


def _ungrouped(text: str) -> str:
    """`Staff: a@b` is a group: the word before the colon names nobody."""
    head, colon, tail = text.partition(":")
    return tail if colon and "@" not in head and not head.startswith("=?") else text


def _bare(name: str) -> str:
    """Without quotes around it all; those of `ООО "Ромашка"` stay."""
    for quote in "\"'":
        if name.count(quote) == 1 or (name[:1] == quote == name[-1:] and name.count(quote) == 2):
            name = name.strip(f"{quote} ")
    return name.strip()


def _unquoted(token: str) -> str:
    if len(token) > 1 and token[0] == token[-1] == '"':
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token


def _without_comments(value: str) -> str:
    """Drops (…) outside quotes unless nothing else names the person: `a@b (Ivan)` keeps Ivan."""
    if "(" not in value:
        return value
    kept: list[str] = []
    comment: list[str] = []
    depth, quoted, escaped = 0, False, False
    for sign in value:
        if escaped or sign == "\\":
            escaped = not escaped
        elif sign == '"' and not depth:
            quoted = not quoted
        elif sign == "(" and not quoted:
            depth += 1
            continue
        elif sign == ")" and depth:
            depth -= 1
            if not depth:
                kept.append(_as_name(kept, comment))
                comment = []
            continue
        (comment if depth else kept).append(sign)
    return "".join(kept + comment)


def _as_name(kept: list[str], comment: list[str]) -> str:
    """A comment after a bare address is the old way to write a name."""
    before = "".join(kept[-320:]).rpartition(",")[2]
    bare = "@" in before and "<" not in before and '"' not in before
    return f" {''.join(comment)} " if bare else " "
