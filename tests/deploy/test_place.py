"""Where a run keeps its things and what it tells the panel."""

import socket
import stat

import pytest

from deploy.machine import LaunchError
from deploy.place import Place

REAL = {
    "DATABASE_URL": "postgres://me:secret@db.example:5432/office",
    "REDIS_URL": "redis://redis.example:6379/0",
    "EMAIL_URL": "smtp://mail.example:25",
    "MAILBOX_URL": "imap+ssl://me:secret@mail.example",
}


def test_configured_servers_are_used_and_none_is_started(tmp_path):
    place = Place(tmp_path / "var", REAL)
    assert place.servers == []
    assert place.sink_port is None
    assert REAL.items() <= place.environment().items()
    assert not (tmp_path / "var" / "mailbox").exists()


def test_keys_are_made_once_and_kept_private(tmp_path):
    first = Place(tmp_path / "var", REAL).environment()
    assert Place(tmp_path / "var", REAL).environment() == first
    assert stat.S_IMODE((tmp_path / "var" / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    other = Place(tmp_path / "other", REAL).environment()
    assert other["SECRET_KEY"] != first["SECRET_KEY"]
    assert other["FIELD_KEYS"] != first["FIELD_KEYS"]


def test_two_checkouts_do_not_share_the_port(tmp_path):
    one, other = Place(tmp_path / "one", REAL), Place(tmp_path / "other", REAL)
    with one.web_socket:
        assert other.web_port != one.web_port
        assert one.environment()["SITE_URL"] == f"http://127.0.0.1:{one.web_port}"


def test_wanted_port_is_taken_or_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = str(listener.getsockname()[1])
        with pytest.raises(LaunchError, match=f"port {taken} .* is taken"):
            _ = Place(tmp_path / "var", {**REAL, "BILLING_PORT": taken}).web_port
    assert Place(tmp_path / "var", {**REAL, "BILLING_PORT": taken}).web_port == int(taken)
    with pytest.raises(LaunchError, match="is not a port number"):
        _ = Place(tmp_path / "var", {**REAL, "BILLING_PORT": "http"}).web_port


def test_embedded_mailbox_is_there_at_once(tmp_path):
    without = {name: url for name, url in REAL.items() if name != "MAILBOX_URL"}
    environment = Place(tmp_path / "var", without).environment()
    assert environment["MAILBOX_URL"] == f"maildir://{tmp_path / 'var' / 'mailbox'}"
    assert (tmp_path / "var" / "mailbox" / "new").is_dir()
