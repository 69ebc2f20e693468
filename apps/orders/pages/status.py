"""An order as its customer follows it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.orders import selectors, services
from apps.orders.models import Order
from apps.orders.pages.presenting import deposit_context, order_context
from apps.orders.rules.handing import has_pickup_code
from apps.orders.rules.pickup import short_text
from apps.orders.states import ACCEPTED, DEPOSITED, Fulfilment, OrderStatus
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_S = OrderStatus
_MAY_OWE = (*ACCEPTED, _S.NO_SHOW, _S.COLLECTED)
_PATH = (
    (_S.PENDING_PAYMENT, "Ordered"),
    (_S.PAID, "Paid"),
    (_S.IN_PRODUCTION, "In the making"),
    (_S.READY, "Ready for pickup"),
    (_S.COLLECTED, "Collected"),
)
_PATH_TO_THE_DOOR = (
    *_PATH[:3],
    (_S.READY, "Packed"),
    (_S.OUT_FOR_DELIVERY, "On its way"),
    (_S.COLLECTED, "Delivered"),
)
# What a customer should know about an order that left the path.
_ASIDE = {
    _S.CANCELLED: "This order was cancelled. Money that was paid for it is given back.",
    _S.EXPIRED: "This order was not paid in time, so its goods were given free again. "
    "If you did pay, we find the payment and you need not do anything.",
    _S.NO_SHOW: "Your pickup time is over and nobody came. Call us: we may still have it.",
    _S.PAYMENT_MISMATCH: "Your payment arrived and somebody of us is looking at it. "
    "You need not do anything; we write to you.",
    _S.PAID_UNFULFILLABLE: "Your payment arrived after the goods were gone. We are sorry: "
    "you get the money back.",
}


@dataclass(frozen=True)
class _Step:
    label: str
    state: str
    at: str


@access.page(access.ANYONE)
@require_safe
@never_cache
def show_order(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show where an order is, and the way to pay it while it is not paid."""
    at = clock.now()
    order = _own(request, public_id)
    pending = order.status == _S.PENDING_PAYMENT
    context = {
        **order_context(selectors.order_view(order, at=at)),
        "steps": _steps(order),
        "has_code": has_pickup_code(order.status, order.fulfilment, order.pickup_code),
        "aside": _ASIDE.get(_S(order.status)),
        "payable": pending and order.hold_expires_at > at,
        # A change made the paid order dearer.
        "owes": order.was_certain and order.balance > 0 and order.status in _MAY_OWE,
        "editable": _is_editable(order, at=at),
        "cancellable": order.status in (_S.PAID, *DEPOSITED)
        and at < services.cancellable_until(order=order),
        "waiting": _is_waiting(order, request.GET.get("payment", "")),
        "returned_unpaid": pending and request.GET.get("payment") == "cancelled",
        "pay_until": short_text(order.hold_expires_at, clock.shop_zone()),
        **deposit_context(order),
        "parts": selectors.page_parts(order, at=at),
    }
    return render(request, "orders/order.html", context)


@access.page(access.ANYONE)
@require_POST
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Call off an order that is not paid, or paid and not begun for a while yet."""
    order = _own(request, public_id)
    try:
        services.cancel_order(
            order_id=order.pk, actor="customer", reason="by the customer", at=clock.now()
        )
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("order", args=[public_id]), status=303)


def _own(request: HttpRequest, public_id: UUID) -> Order:
    user = request.user
    user_id = user.pk if user.is_authenticated else None
    return selectors.order_by_public_id(public_id, user_id=user_id)


def _is_waiting(order: Order, came_from: str) -> bool:
    """Tell whether the customer has just paid, and we have not heard of it yet."""
    if order.status == _S.PENDING_PAYMENT:
        return came_from == "done"
    return order.is_deposited and came_from == "rest"


def _is_editable(order: Order, *, at: datetime) -> bool:
    try:
        services.require_editable(order=order, actor=services.CUSTOMER, reason="", at=at)
    except DomainError:
        return False
    return True


def _steps(order: Order) -> list[_Step]:
    """Return the path with what is done; nothing for an order that left it."""
    path = _PATH_TO_THE_DOOR if order.fulfilment == Fulfilment.DELIVERY else _PATH
    if order.deposit_paid_at is not None or order.deposit_due:
        path = (path[0], (_S.DEPOSIT_PAID, "Deposit paid"), *path[1:])
    ranks = {status.value: rank for rank, (status, _) in enumerate(path)}
    reached = ranks.get(_S.DEPOSIT_PAID.value if order.is_deposited else order.status)
    if reached is None:
        return []
    times = {move.new: move.at for move in order.transitions.all()}
    times[_S.PENDING_PAYMENT.value] = order.placed_at
    zone = clock.shop_zone()
    steps = []
    for rank, (status, label) in enumerate(path):
        at = times.get(status.value)
        state = "done" if rank < reached or order.status == _S.COLLECTED else ""
        state = "now" if rank == reached and not state else state
        steps.append(_Step(label, state, short_text(at, zone) if at else ""))
    return steps
