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
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
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


@lru_cache(maxsize=1)
def _shared() -> SlidingWindowCounterRateLimiter:
    storage: Storage = storage_from_string(
        settings.CACHE_URL,
        wrap_exceptions=True,
        socket_connect_timeout=0.5,
        socket_timeout=0.5,
        key_prefix=f"{settings.CACHES['default']['KEY_PREFIX']}:limits",
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
    rate = _rate(settings.RATE_LIMITS[name])
    try:
        return _ask(_shared(), rate, name, *identity)
    except Exception as error:  # noqa: BLE001 - whatever the store raises, the policy is below
        logger.warning("limit store down", extra={"error": type(error).__name__, "action": name})
        return Verdict(True) if fail_open else _ask(_local(), rate, name, *identity)


def _ask(
    limiter: SlidingWindowCounterRateLimiter, rate: RateLimitItem, *identity: str
) -> Verdict:
    if limiter.hit(rate, *identity):
        return Verdict(True)
    reset = limiter.get_window_stats(rate, *identity).reset_time
    return Verdict(False, max(1, int(reset - time.time()) + 1))


def require(name: str, *identity: str) -> None:
    """Count one hit and raise `TooMany` when the limit is reached; closed during an outage."""
    verdict = hit(name, *identity)
    if not verdict.allowed:
        raise TooMany(verdict.retry_after)


class PublicThrottle(BaseThrottle):
    """The default of the API: requests per client address, open while the store is down."""

    retry_after = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this request against the client's address."""
        verdict = hit("public", rate_bucket(client_address(request._request)), fail_open=True)  # noqa: SLF001 - DRF has no public name for it
        self.retry_after = verdict.retry_after
        return verdict.allowed

    def wait(self) -> float:
        """Return the seconds for Retry-After."""
        return self.retry_after
