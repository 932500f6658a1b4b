"""Mails with a text, its HTML and a file of 30 kB: kept, read, filed into tickets."""

import base64
import email.policy
import hashlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.frame.measuring import Goal, Measurement
from bench.frame.offices import Office
from bench.frame.replay import compared, one_by_one
from bench.search import spread
from clients.models import EmailAddress
from tickets import intake
from tickets.models import Mailbox

MAILS = 200
FILE = 30_000  # bytes
REPLY = 3  # each third mail answers the one before it
GOAL = Goal(ratio=2.5)  # 0.4 of the floor's mails a second


def measure(office: Office) -> Iterator[Measurement]:
    box = Mailbox.objects.earliest("pk")
    senders = spread(EmailAddress.objects.all(), "address", MAILS) or ["nobody@nowhere.example"]
    mails = [written(n, senders[n % len(senders)]) for n in range(MAILS)]

    def take_in() -> None:
        for raw in mails:
            kept, _new = intake.receive_raw(box, raw)
            intake.process(kept.pk)

    yield compared(
        f"{MAILS} mails", take_in, rows=MAILS, goal=GOAL, before=lambda: parse(mails), put=one_by_one
    )


def written(n: int, sender: str) -> bytes:
    """The n-th mail; no two files are the same."""
    file = base64.encodebytes(random.Random(n).randbytes(FILE))
    text = f"Здравствуйте! Пишу вам в {n}-й раз: не печатает касса. Прошу помочь.\r\n" * 5
    html = "".join(f"<p>{line}</p>" for line in text.splitlines())
    answers = f"In-Reply-To: <bench-{n - 1}@bench.example>\r\n" if n % REPLY == REPLY - 1 else ""
    head = (
        f"From: <{sender}>\r\nTo: help@office.example\r\nSubject: Vopros {n}\r\n"
        f"Date: Tue, 24 Nov 2026 12:00:00 +0300\r\nMessage-ID: <bench-{n}@bench.example>\r\n{answers}"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="edge"\r\n\r\n'
        '--edge\r\nContent-Type: multipart/alternative; boundary="inner"\r\n\r\n'
    )
    bodies = "".join(
        f"--inner\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}\r\n"
        for kind, body in (("plain", text), ("html", html))
    )
    attached = (
        "--inner--\r\n--edge\r\nContent-Type: application/octet-stream\r\n"
        f'Content-Disposition: attachment; filename="{n}.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return (head + bodies + attached).encode() + file + b"\r\n--edge--\r\n"


def parse(mails: list[bytes]) -> None:
    """The least that reading them can be: all parts decoded, hashed, the files written."""
    with tempfile.TemporaryDirectory() as folder:
        for raw in mails:
            hashlib.sha256(raw)
            read = email.message_from_bytes(raw, policy=email.policy.compat32)
            for part in read.walk():
                content = part.get_payload(decode=True)
                if isinstance(content, bytes) and part.get_filename():
                    name = hashlib.sha256(content).hexdigest()
                    Path(folder, name).write_bytes(content)
                elif isinstance(content, bytes):
                    content.decode()
