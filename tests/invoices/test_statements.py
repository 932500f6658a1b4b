"""Reading bank statements: every quirk is one that a real bank's file has."""

import contextlib
import io
import json
import re
import time
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import example, given
from hypothesis import strategies as st

from invoices.statements import StatementError, StatementFile, keyed, purpose_variants, read_statement

OURS = "40702810100000000001"
OURS_TOO = "40702810800000000002"
THEIRS = "40702810500000000777"
FIGURE_5 = (
    "Оплата по счету 88#72815 от 09.02.19; Плат. диск. простр-на 5 гб + Доступ на 1 польз. "
    '"Стандарт" с 01.03.19 по 31.03.19 Сумма: 860р. 00к. НДС не облагается.'
)


def document(number="15", amount="860.00", **changes) -> list[str]:
    """An incoming payment order; a change to None leaves the key out."""
    fields = {
        "Номер": number,
        "Дата": "28.02.2019",
        "Сумма": amount,
        "ПлательщикСчет": THEIRS,
        "ПлательщикИНН": "7708305901",
        "ПлательщикКПП": "770801001",
        "Плательщик1": 'ООО "Ромашка"',
        "ПлательщикБИК": "044525225",
        "ПолучательСчет": OURS,
        "ПолучательИНН": "7725381772",
        "Получатель1": 'ООО "Облако"',
        "ДатаПоступило": "01.03.2019",
        "НазначениеПлатежа": FIGURE_5,
        **changes,
    }
    keys = [f"{key}={value}" for key, value in fields.items() if value is not None]
    return ["СекцияДокумент=Платежное поручение", *keys, "КонецДокумента"]


def outgoing(**changes) -> list[str]:
    sides = {
        "ПлательщикСчет": OURS,
        "ПолучательСчет": THEIRS,
        "ДатаПоступило": "",
        "ДатаСписано": "02.03.2019",
    }
    return document(**{**sides, **changes})


def section(account=OURS, opening="1000.00", received="860.00", spent="0.00", closing="1860.00", **changes):
    fields = {
        "ДатаНачала": "01.03.2019",
        "ДатаКонца": "31.03.2019",
        "РасчСчет": account,
        "НачальныйОстаток": opening,
        "ВсегоПоступило": received,
        "ВсегоСписано": spent,
        "КонечныйОстаток": closing,
        **changes,
    }
    keys = [f"{key}={value}" for key, value in fields.items() if value is not None]
    return ["СекцияРасчСчет", *keys, "КонецРасчСчет"]


def statement(*blocks, accounts=(OURS,), end="КонецФайла", newline="\r\n", encoding="cp1251", said="Windows"):
    """The bytes of a file made of the blocks."""
    lines = ["1CClientBankExchange", "ВерсияФормата=1.03", f"Кодировка={said}", "Отправитель=Банк"]
    lines += [f"РасчСчет={account}" for account in accounts]
    for block in blocks:
        lines += block
    return newline.join([*lines, *([end] if end else []), ""]).encode(encoding)


def texts(found: StatementFile) -> str:
    return "\n".join(f"{problem.line}: {problem.text}" for problem in found.problems)


@pytest.mark.parametrize("fold", [str.lower, str.upper])
def test_marks_of_sections_in_any_case(fold):
    whole = statement(section(), document(), encoding="utf-8").decode()
    folded = re.sub(
        "Секция|РасчСчет(?!=)|КонецДокумента|КонецРасчСчет|КонецФайла", lambda m: fold(m[0]), whole
    )
    read = read_statement(folded.encode())
    assert (read.balanced, len(read.lines), read.problems) == (True, 1, ())


