"""Who orders, at the API's edge."""

from rest_framework.request import Request


def customer_id(request: Request) -> int | None:
    """Return the account that orders, None for guests; staff at the counter count as guests."""
    user = request.user
    return user.pk if user.is_authenticated and not user.is_staff else None
