"""What staff do with requests, for tests."""

from datetime import timedelta
from decimal import Decimal

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRequest, Quote
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.selectors.appraisal import appraise, current_revision
from apps.inventory.models import Slot
from apps.orders import services as orders
from apps.orders.models import Order
from tests.custom_cakes.factories import design_data, submit
from tests.orders.factories import AT, make_slot

STAFF, OTHER = "user:1", "user:2"


def slot_of(request: CakeRequest) -> Slot:
    """Return the pickup time of the day that is wanted."""
    return Slot.objects.get(starts_at=slot_time_of(request))


def slot_time_of(request: CakeRequest):
    revision = current_revision(request)
    return Slot.objects.filter(starts_at__date=revision.wanted_on).earliest("pk").starts_at


def terms(request: CakeRequest, *, at=AT, **values) -> dict:
    """Return what staff type: the price and servings that were predicted, on the wanted day."""
    request.refresh_from_db()
    found = appraise(current_revision(request), at=at)
    return {
        "request_id": request.pk,
        "expected_version": request.version,
        "price": found.price.price,
        "servings_least": found.servings.least,
        "servings_most": found.servings.most,
        "slot_id": slot_of(request).pk,
        "expires_at": None,
        "words": "Keep it cool.",
        "reason": "",
        "actor": STAFF,
        "may_go_below_floor": False,
        "at": at,
        **values,
    }


def approve(request: CakeRequest | None = None, *, at=AT, **values) -> Quote:
    """Return an approved offer."""
    return services.approve_request(**terms(request or submit(at=at), at=at, **values))


def counter(request: CakeRequest, *, design=None, at=AT, **values) -> Quote:
    """Return an offer of another cake: a smaller one, unless told."""
    given = {"price": Decimal("90.00"), "reason": "a smaller cake"}
    other = parse_design(design or design_data(length=6))
    return services.counter_offer(design=other, **terms(request, at=at, **{**given, **values}))


def pay_order(order: Order, *, ref="pi_1", at=AT):
    """Confirm the payment of all that an order asks for."""
    return orders.confirm_payment(
        order_id=order.pk,
        payment_ref=ref,
        amount_minor=int(order.total * 100),
        currency=order.currency,
        at=at,
    )


def later(**span):
    return AT + timedelta(**span)


def spare_slot(days: int, **values) -> Slot:
    return make_slot(AT + timedelta(days=days), **values)
