"""The audit trail of what staff do with orders."""

from datetime import datetime
from decimal import Decimal

from apps.orders.models import Order
from bakery.kernel import audit


def record_staff_action(
    order: Order, action: str, *, actor: str, old: str, at: datetime, reason: str = ""
) -> None:
    """Record a change of status by a person with an account; others are in the order's history."""
    if not actor.startswith("user:"):
        return
    audit.record(
        actor=actor,
        action=action,
        object_type="orders.order",
        object_id=order.pk,
        changes={"status": [old, order.status]},
        reason=reason,
        at=at,
    )


def record_tender(
    order: Order, *, kind: str, amount: Decimal, ref: str, actor: str, at: datetime
) -> None:
    """Record money that a person took for an order."""
    audit.record(
        actor=actor,
        action="order.tender",
        object_type="orders.order",
        object_id=order.pk,
        changes={"tender": [None, {"kind": kind, "amount": str(amount), "ref": ref}]},
        at=at,
    )
