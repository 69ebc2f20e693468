"""Checkout: when, and for whom."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.inventory import selectors as inventory
from apps.loyalty.selectors import Buyer
from apps.orders import selectors, services
from apps.orders.pages.cart import current_cart
from apps.orders.pages.cookie import cart_of, customer_of, forget_cart
from apps.orders.pages.delivering import delivery_context, is_seen, quoted
from apps.orders.pages.forms import NOT_TYPED, CheckoutForm
from apps.orders.pages.presenting import cart_context
from apps.orders.pages.terms import terms_of
from apps.orders.rules.pickup import days_in_words
from apps.orders.rules.waitlist import FULL_CODES
from apps.orders.selectors import CartView
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.languages import language_of
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, DomainError
from bakery.kernel.idempotency import Reply, fingerprint, run_once

DAYS_SHOWN = 21
# Where on the page an error of placing belongs; the others stand above the form.
_FIELD_OF = {
    "bad_name": "name",
    "bad_email": "email",
    "bad_phone": "phone",
    "slot_unknown": "slot_id",
    "slot_past": "slot_id",
    "slot_full": "slot_id",
    "slot_closed": "slot_id",
    "lead_time": "slot_id",
    "working_days": "slot_id",
    "cutoff": "slot_id",
    "closed": "slot_id",
    "blackout": "slot_id",
    "delivery_day": "slot_id",
    "offer_over": "slot_id",
    "offer_elsewhere": "slot_id",
    "delivery_not_offered": "postcode",
    "bad_postcode": "postcode",
    "address_not_found": "address_id",
    "event_day": "event_on",
}


@dataclass(frozen=True)
class _Choice:
    id: int
    label: str


@dataclass(frozen=True)
class _Day:
    label: str
    choices: list[_Choice]
    why: str
    # The day as an address of the waiting list has it, when its places are what is missing.
    full: str


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def checkout(request: HttpRequest) -> HttpResponse:
    """Ask when and for whom, and place the order."""
    if request.method == "POST":
        return _place(request)
    cart = current_cart(request)
    if cart is None or not cart.orderable:
        return HttpResponseRedirect(reverse("cart"))
    services.note_checkout_started(cart_id=cart.id, user_id=customer_of(request), at=clock.now())
    user = request.user
    known = {
        "key": uuid4(),
        "expected_total": cart.total,
        "expected_due": cart.due,
        "language": language_of(request),
    }
    if user.is_authenticated and not user.is_staff:
        known |= {"name": user.full_name, "email": user.email, "phone": str(user.phone)}
    return _page(request, CheckoutForm(initial=known), cart)


def _place(request: HttpRequest) -> HttpResponse:
    throttling.require("order", rate_bucket(client_address(request)))
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        return _again(request, form, status=400)
    if not is_seen(form, user_id=customer_of(request)):
        return _again(request, form, status=200)
    try:
        public_id = _place_once(request, form)
    except DomainError as error:
        cart_id = cart_of(request)
        if cart_id is not None:
            services.note_checkout_refused(
                cart_id=cart_id, user_id=customer_of(request), code=error.code, at=clock.now()
            )
        _explain(form, error)
        return _again(request, form, status=error.status)
    response = HttpResponseRedirect(reverse("order", args=[public_id]), status=303)
    forget_cart(response)
    return response


def _place_once(request: HttpRequest, form: CheckoutForm) -> str:
    """Place the order, or find the one that an earlier click with the same key placed."""
    data = form.cleaned_data
    at = clock.now()
    user_id = customer_of(request)

    def work() -> Reply:
        cart_id = cart_of(request)
        if cart_id is None:
            raise Conflict("cart_gone", "Your cart is empty or was ordered already.")
        order = services.place_order(
            cart_id=cart_id,
            customer=services.Customer(
                name=data["name"], email=data["email"], phone=data["phone"], user_id=user_id
            ),
            slot_id=data["slot_id"],
            expected_total=data["expected_total"],
            expected_due=data["expected_due"],
            terms=terms_of(data, user_id=user_id),
            at=at,
        )
        return Reply(303, {"public_id": str(order.public_id)})

    typed = [str(data[name]) for name in form.fields if name not in NOT_TYPED]
    reply = run_once(
        scope="checkout-page", key=str(data["key"]), request=fingerprint(typed), at=at, work=work
    )
    return str(reply.body["public_id"])


def _explain(form: CheckoutForm, error: DomainError) -> None:
    field = error.details.get("field")
    form.add_error(field if field in form.fields else _FIELD_OF.get(error.code), error.message)
    form.ask_event = error.code == "event_day"
    for row in (*error.details.get("lines", ()), *error.details.get("codes", ())):
        if "message" in row:
            form.add_error(None, row["message"])


def _again(request: HttpRequest, form: CheckoutForm, *, status: int) -> HttpResponse:
    """Show the form again with everything that was typed, and today's sums to agree to."""
    cart = current_cart(request)
    if cart is None:
        return render(request, "orders/cart.html", {"cart": None}, status=status)
    cart = _priced(request, form, cart)
    agreed = {"expected_total": str(cart.total), "expected_due": str(cart.due)}
    form.data = {**form.data.dict(), **agreed}  # type: ignore[attr-defined]  # a QueryDict
    return _page(request, form, cart, status=status)


def _priced(request: HttpRequest, form: CheckoutForm, cart: CartView) -> CartView:
    """Return the cart as placing will price it, for who is known now and where it is brought.

    What the customer is asked to agree to must be what is compared next, or they would be asked
    for ever.
    """
    data = getattr(form, "cleaned_data", {})
    user_id, email = customer_of(request), str(data.get("email") or "")
    quote = quoted(form, user_id=user_id)[1]
    fee_of = quote.fee_for if quote is not None else None
    if not email and fee_of is None:
        return cart
    return selectors.cart_view(
        cart.id, user_id=user_id, buyer=Buyer(user_id, email), fee_of=fee_of, at=clock.now()
    )


def _page(
    request: HttpRequest, form: CheckoutForm, cart: CartView, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        **cart_context(cart),
        **_pickup(cart, at=clock.now()),
        **delivery_context(request, form),
        "chosen": str(form["slot_id"].value() or ""),
    }
    return render(request, "orders/checkout.html", context, status=status)


def _pickup(cart: CartView, *, at: datetime) -> dict[str, Any]:
    """Return the times that suit everything in the cart, and why other days do not."""
    # A few minutes to fill in the form, so that the first choice is not over before it is sent.
    seen = inventory.outlook(cart.quantities, at=at + timedelta(minutes=5), days=DAYS_SHOWN)
    days = [_day(day, today=clock.shop_date(at)) for day in seen.days]
    return {
        "promise": inventory.promise_sentence(seen.promise),
        "days": [day for day in days if day.choices],
        "missing": [day for day in days if not day.choices],
    }


def _day(day: inventory.PickupDay, *, today: date) -> _Day:
    zone = clock.shop_zone()
    words = days_in_words((day.day - today).days)
    choices = [
        _Choice(
            slot.id,
            f"{slot.starts_at.astimezone(zone):%H:%M} to {slot.ends_at.astimezone(zone):%H:%M}",
        )
        for slot in day.slots
    ]
    why = day.why.text if day.why else ""
    full = day.day.isoformat() if day.why and day.why.code in FULL_CODES else ""
    return _Day(f"{day.day:%A} {day.day.day} {day.day:%B} ({words})", choices, why, full)
