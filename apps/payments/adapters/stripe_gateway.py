"""Stripe's API as payments needs it: make, read, find and expire Checkout Sessions.

Everything that can go wrong is one of the kernel's errors: `Unavailable` when it may be tried
again, `Conflict` when Stripe refuses what was asked.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import requests
import stripe
from django.conf import settings
from requests.utils import get_environ_proxies

from apps.payments.rules.subjects import ATTEMPT_KEY
from bakery.kernel.errors import Conflict, DomainError, Unavailable

logger = logging.getLogger(__name__)
# A customer waits for this call: connecting and reading together stay below ten seconds.
_INTERACTIVE_READ_SECONDS = 6
# Failures that come at once are worth another try with the same key; slow ones are not.
_QUICK_SECONDS = 0.5
_PAUSES_SECONDS = (0.15, 0.4)
_EXPANDED = ["payment_intent.latest_charge.balance_transaction"]
_RETRY_AFTER = {"retry_after": 5}


@dataclass(frozen=True)
class SessionView:
    """What Stripe says of a session now; ``amount_minor`` is what was captured for it."""

    id: str
    url: str
    status: str
    payment_status: str
    livemode: bool
    expires_at: datetime
    reference: str
    attempt_key: str
    intent_id: str
    intent_status: str
    charge_id: str
    method: str
    amount_minor: int
    currency: str
    fee_minor: int | None
    raw: Mapping[str, Any]


def create_session(*, idempotency_key: str, params: Mapping[str, Any]) -> SessionView:
    """Make a session, or get the one that an earlier call with the same key made.

    Answers or raises within ten seconds. Raises `Unavailable` when Stripe does not answer or is
    still busy with the key, `Conflict` (``stripe_refused``, ``stripe_key_reused``) when it refuses.
    """
    started = time.monotonic()

    def call() -> SessionView:
        # As data: making the SDK's objects of it, to take them apart again, takes milliseconds.
        reply = _client(interactive=True).raw_request(
            "post",
            "/v1/checkout/sessions",
            idempotency_key=idempotency_key,
            max_network_retries=0,
            **params,
        )
        return _view_of(cast("dict[str, Any]", reply.data))

    with _translated():
        for pause in _PAUSES_SECONDS:
            try:
                return call()
            except stripe.StripeError as error:
                if not _is_passing(error) or time.monotonic() - started > _QUICK_SECONDS:
                    raise
            time.sleep(pause)
        return call()


def fetch_session(session_id: str) -> SessionView | None:
    """Return the session with its payment, None when Stripe knows none by that id."""
    return _found(
        lambda: _view(
            _client().v1.checkout.sessions.retrieve(session_id, params={"expand": _EXPANDED})
        )
    )


def find_session_of_intent(intent_id: str) -> SessionView | None:
    """Return the session that a payment intent belongs to, None when there is none."""

    def call() -> SessionView | None:
        page = _client().v1.checkout.sessions.list(
            params={
                "payment_intent": intent_id,
                "limit": 1,
                "expand": [f"data.{path}" for path in _EXPANDED],
            }
        )
        return _view(page.data[0]) if page.data else None

    return _found(call)


def expire_session(session_id: str) -> bool:
    """Close an open session; return False when it is paid, expired or unknown already."""
    with _translated():
        try:
            _client().v1.checkout.sessions.expire(session_id)
        except stripe.InvalidRequestError as error:
            logger.info("session not open", extra={"session": session_id, "code": error.code or ""})
            return False
    return True


def fetch_account() -> dict[str, Any]:
    """Return the account that the secret key belongs to."""
    with _translated():
        return dict(_client().v1.accounts.retrieve_current().to_dict())


def _found(call: Callable[[], SessionView | None]) -> SessionView | None:
    with _translated():
        try:
            return call()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404 or error.code == "resource_missing":
                return None
            raise


def _client(*, interactive: bool = False) -> stripe.StripeClient:
    connect, read = settings.STRIPE_TIMEOUT_SECONDS
    if interactive:
        read = min(read, _INTERACTIVE_READ_SECONDS)
    return _make_client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, (connect, read))


@lru_cache(maxsize=8)
def _make_client(key: str, base: str, timeout: tuple[float, float]) -> stripe.StripeClient:
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


def _is_passing(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.IdempotencyError):
        return error.http_status == 409
    status = error.http_status or 0
    return isinstance(error, stripe.APIConnectionError) or status in {409, 429} or status >= 500


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error) from error


def _translate(error: stripe.StripeError) -> DomainError:
    extra = {"error": type(error).__name__, "code": error.code or "", "status": error.http_status}
    if isinstance(error, stripe.IdempotencyError) and not _is_passing(error):
        logger.error("stripe idempotency key reused for other parameters", extra=extra)
        return Conflict("stripe_key_reused", "This payment was started with another amount.")
    if isinstance(error, stripe.InvalidRequestError) and not _is_passing(error):
        logger.error("stripe refused a request", extra=extra)
        return Conflict(
            "stripe_refused",
            "The payment service does not accept this payment. Please ask the shop.",
            details={"reason": error.code or "", "param": error.param or ""},
        )
    # Also a wrong key: the customer can do nothing, the order stays payable, staff read the log.
    logger.error("stripe does not answer", extra=extra)
    return Unavailable(
        "stripe_unavailable",
        "The payment service does not answer right now. Your order is kept; try again shortly.",
        details=_RETRY_AFTER,
    )


def _view(session: Any) -> SessionView:
    return _view_of(session.to_dict())


def _view_of(raw: dict[str, Any]) -> SessionView:
    intent = _expanded(raw.get("payment_intent"))
    charge = _expanded(intent.get("latest_charge"))
    balance = _expanded(charge.get("balance_transaction"))
    currency = str(intent.get("currency") or raw["currency"]).upper()
    same_currency = str(balance.get("currency", "")).upper() == currency
    return SessionView(
        id=raw["id"],
        url=raw.get("url") or "",
        status=raw["status"],
        payment_status=raw["payment_status"],
        livemode=raw["livemode"],
        expires_at=datetime.fromtimestamp(raw["expires_at"], tz=UTC),
        reference=raw.get("client_reference_id") or "",
        attempt_key=(raw.get("metadata") or {}).get(ATTEMPT_KEY, ""),
        intent_id=intent.get("id", ""),
        intent_status=intent.get("status", ""),
        charge_id=charge.get("id", ""),
        method=(charge.get("payment_method_details") or {}).get("type", ""),
        amount_minor=int(intent.get("amount_received") or 0),
        currency=currency,
        fee_minor=balance.get("fee") if same_currency else None,
        raw=raw,
    )


def _expanded(value: Any) -> dict[str, Any]:
    """Return an expanded object; an id that was not expanded is all that is known of it."""
    if isinstance(value, dict):
        return value
    return {"id": value} if isinstance(value, str) else {}