def test_an_incoming_payment_is_read_whole():
    found = read_statement(statement(section(), document()))

    assert found.balanced is True
    assert found.problems == ()
    assert found.header["Отправитель"] == "Банк"
    assert found.header["РасчСчет"] == OURS
    assert found.accounts[0].raw["ВсегоПоступило"] == "860.00"
    (line,) = found.lines
    assert (line.kind, line.number) == ("Платежное поручение", "15")
    assert (line.dated_on, line.posted_on) == (date(2019, 2, 28), date(2019, 3, 1))
    assert (line.direction, line.amount, line.currency) == ("in", Decimal("860.00"), "RUB")
    assert (line.payer.name, line.payer.inn, line.payer.kpp) == ('ООО "Ромашка"', "7708305901", "770801001")
    assert (line.payer.account, line.payer.bic) == (THEIRS, "044525225")
    assert line.payee.account == line.own_account == OURS
    assert line.purpose == FIGURE_5
    assert line.raw["ПолучательИНН"] == "7725381772"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("cp1251", "Windows"),
        ("cp866", "DOS"),
        ("cp866", "Windows"),
        ("utf-8", "Windows"),
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "Windows"),
        ("utf-16", "Windows"),
    ],
)
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_the_encoding_is_seen_not_believed(encoding, said, newline):
    found = read_statement(statement(section(), document(), encoding=encoding, said=said, newline=newline))

    assert [line.purpose for line in found.lines] == [FIGURE_5]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("860.00", "860.00"),
        ("25000", "25000.00"),
        ("100 000,00", "100000.00"),
        ("100\u00a0000,00", "100000.00"),
        ("1 234 567.5", "1234567.50"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("860-00", "860.00"),
    ],
)
def test_sums_as_banks_write_them(written, amount):
    assert read_statement(statement(document(amount=written))).lines[0].amount == Decimal(amount)


@pytest.mark.parametrize("written", ["", "abc", "12.345", "1e5", "-5.00", "0.00", "1" * 13, "٣٤"])
def test_a_document_without_a_sum_is_named_and_the_rest_is_read(written):
    data = statement(
        document(number="1"),
        document(number="BO-2001", amount=written),
        document(number="3"),
        encoding="utf-8",
    )
    found = read_statement(data)

    assert [line.number for line in found.lines] == ["1", "3"]
    (problem,) = [problem for problem in found.problems if "BO-2001" in problem.text]
    assert data.decode().split("\r\n")[problem.line - 1].startswith("СекцияДокумент")


def test_daily_sections_between_documents_add_up():
    """Sber: a section a day, sums with spaces, no end mark."""
    first = section(received="100 000,00", closing="101 000,00", ДатаКонца="01.03.2019")
    second = section(
        opening="101 000,00", received="0,00", spent="860,00", closing="100 140,00", ДатаНачала="02.03.2019"
    )
    found = read_statement(statement(first, document(amount="100 000,00"), second, outgoing(), end=""))

    assert found.balanced is True
    assert found.problems == ()
    assert [line.direction for line in found.lines] == ["in", "out"]
    assert found.lines[1].posted_on == date(2019, 3, 2)
    assert (found.totals.rows_in, found.totals.rows_out) == (Decimal("100000.00"), Decimal("860.00"))


def test_a_whole_period_beside_its_days_is_not_counted_twice():
    whole = section(received="1720.00", closing="2720.00")
    day = section(ДатаКонца="01.03.2019")
    found = read_statement(statement(whole, day, document(), document(number="16")))

    assert found.balanced is True


def test_several_accounts_are_told_apart():
    sections = section(), section(account=OURS_TOO, received="0", spent="500.00", closing="500.00")
    payment = outgoing(ПлательщикСчет=OURS_TOO, amount="500.00")
    found = read_statement(statement(*sections, document(), payment, accounts=(OURS, OURS_TOO)))

    assert found.balanced is True
    assert found.header["РасчСчет"] == [OURS, OURS_TOO]
    assert [(line.direction, line.own_account) for line in found.lines] == [("in", OURS), ("out", OURS_TOO)]


@pytest.mark.parametrize(
    ("received", "spent", "direction"),
    [("01.03.2019", "", "in"), ("", "01.03.2019", "out"), ("", "", "unknown")],
)
def test_between_our_own_accounts_the_posting_date_tells(received, spent, direction):
    moved = document(ПлательщикСчет=OURS_TOO, ДатаПоступило=received, ДатаСписано=spent)
    found = read_statement(statement(moved, accounts=(OURS, OURS_TOO)))

    assert found.lines[0].direction == direction
    assert bool(found.problems) == (direction == "unknown")


