"""What may be forgotten: presence, cache, limits. When Redis is away the answer is "unknown"."""

import functools
import json
import time
from typing import Any

import redis
import structlog
from django.conf import settings

log = structlog.get_logger()
PAUSE = 2  # seconds in which a server that was away is not asked again: a page asks several times
_away_until: dict[str, float] = {}  # by the server's address


class Unknown:
    """The answer when Redis can't be asked; false in conditions."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


@functools.cache
def connection() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.5, decode_responses=True
    )


def _ask(verb: str, *args: Any, **options: Any) -> Any:
    if time.monotonic() < _away_until.get(settings.REDIS_URL, 0):
        return UNKNOWN
    try:
        return getattr(connection(), verb)(*args, **options)
    except redis.RedisError as trouble:
        _away_until[settings.REDIS_URL] = time.monotonic() + PAUSE
        log.info("live store away", verb=verb, trouble=str(trouble))
        return UNKNOWN


def remember(key: str, value: Any, seconds: int) -> None:
    """Keep a JSON value for `seconds`."""
    _ask("set", key, json.dumps(value), ex=seconds)


def recall(key: str) -> Any:
    """The value kept under `key`, None when there is none, UNKNOWN when Redis is away."""
    found = _ask("get", key)
    return json.loads(found) if isinstance(found, str) else found


def forget(key: str) -> None:
    _ask("delete", key)


def allow(key: str, limit: int, seconds: int) -> bool:
    """Count one more use of `key`; whether it stays within `limit` per window. Unknown allows."""
    count = _ask("incr", key)
    if isinstance(count, Unknown):
        return True
    if count == 1:
        _ask("expire", key, seconds)
    return count <= limit


def present(room: str, who: str) -> None:
    """`who` is in `room` now."""
    _ask("zadd", f"room:{room}", {who: time.time()})
    _ask("expire", f"room:{room}", 600)


def who_is(room: str, seconds: int = 60) -> list[str]:
    """Who was in `room` in the last `seconds`; nobody when Redis is away."""
    found = _ask("zrangebyscore", f"room:{room}", time.time() - seconds, "+inf")
    return found if isinstance(found, list) else []


def server() -> Any:
    """What the server says of itself (`redis_version` …); UNKNOWN when it is away."""
    return _ask("info", "server")


def length(queue: str) -> Any:
    """How many things wait in a list; UNKNOWN when Redis is away."""
    return _ask("llen", queue)
