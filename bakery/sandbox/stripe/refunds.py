"""Refunds: never above what is left of the charge."""

from bakery.sandbox.store import Document
from bakery.sandbox.stripe import payments
from bakery.sandbox.stripe.errors import StripeError, invalid
from bakery.sandbox.stripe.events import emit
from bakery.sandbox.stripe.objects import make_object, merge_metadata, save
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

SETTLE_AFTER_S = 3.0


def create_refund(world: World, params: Document) -> Document:
    """Give back `amount` minor units (all that is left by default) of a charge."""
    charge = _find_charge(world, params)
    amount = _read_amount(world, charge, params)
    behaviour = payments.card_of(world, charge["id"]).then
    pending = behaviour == "refund_pending"
    refund = make_object(
        world,
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={"type": "card", "card": {"type": "pending" if pending else "refund"}},
        metadata=params.get("metadata") or {},
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        status="pending" if pending else "succeeded",
    )
    movement = payments.record_balance(world, kind="refund", amount=-amount, fee=0, source=refund)
    refund["balance_transaction"] = movement["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    save(world, refund)
    save(world, charge)
    emit(world, "refund.created", refund)
    emit(
        world,
        "charge.refunded",
        charge,
        previous={"amount_refunded": charge["amount_refunded"] - amount},
    )
    if behaviour in {"refund_pending", "refund_fails"}:
        world.scheduler.add(
            "stripe.settle_refund",
            delay_s=SETTLE_AFTER_S,
            args={"refund": refund["id"], "succeeds": pending},
        )
    return refund


def _find_charge(world: World, params: Document) -> Document:
    if "charge" in params:
        return require(world, "charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise invalid(
            "One of the following params should be provided for this request:"
            " payment_intent or charge."
        )
    intent = require(world, "payment_intent", params["payment_intent"], param="payment_intent")
    charge = world.store.get("charge", intent["latest_charge"] or "")
    if charge is None or not charge["paid"]:
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return charge


def _is_charged_back(world: World, charge: Document) -> bool:
    """Tell whether a dispute keeps or kept the money; an inquiry and one that was won do not."""
    if not charge["disputed"]:
        return False
    found = [row for row in world.store.all("dispute") if row["charge"] == charge["id"]]
    return any(row["status"] in {"needs_response", "under_review", "lost"} for row in found)


def _read_amount(world: World, charge: Document, params: Document) -> int:
    if not charge["captured"]:
        raise invalid(f"Charge {charge['id']} has not been paid.", param="charge")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise StripeError(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if _is_charged_back(world, charge):
        raise StripeError(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    amount = params.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({_show(amount, charge)}) is greater than unrefunded amount on charge"
            f" ({_show(left, charge)})",
            param="amount",
        )
    return int(amount)


def _show(amount: int, charge: Document) -> str:
    sign = {"usd": "$", "eur": "€", "gbp": "£"}.get(charge["currency"], charge["currency"].upper())
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def update_refund(world: World, refund_id: str, params: Document) -> Document:
    """Change a refund's metadata."""
    refund = require(world, "refund", refund_id)
    refund["metadata"] = merge_metadata(refund["metadata"], params.get("metadata"))
    save(world, refund)
    emit(world, "refund.updated", refund, previous={})
    return refund


def settle_refund(world: World, refund_id: str, *, succeeds: bool) -> Document:
    """Let a refund arrive, or fail and go back to the balance."""
    refund = require(world, "refund", refund_id)
    if refund["status"] in {"failed", "canceled"}:
        raise invalid("This refund is already over.")
    if succeeds:
        previous = {"status": refund["status"]}
        refund["status"] = "succeeded"
        save(world, refund)
        emit(world, "refund.updated", refund, previous=previous)
        return refund
    _return_to_charge(world, refund, status="failed")
    refund["failure_reason"] = "expired_or_canceled_card"
    save(world, refund)
    emit(world, "refund.failed", refund)
    return refund


def cancel_refund(world: World, refund_id: str) -> Document:
    """Take back a pending refund."""
    refund = require(world, "refund", refund_id)
    if refund["status"] not in {"pending", "requires_action"}:
        raise invalid("Only a pending refund can be canceled.")
    _return_to_charge(world, refund, status="canceled")
    emit(world, "refund.updated", refund, previous={"status": "pending"})
    return refund


def _return_to_charge(world: World, refund: Document, *, status: str) -> None:
    refund["status"] = status
    refund["failure_balance_transaction"] = payments.record_balance(
        world, kind="refund_failure", amount=refund["amount"], fee=0, source=refund
    )["id"]
    charge = require(world, "charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    save(world, refund)
    save(world, charge)
