"""Did the mail come from the domain it names? Read from what our own mail server wrote, nobody else."""

import re
from typing import Literal

from tickets.reading.mail import Mail

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"^\s*([\w-]+)\s*=\s*([\w-]+)")
_PROPERTY = re.compile(r'\b(header\.(?:d|i|from)|smtp\.(?:mailfrom|mail))\s*=\s*"?([^\s";]+)', re.IGNORECASE)


def sender_authentication(mail: Mail, trusted_authserv: str) -> Literal["pass", "fail", "none"]:
    """`pass` only when DMARC, or DKIM or SPF of the very domain in From, passed (RFC 8601).

    Of the Authentication-Results headers the topmost with our server's id is read, others anyone may
    have written. Empty id, no such header, no single From: `none`.
    """
    domain = _domain(mail.from_address)
    results = _trusted_results(mail, trusted_authserv)
    if not results or not domain or not mail.from_header or mail.authors != 1:
        return "none"
    verdicts = {(method, verdict) for method, verdict, _properties in results}
    if ("dmarc", "fail") in verdicts:
        return "fail"
    if ("dmarc", "pass") in verdicts or any(
        verdict == "pass" and _is_aligned(method, named, domain) for method, verdict, named in results
    ):
        return "pass"
    failed = any(
        (method, verdict) in verdicts for method in ("dkim", "spf") for verdict in ("fail", "hardfail")
    )
    return "fail" if failed else "none"


def _trusted_results(mail: Mail, authserv: str) -> list[tuple[str, str, dict[str, str]]]:
    """(method, verdict, properties) of the header of our server."""
    if not authserv.strip():
        return []
    for header in mail.authentication_results:
        server, *results = _without_comments(header[:20_000]).split(";")
        if server.split()[:1] and server.split()[0].lower() == authserv.strip().lower():
            return [found for found in map(_result, results) if found]
    return []


def _result(text: str) -> tuple[str, str, dict[str, str]] | None:
    match = _RESULT.match(text)
    if not match:
        return None
    properties = {name.lower(): value for name, value in _PROPERTY.findall(text)}
    return match[1].lower(), match[2].lower(), properties


def _is_aligned(method: str, named: dict[str, str], domain: str) -> bool:
    """The domain that passed is the one in From or stands above it."""
    names = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom", "smtp.mail")}.get(method, ())
    passed = next((_domain(named[name]) or named[name].lower() for name in names if name in named), "")
    return passed.count(".") >= 1 and (domain == passed or domain.endswith("." + passed))


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].lower().strip(" .>")
    try:
        return domain.encode("idna").decode() if "@" in address else ""
    except UnicodeError:
        return ""


def _without_comments(text: str) -> str:
    for _level in range(5):
        text, found = _COMMENT.subn(" ", text)
        if not found:
            break
    return text
