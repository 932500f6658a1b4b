import csv
import io
from datetime import date

import pytest
import python_calamine

from billing_site.pages import exports, lists
from clients.models import Client

EVIL = ["=1+1", "+7 495", "-2", "@SUM(A1)", "\tx", "\rx", "\n=1", "＝1+1"]


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula(text):
    file = io.BytesIO()
    exports.write_csv(file, ["a"], [[text]])
    (row,) = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""), delimiter=";"))[1:]
    assert row == ["'" + text]


def test_csv_is_what_excel_opens(browse, head, make_clients):
    make_clients(6, phone="+74951234567")
    answer = browse(head).get("/clients/?export=csv&cols=name,status,phone,number,registered_on")
    data = content(answer)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 7  # the whole filter, not the page of four
    assert rows[1][2] == "'+74951234567"
    assert rows[1][4] == "01.01.2026"
    assert "attachment" in answer["Content-Disposition"]


def test_xlsx_holds_real_values_of_exactly_the_filter(browse, head, make_clients):
    make_clients(3)
    Client.objects.create(name="=HYPERLINK(1)", status="closed", registered_on="2026-02-03")
    answer = browse(head).get("/clients/?export=xlsx&status=closed&cols=name,number,registered_on")
    book = python_calamine.load_workbook(io.BytesIO(content(answer)))
    head_row, *rows = book.get_sheet_by_index(0).to_python()
    assert head_row == ["Name", "Number", "Since"]
    (row,) = rows
    assert row[0] == "=HYPERLINK(1)"
    assert row[1] == Client.objects.get(status="closed").pk
    assert row[2] == date(2026, 2, 3)


def test_too_many_rows_are_refused_politely(browse, head, make_clients, monkeypatch):
    monkeypatch.setattr(lists, "ROW_LIMIT", 2)
    make_clients(3)
    answer = browse(head).get("/clients/?export=csv&status=active", follow=True)
    assert answer.redirect_chain == [("/clients/?status=active", 302)]
    assert "Больше 2 строк" in answer.content.decode()
