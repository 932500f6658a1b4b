"""Which invoices a payment purpose names. The first table is what real payers wrote."""

import io
import json
import time
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from invoices.purposes import MAX_RANGE, MAX_REFS, InvoiceRef, best_reading, read_purpose, reading_of

REAL = [
    (
        "Оплата по счету 88#72815 от 09.02.19; Плат. диск. простр-на 5 гб + Доступ на 1 польз. "
        '"Стандарт" с 01.03.19 по 31.03.19 Сумма: 860р. 00к. НДС не облагается.',
        [72815],
    ),
    ("Оплата по сч. № 72815 от 09.02.2019 за услуги. Без НДС", [72815]),
    ("Опл.сч.N72815 от 9 февраля 2019 г. Сумма 860-00", [72815]),
    ("Оплата счетов 72815, 72816 и 72820 от 09.02.2019", [72815, 72816, 72820]),
    ("По счету №10 от 01.02.2019 по договору 72815", []),
    ("Оплата по договору № 72815 от 01.01.2018", []),
    ("За сервис по счету72815 от 09.02.19", [72815]),
    ("За транспортные услуги по счету № Ек2Тюм003221 от 18 Апреля 2019г. Сумма 2 999-00руб без НДС", []),
    ("Расчет по договору N 0320 от 21.06.2021 за проведение экспертизы. Не облагается НДС", []),
    ("Оплата по сч 72815 за ООО Ромашка ИНН 7708305901 (третье лицо)", [72815]),
    ("Оплата по счету 860 от 01.02.2019 сумма 860-00", [860]),
]
NAMED = [
    # words
    ("Оплата по Cчeтy №72815", [72815]),  # Latin C, e, y
    ("СЧЁТ 72815", [72815]),
    ("сче\u0308т 72815", [72815]),
    ("ОПЛ.СЧ№72815", [72815]),
    ("счетNo72815", [72815]),
    ("СЧЕТУ1000001", [1000001]),
    ("Посчету 72815", [72815]),
    ("счет на оплату: 72815", [72815]),
    ("счет-фактура № 72815, акт 555", [72815]),
    ("счет-оферта №72815", [72815]),
    ("с/ф 72815 от 01.02.19", [72815]),
    ("сч/ф № 72815", [72815]),
    ("по сч-ту 72815", [72815]),
    ("Invoice #72815", [72815]),
    ("invoice No. 72815 dated 2019-02-09", [72815]),
    ("счет номер 72815", [72815]),
    ("По счету от 09.02.2019 № 72815", [72815]),
    ("счет (№72815)", [72815]),
    # numbers
    ("счету №72815от09.02.19", [72815]),
    ("счету 72815/1 от 09.02.19", [72815]),
    ("счету 72815/2019", [72815]),
    ("счету № 000072815", [72815]),
    ("счету № 72 815 от 09.02.19", [72815]),
    ("счету № 7 2 8 1 5", [72815]),
    ("счету 728 15 от 09.02.19", [72815]),
    ("счету 72815 2 шт", [72815]),
    ("счету 72815 частичная оплата", [72815]),
    ("счету 860 р/с 40702810", [860]),
    ("счету 72815 9 мая", [72815]),
    ("счету 72815 по договору 12345 от 01.01.2018", [72815]),
    # lists
    ("счета № 72815, №72816,№72817", [72815, 72816, 72817]),
    ("счета 72815+72816/72817; 72818", [72815, 72816, 72817, 72818]),
    ("счета 72815 от 09.02.19, 72816 от 10.02.19 и № 72820 от 11.02.19", [72815, 72816, 72820]),
    ("счета 72815 (860-00), 72816 (860-00)", [72815, 72816]),
    ("по счету 72815 и счету 72816", [72815, 72816]),
    ("счетов 860, 72815", [860, 72815]),
    ("счета 72815, 72815 и 72815", [72815]),
    ("счету 72815, 500 ГБ и 100 пользователей", [72815]),
    ("счету 72815, ИНН 7708305901", [72815]),
    # ranges
    ("счета 72815-72817", [72815, 72816, 72817]),
    ("счета №№ 72815 – 72817, 72820", [72815, 72816, 72817, 72820]),
    ("счета с 72815 по 72817 от 09.02.2019", [72815, 72816, 72817]),
    ("счета 72817-72815", [72817, 72815]),
    ("счета 1000-9999", [1000, 9999]),
]
SILENT = [
    "",
    "Оплата №72815 от 09.02.19",
    "акт 72815",
    "за услуги 72815",
    "счетчик 72815",
    "расчет 72815",
    "перевод на р/счет 40702810",
    "расчетный счет 40702810",
    "р.сч. 40702810",
    "по лицевому счету 123456",
    "за счет субсидии 12345",
    "счет № 40702810500000000777",
    "счет № 1234567890",
    "счет № 72815А",
    "счет № 72815-ТМ",
    "счет № 12/345",
    "счет № АБ12345",
    "счет № 10",
    "счет № 000",
    "счет на 860 руб",
    "счет 860 рублей 00 копеек",
    "счет 1 720,00",
    "счет 09.02.2019",
    "счет 500 пользователей",
    "счет 20%",
    "счет № ١٢٣٤",
]


