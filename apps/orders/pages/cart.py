"""The cart."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.orders import selectors, services
from apps.orders.pages.cookie import cart_of, forget_cart, keep_cart
from apps.orders.pages.forms import AddForm, LineForm
from apps.orders.pages.presenting import cart_context
from apps.orders.selectors import CartView
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound


def current_cart(request: HttpRequest) -> CartView | None:
    """Return the browser's cart, None when there is none or it was ordered."""
    cart_id = cart_of(request)
    if cart_id is None:
        return None
    try:
        cart = selectors.cart_view(cart_id, at=clock.now())
    except NotFound:
        return None
    return None if cart.ordered else cart


@access.page(access.ANYONE)
@require_safe
@never_cache
def show_cart(request: HttpRequest) -> HttpResponse:
    """Show what is in the cart, what it costs, and what stands against ordering it."""
    cart = current_cart(request)
    response = render(request, "orders/cart.html", cart_context(cart))
    if cart is None and cart_of(request) is not None:
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
    at = clock.now()
    cart = current_cart(request)
    cart_id: UUID = cart.id if cart else services.create_cart(at=at).pk
    keep_cart(response, cart_id)
    try:
        services.add_to_cart(cart_id=cart_id, at=at, **form.cleaned_data)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "It is in your cart.")
    return response


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
        services.change_line(cart_id=cart_id, line_id=line_id, at=clock.now(), **form.cleaned_data)
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
            services.remove_line(cart_id=cart_id, line_id=line_id, at=clock.now())
        except DomainError as error:
            messages.error(request, error.message)
    return _to_cart()


def _words(form: AddForm | LineForm) -> str:
    return " ".join(f"{name}: {' '.join(map(str, texts))}" for name, texts in form.errors.items())
