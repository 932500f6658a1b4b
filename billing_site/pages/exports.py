"""Files of a list: exactly the rows that are filtered, exactly the columns that are shown."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.http import FileResponse

from billing_site.kit import clock
from billing_site.pages.tables import Table, plain

ROW_LIMIT = 20_000
IN_MEMORY = 2 * 1024 * 1024
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _rows(table: Table, queryset: QuerySet) -> Iterator[list[Any]]:
    for row in queryset.values(*table.fields()).iterator(chunk_size=2000):
        yield [plain(column.value(row)) for column in table.visible]


def _csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, (Decimal, float)):
        return str(value).replace(".", ",")
    return harmless(value) if isinstance(value, str) else str(value)


def write_csv(file: IO[bytes], heads: Iterable[str], rows: Iterable[list[Any]]) -> None:
    """UTF-8 with BOM, semicolons, decimal commas: what Excel in Russia opens by a double click."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow([harmless(head) for head in heads])
    writer.writerows([_csv_value(value) for value in row] for row in rows)
    text.flush()
    text.detach()


def write_xlsx(file: IO[bytes], heads: Iterable[str], rows: Iterable[list[Any]]) -> None:
    """Real numbers and dates; text is written as text, whatever it begins with."""
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    formats = {
        datetime: book.add_format({"num_format": "dd.mm.yyyy hh:mm"}),
        date: book.add_format({"num_format": "dd.mm.yyyy"}),
        Decimal: book.add_format({"num_format": "#,##0.00"}),
    }
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 60, 18)
    for n, head in enumerate(heads):
        sheet.write_string(0, n, head, bold)
    for y, row in enumerate(rows, start=1):
        for x, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(y, x, value)
            elif value is not None:
                sheet.write(y, x, value, formats.get(type(value)))
    book.close()


def export(table: Table, queryset: QuerySet, kind: str, name: str) -> FileResponse:
    """The file of a list; `kind` is csv or xlsx. Written before it is sent, in the reader's language."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    write, content_type = (write_xlsx, XLSX) if kind == "xlsx" else (write_csv, CSV)
    write(file, [str(column.label) for column in table.visible], _rows(table, queryset))
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name} {clock.today():%Y-%m-%d}.{kind}",
        content_type=content_type,
    )
