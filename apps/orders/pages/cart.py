"""The cart."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.orders import selectors, services
from apps.orders.pages.cookie import (
    cart_of,
    customer_of,
    forget_cart,
    guest_cart_of,
    keep_cart,
)
from apps.orders.pages.forms import AddForm, LineForm
from apps.orders.pages.presenting import cart_context
from apps.orders.selectors import CartView
from apps.orders.selectors.extensions import cart_parts
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound


def current_cart(request: HttpRequest) -> CartView | None:
    """Return the browser's cart, None when there is none or it was ordered.

    What a customer put into the cart before logging in comes along here.
    """
    user_id = customer_of(request)
    if user_id is not None:
        _bring_along(request, user_id)
    cart_id = cart_of(request)
    if cart_id is None:
        return None
    try:
        cart = selectors.cart_view(cart_id, user_id=user_id, at=clock.now())
    except NotFound:
        return None
    return None if cart.ordered else cart


def _bring_along(request: HttpRequest, user_id: int) -> None:
    """Merge the guest's cart of the cookie into the account's, and say what did not fit."""
    guest_cart = guest_cart_of(request)
    if guest_cart is None or not selectors.has_lines(guest_cart):
        return
    try:
        merged = services.adopt_cart(cart_id=guest_cart, user_id=user_id, at=clock.now())
    except DomainError:
        return  # ordered, or another account's: nothing of it comes along
    if merged.left:
        pieces = sum(line.quantity for line in merged.left)
        messages.warning(request, f"{pieces} more did not fit into your cart and stayed behind.")


@access.page(access.ANYONE)
@require_safe
@never_cache
def show_cart(request: HttpRequest) -> HttpResponse:
    """Show what is in the cart, what it costs, and what stands against ordering it."""
    cart = current_cart(request)
    parts = cart_parts(cart, at=clock.now()) if cart and cart.lines else []
    response = render(request, "orders/cart.html", {**cart_context(cart), "parts": parts})
    if cart is None and customer_of(request) is None and guest_cart_of(request) is not None:
        forget_cart(response)
    return response


def _to_cart() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("cart"), status=303)


@access.page(access.ANYONE)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put something into the cart, a new one if need be."""
    form = AddForm(request.POST)
    response = _to_cart()
    if not form.is_valid():
        messages.error(request, _words(form))
        return response
    cart_id = _cart_to_fill(request, response)
    try:
        services.add_to_cart(
            cart_id=cart_id, user_id=customer_of(request), at=clock.now(), **form.cleaned_data
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "It is in your cart.")
    return response


def _cart_to_fill(request: HttpRequest, response: HttpResponse) -> UUID:
    """Return the browser's cart, a new one if it has none; a guest's is kept by a cookie."""
    user_id, at = customer_of(request), clock.now()
    if user_id is not None:
        return services.open_account_cart(user_id=user_id, at=at).pk
    cart = current_cart(request)
    cart_id: UUID = cart.id if cart else services.create_cart(at=at).pk
    keep_cart(response, cart_id)
    return cart_id


@access.page(access.ANYONE)
@require_POST
def change(request: HttpRequest, line_id: int) -> HttpResponse:
    """Change number and message of a line."""
    form = LineForm(request.POST)
    cart_id = cart_of(request)
    if cart_id is None:
        return _to_cart()
    if not form.is_valid():
        messages.error(request, _words(form))
        return _to_cart()
    try:
        services.change_line(
            cart_id=cart_id,
            line_id=line_id,
            user_id=customer_of(request),
            at=clock.now(),
            **form.cleaned_data,
        )
    except DomainError as error:
        messages.error(request, error.message)
    return _to_cart()


@access.page(access.ANYONE)
@require_POST
def remove(request: HttpRequest, line_id: int) -> HttpResponse:
    """Take a line out."""
    cart_id = cart_of(request)
    if cart_id is not None:
        try:
            services.remove_line(
                cart_id=cart_id, line_id=line_id, user_id=customer_of(request), at=clock.now()
            )
        except DomainError as error:
            messages.error(request, error.message)
    return _to_cart()


def _words(form: AddForm | LineForm) -> str:
    return " ".join(f"{name}: {' '.join(map(str, texts))}" for name, texts in form.errors.items())
