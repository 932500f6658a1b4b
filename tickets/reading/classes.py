"""What kind of letter it is, by RFC 3834 and by what Russian and Western servers really write.

Nothing here is trusted: a forged mark can only make a letter less than human, so that it is kept
without answering, reopening or restarting a clock.
"""

import re
from email.message import Message
from typing import NamedTuple

from tickets.reading.bounces import find_bounce
from tickets.reading.headers import all_of, one_of
from tickets.reading.mail import Mail
from tickets.reading.parts import Entity

_ABSENT = re.compile(
    r"^\s*(?:автоматический ответ|автоответ|автоматическое (?:уведомление|сообщение)|вне офиса|"
    r"нет на месте|я в отпуске|в отпуске|отсутствую|отсутствие на рабочем месте|"
    r"auto(?:matic)?[ -]?(?:reply|response)|out[ -]of[ -](?:the[ -])?office|autoreply|vacation)"
    r"(?:\s*[:\-–—!(.]|\s*$|\s+(?:re|на)\b)",
    re.IGNORECASE,
)
_ROBOT = re.compile(r"^(?:no|do[._-]?not)[._-]?reply\b", re.IGNORECASE)


class Class(NamedTuple):
    """The kind and the sign it was told by, as it stands in the mail."""

    kind: str
    reason: str


def classify(mail: Mail, tree: Entity, own_hosts: frozenset[str]) -> Class:
    """Sets `mail.bounce` too when it is one. The first class that fits wins."""
    headers = tree.headers
    own = _own_loop(mail, headers, own_hosts)
    if own:
        return Class("loop", own)
    bounce = find_bounce(mail, tree)
    if bounce:
        mail.bounce, reason = bounce
        return Class("bounce", reason)
    for kind, sign in (("spam", _spam), ("auto", _auto), ("list", _list)):
        reason = sign(mail, headers)
        if reason:
            return Class(kind, reason)
    return Class("human", "")


def _own_loop(mail: Mail, headers: Message, own_hosts: frozenset[str]) -> str:
    hosts = {host.lower() for host in own_hosts}
    if mail.message_id.strip("<>").rpartition("@")[2].lower() in hosts:
        return f"Message-ID: {mail.message_id}"
    recipients = {one.address.lower() for one in (*mail.to, *mail.cc)}
    for value in all_of(headers, "X-Loop"):
        named = value.strip("<> ").lower()
        if named.rpartition("@")[2] in hosts or named in recipients:
            return f"X-Loop: {value}"
    sender = mail.from_address.lower()
    if sender in recipients and sender.rpartition("@")[2] in hosts:
        return f"From: {mail.from_address}"
    return ""


def _spam(_mail: Mail, headers: Message) -> str:
    for name in ("X-Spam-Flag", "X-Spam", "X-Spam-Status"):
        if one_of(headers, name).lower().startswith("yes"):
            return f"{name}: Yes"
    if one_of(headers, "X-Yandex-Spam") == "4":
        return "X-Yandex-Spam: 4"
    level = one_of(headers, "X-MS-Exchange-Organization-SCL")
    return f"SCL: {level}" if level.isascii() and level.isdigit() and int(level[:3]) >= 5 else ""


def _auto(mail: Mail, headers: Message) -> str:
    return _auto_by_header(headers) or _auto_by_sender(mail, headers)


def _auto_by_header(headers: Message) -> str:
    submitted = one_of(headers, "Auto-Submitted")
    if submitted and submitted.partition(";")[0].strip().lower() != "no":
        return f"Auto-Submitted: {submitted}"
    if "all" in re.split(r"[,\s]+", one_of(headers, "X-Auto-Response-Suppress").lower()):
        return "X-Auto-Response-Suppress: All"
    for name in (
        "X-Autoreply",
        "X-Autorespond",
        "X-Autoreply-From",
        "X-Mail-Autoreply",
        "X-FC-MachineGenerated",
    ):
        value = one_of(headers, name)
        if value and value.lower() not in {"no", "false", "0"}:
            return f"{name}: {value}"
    for value in all_of(headers, "Precedence"):
        if value.lower() in {"auto_reply", "auto-reply"}:
            return f"Precedence: {value}"
    return ""


def _auto_by_sender(mail: Mail, headers: Message) -> str:
    if _report_type(headers) == "disposition-notification":
        return "read receipt"
    if mail.return_path == "":
        return "Return-Path: <>"
    if _ROBOT.match(mail.from_address):
        return f"From: {mail.from_address}"
    if _ABSENT.match(mail.subject):
        return f"Subject: {mail.subject}"
    return ""


def _report_type(headers: Message) -> str:
    """`report-type` of a multipart/report, lower case."""
    found = re.search(r"report-type\s*=\s*\"?([\w-]+)", one_of(headers, "Content-Type")[:2000], re.IGNORECASE)
    return found[1].lower() if found else ""


def _list(_mail: Mail, headers: Message) -> str:
    for name in ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List"):
        value = one_of(headers, name)
        if value:
            return f"{name}: {value}"
    for value in all_of(headers, "Precedence"):
        if value.lower() in {"list", "bulk", "junk"}:
            return f"Precedence: {value}"
    return ""
