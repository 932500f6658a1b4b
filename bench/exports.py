"""A list of a hundred thousand rows as XLSX and CSV, beside the bare writers on the bare rows."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import xlsxwriter
from django.db import connection

from bench.frame.measuring import Measurement, clocked, peak
from bench.frame.offices import Office
from billing_site.pages.exports import export
from invoices.models import Invoice
from invoices.queries import with_open
from invoices.tables import InvoiceTable

ROWS = 100_000
RUNS = 3


def measure(office: Office) -> Iterator[Measurement]:
    table = InvoiceTable()
    rows = with_open(Invoice.objects.all()).order_by("-id")[:ROWS]
    count = rows.count()
    bare = rows.values_list(*table.fields())
    statement, params = bare.query.sql_with_params()
    for kind, write in (("xlsx", _bare_xlsx), ("csv", _bare_csv)):

        def ours(kind: str = kind) -> None:
            export(table, rows, kind, "Счета").close()

        def floor(write: Callable[[Any], None] = write) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement, params)
                write(cursor)

        memory = peak(ours)
        pairs = [(clocked(ours), clocked(floor)) for _n in range(RUNS)]
        yield Measurement(
            f"{kind} of {count} rows",
            [ms for ms, _floor in pairs],
            f"the same rows from a cursor into the {kind} writer",
            [ms for _ours, ms in pairs],
            memory=memory,
            rows=count,
        )


def _bare_xlsx(cursor: Any) -> None:
    book = xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True})
    sheet = book.add_worksheet()
    for y, row in enumerate(cursor):
        for x, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(y, x, value)
            elif value is not None:
                sheet.write(y, x, value)
    book.close()


def _bare_csv(cursor: Any) -> None:
    csv.writer(io.StringIO(), delimiter=";").writerows(cursor)
