"""Which cart a browser has: its account's, or for guests the one named in a signed cookie."""

from uuid import UUID

from django.http import HttpRequest

from apps.orders import selectors
from bakery.edge.shoppers import customer_of, forget_cart, guest_cart_of, keep_cart

__all__ = ["cart_of", "customer_of", "forget_cart", "guest_cart_of", "keep_cart"]


def cart_of(request: HttpRequest) -> UUID | None:
    """Return the id of the browser's cart, None when it has none yet.

    A signed-in customer's is the account's, whatever cookie a guest left in the browser.
    """
    user_id = customer_of(request)
    return guest_cart_of(request) if user_id is None else selectors.account_cart_id(user_id)
