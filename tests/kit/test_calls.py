"""Calling out: what may be asked, what is taken from an answer, and how long it may take."""

import ipaddress
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from billing_site.kit import calls


class Program(BaseHTTPRequestHandler):
    """Somebody's program: what it answers stands in the path."""

    def do_POST(self):
        seen = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers["Host"], seen))
        if self.path == "/slow":
            for _ in range(50):
                time.sleep(0.1)
                self.wfile.write(b"H")
            return
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "/there")
        self.end_headers()
        self.wfile.write(b"x" * 100_000 if self.path == "/long" else b"{}")

    def log_message(self, *_args):
        """Quiet."""


@pytest.fixture
def program():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Program)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def url(program, path="/", host="127.0.0.1"):
    return f"http://{host}:{program.server_port}{path}"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4010:c05::65", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("192.168.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_public_is_what_the_open_internet_can_reach(address, public):
    assert calls.is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "::"])
def test_a_clouds_own_services_are_never_asked(address):
    assert not calls.may_be_asked(ipaddress.ip_address(address), private=True)


def test_a_private_address_is_asked_only_when_allowed(program):
    with pytest.raises(calls.Unreachable, match="внутренний"):
        calls.ask(url(program), body=b"1")
    assert program.seen == []
    assert calls.ask(url(program, "/a?b=1"), body=b"1", private=True) == calls.Answer(200, b"{}")
    assert program.seen == [("/a?b=1", f"127.0.0.1:{program.server_port}", b"1")]


def test_a_name_that_turns_private_after_the_check_gains_nothing(program, monkeypatch):
    """DNS rebinding: the name is looked up once, and what was checked is what is connected to."""
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", program.server_port))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: next(answers))
    with pytest.raises(calls.Unreachable, match="внутренний"):
        calls.ask(url(program, host="rebound.example"), body=b"1")
    assert program.seen == []


def test_a_redirect_is_an_answer_and_is_not_followed(program):
    assert calls.ask(url(program, "/away"), private=True).code == 302
    assert [path for path, _host, _body in program.seen] == ["/away"]


def test_a_dripping_answer_is_cut_on_time(program):
    began = time.monotonic()
    with pytest.raises(calls.Unreachable, match=r"за 0\.5 с"):
        calls.ask(url(program, "/slow"), private=True, seconds=0.5)
    assert time.monotonic() - began < 3


def test_no_more_than_needed_is_read(program):
    assert len(calls.ask(url(program, "/long"), private=True).body) == calls.LONGEST


@pytest.mark.parametrize(
    "wrong",
    ["ftp://a.example/", "file:///etc/passwd", "http://", "http://a.example:99999/", "http://u:p@a.example/",
     "http://a.example/\r\nX: 1", "http://a..b/", "http://[::1/", "//a.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(wrong, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: [])
    with pytest.raises(calls.Unreachable):
        calls.ask(wrong)


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(calls.Unreachable):
        calls.ask(f"http://127.0.0.1:{port}/", private=True)
