"""Checkout Sessions at Stripe: make, read, find and expire them. Errors are `stripe_client`'s."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import stripe

from apps.payments.adapters.stripe_client import find, is_passing, make_client, translated
from apps.payments.rules.subjects import ATTEMPT_KEY

logger = logging.getLogger(__name__)
# Failures that come at once are worth another try with the same key; slow ones are not.
_QUICK_SECONDS = 0.5
_PAUSES_SECONDS = (0.15, 0.4)
_LONGEST_CODE = 60
_EXPANDED = ["payment_intent.latest_charge.balance_transaction"]


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
    # Why the card was declined last, in Stripe's code; "" when it was not, or paid since.
    decline: str
    raw: Mapping[str, Any]


def create_session(*, idempotency_key: str, params: Mapping[str, Any]) -> SessionView:
    """Make a session, or get the one that an earlier call with the same key made.

    Answers or raises within ten seconds. Raises `Unavailable` when Stripe does not answer or is
    still busy with the key, `Conflict` (``stripe_refused``, ``stripe_key_reused``) when it refuses.
    """
    started = time.monotonic()

    def call() -> SessionView:
        # As data: making the SDK's objects of it, to take them apart again, takes milliseconds.
        reply = make_client(interactive=True).raw_request(
            "post",
            "/v1/checkout/sessions",
            idempotency_key=idempotency_key,
            max_network_retries=0,
            **params,
        )
        return view_session(cast("dict[str, Any]", reply.data))

    with translated():
        for pause in _PAUSES_SECONDS:
            try:
                return call()
            except stripe.StripeError as error:
                if not is_passing(error) or time.monotonic() - started > _QUICK_SECONDS:
                    raise
            time.sleep(pause)
        return call()


def fetch_session(session_id: str) -> SessionView | None:
    """Return the session with its payment, None when Stripe knows none by that id."""
    return find(
        lambda: _view(
            make_client().v1.checkout.sessions.retrieve(session_id, params={"expand": _EXPANDED})
        )
    )


def find_session_of_intent(intent_id: str) -> SessionView | None:
    """Return the session that a payment intent belongs to, None when there is none."""

    def call() -> SessionView | None:
        page = make_client().v1.checkout.sessions.list(
            params={
                "payment_intent": intent_id,
                "limit": 1,
                "expand": [f"data.{path}" for path in _EXPANDED],
            }
        )
        return _view(page.data[0]) if page.data else None

    return find(call)


def expire_session(session_id: str) -> bool:
    """Close an open session; return False when it is paid, expired or unknown already."""
    with translated():
        try:
            make_client().v1.checkout.sessions.expire(session_id)
        except stripe.InvalidRequestError as error:
            logger.info("session not open", extra={"session": session_id, "code": error.code or ""})
            return False
    return True


def fetch_account() -> dict[str, Any]:
    """Return the account that the secret key belongs to."""
    with translated():
        return dict(make_client().v1.accounts.retrieve_current().to_dict())


def _view(session: Any) -> SessionView:
    return view_session(session.to_dict())


def view_session(raw: dict[str, Any]) -> SessionView:
    """Return what a session of Stripe's JSON says; what is not expanded in it stays unknown."""
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
        decline=_decline_of(intent),
        raw=raw,
    )


def _decline_of(intent: Mapping[str, Any]) -> str:
    error = intent.get("last_payment_error") or {}
    return str(error.get("decline_code") or error.get("code") or "")[:_LONGEST_CODE]


def _expanded(value: Any) -> dict[str, Any]:
    """Return an expanded object; an id that was not expanded is all that is known of it."""
    if isinstance(value, dict):
        return value
    return {"id": value} if isinstance(value, str) else {}
