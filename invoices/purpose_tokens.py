"""A payment purpose cut into tokens: dates and sums first, so that their digits are no invoice numbers."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

DATE, SUM, PERCENT, PREFIX, SIGN, NUMBER, WORD, MARK = (
    "date",
    "sum",
    "percent",
    "prefix",
    "sign",
    "number",
    "word",
    "mark",
)
MONTHS = {
    "янв": 1,
    "фев": 2,
    "мар": 3,
    "апр": 4,
    "май": 5,
    "мая": 5,
    "июн": 6,
    "июл": 7,
    "авг": 8,
    "сен": 9,
    "окт": 10,
    "ноя": 11,
    "дек": 12,
}
# Latin letters that stand for Russian ones in a word typed with the wrong layout: `cчет`.
LOOK_ALIKES = str.maketrans("aceopxykmtbh", "асеорхукмтвн")
FORGOTTEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))  # invisible characters
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
SPACES = re.compile(r"\s")
MIXED = re.compile(r"[a-zа-я]+")
NOT_A_PREFIX = (
    "сч|счет[а-я]{0,2}|n|no|nо|от|по|на|за|и|с|к|в|инн|кпп|бик|дог|акт|ф|ндс|фактур[а-я]{0,3}|оферт[а-я]"
)

# Every repetition is bounded or runs over one class of characters to its end: linear on any text.
TOKEN = re.compile(
    rf"""
      (?P<iso>(?<![0-9])[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9]))
    | (?P<digits>(?<![0-9])[0-9]{{1,2}}\.[ ]?[0-9]{{1,2}}\.[ ]?(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9])
        |(?<![0-9])[0-9]{{1,2}}([/-])[0-9]{{1,2}}\3(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9/-]))
    | (?P<words>(?<![0-9])["«]?[0-9]{{1,2}}["»]?[ ]{{0,2}}(?:{"|".join(MONTHS)})[а-я]{{0,5}}\.?(?![а-я])
        (?:[ ]{{0,2}}(?:[0-9]{{4}}|[0-9]{{2}}(?=[ ]{{0,2}}г))(?![0-9]))?)
    | (?P<sum>(?<![0-9])(?:[0-9]{{1,3}}(?:[ '][0-9]{{3}}){{1,4}}|[0-9]{{1,12}})
        (?: [.,][0-9]{{2}}(?![0-9])(?![.,/][0-9])
          | (?<![0-9]-)[-=][0-9]{{2}}(?![0-9-])
          | (?=[ ]{{0,2}}(?:руб|р(?![а-яa-z/])|₽|rub)) )
        (?:[ ]{{0,2}}(?:руб[а-я]{{0,4}}|р(?![а-яa-z/])|₽|rub)\.?
          (?:[ ]{{0,2}}[0-9]{{1,2}}[ ]{{0,2}}(?:коп[а-я]{{0,4}}|к(?![а-яa-z/]))\.?)?)?)
    | (?P<percent>(?<![0-9])[0-9]{{1,3}}(?:[.,][0-9]{{1,2}})?[ ]?%)
    | (?P<prefix>(?<![0-9a-zа-я])
        (?:[0-9]{{1,4}}[ ]?\#[ ]?|(?!(?:{NOT_A_PREFIX})-)[a-zа-я]{{1,4}}-)(?=[0-9]{{3}}))
    | (?P<sign>№|\#|(?<![a-z])n{{1,2}}[oо°º]?\.?(?![a-zа-я]))
    | (?P<number>[0-9]+)
    | (?P<word>[а-я]+|[a-z]+|[^\W\d_]+)
    | (?P<mark>[^\s])
    """,
    re.VERBOSE,
)
KIND = {"iso": DATE, "digits": DATE, "words": DATE}


class Token(NamedTuple):
    """A piece of a purpose: folded `text`, its place [start, end), what a date or a sum says."""

    kind: str
    text: str
    start: int
    end: int
    day: date | None = None
    amount: Decimal | None = None


def shown(text: str) -> str:
    """The purpose as the tokens' places count: NFC, plain spaces and dashes, ё as е, case kept."""
    text = unicodedata.normalize("NFC", text).translate(FORGOTTEN).translate(DASHES)
    return SPACES.sub(" ", text).replace("ё", "е").replace("Ё", "Е").replace("İ", "I")


def tokens_of(text: str) -> Iterator[Token]:
    """Tokens of a purpose made ready by `shown`, in order; spaces are the gaps between them."""
    folded = MIXED.sub(_russian, text.lower())
    for found in TOKEN.finditer(folded):
        name = found.lastgroup if found.lastgroup else "mark"
        text = found.group()
        amount = _sum(text) if name == "sum" else None
        yield Token(KIND.get(name, name), text, found.start(), found.end(), _day(name, text), amount)


def _russian(found: re.Match) -> str:
    """A word of both alphabets is a Russian one typed with Latin look-alikes."""
    word = found.group()
    if word.isascii() or not any("a" <= letter <= "z" for letter in word):
        return word
    return word.translate(LOOK_ALIKES)


def _day(name: str, text: str) -> date | None:
    if name == "iso":
        return _date(*(int(part) for part in text.split("-")))
    if name == "digits":
        day, month, year = (int(part) for part in re.split(r"[./-]", text.replace(" ", "")))
        return _date(year, month, day)
    return _date_in_words(text) if name == "words" else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _date_in_words(text: str) -> date | None:
    """`9 февраля 2019`; None without a year."""
    numbers = re.findall(r"[0-9]+", text)
    if len(numbers) < 2:
        return None
    letters = re.sub(r"[^а-я]+", "", text)
    return _date(int(numbers[1]), MONTHS[letters[:3]], int(numbers[0]))


def _sum(text: str) -> Decimal:
    """`860-00`, `860р. 00к.`, `2 999-00руб`, `1 720,00` in roubles."""
    roubles, *kopecks = re.findall(r"[0-9]+", re.sub(r"(?<=[0-9])[ '](?=[0-9]{3})", "", text))
    return Decimal(f"{roubles}.{kopecks[0].zfill(2) if kopecks else '00'}")
