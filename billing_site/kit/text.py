"""Names and other texts made comparable or shorter."""

import re
import unicodedata

_QUOTES = re.compile(r"[\"'`«»„“”‘’‹›]")
_NOT_WORDS = re.compile(r"[^\w]+")
_NOT_DIGITS = re.compile(r"[^0-9]")
_UNSEEN = "\x00\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# Longest first: «публичное акционерное общество» holds «акционерное общество».
_LEGAL_FORMS = re.compile(
    r"\b(?:общество с ограниченной ответственностью"
    r"|(?:(?:непубличное|публичное|открытое|закрытое) )?акционерное общество"
    r"|автономная некоммерческая организация"
    r"|индивидуальный предприниматель"
    r"|ооо|оао|зао|пао|нао|ао|ано|нко|ип)\b"
)


def bare_name(name: str) -> str:
    """A company's name for comparing: lower case, ё as е, without quotes, punctuation and legal form.

    «ООО "Фабрика Бизнеса"» and «Фабрика бизнеса, ООО» are the same. A name that is nothing but a legal
    form stays as it is.
    """
    text = unicodedata.normalize("NFKC", name).lower().replace("ё", "е")
    words = _NOT_WORDS.sub(" ", _QUOTES.sub(" ", text)).strip()
    bare = " ".join(_LEGAL_FORMS.sub(" ", words).split())
    return bare or words


def tidy(typed: str) -> str:
    """Lower case, ё as е, one kind of spaces, no «№» and no signs of zero width (pasted from a letter)."""
    seen = "".join(sign for sign in typed if sign not in _UNSEEN)
    return " ".join(seen.replace("№", " ").lower().replace("ё", "е").split())


def isolated(text: str) -> str:
    """A text that may be put into a sentence: from right to left, it leaves what stands after it in place."""
    turned = any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)
    return f"\u2068{text}\u2069" if turned else text


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters on one line, cut between words where one ends in the second half."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head, _space, _tail = cut.rpartition(" ")
    if line[limit - 1] != " " and len(head) >= limit // 2:
        cut = head
    return cut.rstrip(" ,;:.—–-") + "…"


def digits(text: str) -> str:
    """Only the digits of a text: «+7 (495) 540-51-51» → «74955405151»."""
    return _NOT_DIGITS.sub("", text)
