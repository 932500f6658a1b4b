"""One mail, from its bytes to its facts. No network, no clock, no database; time linear in the bytes."""

import hashlib

from tickets.reading import problems as say
from tickets.reading.addresses import addresses
from tickets.reading.bodies import contents_of
from tickets.reading.classes import classify
from tickets.reading.headers import Decoder, all_of, clean_line, date_of, message_ids, one_of, split_headers
from tickets.reading.mail import Address, Mail, UnreadableMail
from tickets.reading.parts import read_tree

_SENDERS = ("From", "Reply-To", "Return-Path", "Sender")


def read_mail(raw: bytes, *, own_hosts: frozenset[str] = frozenset()) -> Mail:
    """What the bytes say. `own_hosts`: hosts of the Message-IDs we send, to know our own letters.

    Raises UnreadableMail when there is nothing but white space; anything else is a mail, and what is
    wrong with it stands in `problems`.
    """
    problems: list[str] = []
    source = _unwrapped(raw)
    if not source.strip():
        raise UnreadableMail("the file is empty")
    headers, body = split_headers(source, problems)
    if not headers.keys():
        say.note(problems, say.NO_HEADERS)
    tree = read_tree(headers, body, problems)
    decoder = Decoder(headers, problems)
    mail = Mail(problems=problems)
    _read_people(mail, headers, decoder)
    mail.subject = decoder.text(one_of(headers, "Subject"))
    mail.date = date_of(one_of(headers, "Date"), problems)
    _read_ids(mail, headers, raw)
    mail.authentication_results = [decoder.text(value) for value in all_of(headers, "Authentication-Results")]
    contents = contents_of(tree, decoder)
    mail.text, mail.html, mail.attachments = contents.text, contents.html, contents.files
    mail.kind, reason = classify(mail, tree, own_hosts)
    mail.kind_reason = clean_line(reason)[:200]
    return mail


def _unwrapped(raw: bytes) -> bytes:
    """The mail without what a mailbox file or an editor put around it, line ends that are line ends."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    elif b"\r\r\n" in raw[:2000]:
        raw = raw.replace(b"\r\r\n", b"\r\n")
    return raw


def _read_people(mail: Mail, headers, decoder: Decoder) -> None:
    people = {name: _people(headers, name, decoder) for name in ("From", "Reply-To", "To", "Cc", "Sender")}
    return_paths = all_of(headers, "Return-Path")
    people["Return-Path"] = _people(headers, "Return-Path", decoder)
    mail.reply_to, mail.to, mail.cc = people["Reply-To"], people["To"], people["Cc"]
    mail.return_path = return_paths[0].strip("<> ") if return_paths else None
    mail.authors = len(people["From"])
    mail.from_header = any("@" in one.address for one in people["From"])
    if not mail.from_header:
        say.note(decoder.problems, say.NO_FROM)
    if mail.authors > 1:
        say.note(decoder.problems, say.SEVERAL_SENDERS)
    known = [one for name in _SENDERS for one in people[name]]
    sender = next((one for one in known if "@" in one.address), known[0] if known else Address("", ""))
    mail.from_name, mail.from_address = sender
    if not mail.from_name and people["From"] and not mail.from_header:
        mail.from_name = people["From"][0].name


def _people(headers, name: str, decoder: Decoder) -> list[Address]:
    return [person for value in all_of(headers, name) for person in addresses(value, decoder)]


def _read_ids(mail: Mail, headers, raw: bytes) -> None:
    """Own id, derived from the bytes when missing, so that the same file is the same mail."""
    own = message_ids(one_of(headers, "Message-ID"))
    if not own:
        say.note(mail.problems, say.NO_MESSAGE_ID)
        own = [f"<{hashlib.sha256(raw).hexdigest()[:40]}@missing.invalid>"]
    mail.message_id = own[0]
    mail.in_reply_to = next(iter(message_ids(one_of(headers, "In-Reply-To"))), "")
    mail.references = message_ids(one_of(headers, "References"))
