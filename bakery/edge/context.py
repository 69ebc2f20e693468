"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the shop's name and the addresses that pages link to."""
    return {
        "shop_name": settings.SHOP_NAME,
        "sandbox_url": settings.SANDBOX_URL if settings.SANDBOX else "",
    }