def test_direction_comes_from_our_account_not_from_words():
    found = read_statement(statement(outgoing(НазначениеПлатежа="Поступление оплаты по счету 72815")))
    assert found.lines[0].direction == "out"

    stranger = read_statement(statement(document(), accounts=()))
    assert stranger.lines[0].direction == "unknown"
    assert stranger.lines[0].posted_on is None
    assert "15" in texts(stranger)

    assert read_statement(statement(document(), accounts=()), [OURS]).lines[0].direction == "in"


def test_an_empty_posting_date_of_the_other_side_proves_nothing():
    """VTB and Alfa write both keys, one of them empty; Alfa ends with КонецВыписки."""
    blank = [""]
    found = read_statement(
        statement(blank, section(), blank, document(ДатаСписано="", Получатель=""), blank, end="КонецВыписки")
    )

    assert (found.lines[0].direction, found.lines[0].posted_on) == ("in", date(2019, 3, 1))
    assert found.problems == ()


@pytest.mark.parametrize(
    ("fields", "name", "inn"),
    [
        ({"Плательщик": '7777777777, ООО "Роза"', "Плательщик1": None}, 'ООО "Роза"', "7708305901"),
        (
            {"Плательщик": '7777777777, ООО "Роза"', "Плательщик1": "", "ПлательщикИНН": ""},
            'ООО "Роза"',
            "7777777777",
        ),
        (
            {"Плательщик1": "ИНН 770830590112 ИП Роза Р. Р.", "ПлательщикИНН": "0"},
            "ИП Роза Р. Р.",
            "770830590112",
        ),
        ({"Плательщик1": "ИНН 7708305901/КПП 770801001 АО Роза"}, "АО Роза", "7708305901"),
        ({"Плательщик": "ООО Роза", "Плательщик1": 'ООО "РОЗА"'}, 'ООО "РОЗА"', "7708305901"),
        ({"Плательщик1": "7 континент"}, "7 континент", "7708305901"),
    ],
)
def test_the_payer_is_named_in_many_ways(fields, name, inn):
    payer = read_statement(statement(document(**fields))).lines[0].payer

    assert (payer.name, payer.inn) == (name, inn)


def test_zero_means_no_tax_number():
    payer = read_statement(statement(document(ПлательщикИНН="0", ПлательщикКПП="0"))).lines[0].payer
    assert (payer.inn, payer.kpp) == ("", "")


def test_the_clients_own_account_goes_before_its_banks():
    line = read_statement(statement(document(ПлательщикСчет="3" * 20, ПлательщикРасчСчет=THEIRS))).lines[0]
    assert line.payer.account == THEIRS

    ours = read_statement(statement(document(ПолучательРасчСчет="3" * 20))).lines[0]
    assert (ours.direction, ours.payee.account) == ("in", OURS)

    by_lines = read_statement(statement(document(ПлательщикСчет=None, Плательщик2=THEIRS))).lines[0]
    assert by_lines.payer.account == THEIRS


def test_a_purpose_keeps_its_equals_signs_and_its_parts():
    assert read_statement(statement(document(НазначениеПлатежа="a=b=c"))).lines[0].purpose == "a=b=c"

    parts = {
        "НазначениеПлатежа": "",
        "НазначениеПлатежа1": "по счету 728",
        "НазначениеПлатежа2": "15 от 09.02.19",
    }
    line = read_statement(statement(document(**parts))).lines[0]
    assert line.purpose == "по счету 728 15 от 09.02.19"
    assert purpose_variants(line.purpose, line.raw) == (line.purpose, "по счету 72815 от 09.02.19")


def test_a_purpose_with_a_line_break_is_joined_and_reported():
    block = document()
    block.insert(-1, "за март")
    found = read_statement(statement(block))

    assert found.lines[0].purpose == f"{FIGURE_5} за март"
    assert len(found.problems) == 1


def test_unknown_and_repeated_keys_are_kept_as_written():
    block = document(НовыйКлюч=" x ")
    block.insert(-1, "НовыйКлюч=y")
    found = read_statement(statement(block))

    assert found.lines[0].raw["НовыйКлюч"] == [" x ", "y"]


