"""Bytes of a 1CClientBankExchange file to text. The encoding it declares is often wrong: look instead."""

import codecs

from django.utils.translation import gettext as _

from invoices.statements.problems import Problems
from invoices.statements.records import StatementError

MAGIC = b"1CClientBankExchange"
MARKERS = ("ВерсияФормата", "Секция", "КонецФайла", "КонецДокумента", "РасчСчет", "Кодировка")
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
HEAD = 1000  # bytes in which the header's own word on the encoding is looked for
LOST = "\ufffd"


def decode(data: bytes, problems: Problems) -> str:
    """The text with LF line ends; lines whose bytes can't be read go to `problems`.

    Raises StatementError when nothing of the format is found in the bytes.
    """
    if not data.strip(b" \t\r\n\0"):
        raise StatementError(_("The file is empty."))
    text = _text(data).replace("\r\n", "\n").replace("\r", "\n")
    if LOST in text or "\0" in text:
        for number, line in enumerate(text.split("\n"), 1):
            if LOST in line or "\0" in line:
                problems.add(number, _("Some bytes of this line can't be read."))
    return text.replace("\0", "")  # the database takes no NUL in a text


def _text(data: bytes) -> str:
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, errors="replace")
    recognised = _recognised(data)
    if recognised is None and MAGIC not in data[:HEAD]:
        raise StatementError(_("This is not a 1CClientBankExchange file."))
    if _is_utf8(data):
        return data.decode()
    return data.decode(recognised or _declared(data), errors="replace")


def _recognised(data: bytes) -> str | None:
    """The encoding in which the format's own words stand in the bytes; None = none of them."""
    for encoding in ("utf-8", "cp1251", "cp866"):
        if any(word.encode(encoding) in data for word in MARKERS):
            return encoding
    return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _declared(data: bytes) -> str:
    return "cp866" if b"=DOS" in data[:HEAD] else "cp1251"