@pytest.mark.parametrize(("text", "numbers"), REAL + NAMED)
def test_named_invoices(text, numbers):
    assert [ref.number for ref in read_purpose(text)] == numbers


@pytest.mark.parametrize("text", SILENT)
def test_other_numbers_are_not_invoices(text):
    assert read_purpose(text) == ()


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("счет 88#72815", ["88#"]),
        ("счет №88 # 72815 и 72816", ["88#", None]),
        ("счет ЛТ-72815", ["ЛТ-"]),
        ("счет № лт-72815", ["лт-"]),
        ("счет №72815", [None]),
        ("счет №72815, счет 88#72815", ["88#"]),
        ("счет 88#72815-72817", ["88#", "88#", "88#"]),
    ],
)
def test_a_prefix_is_returned_as_written(text, prefixes):
    assert [ref.prefix for ref in read_purpose(text)] == prefixes


def test_a_date_belongs_to_its_number_or_to_the_undated_before_it():
    own = read_purpose("счета 72815 от 09.02.2019, 72816 от 10.02.2019")
    shared = read_purpose('счета 72815 и 72816 от "9" февраля 2019 г. с 01.03.19 по 31.03.19')

    assert [ref.dated for ref in own] == [date(2019, 2, 9), date(2019, 2, 10)]
    assert [ref.dated for ref in shared] == [date(2019, 2, 9)] * 2
    assert read_purpose("счет от 09.02.2019 № 72815") == (InvoiceRef(None, 72815, date(2019, 2, 9)),)
    assert read_purpose("счет 72815 за март с 01.03.19")[0].dated is None


def test_what_else_a_purpose_says():
    found = reading_of(
        "Возврат за ООО Роза ИНН/КПП 7708305901/770801001, 1 720,00 в т.ч. НДС 20% - 286.67; "
        "31.02.2019, 9 мая 2019, 2019-02-09, сумма: 25"
    )

    assert found.inns == ("7708305901",)
    assert found.sums == (Decimal("1720.00"), Decimal("25.00"))
    assert found.vat == (Decimal("286.67"),)
    assert found.dates == (date(2019, 5, 9), date(2019, 2, 9))
    assert found.speaks_of_refund
    assert not reading_of("Оплата по счету 72815").speaks_of_refund


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("860-00", "860"),
        ("860=00", "860"),
        ("860р. 00к.", "860"),
        ("860 руб. 5 коп.", "860.05"),
        ("2 999-00руб", "2999"),
        ("1 720,00", "1720"),
        ("1000 ₽", "1000"),
    ],
)
def test_sums_as_people_write_them(text, amount):
    assert reading_of(f"за услуги {text} без НДС").sums == (Decimal(amount),)


def test_of_two_joins_the_one_that_names_more_wins():
    assert best_reading(["по счету 728 15", "по счету 72815"]).refs == (InvoiceRef(None, 72815),)
    assert len(best_reading(["счета 72815, 72816", "счета72815,72816за"]).refs) == 2


def test_ranges_and_lists_have_a_cap():
    assert len(read_purpose("счета 1001-1050")) == MAX_RANGE
    assert len(read_purpose("счета 1001-1051")) == 2
    assert len(read_purpose("счета " + ", ".join(str(n) for n in range(1000, 9000)))) == MAX_REFS


PIECES = st.sampled_from(
    [
        *"счеt №N#/-–.,;+и()0123456789",
        " ",
        "счет",
        "счету ",
        "от ",
        "88#",
        "ЛТ-",
        "09.02.19",
        "860-00",
        "по ",
        "ИНН ",
        "İ",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_is_read(text):
    found = reading_of(text)

    assert all(1 <= ref.number < 10**9 for ref in found.refs)
    assert len({(ref.prefix, ref.number) for ref in found.refs}) == len(found.refs)


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1 111 ",
        "счет",
        "счет ",
        "счет 1,",
        "счет 100-149,",
        "11.",
        "a",
        "а-",
        "№",
        "n",
        ".",
        "ИНН ",
        "11-",
        " ",
        "счет 111 и ",
    ],
)
def test_hostile_texts_take_linear_time(piece):
    text = "счет " + piece * (100_000 // len(piece))
    began = time.process_time()
    reading_of(text)

    assert time.process_time() - began < 5


def test_the_command_prints_a_json_list_for_each_text():
    out = io.StringIO()
    call_command("read_purpose", "счет 88#72815, 72816", "акт 5\u2028\udcff", json=True, stdout=out)

    first, second = out.getvalue().splitlines()
    assert json.loads(first) == [{"prefix": "88#", "number": 72815}, {"prefix": None, "number": 72816}]
    assert json.loads(second) == []


def test_the_command_speaks_to_people_too():
    out = io.StringIO()
    call_command("read_purpose", "счет 88#72815, 72816", "акт 5", stdout=out)

    assert out.getvalue().splitlines()[0] == "88#72815, 72816"
    assert len(out.getvalue().splitlines()) == 2
