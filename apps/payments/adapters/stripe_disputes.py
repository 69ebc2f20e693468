"""Disputes and fraud warnings at Stripe: read them, answer, accept. Errors: `stripe_client`'s."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import stripe

from apps.payments.adapters.stripe_client import find, is_passing, make_client, translated
from bakery.kernel.errors import Conflict


@dataclass(frozen=True)
class MoveView:
    """Money that a dispute took (below zero) or gave back, in minor units of ``currency``."""

    id: str
    amount_minor: int
    fee_minor: int
    currency: str


@dataclass(frozen=True)
class DisputeView:
    """What Stripe says of a dispute now; ``answered`` when evidence was submitted."""

    id: str
    intent_id: str
    charge_id: str
    amount_minor: int
    currency: str
    reason: str
    status: str
    livemode: bool
    created: datetime
    due_by: datetime | None
    answered: bool
    moves: tuple[MoveView, ...]


@dataclass(frozen=True)
class WarningView:
    """What Stripe says of an early fraud warning; ``actionable`` while a refund may help."""

    id: str
    intent_id: str
    charge_id: str
    fraud_type: str
    actionable: bool
    livemode: bool


def fetch_dispute(dispute_id: str) -> DisputeView | None:
    """Return the dispute as it is now, None when Stripe knows none by that id."""
    return find(lambda: _view(make_client().v1.disputes.retrieve(dispute_id)))


def fetch_warning(warning_id: str) -> WarningView | None:
    """Return the warning as it is now, None when Stripe knows none by that id."""

    def call() -> WarningView:
        raw = make_client().v1.radar.early_fraud_warnings.retrieve(warning_id).to_dict()
        return WarningView(
            id=raw["id"],
            intent_id=_id(raw.get("payment_intent")),
            charge_id=_id(raw.get("charge")),
            fraud_type=str(raw.get("fraud_type") or ""),
            actionable=bool(raw.get("actionable")),
            livemode=bool(raw.get("livemode")),
        )

    return find(call)


def submit_answer(
    dispute_id: str, answer: Mapping[str, str], *, idempotency_key: str
) -> DisputeView:
    """Send the answer to the bank, once for the key, and return the dispute after it.

    Raises `Conflict` ``stripe_refused`` with Stripe's own words when it does not take it.
    """
    params = cast("Any", {"evidence": dict(answer), "submit": True})
    options = cast("Any", {"idempotency_key": idempotency_key})
    with translated(), _explained():
        return _view(make_client().v1.disputes.update(dispute_id, params, options))


def accept_dispute(dispute_id: str, *, idempotency_key: str) -> DisputeView:
    """Accept the loss, once for the key, and return the dispute after it; raises as above."""
    options = cast("Any", {"idempotency_key": idempotency_key})
    with translated(), _explained():
        return _view(make_client().v1.disputes.close(dispute_id, options=options))


@contextmanager
def _explained() -> Iterator[None]:
    """Tell staff what Stripe said; customers are told less, see `stripe_client`."""
    try:
        yield
    except stripe.InvalidRequestError as error:
        if is_passing(error):
            raise
        said = str(error.user_message or error)[:300]
        raise Conflict("stripe_refused", f"Stripe did not take it: {said}") from error


def _view(dispute: Any) -> DisputeView:
    raw = dispute.to_dict()
    details = raw.get("evidence_details") or {}
    due_by = details.get("due_by")
    return DisputeView(
        id=raw["id"],
        intent_id=_id(raw.get("payment_intent")),
        charge_id=_id(raw.get("charge")),
        amount_minor=int(raw["amount"]),
        currency=str(raw["currency"]).upper(),
        reason=str(raw.get("reason") or ""),
        status=str(raw["status"]),
        livemode=bool(raw["livemode"]),
        created=datetime.fromtimestamp(raw["created"], tz=UTC),
        due_by=datetime.fromtimestamp(due_by, tz=UTC) if due_by else None,
        answered=int(details.get("submission_count") or 0) > 0,
        moves=tuple(_move(row) for row in raw.get("balance_transactions") or ()),
    )


def _move(row: Mapping[str, Any]) -> MoveView:
    return MoveView(
        id=str(row["id"]),
        amount_minor=int(row["amount"]),
        fee_minor=int(row.get("fee") or 0),
        currency=str(row["currency"]).upper(),
    )


def _id(value: Any) -> str:
    """Return the id of an object that may be expanded."""
    return str(value.get("id") or "") if isinstance(value, dict) else str(value or "")
