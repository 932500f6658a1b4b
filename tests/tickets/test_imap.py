"""An IMAP folder of a real server, by UIDVALIDITY and UID."""

import imaplib
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from billing_site.kit import clock
from tests.tickets.mails import mail
from tickets import importing
from tickets.importing import imap
from tickets.intake import receive_raw
from tickets.models import Mailbox, RawMail

pytestmark = pytest.mark.django_db


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """pymap, in memory, listening."""
    port = free_port()
    log = tmp_path_factory.mktemp("pymap") / "log"
    pymap = Path(sys.executable).with_name("pymap")
    options = ["--no-service", "managesieve", "--no-service", "admin", "--no-tls", "--host", "127.0.0.1"]
    command = [pymap, *options, "--port", str(port), "dict"]
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        for _try in range(100):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(10)


class Folder:
    """The other side of the mailbox: what a person or another mail program does with it."""

    def __init__(self, port: int, name: str):
        self.url = f"imap://demouser:demopass@127.0.0.1:{port}/{name}"
        self.name = name
        self.line = imaplib.IMAP4("127.0.0.1", port, timeout=10)
        self.line.login("demouser", "demopass")

    def create(self) -> None:
        self.line.create(self.name)

    def delete(self) -> None:
        self.line.delete(self.name)

    def gets(self, *letters: bytes, days_ago: int = 0, flags: str = "") -> None:
        when = imaplib.Time2Internaldate(time.time() - days_ago * 86400)
        for letter in letters:
            self.line.append(self.name, flags, when, letter)

    def flags(self) -> list[bytes]:
        self.line.select(self.name, readonly=True)
        _ok, lines = self.line.uid("FETCH", "1:*", "(FLAGS)")
        return [line for line in lines if line]


@pytest.fixture
def folder(port, request):
    made = Folder(port, f"box{abs(hash(request.node.name))}")
    made.create()
    Mailbox.objects.update(url=made.url)
    yield made
    made.line.logout()


def box() -> Mailbox:
    return Mailbox.objects.get()


def fetched() -> importing.Taken:
    return importing.fetch(box())


def letter(n: int) -> bytes:
    return mail(f"Письмо {n}", Message_ID=f"<{n}@client.example>")


def test_new_mails_come_once_in_order_and_are_marked_seen(folder):
    folder.gets(letter(1), letter(2))
    assert fetched() == importing.Taken(new=2)
    assert [bytes(raw.data) for raw in RawMail.objects.order_by("pk")] == [letter(1), letter(2)]
    assert all(b"Seen" in line for line in folder.flags())
    assert fetched() == importing.Taken()
    folder.gets(letter(3))
    assert fetched() == importing.Taken(new=1)
    last = RawMail.objects.latest("pk")
    assert (last.uid_validity, last.uid) == (box().uid_validity, box().last_uid)


def test_what_a_person_has_read_comes_all_the_same(folder):
    folder.gets(letter(1), flags=r"(\Seen)")
    assert fetched().new == 1


def test_years_of_old_mail_make_no_tickets(folder):
    folder.gets(letter(1), letter(2), days_ago=400)
    assert fetched() == importing.Taken()
    folder.gets(letter(3))
    assert fetched() == importing.Taken(new=1)


def test_of_a_new_mailbox_the_last_days_are_taken(folder):
    folder.gets(letter(1), days_ago=400)
    folder.gets(letter(2), days_ago=1)
    assert fetched().new == 1


def test_killed_before_the_cursor_moved(folder):
    folder.gets(letter(1))
    fetched()
    folder.gets(letter(2))
    receive_raw(box(), letter(2))  # committed, and then the worker was killed
    assert fetched() == importing.Taken(known=1)
    assert RawMail.objects.count() == 2


def test_a_folder_numbered_anew_is_read_again_without_doubles(folder):
    folder.gets(letter(1), letter(2))
    fetched()
    before = box().uid_validity
    folder.delete()
    folder.create()
    folder.gets(letter(1), letter(2), letter(3))
    assert fetched() == importing.Taken(new=1, known=2)
    assert box().uid_validity != before
    assert RawMail.objects.count() == 3


def test_what_the_cursor_passed_by_is_found_within_the_hour(folder):
    folder.gets(letter(1), letter(2))
    fetched()
    RawMail.objects.earliest("uid").delete()
    now = clock.now().replace(minute=0)
    with clock.standing_at(now + timedelta(minutes=10)):
        Mailbox.objects.update(fetched_at=now)
        assert fetched() == importing.Taken()
    with clock.standing_at(now + timedelta(minutes=61)):
        assert fetched() == importing.Taken(new=1)


def test_a_mail_that_is_too_large_is_told_until_it_goes_and_stops_nobody(folder, monkeypatch):
    monkeypatch.setattr(imap, "LARGEST", 1000)
    folder.gets(letter(1), mail("x" * 2000), letter(2))
    taken = fetched()
    assert (taken.new, len(taken.troubles)) == (2, 1)
    assert f"UID {box().last_uid - 1}" in box().error
    assert fetched().troubles, "the trouble must not be forgotten by the next visit"
    monkeypatch.setattr(imap, "LARGEST", 10_000)
    assert fetched() == importing.Taken(new=1)
    assert box().error == ""


def test_a_visit_is_bounded_and_the_next_goes_on(folder, monkeypatch):
    monkeypatch.setattr(imap, "AT_ONCE", 2)
    folder.gets(letter(1), letter(2), letter(3))
    assert [fetched().new, fetched().new, fetched().new] == [2, 1, 0]


def test_a_large_mail_comes_whole(folder):
    big = mail("ы" * 2_000_000)
    folder.gets(big)
    fetched()
    assert bytes(RawMail.objects.get().data) == big


def test_a_wrong_password_or_folder_is_told_and_then_mended(folder):
    Mailbox.objects.update(url=folder.url.replace("demopass", "wrong"))
    assert fetched().troubles
    assert "wrong" not in box().error
    Mailbox.objects.update(url=f"{folder.url}-of-nobody")
    assert fetched().troubles
    Mailbox.objects.update(url=folder.url)
    fetched()
    assert box().error == ""


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("INBOX", '"INBOX"'),
        ("Входящие & другие", '"&BBIERQQ+BDQETwRJBDgENQ- &- &BDQEQARDBDMEOAQ1-"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
    ],
)
def test_folders_are_named_as_the_protocol_writes_them(name, spelt):
    assert imap._named(name) == spelt


def test_days_are_named_in_english_whatever_the_locale():
    assert imap._day(datetime(2026, 11, 3).date()) == "3-Nov-2026"
