"""What may be some seconds old and is dear to make: kept in the cache, made anew without it."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import caches
from django_redis.exceptions import ConnectionInterrupted

# A cache that hangs costs a time-out; for so long after it nobody else waits for one.
OUTAGE_PAUSE_SECONDS = 2.0
T = TypeVar("T")


class _Outage:
    """Until when the cache is left alone, on the monotonic clock."""

    until = 0.0


def remember(key: str, *, seconds: int, make: Callable[[], T]) -> T:
    """Return what ``make`` returned at most ``seconds`` ago, in whichever process, or does now.

    It must be built of plain values, since another release may read them: a key that carries a
    number can change when their shape does. None is not kept. A cache that is down is no error.
    """
    kept = _ask(lambda cache: cache.get(key))
    if kept is not None:
        found: T = kept
        return found
    made = make()
    _ask(lambda cache: cache.set(key, made, timeout=seconds))
    return made


def _ask(question: Callable[[Any], Any]) -> Any:
    if time.monotonic() < _Outage.until:
        return None
    backend: Any = caches["default"]
    try:
        # Past the backend's own forgiveness: it would not say that nothing answered.
        return question(backend.client)
    except ConnectionInterrupted:
        _Outage.until = time.monotonic() + OUTAGE_PAUSE_SECONDS
        return None