def test_missing_keys_are_not_demanded():
    bare = ["СекцияДокумент=СБП", "Сумма=860", f"ПолучательСчет={OURS}", "КонецДокумента"]
    (line,) = read_statement(statement(bare)).lines

    assert (line.number, line.dated_on, line.posted_on, line.purpose) == ("", None, None, "")
    assert (line.direction, line.payer.inn, line.payer.account) == ("in", "", "")


def test_a_date_that_is_no_date_is_reported_not_fatal():
    found = read_statement(statement(document(Дата="31.02.2019", ДатаПоступило="23.08.201819202122")))

    assert (found.lines[0].dated_on, found.lines[0].posted_on) == (None, None)
    assert len(found.problems) == 2


def test_a_cut_file_gives_its_whole_documents_and_says_it_is_cut():
    data = statement(
        section(received="1720.00", closing="2720.00"), document(number="1"), document(number="2")
    )
    at = data.index("Сумма=860.00".encode("cp1251"), data.index("Номер=2".encode("cp1251")))
    found = read_statement(data[: at + 8])

    assert [line.number for line in found.lines] == ["1"]
    assert found.balanced is False
    assert any(" 2 " in problem.text for problem in found.problems)


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
def test_a_file_cut_anywhere_is_read_up_to_there(encoding):
    data = statement(section(), document(), encoding=encoding)
    for end in range(40, len(data) - 2):
        found = read_statement(data[:end])
        assert found.problems or found.balanced is True
        assert all(line.amount == 860 and line.number == "15" for line in found.lines)


def test_two_documents_run_together_are_not_taken_for_one():
    first, second = document(number="1"), document(number="2", amount="900.00")
    found = read_statement(statement(first[:-1] + second[1:], document(number="3")))
    assert [line.number for line in found.lines] == ["3"]

    unclosed = read_statement(statement(first[:-1], second))
    assert [line.number for line in unclosed.lines] == ["2"]
    assert "1" in texts(unclosed)


@pytest.mark.parametrize(
    "changes",
    [
        {"received": "900.00", "closing": "1900.00"},
        {"received": "860.01"},
        {"closing": "1860.01"},
        {"received": None, "spent": None, "closing": "1900.00"},
        {"received": "8б0.00"},
    ],
)
def test_totals_that_do_not_hold_are_said(changes):
    found = read_statement(statement(section(**changes), document()))

    assert found.balanced is False
    assert OURS in texts(found)


def test_without_stated_totals_the_balance_is_unknown():
    assert read_statement(statement(document())).balanced is None
    silent = section(opening=None, received=None, spent=None, closing=None)
    assert read_statement(statement(silent, document())).balanced is None
    assert read_statement(statement(section(opening=None, closing=None), document())).balanced is True


def test_a_lost_beginning_is_read_with_a_warning():
    found = read_statement("\r\n".join([*section(), *document(), "КонецФайла"]).encode("cp1251"))

    assert found.lines[0].direction == "in"
    assert found.problems[0].line == 1


@pytest.mark.parametrize(
    "data", [b"", b"\r\n \0", b"PK\x03\x04 not a statement", "Счёт № 72815".encode(), bytes(range(256))]
)
def test_what_is_no_statement_is_refused_with_a_reason(data):
    with pytest.raises(StatementError, match=r"\w"):
        read_statement(data)


def test_nul_and_broken_bytes_never_reach_the_database():
    data = statement(document(), encoding="utf-8").replace("Ромашка".encode(), b"\0\xff\xfe")
    found = read_statement(data)

    assert "\0" not in found.lines[0].payer.name
    assert len(found.problems) == 1
    assert found.lines[0].purpose == FIGURE_5


@given(st.binary(max_size=300))
@example("СекцияДокумент".encode("cp866"))
def test_any_bytes_are_read_or_refused(noise):
    with contextlib.suppress(StatementError):
        read_statement(noise)
    read_statement(statement(document(), end="")[:-2] + noise)


