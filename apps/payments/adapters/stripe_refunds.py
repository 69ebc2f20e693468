"""Refunds at Stripe: make, read and find them. Errors are `stripe_client`'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.payments.adapters.stripe_client import find, make_client, translated

# What ties a refund at Stripe to our request, and to the try of it.
REQUEST_KEY, TRY_KEY = "refund_request", "try"
_FAILED = ("failed", "canceled")


@dataclass(frozen=True)
class RefundView:
    """What Stripe says of a refund now; ``request_key`` is empty when somebody else made it."""

    id: str
    intent_id: str
    amount_minor: int
    currency: str
    status: str
    failure: str
    balance_transaction: str
    failure_balance_transaction: str
    request_key: str
    try_number: int

    @property
    def is_failed(self) -> bool:
        """Whether the money stays with the shop after all."""
        return self.status in _FAILED


def create_refund(
    *, idempotency_key: str, intent_id: str, amount_minor: int, metadata: Mapping[str, str]
) -> RefundView:
    """Give a part of a payment back, or get the refund that a call with the same key made before.

    Raises `Unavailable` when Stripe does not answer, which says nothing about whether it was
    made; `Conflict` (``stripe_refused``, ``stripe_key_reused``) when Stripe refuses.
    """
    with translated():
        refund = make_client().v1.refunds.create(
            params={
                "payment_intent": intent_id,
                "amount": amount_minor,
                "reason": "requested_by_customer",
                "metadata": dict(metadata),
            },
            options={"idempotency_key": idempotency_key},
        )
    return _view(refund)


def fetch_refund(refund_id: str) -> RefundView | None:
    """Return a refund, None when Stripe knows none by that id."""
    return find(lambda: _view(make_client().v1.refunds.retrieve(refund_id)))


def list_refunds(intent_id: str) -> list[RefundView]:
    """Return all refunds of a payment, the newest first."""

    def call() -> list[RefundView]:
        page = make_client().v1.refunds.list(params={"payment_intent": intent_id, "limit": 100})
        return [_view(refund) for refund in page.auto_paging_iter()]

    return find(call) or []


def _view(refund: Any) -> RefundView:
    raw = refund.to_dict()
    metadata = raw.get("metadata") or {}
    number = str(metadata.get(TRY_KEY) or "0")
    return RefundView(
        id=raw["id"],
        intent_id=_id(raw.get("payment_intent")),
        amount_minor=int(raw["amount"]),
        currency=str(raw["currency"]).upper(),
        status=str(raw.get("status") or ""),
        failure=str(raw.get("failure_reason") or ""),
        balance_transaction=_id(raw.get("balance_transaction")),
        failure_balance_transaction=_id(raw.get("failure_balance_transaction")),
        request_key=str(metadata.get(REQUEST_KEY) or ""),
        try_number=int(number) if number.isdecimal() and len(number) < 5 else 0,
    )


def _id(value: Any) -> str:
    """Return the id of an object that may be expanded."""
    if isinstance(value, dict):
        return str(value.get("id") or "")
    return str(value or "")
