"""`receive_mail` as a mail server runs it: a process with a mail on its standard input."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.tickets.mails import mail
from tickets.models import Mailbox, RawMail

pytestmark = pytest.mark.django_db(transaction=True)


def receive(data: bytes, *options: str, **environment: str) -> subprocess.CompletedProcess:
    """The command in the test database; errands go to a broker that is away."""
    parts = connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
    return subprocess.run(
        [sys.executable, "manage.py", "receive_mail", *options],
        input=data,
        capture_output=True,
        timeout=60,
        env={**os.environ, "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0", **environment},
    )


def test_a_mail_is_kept_and_known_the_second_time():
    first, second = receive(mail(), "--json"), receive(mail(), "--json")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    raw = RawMail.objects.get()
    assert bytes(raw.data) == mail()
    assert json.loads(first.stdout) == {
        "mail": raw.pk,
        "new": True,
        "state": "received",
        "size": len(mail()),
        "sha256": hashlib.sha256(mail()).hexdigest(),
    }
    assert json.loads(second.stdout)["new"] is False


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00 not a mail at all", b"\r\n", "Тело без заголовков".encode("cp1251")]
)
def test_whatever_it_is_the_bytes_are_kept(data):
    assert receive(data).returncode == 0
    assert bytes(RawMail.objects.get().data) == data


def test_forty_megabytes_are_kept():
    big = mail(b"x" * (40 * 1024 * 1024))
    assert receive(big).returncode == 0
    assert RawMail.objects.get().size == len(big)


def test_a_mailbox_is_named_by_its_address():
    other = Mailbox.objects.create(
        name="Второй",
        address="two@office.example",
        url="maildir:///two",
        department=Mailbox.objects.get().department,
    )
    assert receive(mail(), "--mailbox", "TWO@office.example").returncode == 0
    assert RawMail.objects.get().mailbox == other


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {"DATABASE_URL": "postgres://nobody:wrong@127.0.0.1:1/nothing"}),
        (("--mailbox", "nobody@office.example"), {}),
    ],
)
def test_any_trouble_asks_the_mail_server_to_try_again(options, environment):
    done = receive(mail(), *options, **environment)
    assert done.returncode == 75
    assert done.stderr
    assert not RawMail.objects.exists()
    assert receive(mail()).returncode == 0


def test_a_pipe_that_broke_before_the_first_byte_has_lost_nothing():
    assert receive(b"").returncode == 75


def test_an_office_without_a_mailbox_asks_to_try_again():
    Mailbox.objects.all().delete()
    assert receive(mail()).returncode == 75


def test_a_reader_that_went_away_hears_of_the_mail_again():
    """The mail server may be gone when we answer: whatever it does next, there is one mail."""
    with open("/dev/full", "wb") as full:
        parts = connection.settings_dict
        done = subprocess.run(
            [sys.executable, "manage.py", "receive_mail"],
            input=mail(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            env={
                **os.environ,
                "DATABASE_URL": f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:"
                f"{parts['PORT']}/{parts['NAME']}",
                "REDIS_URL": "redis://127.0.0.1:1/0",
            },
        )
    assert done.returncode == 75
    assert receive(mail()).returncode == 0
    assert RawMail.objects.count() == 1
