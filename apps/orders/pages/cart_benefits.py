"""Codes, points and gift cards on the cart's page."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.orders import services
from apps.orders.pages.cookie import cart_of, customer_of
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_MOST_POINTS = 10**9


class CodeForm(forms.Form):
    """A code as it was typed."""

    code = forms.CharField(max_length=100, error_messages={"required": "Type a code first."})


class CardForm(forms.Form):
    """Which gift card to take out."""

    card_id = forms.IntegerField(min_value=1)


class PointsForm(forms.Form):
    """How many points to use; nothing typed is none."""

    points = forms.IntegerField(min_value=0, max_value=_MOST_POINTS, required=False)


@access.page(access.ANYONE)
@require_POST
def add_code(request: HttpRequest) -> HttpResponse:
    """Add a coupon's or a gift card's code."""

    def work(cart_id: UUID, code: str) -> None:
        bucket = rate_bucket(client_address(request))
        throttling.require_code_try(str(cart_id), bucket)
        services.add_code(cart_id=cart_id, user_id=customer_of(request), code=code, at=clock.now())

    form = CodeForm(request.POST)
    if not form.is_valid():
        return _back(request, error=" ".join(map(str, form.errors["code"])))
    return _do(request, lambda cart_id: work(cart_id, form.cleaned_data["code"]))


@access.page(access.ANYONE)
@require_POST
def remove_code(request: HttpRequest) -> HttpResponse:
    """Take a coupon out."""
    user_id, code = customer_of(request), request.POST.get("code", "")
    return _do(
        request,
        lambda cart_id: services.remove_code(
            cart_id=cart_id, user_id=user_id, code=code, at=clock.now()
        ),
    )


@access.page(access.ANYONE)
@require_POST
def remove_gift_card(request: HttpRequest) -> HttpResponse:
    """Take a gift card out."""
    form = CardForm(request.POST)
    if not form.is_valid():
        return _back(request)
    user_id, card_id = customer_of(request), form.cleaned_data["card_id"]
    return _do(
        request,
        lambda cart_id: services.remove_gift_card(
            cart_id=cart_id, user_id=user_id, card_id=card_id, at=clock.now()
        ),
    )


@access.page(access.ANYONE)
@require_POST
def set_points(request: HttpRequest) -> HttpResponse:
    """Use points, or none."""
    form = PointsForm(request.POST)
    if not form.is_valid():
        return _back(request, error="Type how many points to use.")
    user_id, points = customer_of(request), form.cleaned_data["points"] or 0
    return _do(
        request,
        lambda cart_id: services.set_points(
            cart_id=cart_id, user_id=user_id, points=points, at=clock.now()
        ),
    )


def _do(request: HttpRequest, work: Callable[[UUID], None]) -> HttpResponse:
    cart_id = cart_of(request)
    if cart_id is not None:
        try:
            work(cart_id)
        except DomainError as refused:
            return _back(request, error=refused.message)
    return _back(request)


def _back(request: HttpRequest, *, error: str = "") -> HttpResponse:
    if error:
        messages.error(request, error)
    return HttpResponseRedirect(reverse("cart"), status=303)
