"""What the books do when something happened: they book what of its order is not booked yet.

Facts arrive more than once and in any order; what nobody tells (points, gift cards that are
issued) is found by the sweep.
"""

from datetime import datetime

from apps.books import services
from apps.orders.events import OrderCancelled, OrderEdited, OrderExpired, OrderPaid, PartPaid
from apps.payments.events import (
    DisputeClosed,
    DisputeMoved,
    PaymentRecorded,
    RefundApproved,
    RefundRecorded,
    RefundRejected,
    RefundReversed,
)
from apps.receipts.events import DocumentIssued
from bakery.kernel.outbox import handles

_BANK = ("gift-card-move", "points-move")
_PAID = ("tender", *_BANK)


@handles(OrderPaid)
def book_paid(event: OrderPaid, *, at: datetime) -> None:
    """Book what paid for an order."""
    services.post_order(order_id=event.order_id, kinds=_PAID, at=at)


@handles(PartPaid)
def book_part(event: PartPaid, *, at: datetime) -> None:
    """Book what was taken at the counter."""
    services.post_order(order_id=event.order_id, kinds=("tender",), at=at)


@handles(PaymentRecorded)
def book_payment(event: PaymentRecorded, *, at: datetime) -> None:
    """Book what Stripe captured, and its fee."""
    services.post_order(order_id=event.order_id, kinds=("tender", "payment", "payment-fee"), at=at)


@handles(OrderEdited)
def book_edited(event: OrderEdited, *, at: datetime) -> None:
    """Book what a change gave back to cards and points."""
    services.post_order(order_id=event.order_id, kinds=_BANK, at=at)


@handles(OrderCancelled)
def book_cancelled(event: OrderCancelled, *, at: datetime) -> None:
    """Book what the end of an order gave back to cards and points."""
    services.post_order(order_id=event.order_id, kinds=_BANK, at=at)


@handles(OrderExpired)
def book_expired(event: OrderExpired, *, at: datetime) -> None:
    """Book what the end of an order gave back to cards and points."""
    services.post_order(order_id=event.order_id, kinds=_BANK, at=at)


@handles(DocumentIssued)
def book_document(event: DocumentIssued, *, at: datetime) -> None:
    """Book the sale of a receipt, or what a credit note took back of it."""
    services.post_order(order_id=event.order_id, kinds=("document",), at=at)


@handles(RefundRecorded)
def book_refund(event: RefundRecorded, *, at: datetime) -> None:
    """Book money that went back, by whatever way."""
    services.post_order(order_id=event.order_id, kinds=("refund", *_BANK), at=at)


@handles(RefundReversed)
def book_reversal(event: RefundReversed, *, at: datetime) -> None:
    """Book money that did not arrive."""
    services.post_order(order_id=event.order_id, kinds=("refund", "refund-reversal"), at=at)


@handles(RefundRejected)
def book_kept(event: RefundRejected, *, at: datetime) -> None:
    """Book money that the shop keeps although nothing was sold for it."""
    services.post_order(order_id=event.order_id, kinds=("kept",), at=at)


@handles(RefundApproved)
def book_kept_part(event: RefundApproved, *, at: datetime) -> None:
    """Book what is kept of money that goes back in part."""
    services.post_order(order_id=event.order_id, kinds=("kept-part",), at=at)


@handles(DisputeMoved)
def book_dispute(event: DisputeMoved, *, at: datetime) -> None:
    """Book money that a dispute took or gave back."""
    services.post_order(order_id=event.order_id, kinds=("dispute-move", "dispute-loss"), at=at)


@handles(DisputeClosed)
def book_dispute_end(event: DisputeClosed, *, at: datetime) -> None:
    """Book what a lost dispute costs for good."""
    services.post_order(order_id=event.order_id, kinds=("dispute-move", "dispute-loss"), at=at)
