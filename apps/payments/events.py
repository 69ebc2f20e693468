"""Facts about payments."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class StripeEventReceived(Event):
    """An authentic event of Stripe's was stored and waits to be applied."""

    kind: ClassVar[str] = "payments.stripe_event_received"
    event_id: str


@dataclass(frozen=True, kw_only=True)
class SessionSettled(Event):
    """What Stripe says of a session was applied to its order; the mirror may follow."""

    kind: ClassVar[str] = "payments.session_settled"
    session_id: str


@dataclass(frozen=True, kw_only=True)
class AttentionNeeded(Event):
    """Money and orders do not agree, so a person has to look; ``text`` names no customer."""

    kind: ClassVar[str] = "payments.attention_needed"
    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PaymentRecorded(Event):
    """Stripe captured money; what it means for its order is in the payment's row."""

    kind: ClassVar[str] = "payments.payment_recorded"
    payment_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class RefundRequested(Event):
    """Somebody, or the end of an order, asks for money to go back."""

    kind: ClassVar[str] = "payments.refund_requested"
    request_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class RefundApproved(Event):
    """A second person agreed: the money may be given back now."""

    kind: ClassVar[str] = "payments.refund_approved"
    request_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class RefundRejected(Event):
    """A second person did not agree."""

    kind: ClassVar[str] = "payments.refund_rejected"
    request_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class RefundRecorded(Event):
    """Money went back; the row says how much, and how."""

    kind: ClassVar[str] = "payments.refund_recorded"
    refund_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class RefundReversed(Event):
    """Money that was to go back did not arrive and is the shop's again."""

    kind: ClassVar[str] = "payments.refund_reversed"
    refund_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class DisputeOpened(Event):
    """A customer's bank disputes a payment, or asks about it."""

    kind: ClassVar[str] = "payments.dispute_opened"
    dispute_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class DisputeMoved(Event):
    """A dispute took money, or gave it back: one row of its moves."""

    kind: ClassVar[str] = "payments.dispute_moved"
    move_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class DisputeClosed(Event):
    """A dispute ended; ``won`` when the shop keeps the money."""

    kind: ClassVar[str] = "payments.dispute_closed"
    dispute_id: int
    order_id: int
    won: bool
