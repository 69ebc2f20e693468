"""What is done with carts, kept as events; no event says what is written on a cake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orders.models import Cart, CartEvent, CartLine
from apps.orders.states import CartEventKind
from bakery.kernel.rows import insert


def note_cart_event(
    cart_id: UUID,
    kind: CartEventKind,
    line: CartLine | None = None,
    *,
    at: datetime,
    quantity: int | None = None,
    user_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append what was done with a cart, in the transaction that does it; one INSERT.

    ``quantity`` is how many of the line's variant with its message are in the cart then. ``data``
    is for codes and numbers, never for what a customer typed.
    """
    row = CartEvent(
        cart_id=cart_id,
        user_id=user_id,
        kind=kind,
        variant_id=line.variant_id if line else None,
        quantity=quantity,
        data=dict(data or {}),
        at=at,
    )
    insert([row])


def note_checkout_started(*, cart_id: UUID, user_id: int | None, at: datetime) -> None:
    """Append that somebody looks at the checkout of their cart, which the caller has just read."""
    note_cart_event(cart_id, CartEventKind.CHECKOUT_STARTED, user_id=user_id, at=at)


def note_checkout_refused(*, cart_id: UUID, user_id: int | None, code: str, at: datetime) -> None:
    """Append why a cart could not be ordered, after what was refused was rolled back.

    A cart that is not the caller's, or not there, leaves no trace.
    """
    if Cart.objects.of(user_id).filter(pk=cart_id, ordered_at=None).exists():
        data = {"code": code[:60]}
        kind = CartEventKind.CHECKOUT_REFUSED
        note_cart_event(cart_id, kind, user_id=user_id, data=data, at=at)
