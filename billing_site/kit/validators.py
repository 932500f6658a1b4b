"""Requisites as Django validators: the same checks, told to a form."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from billing_site.kit import requisites


def _told(check: Callable, *values: str) -> None:
    try:
        check(*values)
    except ValueError as wrong:
        raise ValidationError(str(wrong)) from wrong


def valid_inn(value: str) -> None:
    _told(requisites.check_inn, value)


def valid_kpp(value: str) -> None:
    _told(requisites.check_kpp, value)


def valid_ogrn(value: str) -> None:
    _told(requisites.check_ogrn, value)


def valid_code(value: str) -> None:
    _told(requisites.check_code, value)


def valid_bic(value: str) -> None:
    _told(requisites.check_bic, value)


def valid_account(account: str, bic: str) -> None:
    """The key of a settlement account against the bank's BIC."""
    _told(requisites.check_account, account, bic)
