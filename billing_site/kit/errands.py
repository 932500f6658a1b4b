"""The only way to send an errand: after commit, by id, never raising."""

import logging
import time
from typing import Any

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger()
PAUSE = 5  # seconds in which a broker that was away is not asked again: an act may send many errands
_away_until = 0.0


def send(task: str, *args: Any) -> None:
    """Send the Celery task named `task` once the transaction has committed.

    A dead Redis costs at most a second and is logged, never raised: the row is the truth, and the
    sweep of beat finds every row whose errand was lost.
    """
    transaction.on_commit(lambda: send_now(task, *args), robust=True)


def send_now(task: str, *args: Any) -> bool:
    """Send at once; answers whether the broker took it."""
    global _away_until
    if time.monotonic() < _away_until:
        return False
    try:
        current_app.send_task(task, args=args, retry=False, ignore_result=True)
    except Exception as trouble:  # noqa: BLE001 - whatever the broker's client raises, the row remains
        _away_until = time.monotonic() + PAUSE
        log.warning("errand not sent", task=task, args=args, trouble=str(trouble))
        return False
    return True


class Brief(logging.Filter):
    """Lets the clock say in a line, not on a page, that the broker is away: it says so at every tick."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "celery.beat" and record.exc_info:
            record.msg, record.args, record.exc_info = "%s", (record.exc_info[1],), None
        return True
