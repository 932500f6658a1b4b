"""Bytes to text: the named encoding first, then what the bytes themselves say.

Order of a guess: UTF-8 if it fits exactly, a Cyrillic code page by the frequency of its letters,
Western European, and a general detector last, because detectors guess short Russian texts badly.
"""

import codecs
import re

from charset_normalizer import from_bytes

from tickets.reading import problems as say

_ALIASES = {
    "win-1251": "cp1251", "win1251": "cp1251", "windows1251": "cp1251", "cp-1251": "cp1251",
    "x-cp1251": "cp1251", "x-windows-1251": "cp1251", "ansi": "cp1251", "koi8": "koi8-r",
    "koi8r": "koi8-r", "x-koi8-r": "koi8-r", "cp-866": "cp866", "ibm866": "cp866", "dos-866": "cp866",
    "x-mac-cyrillic": "mac-cyrillic", "utf-8mb4": "utf-8", "utf8mb4": "utf-8", "unicode": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "gb2312": "gb18030", "gbk": "gb18030",
    "x-gbk": "gb18030", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext", "x-big5": "big5", "big5": "cp950", "tis-620": "cp874",
}  # fmt: skip
_CYRILLIC = ("cp1251", "koi8-r", "iso8859-5", "cp866")
_VAGUE = {"ascii", "cp1252", "iso8859-1", "iso8859-15"}
_NOT_OF_MAIL = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
# Per mille of Russian text; what is not named is rare.
_FREQUENCY = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
        (110, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 15, 12, 10, 9,
         7, 6, 5, 4, 3, 3, 1, 40),
        strict=True,
    )
)  # fmt: skip
_WORD = re.compile(r"[А-Яа-яЁё]+")
_SHAPED = re.compile(r"[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
_RARE = set("ЪЫЬъыь")
_SAMPLE = 16_384
_ENOUGH = 34  # the least mean frequency that still looks like Russian: below it any noise scores


def decode(data: bytes, charset: str, problems: list[str]) -> str:
    """The text of the bytes; never fails, says in `problems` when it had to guess."""
    if data.isascii() and not _escapes(charset):
        return data.decode("ascii")
    codec = known_codec(charset)
    if codec is None or codec == "ascii":
        say.note(problems, say.CHARSET_GUESSED)
        return guessed(data)
    liar = _truth_behind(data, codec)
    if liar:
        say.note(problems, say.CHARSET_LIES)
        return data.decode(liar, "replace")
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        text = data.decode(codec, "replace")
        lost = text.count("�")
        few = lost * 3 <= sum(letter > "\x7f" for letter in text)
        say.note(problems, say.LETTERS_LOST if few else say.CHARSET_LIES)
        return text if few else guessed(data)


def guessed(data: bytes) -> str:
    return data.decode(guess_codec(data), "replace")


def guess_codec(data: bytes) -> str:
    """The likeliest codec of undeclared bytes; always one that Python knows."""
    if _is_utf8(data):
        return "utf-8"
    codec = likely_cyrillic(data)
    if codec:
        return codec
    if _is_sparse(data):
        return "cp1252"
    best = from_bytes(_sample(data)).best()
    return known_codec(best.encoding) or "cp1252" if best else "cp1252"


def known_codec(charset: str) -> str | None:
    """Python's name of a charset as mails write it, None if it isn't one of text."""
    name = charset.strip().strip("\"'").lower().replace(" ", "")
    name = _ALIASES.get(name, name)
    try:
        b"".decode(name)  # refuses those that aren't of text: hex, zip …
        found = codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if found in _NOT_OF_MAIL else found


def likely_cyrillic(data: bytes) -> str | None:
    """The Cyrillic code page in which the bytes read most like Russian, None if in none."""
    if _is_sparse(data):
        return None
    scores = {codec: _russian(_sample(data), codec) for codec in _CYRILLIC}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= _ENOUGH else None


def _truth_behind(data: bytes, codec: str) -> str | None:
    """The codec the bytes are in when it is surely another one than they say."""
    if codec.startswith(("utf", "iso2022", "hz")):
        return None
    if _is_utf8(data):
        return "utf-8"
    if codec in _VAGUE:
        return likely_cyrillic(data)
    if codec not in _CYRILLIC:
        return None
    likely = likely_cyrillic(data)
    sample = _sample(data)
    if likely and likely != codec and _russian(sample, likely) > 1.5 * _russian(sample, codec):
        return likely
    return None


def _russian(sample: bytes, codec: str) -> float:
    """Mean letter frequency of the high bytes read in this codec; wrong case and rare signs cost."""
    high = sum(byte >= 0x80 for byte in sample)
    total = 0.0
    for word in _WORD.findall(sample.decode(codec, "replace")):
        worth = sum(_FREQUENCY[letter] for letter in word.lower())
        shaped = _SHAPED.fullmatch(word) and word[0] not in _RARE
        total += worth if shaped else worth / 3
    return total / max(high, 1)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_sparse(data: bytes) -> bool:
    """High bytes stand inside Latin words, as accents do; Cyrillic ones stand in words of their own."""
    sample = _sample(data)
    rows = re.findall(rb"[\x80-\xff]+", sample)
    inside = re.findall(rb"(?<=[A-Za-z])[\x80-\xff]{1,2}(?![\x80-\xff])", sample)
    inside += re.findall(rb"(?<![\x80-\xffA-Za-z])[\x80-\xff]{1,2}(?=[A-Za-z])", sample)
    return len(inside) * 2 > len(rows)


def _sample(data: bytes) -> bytes:
    """The beginning that has something to judge by: up to 16 KB from the first high byte on."""
    found = re.search(rb"[\x80-\xff]", data)
    start = max(found.start() - 64, 0) if found else 0
    return data[start : start + _SAMPLE]


def _escapes(charset: str) -> bool:
    """These encodings write other letters with ASCII bytes."""
    name = charset.lower()
    return "2022" in name or "utf-7" in name or "utf-16" in name or "utf-32" in name or name == "hz-gb-2312"
