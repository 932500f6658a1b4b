import io
import re

import pghistory.models
import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client as Browser

from billing_site.office.models import User


def test_every_answer_carries_its_request_id(browse, head):
    browser = browse(head)
    first, second = (browser.get("/")["X-Request-Id"] for _n in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_an_error_page_tells_the_id_and_nothing_else(browse, head):
    answer = browse(head).get("/broken/")
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in answer.content.decode()
    assert "ZeroDivisionError" not in answer.content.decode()


def test_the_error_page_stands_while_the_database_is_away(browse, head, monkeypatch):
    browser = browse(head)

    def away(*args, **kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        answer = browser.get("/clients/")
    assert answer.status_code == 500
    assert "У нас что-то сломалось" in answer.content.decode()


def test_staff_read_their_language_and_strangers_russian(browse, head, client):
    english = {"HTTP_ACCEPT_LANGUAGE": "en"}
    assert client.get("/open/", **english).content == b"ru"
    browser = browse(head)
    assert "Столбцы" in browser.get("/clients/", **english).content.decode()
    browser.post("/set/language/", {"value": "en", "next": "/clients/"})
    assert "Columns" in browser.get("/clients/").content.decode()
    browser.post("/set/language/", {"value": "xx"})
    assert User.objects.get(pk=head.pk).language == "en"


def test_the_theme_is_kept(browse, head):
    browser = browse(head)
    assert browser.get("/set/theme/").status_code == 405
    assert browser.post("/set/theme/", {"value": "dark", "next": "//evil.example"}).headers["Location"] == "/"
    assert 'data-theme="dark"' in browser.get("/clients/").content.decode()


FOREIGN = [
    "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil.example",
    "\thttps://evil.example", "https:evil.example", "\x00/clients/",
]  # fmt: skip


@pytest.mark.parametrize("address", FOREIGN)
def test_no_next_leads_away(browse, head, address):
    answer = browse(head).post("/set/theme/", {"value": "dark", "next": address})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_next_never_leads_from_https_to_http(browse, head):
    sent = {"value": "dark", "next": "http://testserver/clients/"}
    assert browse(head).post("/set/theme/", sent, secure=True)["Location"] == "/"
    assert browse(head).post("/set/theme/", sent)["Location"] == "http://testserver/clients/"


@pytest.mark.parametrize("address", ["/clients/", "/nowhere/", "/broken/", "/account/login/", "/open/"])
def test_every_answer_forbids_scripts_frames_and_guessing(browse, head, address):
    answer = browse(head).get(address)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy.split("; ")
    for word in ("object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self'"):
        assert word in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


def test_what_staff_see_is_not_kept_by_caches(browse, head, client):
    assert browse(head).get("/clients/")["Cache-Control"] == "private, no-cache"
    assert "Cache-Control" not in client.get("/open/")


def test_a_post_without_its_token_is_refused_with_a_page(head):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(head)
    answer = browser.post("/set/theme/", {"value": "dark"})
    assert answer.status_code == 403
    assert "Форма устарела" in answer.content.decode()
    assert answer["X-Request-Id"] in answer.content.decode()


def test_history_knows_who_and_where(browse, head, make_clients):
    browse(head).post("/set/language/", {"value": "en"})  # touches no tracked field
    browse(head).post("/clients/new/", {"name": "Ромашка"})
    from clients.models import Client

    assert not pghistory.models.Context.objects.exists()
    from tests.pages.site import ClientNew

    original = ClientNew.perform
    ClientNew.perform = lambda self, form, by: (
        Client.objects.update(phone="+74951234567") and Client.objects.get()
    )
    try:
        browse(head).post("/clients/new/", {"name": "x"})
    finally:
        ClientNew.perform = original
    context = pghistory.models.Context.objects.get()
    assert context.metadata["user"] == head.pk
    assert context.metadata["url"] == "/clients/new/"
    assert len(context.metadata["request_id"]) == 32


class Stream(io.RawIOBase):
    """A hundred megabytes that nobody should read."""

    def __init__(self, head: bytes, size: int):
        self.head, self.size, self.given = head, size, 0

    def read(self, wanted: int = -1) -> bytes:
        size = min(self.size - self.given, wanted if wanted >= 0 else 1 << 20)
        chunk = self.head[self.given : self.given + size]
        self.given += size
        return chunk + b"x" * (size - len(chunk))


def send(browser: Browser, told: int) -> tuple[int, bytes, int]:
    head = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    body = Stream(head, 100 * 1024 * 1024)
    environ = browser._base_environ(
        PATH_INFO="/clients/new/", REQUEST_METHOD="POST", CONTENT_TYPE="multipart/form-data; boundary=b"
    )
    environ.update({"wsgi.input": body, "HTTP_HOST": "testserver", "CONTENT_LENGTH": str(told)})
    answer = browser.handler(environ)
    return answer.status_code, answer.content, body.given


def test_a_huge_upload_is_refused_unread(browse, head):
    status, page, given = send(browse(head), 100 * 1024 * 1024)
    assert status == 413
    assert given == 0
    assert "не больше 20 МБ" in page.decode()
    assert 'href="/clients/new/"' in page.decode()


def test_an_upload_that_lies_about_its_length_is_cut(browse, head, monkeypatch):
    monkeypatch.setattr("django.conf.settings.UPLOAD_LIMIT", 2 * 1024 * 1024)
    monkeypatch.setattr("billing_site.pages.uploads.CountingHandler.handle_raw_input", lambda *a, **k: None)
    status, _page, given = send(browse(head), 100 * 1024 * 1024)
    assert status == 413
    assert given < settings.UPLOAD_LIMIT + 512 * 1024
