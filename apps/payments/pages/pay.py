"""From the order's page to Stripe's."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.payments import services
from bakery.edge import access
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.throttling import require
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Unavailable


class SeeOther(HttpResponse):
    """303: the browser shall GET the address, whatever it did here."""

    status_code = 303

    def __init__(self, url: str) -> None:
        super().__init__(headers={"Location": url})


@access.page(access.ANYONE)
@never_cache
@require_POST
def pay_order(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the customer to the payment page, or say why not and what to do."""
    require("order", "pay", rate_bucket(client_address(request)))
    try:
        link = services.open_checkout(public_id=public_id, user_id=request.user.pk, at=clock.now())
    except (Conflict, Unavailable) as error:
        context = {
            "public_id": public_id,
            "message": error.message,
            "can_retry": isinstance(error, Unavailable),
        }
        return render(request, "payments/not_now.html", context, status=error.status)
    return SeeOther(link.url)
