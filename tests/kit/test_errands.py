import logging
import socket
import time

import pytest
from celery import Celery
from django.db import transaction

from billing_site.celery import app
from billing_site.kit import errands, live


@pytest.fixture
def dead_broker(monkeypatch, settings):
    """A broker at a port where nobody listens."""
    nowhere = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    nowhere.conf.update(app.conf.broker_transport_options and {
        "broker_transport_options": app.conf.broker_transport_options,
        "broker_connection_timeout": 1,
    })  # fmt: skip
    monkeypatch.setattr(errands, "current_app", nowhere)
    monkeypatch.setattr(errands, "_away_until", 0.0)


def test_a_dead_broker_costs_little_and_raises_nothing(dead_broker):
    started = time.monotonic()
    assert not errands.send_now("letters.send", 1)
    assert not any(errands.send_now("letters.send", n) for n in range(20))
    assert time.monotonic() - started < 1


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_does_not_undo_what_was_committed(dead_broker):
    with transaction.atomic():
        errands.send("letters.send", 1)


@pytest.mark.django_db(transaction=True)
def test_an_errand_waits_for_the_commit(monkeypatch):
    sent = []
    monkeypatch.setattr(errands, "send_now", lambda *args: sent.append(args))
    with transaction.atomic():
        errands.send("letters.send", 7)
        assert sent == []
    assert sent == [("letters.send", 7)]


def test_when_redis_is_away_the_answer_is_unknown(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    live.connection.cache_clear()
    try:
        live.remember("x", 1, 10)
        assert live.recall("x") is live.UNKNOWN
        assert live.allow("x", 1, 10)
        assert live.who_is("room") == []
    finally:
        live.connection.cache_clear()


def test_a_silent_redis_costs_a_page_its_patience_once(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and says nothing
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        live.connection.cache_clear()
        try:
            started = time.monotonic()
            assert all(live.recall("x") is live.UNKNOWN for _ in range(10))
            assert time.monotonic() - started < 2
        finally:
            live.connection.cache_clear()


def test_the_clock_says_in_a_line_that_the_broker_is_away(caplog):
    logger = logging.getLogger("celery.beat")
    brief = errands.Brief()
    logger.addFilter(brief)
    try:
        try:
            raise ConnectionError("refused")
        except ConnectionError as trouble:
            logger.error("Message Error: %s\n%s", trouble, ["a", "stack"], exc_info=True)
    finally:
        logger.removeFilter(brief)
    assert caplog.messages == ["refused"]
    assert "Traceback" not in caplog.text


def test_what_is_remembered_is_recalled():
    live.remember("test-key", {"a": 1}, 10)
    assert live.recall("test-key") == {"a": 1}
    live.forget("test-key")
    assert live.recall("test-key") is None
    live.forget("test-limit")
    assert [live.allow("test-limit", 2, 10) for _ in range(3)] == [True, True, False]
