"""The HTTP server of production on a bad day: a large upload, a database that was restarted."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from billing_site.office.models import User

pytestmark = pytest.mark.django_db(transaction=True)
HUNDRED = 100 * 1024 * 1024
HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n"
)


def signed_in() -> str:
    user = User.objects.create_superuser("head@example.ru", name="Мария Орлова")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={'x' * 32}"


@pytest.fixture
def port(tmp_path):
    """Port of a gunicorn like that of `./run`, on the test's own database."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        where = connection.settings_dict
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**where)
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "4", "-b",
             f"fd://{listener.fileno()}", "billing_site.wsgi"],
            cwd=settings.BASE_DIR, pass_fds=[listener.fileno()],
            env={**os.environ, "DATABASE_URL": url, "VAR_DIR": str(tmp_path)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        yield port
        server.terminate()
        server.wait(20)


def send(port: int, cookie: str, *, told: bool) -> str:
    """Post a hundred megabytes, with a Content-Length or in chunks, as a browser does: what was answered.

    The server answers long before the end and hangs up; the answer is there all the same.
    """
    how = f"Content-Length: {HUNDRED}" if told else "Transfer-Encoding: chunked"
    head = (
        f"POST /clients/new/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n{how}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    piece = b"x" * (1024 * 1024)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as web:
        web.sendall(head.encode())
        with suppress(OSError):
            for body in (HEAD, *(piece for _n in range(HUNDRED // len(piece)))):
                web.sendall(body if told else b"%x\r\n%b\r\n" % (len(body), body))
        answered = b""
        with suppress(OSError):
            while got := web.recv(65536):
                answered += got
    return answered.decode()


def test_a_huge_upload_is_answered_by_a_page(port):
    answered = send(port, signed_in(), told=True)
    assert answered.startswith("HTTP/1.1 413 ")
    assert "не больше 20 МБ" in answered
    assert 'href="/clients/new/"' in answered


def test_an_upload_of_untold_length_is_not_read_at_all(port):
    answered = send(port, signed_in(), told=False)
    assert answered.startswith("HTTP/1.1 403 ")  # an empty form: the token is missing
    assert "Форма устарела" in answered


def test_a_database_that_was_restarted_costs_no_page(port):
    cookie = signed_in()
    assert get(port, cookie).startswith("HTTP/1.1 200 ")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1
    for _each_thread in range(5):
        assert get(port, cookie).startswith("HTTP/1.1 200 ")


def get(port: int, cookie: str) -> str:
    head = f"GET /clients/new/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as web:
        web.sendall(f"{head}Connection: close\r\n\r\n".encode())
        return web.makefile("rb").read().decode()
