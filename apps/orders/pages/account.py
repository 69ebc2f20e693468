"""The account of a customer: orders, points, addresses and the calendar."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import selectors as accounts
from apps.accounts import services as accounts_services
from apps.loyalty import selectors as loyalty
from apps.orders import selectors, services
from apps.orders.pages.cart import current_cart
from apps.orders.pages.customers import for_customers
from apps.orders.selectors import MyOrder
from bakery.edge import access, logins
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError

if TYPE_CHECKING:
    from apps.accounts.models import User

_BADGES = {
    "pending_payment": "badge-warn",
    "balance_due": "badge-warn",
    "ready": "badge-ok",
    "collected": "badge-ok",
    "cancelled": "badge-bad",
    "expired": "badge-bad",
    "no_show": "badge-bad",
}
_LONGEST_TOKEN = 200


@access.page(access.SIGNED_IN)
@require_safe
@never_cache
@for_customers
def home(request: HttpRequest, user: "User") -> HttpResponse:
    """Show everything that belongs to the account."""
    at = clock.now()
    # What was in the cart before logging in comes along now, and not only when it is looked at.
    current_cart(request)
    past, older = selectors.orders_past(user.pk, at=at, before=_before(request))
    points = loyalty.points_balance(user.pk, at=at)
    context = {
        "person": user,
        "ahead": [_row(order) for order in selectors.orders_ahead(user.pk, at=at)],
        "past": [_row(order) for order in past],
        "older": older,
        "is_first_page": _before(request) is None,
        "points": points,
        "points_worth": money.display(points.worth, settings.SHOP_CURRENCY),
        "addresses": accounts.addresses_of(user.pk),
        "calendar_since": selectors.feed_since(user.pk),
        "claimable": selectors.claimable_orders(user.pk),
    }
    return render(request, "orders/account.html", context)


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _row(order: MyOrder) -> dict[str, Any]:
    return {
        "order": order,
        "total": money.display(order.total, order.currency),
        "badge": _BADGES.get(order.status, ""),
    }


def _home() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("account"), status=303)


@access.page(access.SIGNED_IN)
@require_POST
@for_customers
def again(request: HttpRequest, user: "User", public_id: UUID) -> HttpResponse:
    """Put what was in an order into the cart, at today's prices."""
    done = services.order_again(public_id=public_id, user_id=user.pk, at=clock.now())
    for line in done.missing:
        messages.warning(request, f"{line.description}: {line.message}")
    if done.added:
        messages.success(request, "It is in your cart, at today's prices.")
    return HttpResponseRedirect(reverse("cart"), status=303)


@access.page(access.SIGNED_IN)
@require_POST
@for_customers
def drop_address(request: HttpRequest, user: "User", address_id: int) -> HttpResponse:
    """Take an address out of the book."""
    accounts_services.remove_address(address_id=address_id, user_id=user.pk)
    messages.success(request, "The address is gone.")
    return _home()


@access.page(access.SIGNED_IN)
@require_POST
@never_cache
@for_customers
def calendar(request: HttpRequest, user: "User") -> HttpResponse:
    """Make a calendar address, a new one in place of another, or end it."""
    if request.POST.get("do") == "end":
        services.close_feed(user_id=user.pk)
        messages.success(request, "The calendar address works no more.")
        return _home()
    address = services.open_feed(user_id=user.pk, at=clock.now())
    return render(request, "orders/account_calendar.html", {"address": address})


@access.page(access.SIGNED_IN)
@require_POST
@for_customers
def claim(request: HttpRequest, user: "User") -> HttpResponse:
    """Take over guest orders: of one's own mailbox at once, of another by a mailed link."""
    email = request.POST.get("email", "").strip()[:254]
    try:
        if email:
            logins.require_mail_allowed(request, email)
            services.request_claim(user_id=user.pk, email=email, at=clock.now())
            messages.success(
                request, "If orders were placed with this address, a mail is on its way to it."
            )
        else:
            count = services.claim_own_orders(user_id=user.pk, at=clock.now())
            messages.success(request, f"{count} order{'' if count == 1 else 's'} came along.")
    except DomainError as error:
        messages.error(request, error.message)
    return _home()


@access.page(access.SIGNED_IN)
@never_cache
@for_customers
def claim_by_link(request: HttpRequest, user: "User") -> HttpResponse:
    """Take over the orders of a mailbox whose link was opened; looking changes nothing."""
    token = (request.POST.get("token") or request.GET.get("token") or "")[:_LONGEST_TOKEN]
    if request.method != "POST":
        return render(request, "orders/account_claim.html", {"token": token})
    try:
        count = services.confirm_claim(user_id=user.pk, token=token, at=clock.now())
    except DomainError as error:
        context = {"error": error}
        return render(request, "orders/account_claim.html", context, status=error.status)
    messages.success(request, f"{count} order{'' if count == 1 else 's'} came along.")
    return _home()