def test_long_files_take_linear_time():
    data = statement(*[document(number=str(n)) for n in range(10_000)])
    began = time.process_time()
    found = read_statement(data)

    assert len(found.lines) == len({key for key, _ in keyed(found.lines)}) == 10_000
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "line", ["x", "=", "x=", "СекцияДокумент=", "КонецДокумента", "НазначениеПлатежа=x\r\nx"]
)
def test_hostile_lines_take_linear_time(line):
    data = statement([line] * 50_000)
    began = time.process_time()
    found = read_statement(data)

    assert len(found.problems) <= 1001
    assert time.process_time() - began < 5


def test_the_key_is_the_row_not_its_file():
    once = statement(section(), document(), document(number="16"))
    again = statement(
        document(number="16"), document(), document(number="17"), encoding="utf-8", newline="\n"
    )
    first, second = dict(keyed(read_statement(once).lines)), dict(keyed(read_statement(again).lines))

    assert len(first) == 2
    assert len(set(first) & set(second)) == 2


def test_equal_rows_of_one_file_are_two_rows():
    keys = [key for key, _ in keyed(read_statement(statement(document(), document())).lines)]

    assert len(set(keys)) == 2
    assert keys[0] == keyed(read_statement(statement(document())).lines)[0][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "15А"},
        {"amount": "860.01"},
        {"ДатаПоступило": "02.03.2019"},
        {"ПлательщикИНН": "7709983032"},
        {"ПлательщикСчет": "40702810500000000778"},
        {"НазначениеПлатежа": "Оплата за услуги"},
        {"НазначениеПлатежа": "Оплата за товары"},
    ],
)
def test_each_part_of_the_identity_counts(changes):
    keys = [key for key, _ in keyed(read_statement(statement(document(), document(**changes))).lines)]
    alone = keyed(read_statement(statement(document(**changes))).lines)[0][0]

    assert len(set(keys)) == 2
    assert keys[1] == alone


def test_the_key_forgives_case_yo_and_spaces():
    plain, fancy = "оплата по счету 15", "Оплата  по СЧЁТУ\u00a015 "
    lines = [read_statement(statement(document(НазначениеПлатежа=text))).lines[0] for text in (plain, fancy)]

    assert keyed(lines[:1])[0][0] == keyed(lines[1:])[0][0]


def test_the_command_prints_a_json_line_for_each_file(tmp_path):
    good, bad = tmp_path / "kl_to_1c.txt", tmp_path / "photo.jpg"
    good.write_bytes(statement(section(), document(Плательщик1="Роза\u2028"), encoding="utf-8"))
    bad.write_bytes(b"\xff\xd8\xff")
    out = io.StringIO()
    call_command(
        "read_statement", str(good), str(tmp_path / "absent"), str(tmp_path), str(bad), json=True, stdout=out
    )

    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [set(answer) for answer in answers[1:]] == [{"file", "error"}] * 3
    assert [answer["file"] for answer in answers[:2]] == [str(good), str(tmp_path / "absent")]
    first = answers[0]
    assert set(first) == {"file", "header", "accounts", "totals", "balanced", "problems", "lines"}
    assert first["accounts"][0]["КонечныйОстаток"] == "1860.00"
    assert (first["balanced"], first["problems"]) == (True, [])
    (line,) = first["lines"]
    assert (line["amount"], line["date"], line["posted_on"]) == ("860.00", "2019-02-28", "2019-03-01")
    assert line["raw"]["Номер"] == "15"
    assert set(line["payer"]) == {"name", "inn", "kpp", "account", "bic"}


def test_a_dash_is_standard_input(monkeypatch):
    data = statement(section(), document())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    out = io.StringIO()
    call_command("read_statement", "-", json=True, stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["file"], answer["balanced"], len(answer["lines"])) == ("-", True, 1)


def test_the_command_sums_a_file_up_for_a_person(tmp_path):
    file = tmp_path / "kl_to_1c.txt"
    file.write_bytes(statement(section(received="1.00"), document()))
    out = io.StringIO()
    call_command("read_statement", str(file), str(tmp_path / "absent"), stdout=out)

    assert "860.00" in out.getvalue()
    assert OURS in out.getvalue()
    assert "absent" in out.getvalue().splitlines()[-1]
