"""Headers: stdlib parses the block, each value is decoded exactly once, by us, from its bytes.

With compat32 the raw bytes live on as surrogate escapes; asking the policy for a value would already
lose them, so `RawHeaders` hands them out untouched.
"""

import base64
import binascii
import quopri
import re
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parsedate_to_datetime

from tickets.reading import problems as say
from tickets.reading.charsets import decode, guess_codec, known_codec

MAX_BLOCK = 1_000_000
MAX_VALUE = 200_000
MAX_PARAMETERS = 8_000  # stdlib's reader of parameters is quadratic
MAX_REFERENCES = 200
MAX_JUDGED = 1_000  # encoded words of one mail whose charset is looked at; guessing is slow

_BLANK = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_SPACED_NAME = re.compile(rb"^([!-9;-~]{1,80})[ \t]{1,20}:", re.MULTILINE)
_STRAY = re.compile(rb"^(?!\r?\n|\r?\Z|From |[!-9;-~]*:|[ \t])[^\n]*\n?", re.MULTILINE)
_HEADER_AHEAD = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Content-[A-Za-z-]+|Reply-To|Received)[ \t]*:",
    re.IGNORECASE,
)
# The text may hold lone question marks; their number is bounded so that the search stays linear.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?([^?]*(?:\?(?!=)[^?]*){0,8}\??)\?=", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bq]\?)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile(r"^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$")
_ID = re.compile(r"<([^<>]{1,990})>")


class RawHeaders(Compat32):
    """compat32 that gives a header as it was written, unreadable bytes as surrogate escapes."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_PARSER = BytesParser(policy=RawHeaders())


def split_headers(raw: bytes, problems: list[str]) -> tuple[Message, bytes]:
    """The headers of an entity and its body. Without headers all is body."""
    blank = _BLANK.search(raw, 0, MAX_BLOCK)
    if blank:
        block, body = raw[: blank.end()], raw[blank.end() :]
    else:
        block, body = raw[:MAX_BLOCK], raw[MAX_BLOCK:]
    headers, rest = _parse_block(block, problems)
    if body and not blank and not rest:  # cut within the headers: the body begins past them
        say.note(problems, say.HEADERS_CUT)
        blank = _BLANK.search(body)
        body = body[blank.end() :] if blank else b""
    return headers, rest + body


def _parse_block(block: bytes, problems: list[str]) -> tuple[Message, bytes]:
    """Headers of a block and what of it isn't one. A stray line with headers below it is skipped."""
    block = _SPACED_NAME.sub(rb"\1:", block)
    rest = b""
    for _attempt in range(10):
        stray = _STRAY.search(block)
        if not stray:
            break
        if not stray.start() or not _HEADER_AHEAD.match(block, stray.end()):
            block, rest = block[: stray.start()], block[stray.start() :]
            break
        say.note(problems, say.HEADER_LINE_SKIPPED)
        block = block[: stray.start()] + block[stray.end() :]
    return _PARSER.parsebytes(block, headersonly=True), rest


def to_bytes(value: str) -> bytes:
    """What was written, of a value parsed with surrogate escapes."""
    return value.encode("utf-8", "surrogateescape")


def all_of(headers: Message, name: str) -> list[str]:
    """Every value of a header, topmost first, unfolded and capped, not decoded."""
    values = headers.get_all(name) or []
    return [re.sub(r"\r?\n(?=[ \t])|[\r\n]+", "", value[:MAX_VALUE]).strip() for value in values]


def one_of(headers: Message, name: str) -> str:
    """The first value of a header that is not empty."""
    return next((value for value in all_of(headers, name) if value), "")


