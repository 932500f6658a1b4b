"""A real mail server that does what a test tells it, and remembers what it heard."""

import socket
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.test import Client as Browser

from billing_site.letters.actions import Content, queue
from billing_site.office.models import User
from tests import make


class PostOffice:
    """aiosmtpd's handler. `refuse`: answer to RCPT by address; `breaks`: the line breaks after DATA that
    many times, the mail being taken; `asked`: called at MAIL FROM, before the letter is heard.
    """

    def __init__(self):
        self.mails: list[Message] = []
        self.refuse: dict[str, str] = {}
        self.breaks = 0
        self.says = "250 OK"
        self.asked = lambda: None

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        self.asked()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.says.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content))
        if self.breaks:
            self.breaks -= 1
            server.transport.abort()
        return self.says


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mail_away(settings) -> int:
    """Mail goes to a port where nobody listens."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    return settings.EMAIL_PORT


@pytest.fixture
def post_office(mail_away):
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=mail_away)
    controller.start()
    yield office
    controller.stop()


@pytest.fixture(autouse=True, scope="session")
def _russian():
    call_command("messages", "--compile")


@pytest.fixture
def manager(db) -> User:
    return make.user("account_manager", name="Анна Ветрова")


@pytest.fixture
def write(db):
    """Queue a letter; only what a test is about is spelled out."""

    def written(to=("client@romashka.example",), **fields):
        content = Content("Счёт № 72815", "Здравствуйте!", fields.pop("html", ""))
        return queue(content, to=list(to), **{"kind": "invoice", "by": None, **fields})

    return written


@pytest.fixture
def browse():
    def signed_in(user) -> Browser:
        browser = Browser(raise_request_exception=False)
        browser.force_login(user)
        return browser

    return signed_in
