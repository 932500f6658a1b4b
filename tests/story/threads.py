"""The same work by two workers at one moment."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def twice_at_once(work: Callable[[], Any]) -> None:
    """Fails with what either of the two raised."""
    together, troubles = threading.Barrier(2), []

    def run() -> None:
        try:
            together.wait()
            work()
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
