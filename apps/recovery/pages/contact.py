"""Asking where to remind of a cart, from the page of the cart."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.orders import selectors as orders
from apps.recovery import services
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.shoppers import customer_of, guest_cart_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_LONGEST = 300


@access.page(access.ANYONE)
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Note where to remind; whoever must confirm first is told so."""
    cart_id = _cart_of(request)
    if cart_id is None:
        return _back()
    throttling.require("cart_contact", rate_bucket(client_address(request)))
    given = {name: request.POST.get(name, "")[:_LONGEST] for name in ("email", "phone")}
    if not request.POST.get("agree_mail"):
        given["email"] = ""
    if not request.POST.get("agree_text"):
        given["phone"] = ""
    try:
        reach = services.keep_cart_contact(
            cart_id=cart_id,
            user_id=customer_of(request),
            language=request.POST.get("language") or "en",
            at=clock.now(),
            **given,
        )
    except DomainError as error:
        words = "Tick what you agree to, and leave an address for it."
        messages.error(request, words if error.code == "no_address" else error.message)
        return _back()
    waits = [
        words
        for words, waiting in (
            ("the mail we sent you", reach.email and not reach.mail_agreed),
            ("the text we sent you with YES", reach.phone and not reach.text_agreed),
        )
        if waiting
    ]
    if waits:
        messages.success(request, f"Please answer {' and '.join(waits)}. Only then do we remind.")
    else:
        messages.success(request, "We remind you if this cart is left.")
    return _back()


@access.page(access.ANYONE)
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Remind of this cart no more."""
    cart_id = _cart_of(request)
    if cart_id is not None:
        try:
            services.forget_cart_contact(
                cart_id=cart_id, user_id=customer_of(request), at=clock.now()
            )
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "We do not remind you of this cart.")
    return _back()


def _cart_of(request: HttpRequest) -> UUID | None:
    user_id = customer_of(request)
    return guest_cart_of(request) if user_id is None else orders.account_cart_id(user_id)


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("cart"), status=303)
