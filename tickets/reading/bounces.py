"""Letters that say: yours did not arrive. RFC 3464 reports, and plain texts of servers that write none."""

import re

from tickets.reading.headers import all_of, message_ids, one_of, split_headers
from tickets.reading.mail import Bounce, Mail
from tickets.reading.parts import Entity

MAX_RECIPIENTS = 100
_TEXT_SEARCHED = 100_000

_DAEMON = re.compile(r"^(?:mailer[-_.]?daemon|postmaster|mail[-_.]daemon|mdaemon)(?:@|$)", re.IGNORECASE)
_FAILED_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|problem)|mail delivery (?:failed|system)|"
    r"failure notice|returned mail|недоставлен|не доставлен|не удалось доставить|невозможно доставить|"
    r"сообщение не может быть доставлено|ошибка доставки",
    re.IGNORECASE,
)
_ADDRESS = r"[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_FAILED_IN_TEXT = re.compile(rf"^[ \t]*<?({_ADDRESS})>?[ \t]*(?::|$)", re.MULTILINE)
_ORIGINAL_ID = re.compile(r"^[> \t]*Message-ID:\s*(<[^<>\s]{3,990}>)", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(
    rb"^(final-recipient|original-recipient|action|status)[ \t]*:[ \t]*([^\r\n]*)", re.I | re.M
)


def find_bounce(mail: Mail, tree: Entity) -> tuple[Bounce, str] | None:
    """The bounce and the sign it was told by; None for any other letter, a mere delay too."""
    report = next((part for part in _leaves(tree) if part.type == "message/delivery-status"), None)
    if report:
        failed, permanent, delivered = _reported(report.content)
        if delivered and not failed:
            return None
        return Bounce(
            _original(mail, tree), failed or _listed(mail, tree), permanent
        ), "message/delivery-status"
    listed = one_of(tree.headers, "X-Failed-Recipients")
    if listed:
        return Bounce(
            _original(mail, tree), _listed(mail, tree), permanent=True
        ), f"X-Failed-Recipients: {listed}"
    if _DAEMON.match(mail.from_address) and (mail.return_path == "" or _FAILED_SUBJECT.search(mail.subject)):
        return Bounce(
            _original(mail, tree), _listed(mail, tree), permanent=True
        ), f"From: {mail.from_address}"
    return None


def _leaves(entity: Entity) -> list[Entity]:
    if not entity.children:
        return [entity]
    return [leaf for child in entity.children for leaf in _leaves(child)]


def _reported(content: bytes) -> tuple[tuple[str, ...], bool, bool]:
    """Failed recipients, whether for good (5.x.x), and whether all the report says is "no failure"."""
    failed: dict[str, None] = {}
    permanent = said = False
    for group in re.split(rb"\r?\n[ \t]*\r?\n", content)[: MAX_RECIPIENTS + 1]:
        fields = {name.lower(): value.decode("utf-8", "replace") for name, value in _FIELD.findall(group)}
        action = fields.get(b"action", "").strip().lower()
        said = said or bool(action)
        recipient = fields.get(b"original-recipient") or fields.get(b"final-recipient", "")
        if action == "failed" or (not action and recipient):
            failed[recipient.rpartition(";")[2].strip(" <>")] = None
            permanent = permanent or not fields.get(b"status", "5").startswith("4")
    failed.pop("", None)
    return tuple(failed), permanent, said and not failed


def _listed(mail: Mail, tree: Entity) -> tuple[str, ...]:
    """Who was not reached, by X-Failed-Recipients or the lines of the text that begin with an address."""
    named = re.findall(_ADDRESS, " ".join(all_of(tree.headers, "X-Failed-Recipients")))
    named = named or _FAILED_IN_TEXT.findall(mail.text[:_TEXT_SEARCHED])
    return tuple(dict.fromkeys(named))[:MAX_RECIPIENTS]


def _original(mail: Mail, tree: Entity) -> str:
    """Message-ID of our letter: from the attached original, its headers, or a copy in the text."""
    for part in _leaves(tree):
        if part.type in {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}:
            headers, _body = split_headers(part.content.lstrip(), [])
            found = message_ids(one_of(headers, "Message-ID"))
            if found:
                return found[0]
    quoted = _ORIGINAL_ID.findall(mail.text[:_TEXT_SEARCHED])
    if quoted:
        return quoted[-1]
    return mail.in_reply_to or (mail.references[-1] if mail.references else "")
