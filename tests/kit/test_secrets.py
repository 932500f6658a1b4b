import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import FieldError
from django.db import connection

from billing_site.kit.secrets import decrypt, encrypt, make_token, token_hash
from invoices.models import PublicLink


def test_any_key_decrypts_and_the_first_encrypts(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    kept = encrypt("пароль")
    settings.FIELD_KEYS = [new, old]
    assert decrypt(kept) == "пароль"
    fresh = encrypt("пароль")
    settings.FIELD_KEYS = [old]
    with pytest.raises(InvalidToken):
        decrypt(fresh)


def test_a_secret_is_never_written_twice_alike():
    assert encrypt("пароль") != encrypt("пароль")


@pytest.mark.django_db
def test_the_column_holds_no_plain_text():
    field = PublicLink._meta.get_field("token")
    kept = field.get_db_prep_save("секрет", connection)
    assert "секрет" not in kept
    assert field.from_db_value(kept, None, connection) == "секрет"
    assert field.get_db_prep_save("", connection) == ""


@pytest.mark.django_db
def test_comparing_a_secret_in_the_database_is_an_error():
    with pytest.raises(FieldError):
        PublicLink.objects.filter(token="x")
    assert not PublicLink.objects.filter(token__isnull=True).exists()


def test_tokens_are_long_different_and_found_by_their_hash():
    (one, its_hash), (other, _hash) = make_token(), make_token()
    assert one != other
    assert len(one) >= 43
    assert token_hash(one) == its_hash
    assert len(its_hash) == 64
