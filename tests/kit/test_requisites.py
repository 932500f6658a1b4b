import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_site.kit.requisites import (
    BadRequisite,
    check_account,
    check_bic,
    check_inn,
    check_kpp,
    check_ogrn,
    make_account,
    make_inn,
    make_ogrn,
    normal_address,
    read_phone,
    shown_phone,
)


def of_digits(n: int):
    """Numbers of `n` digits that can begin a real requisite."""
    return st.integers(3 * 10 ** (n - 1), 5 * 10 ** (n - 1) - 1).map(str)


@pytest.mark.parametrize("inn", ["7709983032", "7814695160", "7708305901", "7725381772", "500100732259"])
def test_a_right_inn_passes(inn):
    assert check_inn(inn) == inn


@pytest.mark.parametrize(
    ("inn", "says"),
    [
        ("7709983033", "Контрольная цифра"),
        ("500100732258", "Контрольная цифра"),
        ("770998303", "нужно цифр — 10 или 12, а здесь 9"),
        ("77O9983032", "только цифры"),
        ("7709 983032", "только цифры"),
        ("0000000000", "одной повторяющейся цифры"),
        ("٧٧٠٩٩٨٣٠٣٢", "только цифры"),
        ("", "только цифры"),
    ],
)
def test_a_wrong_inn_is_told_why(inn, says):
    with pytest.raises(BadRequisite, match=says):
        check_inn(inn)


@pytest.mark.parametrize("kpp", ["770901001", "7709AB001"])
def test_a_right_kpp_passes(kpp):
    assert check_kpp(kpp) == kpp


@pytest.mark.parametrize("kpp", ["77090100", "0", "7709ab001", "7709АВ001", "7709010011"])
def test_a_wrong_kpp_is_refused(kpp):
    with pytest.raises(BadRequisite):
        check_kpp(kpp)


@pytest.mark.parametrize("ogrn", ["1022200525819", "1027700132195", "385768585948949"])
def test_a_right_ogrn_passes(ogrn):
    assert check_ogrn(ogrn) == ogrn


def test_a_sole_traders_check_digit_is_the_last_of_the_remainder():
    """30450000000002 mod 13 = 11, so the check digit is 1."""
    assert 30450000000002 % 13 == 11
    assert check_ogrn("304500000000021") == "304500000000021"


@pytest.mark.parametrize(
    ("ogrn", "says"),
    [
        ("1022500001328", "Контрольная цифра"),
        ("102220052581", "13 или 15"),
        ("504500000000021", "начинается с 3 или 4"),
    ],
)
def test_a_wrong_ogrn_is_told_why(ogrn, says):
    with pytest.raises(BadRequisite, match=says):
        check_ogrn(ogrn)


@pytest.mark.parametrize("bic", ["044525225", "049805000", "017003983"])
def test_a_right_bic_passes(bic):
    assert check_bic(bic) == bic


@pytest.mark.parametrize("bic", ["0445252", "944525225", "034525225", "04452522X"])
def test_a_wrong_bic_is_refused(bic):
    with pytest.raises(BadRequisite):
        check_bic(bic)


def test_the_key_of_an_account_holds_it_to_its_bank():
    """A printed order had BIC 044525933 for this account: an OCR slip of 044525593, found by the key."""
    assert check_account("40702810502080001823", "044525593")
    with pytest.raises(BadRequisite, match="не сходится с БИК"):
        check_account("40702810502080001823", "044525933")


def test_the_central_banks_own_example_of_a_correspondent_account():
    """CBR order 515 of 08.09.1997."""
    assert check_account("30101810800000000746", "049805746")
    with pytest.raises(BadRequisite):
        check_account("30101810700000000746", "049805746")


def test_treasury_accounts_follow_another_rule_and_pass():
    assert check_account("03100643000000017300", "017003983")


@given(of_digits(9) | of_digits(10))
def test_made_up_inns_are_right(beginning):
    assert check_inn(make_inn(beginning)).startswith(beginning)


@given(of_digits(12) | of_digits(14))
def test_made_up_ogrns_are_right(beginning):
    assert check_ogrn(make_ogrn(beginning)).startswith(beginning)


@given(st.integers(0, 10**11 - 1), st.integers(3, 999))
def test_made_up_accounts_are_right_and_no_other_key_is(number, bank):
    bic = f"044525{bank:03d}"
    account = make_account(bic, f"407028100{number:011d}")
    assert check_account(account, bic) == account
    wrong = f"{account[:8]}{(int(account[8]) + 1) % 10}{account[9:]}"
    with pytest.raises(BadRequisite):
        check_account(wrong, bic)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Buh@Firma.RU ", "buh@firma.ru"),
        ("<buh@firma.ru>", "buh@firma.ru"),
        ("buh@Президент.РФ", "buh@xn--d1abbgf6aiiy.xn--p1ai"),
        ("a.b+1c@mail.firma.ru", "a.b+1c@mail.firma.ru"),
    ],
)
def test_an_address_has_one_form(text, address):
    assert normal_address(text) == address
    assert normal_address(address) == address


@pytest.mark.parametrize(
    "text", ["", "@", "buh", "buh@", "@firma.ru", "a b@firma.ru", "a@b@c.ru", "a@firma..ru", "a@" + "f" * 70]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadRequisite):
        normal_address(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("8(495)540-5151 доб.2207", ("+74955405151", "2207")),
        ("8(495)540-5151доб.2207", ("+74955405151", "2207")),
        ("+7 495 540 51 51, добавочный 12", ("+74955405151", "12")),
        ("(495) 540-51-51 вн. 12", ("+74955405151", "12")),
        ("9169939985", ("+79169939985", "")),
        ("8 800 555-35-35", ("+78005553535", "")),
        ("+7 701 123 45 67", ("+77011234567", "")),
    ],
)
def test_phones_are_read_as_people_write_them(text, read):
    assert read_phone(text) == read


@pytest.mark.parametrize("text", ["", "нет", "123", "+7 495"])
def test_what_is_no_phone_is_refused(text):
    with pytest.raises(BadRequisite):
        read_phone(text)


def test_a_phone_is_shown_for_reading_aloud():
    assert shown_phone("+74955405151", "2207") == "+7 495 540-51-51 доб. 2207"
    assert shown_phone("+74955405151") == "+7 495 540-51-51"
    assert shown_phone("спросить у Анны") == "спросить у Анны"
