"""A request follows its order: paid, lapsed or called off, whatever order the news comes in."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.custom_cakes.events import QuoteLapsed
from apps.custom_cakes.models import CakeRequest, Quote
from apps.custom_cakes.selectors.orders import OrderState, line_of_size, order_state
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.states import QUOTE_LIFE, REQUEST_LIFE, QuoteState, RequestStatus
from apps.pricing import services as pricing
from bakery.kernel import outbox
from bakery.kernel.states import transition

SYSTEM = "system"
_WHY = {
    RequestStatus.PAID: "the order was paid",
    RequestStatus.EXPIRED: "not paid in time",
    RequestStatus.WITHDRAWN: "the order was called off",
    RequestStatus.CANCELLED: "the order was called off",
}


def follow_order(*, order_id: int, at: datetime) -> bool:
    """Move a request to where its order is; return whether anything moved.

    What is asked is the order itself and not the news about it, so that news may come twice, late
    or in another order. An order that is not the request's own any more moves nothing.
    """
    request_id = CakeRequest.objects.filter(order_id=order_id).values_list("pk", flat=True).first()
    if request_id is None:
        return False
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        order = order_state(order_id)
        if request.order_id != order_id or order is None or order.is_superseded:
            return False
        steps = [to for to in _way(order) if to != request.status]
        if not steps or not REQUEST_LIFE.allows(request.status, steps[0]):
            return False
        count_change(request)
        quote = Quote.objects.get(order_id=order_id)
        for to in steps:
            transition(request, machine=REQUEST_LIFE, to=to, actor=SYSTEM, at=at, reason=_WHY[to])
        _follow_quote(quote, order, at=at)
        if request.status == RequestStatus.EXPIRED:
            lapsed = QuoteLapsed(request_id=request.pk, quote_id=quote.pk)
            outbox.emit(lapsed, key=str(quote.pk), at=at)
    return True


def _way(order: OrderState) -> list[RequestStatus]:
    """Return the states that lead to where the order is; [] while there is nothing new."""
    if order.is_certain:
        called_off = [RequestStatus.CANCELLED] if order.is_called_off else []
        return [RequestStatus.PAID, *called_off]
    if order.is_called_off:
        return [RequestStatus.WITHDRAWN]
    return [RequestStatus.EXPIRED] if order.has_lapsed else []


def _follow_quote(quote: Quote, order: OrderState, *, at: datetime) -> None:
    to = QuoteState.ACCEPTED if order.is_certain else QuoteState.EXPIRED
    if quote.state != to and QUOTE_LIFE.allows(quote.state, to):
        transition(quote, machine=QUOTE_LIFE, to=to, actor=SYSTEM, at=at)


def record_labour(*, order_id: int, line_id: int, minutes: int, at: datetime) -> bool:
    """Keep how long a cake took in fact beside what was estimated; False for other goods.

    Told once more, a later total corrects the one before.
    """
    quote = Quote.objects.filter(order_id=order_id).select_related("revision").first()
    # A change may have added goods to the order that nobody estimated.
    if quote is None or quote.variant_id is None:
        return False
    if line_of_size(order_id, quote.variant_id) != line_id:
        return False
    facts = quote.revision.facts
    spec = facts.get("spec", {})
    pricing.record_labour(
        subject=f"{order_id}:{line_id}",
        complexity=int(spec.get("complexity", 1)),
        # Not those of the price, which learned from such records already.
        estimated_hours=Decimal(str(quote.revision.facts.get("estimated_hours", 0))),
        hours=(Decimal(minutes) / 60).quantize(Decimal("0.001")),
        at=at,
    )
    return True
