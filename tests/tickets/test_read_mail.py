import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.tickets.mails import file, mail, multipart, part

FIELDS = {
    "file", "from", "from_name", "to", "cc", "subject", "date", "message_id", "in_reply_to", "references",
    "text", "html", "attachments", "kind", "problems",
}  # fmt: skip


def run(*files: Path | str) -> list[dict]:
    out = io.StringIO()
    call_command("read_mail", *map(str, files), json=True, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def written(tmp_path):
    def write(name: str, raw: bytes) -> Path:
        (tmp_path / name).write_bytes(raw)
        return tmp_path / name

    return write


def test_all_fields_of_one_mail(written):
    letter = part("Спасибо", Content_Type="text/plain; charset=utf-8")
    raw = multipart(
        "mixed",
        letter,
        file(b"%PDF", "Счёт.pdf"),
        References="<a@x> <b@x>",
        Cc="C <c@x.example>, d@x.example",
    )
    path = written("one.eml", raw)
    assert run(path) == [
        {
            "file": str(path),
            "from": "ivan@client.example",
            "from_name": "Ivan Petrov",
            "to": ["help@office.example"],
            "cc": ["c@x.example", "d@x.example"],
            "subject": "Question",
            "date": "2026-11-23T14:05:00+03:00",
            "message_id": "<1@client.example>",
            "in_reply_to": "",
            "references": ["<a@x>", "<b@x>"],
            "text": "Спасибо",
            "html": "",
            "attachments": [{"name": "Счёт.pdf", "type": "application/pdf", "size": 4}],
            "kind": "human",
            "problems": [],
        }
    ]


def test_one_bad_mail_never_stops_the_rest(written, tmp_path):
    files = [
        written("first.eml", mail("один")),
        written("empty.eml", b""),
        tmp_path / "absent.eml",
        tmp_path,
        written("headers.eml", b"From: a@b.example"),
        written("junk.eml", bytes(range(256)) * 40),
        written("last.eml", mail("два")),
    ]
    read = run(*files)
    assert [facts["file"] for facts in read] == [str(path) for path in files]
    assert ["error" in facts for facts in read] == [False, True, True, True, False, False, False]
    assert all(set(facts) == ({"file", "error"} if "error" in facts else FIELDS) for facts in read)
    assert (read[0]["text"], read[-1]["text"]) == ("один", "два")


def test_a_mail_without_date_and_from(written):
    (facts,) = run(written("bare.eml", mail(Date=None, From=None)))
    assert (facts["date"], facts["from"]) == (None, "")
    assert facts["problems"]


def test_for_a_person_it_prints_words(written):
    out = io.StringIO()
    call_command(
        "read_mail", str(written("a.eml", mail("Добрый день"))), str(written("b.eml", b"")), stdout=out
    )
    assert "ivan@client.example" in out.getvalue()
    assert "Добрый день" in out.getvalue()
    assert "b.eml: the file is empty" in out.getvalue()


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}],
)
def test_an_empty_environment_and_any_locale_give_whole_lines(written, tmp_path, environment):
    odd = os.fsencode(tmp_path) + b"/\xff.eml"
    Path(os.fsdecode(odd)).write_bytes(mail("строка\u2028ещё\x85"))
    done = subprocess.run(
        [sys.executable, "manage.py", "read_mail", "--json", odd, b"absent"],
        capture_output=True, env=environment, check=True, timeout=60, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found, absent = (json.loads(line) for line in done.stdout.decode("utf-8").splitlines())
    assert found["text"] == "строка\u2028ещё\x85"
    assert found["file"].isprintable()
    assert absent == {"file": "absent", "error": "No such file or directory"}


def test_our_own_letter_that_comes_back_is_a_loop(written, settings):
    settings.MAIL_HOST = "office.example"
    (facts,) = run(written("own.eml", mail(Message_ID="<message.7.abc@office.example>")))
    assert facts["kind"] == "loop"


def test_no_database_is_needed_and_a_dash_is_standard_input():
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "manage.py", "read_mail", "--json", "-"],
        input=mail("Добрый день"), capture_output=True, env=environment, check=True, timeout=60,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert json.loads(done.stdout)["text"] == "Добрый день"
