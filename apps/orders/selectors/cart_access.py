"""Who may open a cart."""

from uuid import UUID

from apps.orders.models import Cart
from bakery.kernel.errors import NotFound


def require_cart(cart_id: UUID, *, user_id: int | None) -> Cart:
    """Return the cart; raise `NotFound` ``cart_not_found``.

    A guest's cart is opened by its id alone; one of an account is that account's only.
    """
    cart = Cart.objects.filter(pk=cart_id).first()
    if cart is None or cart.user_id not in {None, user_id}:
        raise NotFound("cart_not_found", "There is no such cart.")
    return cart
