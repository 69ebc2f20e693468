"""The line for a full day, as a browser without scripts uses it."""

from datetime import date
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.orders import selectors, services
from apps.orders.models import WaitEntry
from apps.orders.pages.cart import current_cart
from apps.orders.pages.cookie import customer_of, keep_cart
from apps.orders.rules.event_day import day_text
from apps.orders.states import WaitState
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound


class JoinForm(forms.Form):
    """Which day, and whom to write to."""

    day = forms.DateField()
    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "We send the offer to this address.",
            "invalid": "This is not an e-mail address.",
        },
    )

    def clean_day(self) -> date:
        """Refuse years in which no calendar of ours works."""
        day: date = self.cleaned_data["day"]
        if not clock.is_in_our_time(day):
            raise forms.ValidationError("The year is out of range.")
        return day


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """Ask whom to write to, and take a place in the line for what is in the cart."""
    cart = current_cart(request)
    if cart is None or not cart.lines:
        return HttpResponseRedirect(reverse("cart"))
    if request.method != "POST":
        return _form_page(request, JoinForm(initial=_known(request)))
    throttling.require("waitlist", rate_bucket(client_address(request)))
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=400)
    try:
        entry = services.join_waitlist(
            cart_id=cart.id,
            user_id=customer_of(request),
            email=form.cleaned_data["email"],
            day=form.cleaned_data["day"],
            at=clock.now(),
        )
    except DomainError as error:
        form.add_error("email" if error.code == "bad_email" else None, error.message)
        return _form_page(request, form, status=error.status)
    return HttpResponseRedirect(reverse("waitlist", args=[entry.public_id]), status=303)


@access.page(access.ANYONE)
@require_safe
@never_cache
def show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show a place in the line, and the way to take what is held."""
    entry, at = _own(request, public_id), clock.now()
    until = entry.offer_until.astimezone(clock.shop_zone()) if entry.offer_until else None
    context = {
        "view": selectors.waiting_view(entry, at=at),
        "stands": bool(until and until > at),
        "until": f"{until:%A} {until.day} {until:%B, %H:%M}" if until else "",
        "masked": f"{entry.email[:1]}…@{entry.email.partition('@')[2]}",
    }
    return render(request, "orders/waitlist.html", context)


@access.page(access.ANYONE)
@require_POST
def take(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go to the checkout with the place that is held, and with the cart that it was wanted for."""
    entry = _own(request, public_id)
    response = HttpResponseRedirect(f"{reverse('checkout')}?offer={public_id}", status=303)
    if customer_of(request) is None and _is_open(entry):
        keep_cart(response, entry.cart_id)
    return response


@access.page(access.ANYONE)
@require_POST
def leave(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give the place up."""
    entry = _own(request, public_id)
    try:
        services.leave_waitlist(entry_id=entry.pk, actor="customer", at=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("waitlist", args=[public_id]), status=303)


def _own(request: HttpRequest, public_id: UUID) -> WaitEntry:
    return selectors.wait_entry(public_id, user_id=customer_of(request))


def _is_open(entry: WaitEntry) -> bool:
    """Tell whether the guest's cart of the entry can still be ordered, and the offer stands."""
    if entry.state != WaitState.OFFERED:
        return False
    try:
        return not selectors.cart_view(entry.cart_id, at=clock.now()).ordered
    except NotFound:
        return False


def _known(request: HttpRequest) -> dict[str, str]:
    user = request.user
    known = {"day": request.GET.get("day", "")[:20]}
    if user.is_authenticated and customer_of(request) is not None:
        known["email"] = user.email
    return known


def _form_page(request: HttpRequest, form: JoinForm, *, status: int = 200) -> HttpResponse:
    text = str(form["day"].value() or "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return HttpResponseRedirect(reverse("checkout"))
    words = day_text(day, today=clock.shop_date(clock.now()))
    context = {"form": form, "day": words, "day_value": day.isoformat(), "shop": settings.SHOP_NAME}
    return render(request, "orders/waitlist_join.html", context, status=status)
