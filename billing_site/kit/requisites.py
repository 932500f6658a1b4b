"""Tax numbers, bank details, phones and addresses: checked, normalised, shown; and made up for demos."""

import re

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as Wrong
from stdnum.ru import inn as _inn

_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_BIC_BEGINNINGS = ("00", "01", "02", "04")  # treasury and CBR divisions; banks
_KEY_WEIGHTS = (7, 1, 3)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN_LENGTH = 253


class BadRequisite(ValueError):
    """A requisite that can't be right; the message is translated, for the field."""


def _digits(value: str, lengths: tuple[int, ...], name: str) -> str:
    if not value.isascii() or not value.isdigit():
        raise BadRequisite(_("%(name)s consists of digits only.") % {"name": name})
    if len(value) not in lengths:
        raise BadRequisite(
            _("%(name)s has %(lengths)s digits, here are %(here)s.")
            % {"name": name, "lengths": _(" or ").join(map(str, lengths)), "here": len(value)}
        )
    if len(set(value)) == 1:
        raise BadRequisite(_("%(name)s can't consist of one repeated digit.") % {"name": name})
    return value


def check_inn(value: str) -> str:
    """INN of 10 (entity) or 12 digits (person) with its check digits. Raises BadRequisite."""
    _digits(value, (10, 12), _("INN"))
    try:
        return _inn.validate(value)
    except Wrong as wrong:
        raise BadRequisite(_("The check digit of the INN is wrong: a digit is mistyped.")) from wrong


def check_kpp(value: str) -> str:
    """KPP: four digits, two digits or capital letters, three digits. Raises BadRequisite."""
    if not _KPP.fullmatch(value):
        raise BadRequisite(_("KPP has 9 characters: 4 digits, 2 digits or capital letters, 3 digits."))
    return value


def check_ogrn(value: str) -> str:
    """OGRN of 13 or ОГРНИП of 15 digits with its check digit. Raises BadRequisite."""
    _digits(value, (13, 15), _("OGRN"))
    if len(value) == 15 and value[0] not in "34":
        raise BadRequisite(_("The OGRN of a sole trader begins with 3 or 4."))
    if value != make_ogrn(value[:-1]):
        raise BadRequisite(_("The check digit of the OGRN is wrong: a digit is mistyped."))
    return value


def check_bic(value: str) -> str:
    """BIC: nine digits that begin with 04 (banks) or 00–02 (treasuries). Raises BadRequisite."""
    _digits(value, (9,), _("BIC"))
    if not value.startswith(_BIC_BEGINNINGS):
        raise BadRequisite(_("BIC begins with 04; of a treasury, with 00, 01 or 02."))
    return value


def account_key(prefix: str, account: str) -> int:
    """Control sum of an account under its bank's three digits; 0 = right (CBR order 515)."""
    digits = prefix + account
    return sum(int(d) * _KEY_WEIGHTS[n % 3] % 10 for n, d in enumerate(digits)) % 10


def _key_prefix(account: str, bic: str) -> str:
    """Last three digits of the BIC; for accounts at the CBR itself, 0 and its digits 5–6."""
    at_cbr = account.startswith("30101") or bic[-3:] in ("000", "001", "002")
    return "0" + bic[4:6] if at_cbr else bic[-3:]


def check_account(account: str, bic: str) -> str:
    """Settlement or correspondent account against the key of its bank. Raises BadRequisite.

    Treasury accounts (03100…) follow another rule and pass.
    """
    _digits(account, (20,), _("Account"))
    if account.startswith("03100"):
        return account
    if account_key(_key_prefix(account, check_bic(bic)), account):
        raise BadRequisite(_("The account does not fit the BIC: a digit is mistyped in one of them."))
    return account


def check_code(code: str) -> str:
    """A counterparty code that Union can have, no placeholder (R1.5). Raises BadRequisite."""
    bare = [sign for sign in code if sign.isalnum()]
    if len(bare) < 2 or len(set(bare)) == 1:
        raise BadRequisite(_("This is a placeholder, not a code. Leave it empty until Union gives one."))
    if not re.fullmatch(settings.COUNTERPARTY_CODE, code):
        raise BadRequisite(
            _("Codes in our Union look otherwise. Copy it from the counterparty's card there.")
        )
    return code


def normal_address(text: str) -> str:
    """An e-mail address as the database keeps it: lower case, the domain in IDNA. Raises BadRequisite."""
    local, at, domain = text.strip().strip("<>").rpartition("@")
    try:
        host = domain.rstrip(".").encode("idna").decode("ascii")
        address = f"{local}{at}{host}".casefold()
        validate_email(address)
    except (UnicodeError, ValidationError) as wrong:
        raise BadRequisite(_("“%(text)s” is not an e-mail address.") % {"text": text.strip()[:80]}) from wrong
    return address


def normal_domain(text: str) -> str:
    """A domain's name as people read it: lower case, no «xn--». Raises BadRequisite."""
    try:
        name = text.strip().rstrip(".").lower().encode("idna").decode("ascii")
        labels = name.split(".")
        right = len(name) <= _DOMAIN_LENGTH and len(labels) > 1 and not labels[-1].isdecimal()
        if right and all(_LABEL.fullmatch(label) for label in labels):
            return name.encode("ascii").decode("idna")
    except UnicodeError as wrong:
        raise BadRequisite(_("“%(text)s” is no domain name.") % {"text": text.strip()[:80]}) from wrong
    raise BadRequisite(_("“%(text)s” is no domain name.") % {"text": text.strip()[:80]})


def readable_domain(typed: str) -> str:
    """A searched name as it is kept; what is no whole name stays as it was typed."""
    try:
        return normal_domain(typed)
    except BadRequisite:
        return typed


def read_phone(text: str, region: str = "RU") -> tuple[str, str]:
    """A phone in any usual form as (E.164, extension). Raises BadRequisite."""
    written = re.sub(
        r"(?:доб(?:авочный)?|вн(?:утр)?)\.?\s*(?=\d)", "ext. ", text.strip(), flags=re.IGNORECASE
    )
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as wrong:
        raise BadRequisite(_("“%(text)s” is not a phone number.") % {"text": text.strip()[:40]}) from wrong
    if not phonenumbers.is_possible_number(number):
        raise BadRequisite(_("“%(text)s” is not a phone number.") % {"text": text.strip()[:40]})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), number.extension or ""


def shown_phone(e164: str, extension: str = "") -> str:
    """«+7 495 540-51-51 доб. 2207»; what can't be read is shown as it is."""
    if not e164:
        return ""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"{shown} доб. {extension}" if extension else shown


def make_inn(digits: str) -> str:
    """A valid INN from its first 9 (entity) or 10 (person) digits; for invented companies."""
    if len(digits) == 9:
        return digits + _inn.calc_company_check_digit(digits)
    return digits + _inn.calc_personal_check_digits(digits)


def make_ogrn(digits: str) -> str:
    """A valid OGRN from its first 12 digits, ОГРНИП from 14.

    The check digit is the last digit of the remainder by 11 or 13; python-stdnum 2.2 forgets "the last
    digit of" for 13 and so refuses a quarter of all sole traders.
    """
    return digits + str(int(digits) % (11 if len(digits) == 12 else 13) % 10)


def make_account(bic: str, account: str) -> str:
    """The account with its ninth digit, the key, made right for the bank."""
    for key in range(10):
        candidate = f"{account[:8]}{key}{account[9:]}"
        if not account_key(_key_prefix(candidate, bic), candidate):
            return candidate
    raise AssertionError("one of ten keys is always right")
