"""The page behind a reminder's link: what waits there, and a button that brings it back.

Programs open the links of mails as well, so opening it changes nothing but the count of clicks.
"""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.recovery import services
from bakery.edge import access
from bakery.edge.shoppers import customer_of, guest_cart_of, keep_cart
from bakery.kernel import clock, money
from bakery.kernel.errors import NotFound

_GONE = services.Waiting("not_found")


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def restore(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link leads to; a POST makes it the browser's cart."""
    at, user_id = clock.now(), customer_of(request)
    try:
        if request.method != "POST":
            found = services.look_at_link(token=token, user_id=user_id, at=at)
            if request.method == "GET" and not _is_looking_ahead(request):
                services.note_click(token=token, at=at)
            return _page(request, token, found)
        restored = services.restore_cart(
            token=token, user_id=user_id, at=at, other=guest_cart_of(request)
        )
    except NotFound:
        return _page(request, token, _GONE, status=404)
    if isinstance(restored, services.Waiting):
        return _page(request, token, restored, status=409)
    response = HttpResponseRedirect(reverse("cart"), status=303)
    # A signed-in customer's cart is the account's; the cookie lets a guest's come along there.
    keep_cart(response, restored.cart_id)
    messages.success(request, "Your cart is back, at today's prices.")
    if restored.brought:
        messages.info(request, "What you had in this browser's cart is in it as well.")
    for note in restored.notes:
        messages.info(request, note)
    return response


def _is_looking_ahead(request: HttpRequest) -> bool:
    """Tell whether a browser loads the page before anybody asked for it."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in purpose or "preview" in purpose


def _page(
    request: HttpRequest, token: str, found: services.Waiting, *, status: int = 200
) -> HttpResponse:
    cart = found.cart
    context = {
        "found": found,
        "token": token,
        "lines": [(x, _text(x.line_total, cart.currency)) for x in cart.lines] if cart else [],
        "total": _text(cart.total, cart.currency) if cart else "",
    }
    response = render(request, "recovery/restore.html", context, status=status)
    # "no-referrer" would have browsers say "Origin: null", which the guard of forms refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def _text(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else money.display(amount, currency)
