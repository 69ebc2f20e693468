"""Asking for money to go back when an order ends or changes: all that is owed, and nothing twice.

How much goes back of an order is the order's to say (its ``refunded_total``). Every request of the
order counts against it, whatever the reason and the order in which the facts are heard.

Only goods that were not handed out are asked for here. Who gives money back for goods that were
must also tell the bank (`apps.loyalty.services.take_back`), for their points were earned.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.orders.selectors import HandMoney, money_by_hand
from apps.orders.states import OrderStatus
from apps.payments.models import Payment, RefundRequest
from apps.payments.services import ledger
from apps.payments.states import RefundReason

_ZERO = Decimal(0)
# What goes back because of the order. Other requests send payments back that never counted.
_OF_THE_ORDER = (
    RefundReason.ORDER_CANCELLED,
    RefundReason.ORDER_EDITED,
    RefundReason.ORDER_EXPIRED,
)


@dataclass(frozen=True)
class _Due:
    """What may still be asked for: ``left`` in all, of it ``by_hand`` at most at the counter."""

    order_id: int
    money: HandMoney
    payments: list[tuple[Payment, Decimal]]
    left: Decimal
    by_hand: Decimal

    @property
    def online(self) -> Decimal:
        """What the payments have left."""
        return sum((left for _, left in self.payments), _ZERO)


def request_refunds(*, order_id: int, by: str, at: datetime) -> int:
    """Ask for everything that was paid for an order that ended; return the number of new requests.

    What is on its way back for another reason is not asked for twice, and nothing of an order that
    a late payment has brought back in the meantime, except what was owed before. What was taken at
    the counter is given back there by hand: its request has no payment.
    """
    with transaction.atomic():
        ledger.lock_payments(order_id)
        due = _due(order_id)
        if due.money.status == OrderStatus.CANCELLED:
            asked = _ask_online(due, due.online, RefundReason.ORDER_CANCELLED, by=by, at=at)
            rest = due.left - due.online
            return asked + _ask_by_hand(due, rest, RefundReason.ORDER_CANCELLED, by=by, at=at)
        # What had been paid of an order that was not paid came over the counter.
        by_hand = min(due.left, due.by_hand)
        asked = _ask_by_hand(due, by_hand, RefundReason.ORDER_EXPIRED, by=by, at=at)
        rest = due.left - by_hand
        return asked + _ask_online(due, rest, RefundReason.ORDER_EXPIRED, by=by, at=at)


def request_edit_refund(
    *, order_id: int, revision: int, amount: Decimal, by: str, at: datetime
) -> int:
    """Ask for ``amount`` that a change of an order left paid too much; return the requests made.

    From the newest payment back, from each at most what is not on its way back already; what no
    payment covers was taken at the counter and is given back there. Asking again for the same
    ``revision``, or for what the order's end has sent back already, changes nothing.
    """
    reference, reason = f"revision-{revision}", RefundReason.ORDER_EDITED
    with transaction.atomic():
        ledger.lock_payments(order_id)
        known = RefundRequest.objects.filter(order_id=order_id, reason=reason, reference=reference)
        if known.exists():
            return 0
        due = _due(order_id)
        amount = min(amount, due.left)
        asked = _ask_online(due, amount, reason, by=by, at=at, reference=reference)
        rest = amount - min(amount, due.online)
        return asked + _ask_by_hand(due, rest, reason, by=by, at=at, reference=reference)


def _due(order_id: int) -> _Due:
    money = money_by_hand(order_id)
    asked = RefundRequest.objects.filter(order_id=order_id, reason__in=_OF_THE_ORDER)
    by_hand = asked.filter(payment=None)
    return _Due(
        order_id,
        money,
        _payments(order_id),
        max(money.owed - _sum(asked), _ZERO),
        max(money.by_hand - _sum(by_hand), _ZERO),
    )


def _sum(requests: QuerySet[RefundRequest]) -> Decimal:
    total: Decimal | None = requests.aggregate(sum=Sum("amount"))["sum"]
    return total or _ZERO


def _payments(order_id: int) -> list[tuple[Payment, Decimal]]:
    """Return the order's payments, the newest first, with what is not on its way back already."""
    asked = Coalesce(Sum("refund_requests__amount"), _ZERO, output_field=DecimalField())
    rows = Payment.objects.filter(order_id=order_id).annotate(left=F("amount") - asked)
    return [(row, row.left) for row in rows.order_by("-recorded_at", "-pk") if row.left > 0]


def _ask_online(
    due: _Due, amount: Decimal, reason: RefundReason, *, by: str, at: datetime, reference: str = ""
) -> int:
    asked = 0
    for payment, left in due.payments:
        share = min(amount, left)
        if share <= 0:
            break
        ledger.request_refund(
            payment, reason=reason, by=by, at=at, amount=share, reference=reference
        )
        amount, asked = amount - share, asked + 1
    return asked


def _ask_by_hand(
    due: _Due, amount: Decimal, reason: RefundReason, *, by: str, at: datetime, reference: str = ""
) -> int:
    """Ask for what was taken at the counter, never for more than that; return the requests made."""
    amount = min(amount, due.by_hand)
    if amount <= 0:
        return 0
    rows = RefundRequest.objects.filter(order_id=due.order_id, payment=None, reason=reason)
    if not reference and (earlier := rows.count()):
        # The order came back, and ended again with more money in it.
        reference = f"again-{earlier}"
    row = RefundRequest(
        order_id=due.order_id,
        amount=amount,
        currency=due.money.currency,
        reason=reason,
        reference=reference,
        requested_by=by,
        requested_at=at,
    )
    ledger.request_by_hand(row, number=due.money.number, at=at)
    return 1
