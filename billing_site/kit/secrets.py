"""Secrets at rest and tokens in links."""

import functools
import hashlib
import secrets
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@functools.lru_cache(maxsize=4)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Encrypt with the first of FIELD_KEYS."""
    return _keys(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Decrypt with any of FIELD_KEYS. Raises cryptography.fernet.InvalidToken."""
    return _keys(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()


class EncryptedTextField(models.TextField):
    """Text in Python, ciphertext in the column. Can't be searched; never name it in lists or history."""

    def get_prep_value(self, value: str | None) -> str | None:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> type[models.Lookup] | None:
        """Only "is null": the same text is encrypted differently each time, so a comparison never holds."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return decrypt(value) if value else value


def token_hash(token: str) -> str:
    """What the database keeps of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token() -> tuple[str, str]:
    """A new random token for a link, 256 bits, and its hash."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)
