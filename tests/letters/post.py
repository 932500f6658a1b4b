"""A real mail server that does what a test tells it, and remembers what it heard."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller


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


def mail_to_nobody(settings) -> int:
    """Mail goes to a port where nobody listens; the port."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = probe.getsockname()
    return settings.EMAIL_PORT


@contextmanager
def listening(port: int) -> Iterator[PostOffice]:
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    yield office
    controller.stop()
