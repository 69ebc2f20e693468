"""Who shops in a browser: a signed-in customer, or a guest whose cart a signed cookie names."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

_NAME, _SALT = "cart", "orders.cart"
_MAX_AGE = 30 * 24 * 3600


def customer_of(request: HttpRequest | Request) -> int | None:
    """Return the signed-in customer's account, None for guests; staff count as guests."""
    user = request.user
    return user.pk if user.is_authenticated and not user.is_staff else None


def guest_cart_of(request: HttpRequest) -> UUID | None:
    """Return the cart of the cookie; None without one or with a cookie we did not sign."""
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
