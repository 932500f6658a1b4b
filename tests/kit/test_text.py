import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.text import bare_name, digits, isolated, shorten


@pytest.mark.parametrize(
    "name",
    [
        'ООО "Фабрика Бизнеса"',
        "ООО «ФАБРИКА БИЗНЕСА»",
        "Фабрика бизнеса, ООО",
        "Общество с ограниченной ответственностью «Фабрика бизнеса»",
        "ПАО Фабрика  Бизнеса",
    ],
)
def test_names_are_compared_without_quotes_and_legal_form(name):
    assert bare_name(name) == "фабрика бизнеса"


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("ИП Семёнов И. И.", "семенов и и"),
        ("Типография «ИПК»", "типография ипк"),
        ("Публичное акционерное общество «Заря»", "заря"),
        ("ООО", "ооо"),
        ("", ""),
    ],
)
def test_only_whole_words_are_a_legal_form(name, bare):
    assert bare_name(name) == bare


def test_long_texts_are_cut_between_words():
    assert shorten("Аренда лицензий 1С", 40) == "Аренда лицензий 1С"
    assert shorten("Аренда лицензий на программы", 16) == "Аренда лицензий…"
    assert shorten("Аренда лицензий на программы", 20) == "Аренда лицензий на…"
    assert shorten("Аренда   лицензий\nна", 40) == "Аренда лицензий на"
    assert shorten("Достопримечательность", 10) == "Достоприм…"


@given(st.text(max_size=80), st.integers(1, 60))
def test_a_shortened_text_fits(text, limit):
    assert len(shorten(text, limit)) <= limit


def test_digits_alone():
    assert digits("+7 (495) 540-51-51") == "74955405151"


@pytest.mark.parametrize(
    ("name", "told"),
    [("Ромашка 2", "Ромашка 2"), ("ענן 2", "\u2068ענן 2\u2069"), ("شركة", "\u2068شركة\u2069"), ("", "")],
)
def test_a_name_from_right_to_left_stands_apart_in_a_sentence(name, told):
    assert isolated(name) == told
