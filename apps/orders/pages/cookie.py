"""Which cart a browser has: a signed cookie with the cart's id."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

_NAME, _SALT = "cart", "orders.cart"
_MAX_AGE = 30 * 24 * 3600


def cart_of(request: HttpRequest) -> UUID | None:
    """Return the id of the browser's cart; None without one or with a cookie we did not sign."""
    try:
        text = request.get_signed_cookie(_NAME, salt=_SALT, max_age=_MAX_AGE)
        return UUID(text)
    except (KeyError, BadSignature, ValueError):
        return None


def keep_cart(response: HttpResponse, cart_id: UUID) -> None:
    """Give the browser the cart to keep."""
    response.set_signed_cookie(
        _NAME,
        str(cart_id),
        salt=_SALT,
        max_age=_MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_cart(response: HttpResponse) -> None:
    """Take the cart from the browser."""
    response.delete_cookie(_NAME, samesite="Lax")
