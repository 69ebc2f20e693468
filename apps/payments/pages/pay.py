"""From the order's page, or the address in a mail, to Stripe's."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.orders import selectors as orders
from apps.orders.selectors import PayPage
from apps.payments import selectors, services
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
        link = services.open_checkout(
            public_id=public_id,
            user_id=request.user.pk,
            whole="whole" in request.POST,
            at=clock.now(),
        )
    except (Conflict, Unavailable) as error:
        return _not_now(
            request,
            error,
            again=reverse("order-pay-page", args=[public_id]),
            back=reverse("order", args=[public_id]),
        )
    return SeeOther(link.url)


@access.page(access.ANYONE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is due of the order that the address in a mail names, and send there to pay it.

    404 for an address that is not of our making, 410 when it is over; both say nothing of any
    order.
    """
    require("order", "pay-link", rate_bucket(client_address(request)))
    at = clock.now()
    page = orders.pay_page(token, at=at)
    if page.is_gone:
        return render(request, "payments/gone.html", status=410)
    if request.method == "POST":
        return _start(request, token)
    order = page.view.order
    own = order.user_id is not None and order.user_id == request.user.pk
    if own and "payment" in request.GET:
        # Back from Stripe, and signed in: the order's own page says more.
        query = request.GET.urlencode()
        return HttpResponseRedirect(f"{reverse('order', args=[order.public_id])}?{query}")
    context = _context(page, came_from=request.GET.get("payment", ""))
    context["order_url"] = (
        reverse("order", args=[order.public_id]) if own or order.user_id is None else ""
    )
    return render(request, "payments/pay.html", context)


def _start(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = services.open_by_link(token=token, whole="whole" in request.POST, at=clock.now())
    except (Conflict, Unavailable) as error:
        here = reverse("pay-link", args=[token])
        return _not_now(request, error, again=here, back=here)
    return SeeOther(link.url)


def _not_now(
    request: HttpRequest, error: Conflict | Unavailable, *, again: str, back: str
) -> HttpResponse:
    context = {
        "message": error.message,
        "can_retry": isinstance(error, Unavailable),
        "whole": "whole" in request.POST,
        "again": again,
        "back": back,
    }
    return render(request, "payments/not_now.html", context, status=error.status)


def _context(page: PayPage, *, came_from: str) -> dict[str, Any]:
    view = page.view
    tried = selectors.last_try(view.order.pk) if page.state == orders.PAYABLE else None
    waits = page.state == orders.PAYABLE and came_from in {"done", "rest"}
    return {
        **orders.pay_texts(view),
        "state": "processing" if tried and tried.is_busy else page.state,
        "decline": tried.decline if tried else "",
        # Paid a moment ago, and we have not heard of it yet.
        "waiting": waits and came_from == ("rest" if view.order.was_certain else "done"),
        "returned_unpaid": page.state == orders.PAYABLE and came_from == "cancelled",
    }
