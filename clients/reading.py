"""Tables that people bring: XLSX or CSV, read as a head and rows of text."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from billing_site.kit.errors import Refused

ROW_LIMIT = 10_000
UNPACKED_LIMIT = 200 * 1024 * 1024  # bytes of an XLSX when unpacked
SEPARATORS = ";\t,"
Lines = list[list[str]]


class Unreadable(Refused):
    """The file is no table that can be read; the message says what to do."""

    def __init__(self, message: str):
        super().__init__(message, "file")


def read_table(data: bytes) -> tuple[list[str], dict[int, list[str]]]:
    """The head; other rows that hold anything, by their numbers in a spreadsheet. Raises Unreadable."""
    lines = _xlsx(data) if data[:2] == b"PK" else _csv(data)
    filled = [(number, line) for number, line in enumerate(lines, start=1) if any(line)]
    if len(filled) < 2:
        raise Unreadable(_("The file has no rows: the first line holds the names of the columns."))
    if len(filled) > ROW_LIMIT + 1:
        raise Unreadable(_("More than %(limit)s rows: please split the file.") % {"limit": ROW_LIMIT})
    return filled[0][1], dict(filled[1:])


def _xlsx(data: bytes) -> Lines:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED_LIMIT:
                raise Unreadable(_("The file is too large when unpacked: please split it."))
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, CalamineError, ValueError, IndexError) as broken:
        raise Unreadable(_("This is no XLSX file that can be read: save it anew or as CSV.")) from broken
    return [[_text(cell) for cell in row] for row in rows]


def _csv(data: bytes) -> Lines:
    if b"\x00" in data:
        raise Unreadable(_("This is neither XLSX nor CSV."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251", errors="replace")
    head = text.partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    try:
        return [_texts(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error as broken:
        raise Unreadable(_("This is neither XLSX nor CSV.")) from broken


def _texts(row: Iterable[Any]) -> list[str]:
    return [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """A cell as a person would type it; our own files guard text that looks like a formula by «'»."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (date, datetime)):
        return f"{cell:%d.%m.%Y}"
    text = str(cell).replace("\x00", "").strip()
    return text[1:] if text[:2] in ("'+", "'=", "'-", "'@") else text
