"""Sources of mail: the bytes first, then the source is told; nothing is lost or doubled between."""

import os
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from billing_site.kit import clock
from tests.tickets.mails import mail
from tickets import importing, schedule
from tickets.importing import maildir
from tickets.intake import receive_raw
from tickets.models import Mailbox, RawMail, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(tmp_path):
    """The office's mailbox is a Maildir; it has been quiet for a while."""
    for name in ("tmp", "new", "cur"):
        (tmp_path / name).mkdir()
    Mailbox.objects.update(url=f"maildir://{tmp_path}")
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        yield tmp_path


def fetched() -> importing.Taken:
    return importing.fetch(Mailbox.objects.get())


def told() -> str:
    return Mailbox.objects.get().error


def test_a_dropped_mail_is_kept_and_put_away(box):
    (box / "new" / "letter.eml").write_bytes(mail())
    assert fetched() == importing.Taken(new=1)
    assert bytes(RawMail.objects.get().data) == mail()
    assert [path.name for path in (box / "cur").iterdir()] == ["letter.eml:2,S"]
    assert not list((box / "new").iterdir())
    assert fetched() == importing.Taken()


def test_a_name_that_is_taken_keeps_both_files(box):
    for text in ("Раз", "Два"):
        (box / "new" / "letter.eml").write_bytes(mail(text))
        fetched()
    assert len(list((box / "cur").iterdir())) == RawMail.objects.count() == 2


def test_killed_between_the_bytes_and_the_move(box):
    (box / "new" / "1.eml").write_bytes(mail())
    receive_raw(Mailbox.objects.get(), mail())  # committed, and then the power went
    assert fetched() == importing.Taken(known=1)
    assert RawMail.objects.count() == 1
    assert not list((box / "new").iterdir())


def test_odd_files_stay_and_are_told_and_stop_nobody(box, monkeypatch):
    new = box / "new"
    (new / "a folder").mkdir()
    (new / "a link").symlink_to("/etc/passwd")
    os.mkfifo(new / "a pipe")
    (new / "too large").write_bytes(b"x" * 2000)
    (new / ".hidden").write_bytes(b"not a mail")
    (new / "letter").write_bytes(mail())
    monkeypatch.setattr(maildir, "LARGEST", 1000)
    taken = fetched()
    assert (taken.new, len(taken.troubles)) == (1, 4)
    assert sorted(path.name for path in new.iterdir()) == [
        ".hidden", "a folder", "a link", "a pipe", "too large"]  # fmt: skip
    assert told().count("\n") == 3
    assert "a pipe" in told()


def test_a_file_that_is_being_written_waits(box):
    with clock.standing_at(clock.now() - timedelta(minutes=1)):  # this very moment
        (box / "new" / "letter.eml").write_bytes(mail()[:40])
        assert fetched() == importing.Taken()
    assert (box / "new" / "letter.eml").exists()


def test_a_folder_that_is_not_there_is_told_and_forgotten_when_mended(box):
    Mailbox.objects.update(url=f"maildir://{box}/nowhere")
    assert fetched().troubles
    assert "nowhere" in told()
    (box / "nowhere" / "new").mkdir(parents=True)
    fetched()
    assert told() == ""


@pytest.mark.parametrize(
    "url", ["pop3://me:secret@mail.example", "nonsense", "imap://me:secret@127.0.0.1:x/"]
)
def test_an_address_that_is_no_source_is_told_without_its_password(url):
    Mailbox.objects.update(url=url)
    assert fetched().troubles
    assert "secret" not in told()


def test_a_mailbox_that_is_not_fetched_is_left_alone(box):
    (box / "new" / "1").write_bytes(mail())
    Mailbox.objects.update(active=False)
    assert importing.fetch_due() == {}


def test_a_mail_server_in_trouble_rests_a_minute():
    Mailbox.objects.update(url="imap://me:secret@127.0.0.1:1/INBOX")
    assert importing.fetch_due()
    assert importing.fetch_due() == {}
    with clock.standing_at(clock.now() + timedelta(seconds=61)):
        assert importing.fetch_due()


def test_a_dropped_mail_is_a_ticket_at_once(box, django_capture_on_commit_callbacks):
    (box / "new" / "letter.eml").write_bytes(mail(Subject="Не печатает"))
    schedule.fetch()
    for raw_id in RawMail.objects.values_list("pk", flat=True):
        schedule.process(raw_id)
    assert Ticket.objects.get().subject == "Не печатает"


def test_fetch_mail_says_what_came(box, capsys):
    (box / "new" / "letter.eml").write_bytes(mail())
    call_command("fetch_mail", "--json")
    assert capsys.readouterr().out == ('{"mailbox": "Почта офиса", "new": 1, "known": 0, "troubles": []}\n')
    Mailbox.objects.update(url="nonsense")
    with pytest.raises(CommandError):
        call_command("fetch_mail")


def test_a_file_quiet_for_a_second_is_taken_by_the_real_clock(box):
    (box / "new" / "letter.eml").write_bytes(mail())
    time.sleep(1.1)
    with clock.standing_at(clock.now() - timedelta(minutes=1) + timedelta(seconds=1.1)):
        assert fetched() == importing.Taken(new=1)