class Decoder:
    """Decodes header values of one mail; raw 8-bit ones are judged together, short ones mislead."""

    def __init__(self, headers: Message, problems: list[str]):
        self.problems = problems
        raw = b"\n".join(
            data
            for name in ("From", "Reply-To", "Subject", "To", "Cc")
            for data in map(to_bytes, all_of(headers, name))
            if not data.isascii()
        )
        self._raw_codec = guess_codec(raw) if raw else "utf-8"
        self._judged = 0

    def text(self, value: str) -> str:
        """One line of clean text: encoded words and raw letters decoded once, white space folded."""
        joined = _BETWEEN_WORDS.sub(r"\1", value)
        pieces, end = [], 0
        run: tuple[str, bytes] | None = None  # neighbouring words of one charset may share a letter
        for word in _WORD.finditer(joined):
            between = joined[end : word.start()]
            charset, data = word[1].partition("*")[0].lower(), _word_bytes(word[2], word[3])
            if run and not between and run[0] == charset:
                run = (charset, run[1] + data)
            else:
                pieces += [self._run(run), self._raw(between)]
                run = (charset, data)
            end = word.end()
        pieces += [self._run(run), self._raw(joined[end:])]
        return clean_line("".join(pieces))

    def _run(self, run: tuple[str, bytes] | None) -> str:
        if not run:
            return ""
        charset, data = run
        self._judged += not data.isascii()
        if self._judged > MAX_JUDGED:
            return data.decode(known_codec(charset) or "utf-8", "replace")
        return decode(data, charset, self.problems)

    def _raw(self, value: str) -> str:
        data = to_bytes(value)
        if data.isascii():
            return value
        try:
            return data.decode("utf-8")  # RFC 6532: nothing wrong with that
        except UnicodeDecodeError:
            say.note(self.problems, say.RAW_HEADER)
            codec = self._raw_codec if self._raw_codec != "utf-8" else guess_codec(data)
            return data.decode(codec, "replace")


def clean_line(text: str) -> str:
    """No control characters, no line breaks, no invisible signs at the ends."""
    return _INVISIBLE.sub("", re.sub(r"\s+", " ", _CONTROLS.sub(" ", text)))


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return quopri.decodestring(text.replace("_", " ").encode("utf-8", "surrogateescape"), header=True)
    return lenient_base64(text.encode("ascii", "ignore"))


def lenient_base64(data: bytes) -> bytes:
    """Decodes whatever of base64 is there: foreign signs skipped, padding mended."""
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:
        return b""


def date_of(value: str, problems: list[str]) -> datetime | None:
    """An aware instant, None when there is none or it can't be read."""
    if not value:
        say.note(problems, say.NO_DATE)
        return None
    try:
        date = parsedate_to_datetime(value[:200])
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        say.note(problems, say.BAD_DATE)
        return None
    return date


def message_ids(value: str) -> list[str]:
    """Ids in the order written, each in angle brackets, also when the writer forgot them."""
    value = clean_line(value)
    found = _ID.findall(value) or [word.strip("<>,;") for word in value.split() if "@" in word]
    ids = [f"<{''.join(one.split())}>" for one in found if one.strip()]
    return ids[:4] + ids[4:][-(MAX_REFERENCES - 4) :]


def parameter(headers: Message, header: str, name: str, decoder: Decoder) -> str:
    """A parameter of a header decoded once: RFC 2231, encoded words or raw letters; "" when absent."""
    value = headers.get(header)
    if value is None:
        return ""
    if len(value) > MAX_PARAMETERS:
        headers.replace_header(header, value[:MAX_PARAMETERS])
    try:
        found = headers.get_param(name, "", header)
    except (ValueError, LookupError, TypeError, AttributeError):
        plain = re.search(rf';\s*{name}\*?\d*\*?="?([^";]*)', value[:MAX_PARAMETERS], re.IGNORECASE)
        return decoder.text(plain[1]) if plain else ""
    if isinstance(found, tuple):
        data = found[2].encode("latin-1", "surrogateescape") if _is_latin(found[2]) else to_bytes(found[2])
        return clean_line(decode(data, found[0] or "", decoder.problems))
    return decoder.text(str(found))


def _is_latin(value: str) -> bool:
    return all(ord(sign) < 256 or 0xDC80 <= ord(sign) <= 0xDCFF for sign in value)
