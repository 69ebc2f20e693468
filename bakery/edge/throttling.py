"""Rate limits: moving windows in Valkey, and what holds while Valkey is down.

During an outage guarded actions (log-in, codes, mailbox mails) fall back to limits in this
process, never open; public reads are let through. Built on `limits`, whose sliding window has no
double burst at a window's edge.
"""

import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from bakery.edge.client import client_address, rate_bucket
from bakery.kernel.errors import DomainError

logger = logging.getLogger(__name__)


class TooMany(DomainError):
    """The limit is reached; ``details.retry_after`` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too_many_requests",
            f"Too many attempts. Try again in {retry_after} seconds.",
            details={"retry_after": retry_after},
        )
        self.retry_after = retry_after


@dataclass(frozen=True)
class Verdict:
    """Whether one more is allowed, and after how many seconds to ask again if not."""

    allowed: bool
    retry_after: int = 0


_ADMITTED = Verdict(allowed=True)
# After the store failed, this process answers from its own memory for so long before it asks
# again, so that an outage costs one time-out and not one for every request.
OUTAGE_PAUSE_SECONDS = 2.0
_store_down_until = 0.0


@lru_cache(maxsize=1)
def _shared() -> SlidingWindowCounterRateLimiter:
    # redis-py would by default retry with growing pauses, in the middle of a request.
    options: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)}
    storage = RedisStorage(
        settings.CACHE_URL,
        key_prefix=f"{settings.CACHES['default']['KEY_PREFIX']}:limits",
        wrap_exceptions=True,
        socket_connect_timeout=0.25,
        socket_timeout=0.25,
        **options,
    )
    return SlidingWindowCounterRateLimiter(storage)


@lru_cache(maxsize=1)
def _local() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(MemoryStorage())


@lru_cache(maxsize=32)
def _rate(spec: str) -> RateLimitItem:
    return parse(spec)


def hit(name: str, *identity: str, fail_open: bool = False) -> Verdict:
    """Count one hit on the limit ``name`` of settings.RATE_LIMITS for ``identity``."""
    global _store_down_until  # noqa: PLW0603 - this process's memory of an outage
    rate = _rate(settings.RATE_LIMITS[name])
    if time.monotonic() >= _store_down_until:
        try:
            return _ask(_shared(), rate, name, *identity)
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the policy is below
            _store_down_until = time.monotonic() + OUTAGE_PAUSE_SECONDS
            logger.warning(
                "limit store down", extra={"error": type(error).__name__, "action": name}
            )
    return _ADMITTED if fail_open else _ask(_local(), rate, name, *identity)


def forget_outage() -> None:
    """Ask the store again at once, through a new connection, and drop what was counted here."""
    global _store_down_until  # noqa: PLW0603
    _store_down_until = 0.0
    _shared.cache_clear()
    _local.cache_clear()


def _ask(limiter: SlidingWindowCounterRateLimiter, rate: RateLimitItem, *identity: str) -> Verdict:
    if limiter.hit(rate, *identity):
        return _ADMITTED
    reset = limiter.get_window_stats(rate, *identity).reset_time
    return Verdict(allowed=False, retry_after=max(1, int(reset - time.time()) + 1))


def require(name: str, *identity: str) -> None:
    """Count one hit and raise `TooMany` when the limit is reached; closed during an outage."""
    verdict = hit(name, *identity)
    if not verdict.allowed:
        raise TooMany(verdict.retry_after)


def require_code_try(whose: str, bucket: str) -> None:
    """Count a try at a code that is worth money: of ``whose`` from a ``bucket``, and of that alone.

    Raises `TooMany`. ``whose`` is what the code is tried on, such as a cart's id.
    """
    require("code", whose, bucket)
    require("code_address", bucket)


class PublicThrottle(BaseThrottle):
    """The default of the API: requests per client address, open while the store is down."""

    retry_after = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this request against the client's address."""
        address = getattr(request, "client_address", None) or client_address(request._request)
        verdict = hit("public", rate_bucket(address), fail_open=True)
        self.retry_after = verdict.retry_after
        return verdict.allowed

    def wait(self) -> float:
        """Return the seconds for Retry-After."""
        return self.retry_after
