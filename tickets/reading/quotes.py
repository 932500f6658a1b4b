"""Where the fresh words end and the quoted letter begins, in Russian and English mail programs.

One cut, nothing is deleted: fresh + quoted is the text, letter for letter. When in doubt all is fresh:
a quote shown is a nuisance, an answer hidden is a loss.
"""

import re

_MONTH = (
    r"(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[\w.]*"
)
_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}"
    rf"|\d{{1,2}}\.? {_MONTH}|{_MONTH} \d{{1,2}})"
)
_TIME = r"\d{1,2}[:.]\d{2}"
_WROTE = r"(?:wrote|writes|пишет|писал(?:\(а\)|а|и)?|написал(?:\(а\)|а|и)?|вы писали)"
_MAIL = r"[^\s<>@]{1,64}@[^\s<>@]{1,255}"

# Gmail, iPhone, Thunderbird, The Bat: "… 26 ноября 2026 …, Иван <a@b> написал:"
_SAYS_WROTE = re.compile(rf"{_WROTE}\s*:?\s*$|^(?:вы писали|you wrote)\b.{{0,120}}:?\s*$", re.IGNORECASE)
# Gmail RU, Yandex, mail.ru name no verb: "чт, 26 нояб. 2026 г. в 14:05, Иван <a@b>:" · "… от Иван <a@b>:"
_DATE_AND_PERSON = re.compile(rf"{_DATE}.{{0,60}}{_TIME}.{{0,200}}{_MAIL}[>)\]»\"]*\s*:\s*$", re.IGNORECASE)
_WHO = re.compile(rf"{_WROTE}|{_MAIL}", re.IGNORECASE)
_WHEN = re.compile(rf"{_DATE}|{_TIME}", re.IGNORECASE)
_DATED = re.compile(rf"{_DATE}|{_TIME}|{_MAIL}", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"^[\s>*]{0,9}[-_=*]{2,}\s*(?:original message|исходное сообщение|исходное письмо)\s*[-_=*]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^[\s*]{0,9}[-_=*]{2,}\s*(?:forwarded message|forwarded by.{0,80}|пересылаемое сообщение|"
    r"пересланное сообщение|пересылаемое письмо|пересланное письмо|"
    r"переадресованное сообщение)\s*[-_=*]{2,}\s*$"
    r"|^\s*(?:начало переадресованного сообщения|begin forwarded message)\s*:\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[-_]{3,}\s*$")
_FIELD = re.compile(
    r"^[\s>*]{0,9}(?P<name>from|sent|date|to|cc|subject|"
    r"от(?: кого)?|отправлено|дата|кому|копия|тема)\*?\s*:\*?\s",
    re.IGNORECASE,
)
_FIRST_FIELDS = {"from", "от", "от кого"}
_LONGEST = 400
_LOOK_AHEAD = 8
_SIGNATURE = 16
_MAX_LINES = 20_000


def fold_quotes(text: str) -> tuple[str, str]:
    """(fresh, quoted). A forward, or an answer written between quotes, is all fresh."""
    lines = text.splitlines(keepends=True)
    quote_tail = _start_of_quoted_tail(lines)
    for number in range(min(len(lines), _MAX_LINES)):
        if len(lines[number]) < _LONGEST and _FORWARDED.match(lines[number]):
            return text, ""
        if _begins_quote(lines, number, quote_tail):
            return _cut(lines, _with_rule_above(lines, number))
    return _cut(lines, quote_tail)


def _begins_quote(lines: list[str], number: int, quote_tail: int) -> bool:
    line = lines[number]
    if not line.strip() or len(line) > _LONGEST or line.lstrip().startswith(">"):
        return False
    if _SEPARATOR.match(line) or _is_field_block(lines, number):
        return True
    return _is_attribution(lines, number, quote_tail)


def _is_attribution(lines: list[str], number: int, quote_tail: int) -> bool:
    """A line or up to three that name when and who; what they introduce must run to the end."""
    joined = ""
    for taken in range(1, 4 if _WHEN.search(lines[number]) else 2):
        last = number + taken
        if last > len(lines) or len(joined) > _LONGEST:
            return False
        piece = lines[last - 1].strip()
        if not piece or piece.startswith(">"):
            return False
        dated_again = taken > 1 and re.search(_DATE, piece, re.IGNORECASE)
        if dated_again and _is_attribution(lines, last - 1, quote_tail):
            return False  # it begins further down
        joined = f"{joined} {piece}".strip()
        follows = _next_line(lines, last)
        if follows is None:
            return False
        quoted = lines[follows].lstrip().startswith(">")
        if quoted and follows < quote_tail:
            continue  # an answer between the quotes: they stay in sight
        if _DATE_AND_PERSON.search(joined):
            return True
        if quoted and joined.endswith(":") and _DATED.search(joined) and _WHO.search(joined):
            return True
        if _SAYS_WROTE.search(joined) and _DATED.search(joined):
            return quoted or joined.endswith(":")
    return False


def _is_field_block(lines: list[str], number: int) -> bool:
    """Outlook: From/От first, then at least two more of its fields within a few lines."""
    first = _FIELD.match(lines[number])
    if not first or first["name"].lower() not in _FIRST_FIELDS:
        return False
    names = {first["name"].lower()}
    for line in lines[number + 1 : number + 1 + _LOOK_AHEAD]:
        field = _FIELD.match(line[:_LONGEST])
        if field:
            names.add(field["name"].lower())
    return len(names) >= 3


def _start_of_quoted_tail(lines: list[str]) -> int:
    """Number of the first line of the `>` block that ends the text (but for a signature), or of the end."""
    start, end = len(lines), _without_signature(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    while end and (lines[end - 1].lstrip().startswith(">") or not lines[end - 1].strip()):
        end -= 1
        if lines[end].strip():
            start = end
    return start


def _without_signature(lines: list[str]) -> int:
    """Number of the line `-- ` of a short signature at the end; without one, the number of lines."""
    for number in range(len(lines) - 1, max(len(lines) - _SIGNATURE, 0), -1):
        if lines[number].rstrip("\r\n") in {"-- ", "--"}:
            return number
    return len(lines)


def _next_line(lines: list[str], number: int) -> int | None:
    """The next line with anything on it; mail programs leave one or two empty ones."""
    for ahead in range(number, min(number + 4, len(lines))):
        if lines[ahead].strip():
            return ahead
    return None


def _with_rule_above(lines: list[str], number: int) -> int:
    """A drawn line right above the quote's head belongs to it."""
    above = number - 1
    while above > 0 and number - above < 3 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above]) else number


def _cut(lines: list[str], at: int) -> tuple[str, str]:
    fresh, quoted = "".join(lines[:at]), "".join(lines[at:])
    return (fresh, quoted) if fresh.strip() and quoted.strip() else (fresh + quoted, "")
