"""The facts of one mail, as values. What left the sender and what we concluded stand side by side."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

KINDS = ("human", "auto", "bounce", "list", "loop", "spam")


class UnreadableMail(Exception):
    """There is nothing to read: the file has no byte but white space."""


class Address(NamedTuple):
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the mail. `inline` = the letter's text shows it (a picture by `content_id`)."""

    name: str
    type: str
    content: bytes = field(repr=False)
    content_id: str = ""
    inline: bool = False

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that our letter did not arrive: whose letter and to whom."""

    original_message_id: str
    recipients: tuple[str, ...]
    permanent: bool


@dataclass(slots=True)
class Mail:
    """One mail. Ids keep their angle brackets; `text` is whole, quotes included; `html` is as it came.

    `from_header` is False when the sender was taken from another header than From.
    `authentication_results` are the headers of that name, topmost (latest) first.
    """

    from_address: str = ""
    from_name: str = ""
    from_header: bool = False
    authors: int = 0
    reply_to: list[Address] = field(default_factory=list)
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    text: str = ""
    html: str = ""
    attachments: list[Part] = field(default_factory=list)
    kind: str = "human"
    kind_reason: str = ""
    bounce: Bounce | None = None
    return_path: str | None = None
    authentication_results: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
