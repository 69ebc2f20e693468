"""Where customers ask for a refund of what they ordered."""

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.orders import selectors as orders
from apps.payments import selectors, services
from apps.payments.rules.asking_window import asking_refusal
from apps.payments.rules.refund_form import read_lines
from apps.payments.rules.refund_words import CUSTOMER
from bakery.edge import access
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.throttling import require
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound

if TYPE_CHECKING:
    from apps.orders.models import Order

_LONGEST = 1000
_WAYS = {
    "stripe": "to the card you paid with",
    "by_hand": "at the counter",
    "gift_card": "to your gift card",
}


@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask_refund(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the order's lines as a form, then what comes back, then ask for it."""
    order, at, status = _own(request, public_id), clock.now(), 200
    if refusal := asking_refusal(order, at=at, days=settings.REFUND_REQUEST_DAYS):
        context = {"order": order, "refusal": refusal.message}
        return render(request, "payments/refunds.html", context, status=refusal.status)
    context = _form(request, order)
    if request.method == "POST":
        require("refund", rate_bucket(client_address(request)))
        try:
            if _act(request, order, context):
                messages.success(request, "We have your request and look at it.")
                return _back(public_id)
        except DomainError as error:
            messages.error(request, error.message)
            status = error.status
    return render(request, "payments/refunds.html", context, status=status)


@access.page(access.ANYONE)
@require_POST
def withdraw_refund(request: HttpRequest, public_id: UUID, refund_id: UUID) -> HttpResponse:
    """Take a request back that nobody decided yet."""
    order = _own(request, public_id)
    refund = selectors.refund_by_public_id(refund_id)
    if refund.order_id != order.pk:
        raise NotFound("refund_not_found", "There is no such refund.")
    try:
        services.withdraw_refund(public_id=refund_id, by=CUSTOMER, at=clock.now())
        messages.success(request, "Your request is taken back.")
    except DomainError as error:
        messages.error(request, error.message)
    return _back(public_id)


def _form(request: HttpRequest, order: "Order") -> dict[str, Any]:
    """Return the form, with what was typed already."""
    left = selectors.left_of(order.pk)
    lines = left.lines if left else ()
    typed = request.POST
    return {
        "order": order,
        "rows": [
            (line, range(line.quantity_left + 1), typed.get(f"quantity-{line.position}", "0"))
            for line in lines
        ],
        "is_anything_left": any(line.quantity_left for line in lines),
        "explanation": typed.get("explanation", "")[:_LONGEST],
        "key": _key(typed.get("key", "")),
        "days": settings.REFUND_REQUEST_DAYS,
    }


def _key(text: str) -> str:
    """Return the name of this form, which makes pressing its button twice one request."""
    return text if len(text) == 32 and text.isascii() and text.isalnum() else uuid4().hex


def _act(request: HttpRequest, order: "Order", context: dict[str, Any]) -> bool:
    """Ask when that was confirmed, which is True; else look at what it would come to."""
    positions = [line.position for line, _, _ in context["rows"]]
    lines, at = read_lines(positions, request.POST.dict()), clock.now()
    explanation = context["explanation"].strip()
    if "confirm" in request.POST and explanation:
        services.ask_as_customer(
            order=order,
            lines=lines,
            explanation=explanation,
            reference=f"form-{context['key']}",
            at=at,
        )
        return True
    preview = services.preview_for_customer(order=order, lines=lines, at=at)
    context |= selectors.preview_texts(preview, ways=_WAYS)
    if not explanation:
        messages.error(request, "Tell us what was wrong, please.")
    return False


def _own(request: HttpRequest, public_id: UUID) -> "Order":
    user = request.user
    user_id = user.pk if user.is_authenticated else None
    return orders.order_by_public_id(public_id, user_id=user_id)


def _back(public_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('order', args=[public_id])}#refunds", status=303)
