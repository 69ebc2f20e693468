"""Stripe's API: a client that gives up in time, and its errors in the kernel's words.

Everything that can go wrong is one of the kernel's errors: `Unavailable` when it may be tried
again, `Conflict` (``stripe_refused``, ``stripe_key_reused``) when Stripe refuses what was asked.
"""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import requests
import stripe
from django.conf import settings
from requests.utils import get_environ_proxies

from bakery.kernel import breakers
from bakery.kernel.errors import Conflict, DomainError, Unavailable

logger = logging.getLogger(__name__)
Found = TypeVar("Found")
# A customer waits for this call: connecting and reading together stay below ten seconds.
_INTERACTIVE_READ_SECONDS = 6
_RETRY_AFTER_SECONDS = 5
_BREAKER = "stripe"


def make_client(*, interactive: bool = False) -> stripe.StripeClient:
    """Return the client; ``interactive`` when a customer waits. Raises `Unavailable` unset."""
    connect, read = settings.STRIPE_TIMEOUT_SECONDS
    if interactive:
        read = min(read, _INTERACTIVE_READ_SECONDS)
    return _make(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, (connect, read))


@lru_cache(maxsize=8)
def _make(key: str, base: str, timeout: tuple[float, float]) -> stripe.StripeClient:
    if not key:
        raise Unavailable("payments_not_configured", "Payments are not set up yet.")
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        max_network_retries=1,
        # The SDK's own default waits 80 seconds.
        http_client=stripe.RequestsClient(timeout=timeout, session=_http_session(base)),
        stripe_version=stripe.api_version,
    )


def _http_session(base: str) -> requests.Session:
    """Return a session that knows the proxies of the environment, looked up once.

    Left to itself it looks for them, and for a .netrc whose password would replace our key, at
    every request. Connections are kept, and may be used by several threads.
    """
    session = requests.Session()
    session.proxies = get_environ_proxies(base or stripe.DEFAULT_API_BASE)
    session.trust_env = False
    return session


def is_passing(error: stripe.StripeError) -> bool:
    """Tell whether the same call may go through when it is made again."""
    if isinstance(error, stripe.IdempotencyError):
        return error.http_status == 409
    status = error.http_status or 0
    return isinstance(error, stripe.APIConnectionError) or status in {409, 429} or status >= 500


@contextmanager
def translated() -> Iterator[None]:
    """Raise what goes wrong inside as the kernel's errors; ask nothing of a Stripe that is down."""
    try:
        with breakers.guarded(_BREAKER, is_down=_means_down):
            yield
    except breakers.BreakerOpen as error:
        raise _unavailable(retry_after=math.ceil(error.retry_after)) from error
    except stripe.StripeError as error:
        raise _translate(error) from error


def _means_down(error: Exception) -> bool:
    """Tell whether Stripe did not answer as one that works: no connection, no answer, 5xx."""
    if isinstance(error, stripe.APIConnectionError):
        return True
    return isinstance(error, stripe.StripeError) and (error.http_status or 0) >= 500


def _unavailable(*, retry_after: int) -> Unavailable:
    return Unavailable(
        "stripe_unavailable",
        "The payment service does not answer right now. Your order is kept; try again shortly.",
        details={"retry_after": max(retry_after, 1)},
    )


def _translate(error: stripe.StripeError) -> DomainError:
    extra = {"error": type(error).__name__, "code": error.code or "", "status": error.http_status}
    if isinstance(error, stripe.IdempotencyError) and not is_passing(error):
        logger.error("stripe idempotency key reused for other parameters", extra=extra)
        return Conflict("stripe_key_reused", "This payment was started with another amount.")
    if isinstance(error, stripe.InvalidRequestError) and not is_passing(error):
        logger.error("stripe refused a request", extra=extra)
        return Conflict(
            "stripe_refused",
            "The payment service does not accept this payment. Please ask the shop.",
            details={"reason": error.code or "", "param": error.param or ""},
        )
    # Also a wrong key: the customer can do nothing, the order stays payable, staff read the log.
    logger.error("stripe does not answer", extra=extra)
    return _unavailable(retry_after=_RETRY_AFTER_SECONDS)


def find(call: Callable[[], Found | None]) -> Found | None:
    """Return what ``call`` returns, None when Stripe knows nothing by that id."""
    with translated():
        try:
            return call()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404 or error.code == "resource_missing":
                return None
            raise
