"""Asking for money to go back when an order ends or changes: all that is owed, and nothing twice.

How much goes back of an order is the order's to say (its ``refunded_total``). Every request of the
order counts against it, whatever the reason and the order in which the facts are heard.

What people ask for is in `asking`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from apps.orders.selectors import HandMoney, deposit_kept_at_end, money_by_hand
from apps.orders.states import OrderStatus
from apps.payments.models import Payment, RefundRequest
from apps.payments.selectors.money_left import asked_by_hand, asked_of_order, payments_left
from apps.payments.services import ledger
from apps.payments.states import RefundReason, RefundStatus, RefundWay

_ZERO = Decimal(0)


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
            online = min(due.left, due.online)
            asked = _ask_online(due, online, RefundReason.ORDER_CANCELLED, by=by, at=at)
            rest = due.left - online
            asked += _ask_by_hand(due, rest, RefundReason.ORDER_CANCELLED, by=by, at=at)
            _note_deposit(order_id)
            return asked
        # What had been paid of an order that was not paid came over the counter.
        by_hand = min(due.left, due.by_hand)
        asked = _ask_by_hand(due, by_hand, RefundReason.ORDER_EXPIRED, by=by, at=at)
        rest = due.left - by_hand
        return asked + _ask_online(due, rest, RefundReason.ORDER_EXPIRED, by=by, at=at)


def _note_deposit(order_id: int) -> None:
    """Write on the requests that wait what of them may be kept as the deposit."""
    left = deposit_kept_at_end(order_id)
    rows = RefundRequest.objects.filter(order_id=order_id, reason=RefundReason.ORDER_CANCELLED)
    for row in rows.order_by("pk") if left else ():
        share = min(left, row.amount + row.lowered_by)
        left -= share
        if share != row.may_keep and row.status == RefundStatus.AWAITING_APPROVAL:
            RefundRequest.objects.filter(pk=row.pk).update(may_keep=share)


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
    is_over = money.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
    return _Due(
        order_id,
        money,
        payments_left(order_id),
        max(money.owed - asked_of_order(order_id, is_over=is_over), _ZERO),
        max(money.by_hand - asked_by_hand(order_id, RefundWay.BY_HAND), _ZERO),
    )


def _ask_online(
    due: _Due, amount: Decimal, reason: RefundReason, *, by: str, at: datetime, reference: str = ""
) -> int:
    asked = 0
    for payment, left in due.payments:
        share = min(amount, left)
        if share <= 0:
            break
        earlier = RefundRequest.objects.filter(payment=payment, reason=reason)
        name = reference or _again(earlier)
        ledger.request_refund(payment, reason=reason, by=by, at=at, amount=share, reference=name)
        amount, asked = amount - share, asked + 1
    return asked


def _again(earlier: QuerySet[RefundRequest]) -> str:
    """Name a request apart from ``earlier`` ones: there is more to give back than was known."""
    count = earlier.count()
    return f"again-{count}" if count else ""


def _ask_by_hand(
    due: _Due, amount: Decimal, reason: RefundReason, *, by: str, at: datetime, reference: str = ""
) -> int:
    """Ask for what was taken at the counter, never for more than that; return the requests made."""
    amount = min(amount, due.by_hand)
    if amount <= 0:
        return 0
    rows = RefundRequest.objects.filter(order_id=due.order_id, payment=None, reason=reason)
    row = RefundRequest(
        order_id=due.order_id,
        amount=amount,
        currency=due.money.currency,
        reason=reason,
        # The order may have come back, and ended again with more money in it.
        reference=reference or _again(rows),
        way=RefundWay.BY_HAND,
        requested_by=by,
        requested_at=at,
    )
    ledger.write_request(row, number=due.money.number, at=at)
    return 1
