"""What carts and orders have in common at the API's edge."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class PrivateView(APIView):
    """A view whose replies are one person's and are kept by no cache."""

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Forbid storing."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def customer_id(request: Request) -> int | None:
    """Return the account that orders, None for guests; staff at the counter count as guests."""
    user = request.user
    return user.pk if user.is_authenticated and not user.is_staff else None
