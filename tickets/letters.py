"""Letters that tickets write; the kinds are listed for the editor's page."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.kit import clock
from billing_site.kit.requisites import shown_phone
from billing_site.letters.actions import Content
from billing_site.office.models import User
from tickets.models import Message, Ticket

KINDS = {"ticket": gettext_lazy("Ticket")}
SUBJECT_AT_MOST = 250  # of Letter.subject; the number at its end is never cut off
QUOTED_AT_MOST = 200  # lines
_ANSWERS = re.compile(r"^(?:\s*(?:re|отв|ответ)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*:)+\s*", re.IGNORECASE)


def opening_letter(ticket: Ticket, text: str, *, by: User) -> Content:
    """The letter with which we begin a conversation."""
    return Content(_numbered(ticket, ""), _signed(text, by))


def answer_letter(ticket: Ticket, text: str, *, by: User, asked: Message | None) -> Content:
    """Our answer with what the client wrote last below it, in the language that is active."""
    signed = _signed(text, by)
    return Content(_numbered(ticket, "Re: "), f"{signed}\n\n{_quote(asked)}" if asked else signed)


def _numbered(ticket: Ticket, before: str) -> str:
    number = f" [#{ticket.pk}]"
    bare = _ANSWERS.sub("", " ".join(ticket.subject.replace(number.strip(), " ").split()))
    return f"{before}{bare[: SUBJECT_AT_MOST - len(before) - len(number)]}{number}"


def _signed(text: str, by: User) -> str:
    """Without the «-- » line: programs would take the quote below for a part of the signature."""
    return f"{text.strip()}\n\n{signature_of(by)}"


def signature_of(user: User) -> str:
    """What the user signs with: his own signature, else name, post and phone."""
    if user.signature.strip():
        return user.signature.strip()
    lines = (user.name, user.post, shown_phone(user.phone, user.extension))
    return "\n".join(line for line in lines if line)


def _quote(asked: Message) -> str:
    """In the form that mail programs use, so that those of the others fold it, and ours too."""
    who = f"{asked.from_name} <{asked.from_address}>" if asked.from_name else asked.from_address
    head = _("%(when)s, %(who)s wrote:") % {
        "when": f"{clock.moscow(asked.at):%d.%m.%Y %H:%M}",
        "who": who,
    }
    lines = asked.text.strip().splitlines()
    shown = [*lines[:QUOTED_AT_MOST], *(["…"] if len(lines) > QUOTED_AT_MOST else [])]
    return "\n".join([head, *(f"> {line}".rstrip() for line in shown)])
