"""How the last try to pay an order went, for who is to try again."""

from dataclasses import dataclass
from datetime import datetime

from apps.orders.models import Order
from apps.orders.selectors import PagePart
from apps.orders.states import ACCEPTED, OrderStatus
from apps.payments.models import CheckoutAttempt
from apps.payments.rules.declines import decline_words
from apps.payments.states import AttemptState


@dataclass(frozen=True)
class LastTry:
    """``decline`` says why the card was declined, "" for none; ``is_busy``: a bank is at work."""

    decline: str
    is_busy: bool


def last_try(order_id: int) -> LastTry:
    """Return how the last try to pay an order went: one query."""
    row = (
        CheckoutAttempt.objects.filter(order_id=order_id)
        .order_by("-number")
        .values_list("decline", "state")
        .first()
    )
    if row is None:
        return LastTry("", is_busy=False)
    code, state = row
    is_done = state == AttemptState.COMPLETE
    return LastTry("" if is_done else decline_words(code), is_busy=state == AttemptState.PROCESSING)


def decline_part(order: Order, at: datetime) -> PagePart | None:
    """Return why an order's last payment failed, for its page; None when there is nothing to say.

    Above what can be tried again; no query for an order of which nothing is to be paid.
    """
    waits = order.status == OrderStatus.PENDING_PAYMENT and order.hold_expires_at > at
    if order.balance <= 0 or not (waits or order.status in ACCEPTED):
        return None
    decline = last_try(order.pk).decline
    if not decline:
        return None
    return PagePart("payments/_decline.html", {"decline": decline}, on_top=True)
