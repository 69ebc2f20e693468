"""Who may open a cart, and which one is somebody's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orders.models import Cart, CartEvent, CartLine
from bakery.kernel.errors import NotFound


@dataclass(frozen=True)
class CartStep:
    """One thing that was done with a cart."""

    kind: str
    variant_id: int | None
    quantity: int | None
    data: dict[str, Any]
    user_id: int | None
    at: datetime


def require_cart(cart_id: UUID, *, user_id: int | None) -> Cart:
    """Return the cart; raise `NotFound` ``cart_not_found``.

    A guest's cart is opened by its id alone; one of an account is that account's only.
    """
    cart = Cart.objects.filter(pk=cart_id).first()
    if cart is None or cart.user_id not in {None, user_id}:
        raise NotFound("cart_not_found", "There is no such cart.")
    return cart


def account_cart_id(user_id: int) -> UUID | None:
    """Return the id of the account's cart that is not ordered, None when there is none."""
    return (
        Cart.objects.filter(user_id=user_id, ordered_at=None).values_list("pk", flat=True).first()
    )


def has_lines(cart_id: UUID) -> bool:
    """Tell whether anything is in a cart."""
    return CartLine.objects.filter(cart_id=cart_id).exists()


def cart_path(cart_id: UUID) -> list[CartStep]:
    """Return everything that was done with a cart, oldest first, also after it is gone; for staff.

    At most 500 steps.
    """
    rows = CartEvent.objects.filter(cart_id=cart_id).order_by("pk")[:500]
    return [
        CartStep(row.kind, row.variant_id, row.quantity, row.data, row.user_id, row.at)
        for row in rows
    ]
