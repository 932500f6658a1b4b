"""Calling somebody else's program: one request, bounded in time and size, to an address that may be asked."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

SECONDS = 10  # for the whole request, from the name's look-up to the last byte
LONGEST = 65_536  # bytes of an answer that are read
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    code: int
    body: bytes


class Unreachable(Exception):
    """Nothing usable came back; the message says why, for the person who looks after the program."""


def is_public(address: Address) -> bool:
    """Whether it belongs to the open internet; an IPv4 address inside an IPv6 one counts as itself."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    address = inner or address
    return address.is_global and not address.is_multicast


def may_be_asked(address: Address, *, private: bool) -> bool:
    """Never a machine's own services on link-local addresses; the office's network only when `private`."""
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return private or is_public(address)


def ask(
    url: str,
    *,
    method: str = "POST",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    private: bool = False,
    seconds: float = SECONDS,
) -> Answer:
    """One request; redirects are not followed. Raises Unreachable.

    The address that is checked is the one that is connected to: a name that answers differently the
    second time gains nothing.
    """
    parts = _parts(url)
    connection = _Connection(parts, private=private, seconds=seconds)
    watch = threading.Timer(seconds, connection.cut)
    watch.start()
    try:
        connection.request(method, _target(parts), body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(LONGEST))
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        late = connection.is_cut or isinstance(trouble, TimeoutError)
        why = _("no answer in %(seconds)s s") % {"seconds": f"{seconds:g}"} if late else _why(trouble)
        raise Unreachable(why) from trouble
    finally:
        watch.cancel()
        connection.close()


def _why(trouble: Exception) -> str:
    """What went wrong, in words where there are some."""
    told: dict[type[Exception], str] = {
        socket.gaierror: _("this name has no address"),
        ConnectionRefusedError: _("nobody listens at this address"),
        ssl.SSLCertVerificationError: _("the certificate is not to be trusted"),
    }
    return told.get(type(trouble), str(trouble) or type(trouble).__name__)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port  # read: a wrong one raises
    except ValueError as wrong:
        raise Unreachable(_("not an http or https address")) from wrong
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or port == 0:
        raise Unreachable("not an http or https address")
    return parts


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _Connection(http.client.HTTPConnection):
    """Connects to the address that was checked, and can be cut by a watch."""

    def __init__(self, parts: SplitResult, *, private: bool, seconds: float):
        self.tls = parts.scheme == "https"
        self.default_port = 443 if self.tls else 80  # so that the Host header names no usual port
        super().__init__(parts.hostname or "", parts.port or self.default_port, timeout=seconds)
        self.private, self.is_cut = private, False

    def connect(self) -> None:
        self.sock = self._open()
        if self.tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        if self.is_cut:
            raise TimeoutError

    def _open(self) -> socket.socket:
        trouble: OSError | None = None
        for family, kind, _proto, _name, where in socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM
        ):
            if self.is_cut:
                break
            address = ipaddress.ip_address(str(where[0]).partition("%")[0])
            if not may_be_asked(address, private=self.private):
                private = _("%(address)s is a private address") % {"address": address}
                trouble = trouble or OSError(private)
                continue
            opened = socket.socket(family, kind)
            opened.settimeout(self.timeout)
            try:
                opened.connect(where)
            except OSError as refused:
                opened.close()
                trouble = refused
                continue
            return opened
        raise trouble or OSError(_("this name has no address"))

    def cut(self) -> None:
        """From another thread: whoever waits for the other side waits no longer."""
        self.is_cut = True
        if self.sock is not None:
            try:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return
