"""The office of the story: people at their pages, a worker's errands, a mail server, a mailbox."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from billing_site.letters import tasks as letters
from billing_site.letters.models import Letter
from billing_site.office.models import User
from invoices import schedule as bank
from invoices.models import Statement
from tests.letters.post import PostOffice
from tickets import schedule as tickets
from tickets.models import RawMail


class Hands:
    """A member of staff who works through the pages; a refused form fails the test with its errors."""

    def __init__(self, user: User):
        self.user, self.browser = user, Browser()
        self.browser.force_login(user)

    def ask(self, name: str, /, *args: Any, htmx: bool = False, **query: Any) -> Any:
        headers = {"HX-Request": "true"} if htmx else {}
        answer = self.browser.get(reverse(name, args=args), query, headers=headers)
        assert answer.status_code == 200, name
        return answer

    def see(self, name: str, /, *args: Any, **query: Any) -> str:
        return words(self.ask(name, *args, **query))

    def press(self, name: str, /, *args: Any, **data: Any) -> str:
        """Send a form; the page it leads to."""
        answer = self.browser.post(reverse(name, args=args), data, follow=True)
        assert answer.redirect_chain, (name, answer.context and answer.context["form"].errors)
        return words(answer)


def words(answer: Any) -> str:
    """What a page says, without tags, in one line, no-break spaces made plain."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(text.replace("\u00a0", " ").replace("&quot;", '"').split())


@dataclass
class Office:
    manager: Hands
    support: Hands
    treasury: Hands
    post: PostOffice
    box: Path
    known: dict[str, Any] = field(default_factory=dict)  # what the chapters tell each other

    def letters_leave(self) -> list[EmailMessage]:
        """A worker sends what is due; the mails that arrived by it."""
        before = len(self.post.mails)
        for letter_id in Letter.objects.filter(status=Letter.Status.QUEUED).values_list("pk", flat=True):
            letters.send(letter_id)
        return [parsed(mail.as_bytes()) for mail in self.post.mails[before:]]

    def mail_comes(self, data: bytes) -> None:
        """An .eml is dropped into the mailbox, and a worker finds it."""
        (self.box / "new" / f"{RawMail.objects.count() + 1}.eml").write_bytes(data)
        tickets.fetch()
        for raw_id in RawMail.objects.filter(status=RawMail.Status.RECEIVED).values_list("pk", flat=True):
            tickets.process(raw_id)

    def statement_comes(self, data: bytes) -> str:
        """Treasury loads a file, a worker reads it; the statement's page then."""
        self.treasury.press("statement-new", files=SimpleUploadedFile("kl_to_1c.txt", data))
        for statement_id in Statement.objects.filter(status=Statement.Status.RECEIVED).values_list(
            "pk", flat=True
        ):
            bank.read_statement(statement_id)
        return self.treasury.see("statement-detail", Statement.objects.latest("pk").pk)


def parsed(data: bytes) -> EmailMessage:
    mail = message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


def link_in(mail: EmailMessage) -> str:
    """The path of the one link to an invoice in a letter."""
    (link,) = set(re.findall(r"https?://\S+/i/[^/\s]+/", text_of(mail)))
    return urlsplit(link).path
