"""The panel as ./run starts it: all its processes, its own servers, a person at the other end of HTTP."""

import os
import signal
import subprocess
import sys
import threading
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from deploy.machine import marked, port_is_free, read_json, wait_until
from deploy.place import ROOT, Place
from tests.deploy.panel import Person

LOGIN, PASSWORD = "vera@office.example", "long-enough-2026"
OFFICE = f"""
from django.core.management import call_command
from billing_site.kit import clock
from invoices import billing
from products.actions import Wanted
from tests import make

call_command("set_up")
vera = make.user("account_manager", email="{LOGIN}", name="Вера Мирная")
vera.set_password("{PASSWORD}")
vera.save()
client = make.client(email="buh@romashka.example", account_manager=vera)
access = make.product("Доступ", {{"half_year": "4800.00"}})
order = make.order(client, Wanted(access, "half_year", 5), starts_on=clock.today())
print(billing.accept_order(order, by=vera)[0].pk)
"""


class Panel:
    """``./run`` after its set-up, in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.place = Place(var, self.environ)
        self.said: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def begin_office(self) -> str:
        """Not the demo office: it is large. The id of the draft that waits in this one."""
        with self.place.serving():
            environment = self.place.environment()
            done = subprocess.run(
                [sys.executable, "manage.py", "shell", "-v", "0", "-c", OFFICE],
                cwd=ROOT, env=environment, capture_output=True, text=True,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "deploy", "up"],
            cwd=self.place.var, env=self.environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()
        assert wait_until(lambda: "Ctrl-C stops it." in self.said or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip())

    @property
    def site(self) -> str:
        return next(line for line in self.said if "The panel is up" in line).rpartition(" ")[2]

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)

    def remains(self) -> list[str]:
        """What should have ended: servers, processes, listeners."""
        found = [server.name for server in Place(self.place.var, self.environ).servers if server.running]
        found += [str(pid) for pid in marked(f"BILLING_RUN={self.place.var}")]
        ports = read_json(self.place.var / "ports.json")
        return found + [name for name, port in ports.items() if not port_is_free(port)]

    def letters(self) -> list[EmailMessage]:
        """What the SMTP sink got."""
        files = sorted((self.place.var / "sent" / "new").glob("*"))
        return [BytesParser(policy=default).parsebytes(file.read_bytes()) for file in files]  # type: ignore[misc]

    def drop_mail(self, subject: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = "buh@romashka.example", "billing@oblako.example"
        mail["Subject"], mail["Message-ID"] = subject, "<1@romashka.example>"
        mail.set_content("Добрый день! Не открывается база.")
        mailbox = self.place.var / "mailbox"
        (mailbox / "tmp" / "1.eml").write_bytes(mail.as_bytes())
        (mailbox / "tmp" / "1.eml").rename(mailbox / "new" / "1.eml")


@pytest.fixture
def panel(own_var):
    panel = Panel(own_var)
    yield panel
    if panel.process and panel.process.poll() is None:
        panel.process.kill()


def test_the_panel_lives_and_ends(panel):
    draft = panel.begin_office()
    panel.start()

    person = Person(panel.site)
    person.fill_in("/", login=LOGIN, password=PASSWORD)
    assert (person.status, person.address) == (200, "/")
    assert "Вера Мирная" in person.page

    # Beat asks the mailbox, a worker makes the ticket.
    panel.drop_mail("База не открывается")
    assert wait_until(lambda: "База не открывается" in person.get("/tickets/"), 40), panel.said

    # A worker prints the paper, then the letter leaves with it.
    person.fill_in(f"/invoices/{draft}/send/")
    assert (person.status, person.address) == (200, f"/invoices/{draft}/")
    assert wait_until(panel.letters, 40), panel.said
    (letter,) = panel.letters()
    assert letter["To"] == "buh@romashka.example"
    (paper,) = letter.iter_attachments()
    assert paper.get_content_type() == "application/pdf"
    assert paper.get_content().startswith(b"%PDF")

    assert panel.press_ctrl_c() == 0
    assert panel.remains() == []
