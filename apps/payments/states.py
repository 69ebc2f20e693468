"""The lives of a checkout attempt, of a received Stripe event and of a refund request."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class AttemptState(TextChoices):
    """Where one attempt to collect an order's money is."""

    PLANNED = "planned", "about to be made"
    OPEN = "open", "waiting for the customer"
    PROCESSING = "processing", "waiting for the bank"
    COMPLETE = "complete", "paid"
    EXPIRED = "expired", "expired unpaid"
    FAILED = "failed", "failed"


class EventState(TextChoices):
    """What became of an event that Stripe sent."""

    RECEIVED = "received", "received"
    APPLIED = "applied", "applied"
    PARKED = "parked", "parked"
    IGNORED = "ignored", "needs no action"


class RefundReason(TextChoices):
    """Why money should go back."""

    LATE_PAYMENT = "late_payment", "paid too late, goods gone"
    MISMATCH = "mismatch", "amount or currency differs from the order"
    SECOND_PAYMENT = "second_payment", "the order was paid before"
    ORDER_CANCELLED = "order_cancelled", "the order was cancelled"
    ORDER_EDITED = "order_edited", "the order was changed and costs less"
    ORDER_EXPIRED = "order_expired", "the order lapsed with a part of it paid"


class RefundStatus(TextChoices):
    """Where a refund request is; nothing goes back before a second person approves."""

    AWAITING_APPROVAL = "awaiting_approval", "waiting for approval"


_A = AttemptState
# An attempt that failed or ran out on our side may still turn out paid at Stripe, which is right.
ATTEMPT_MACHINE = StateMachine(
    name="checkout attempt",
    column="state",
    moves={
        _A.PLANNED: frozenset({_A.OPEN, _A.PROCESSING, _A.COMPLETE, _A.EXPIRED, _A.FAILED}),
        _A.OPEN: frozenset({_A.PROCESSING, _A.COMPLETE, _A.EXPIRED, _A.FAILED}),
        _A.PROCESSING: frozenset({_A.COMPLETE, _A.FAILED}),
        _A.EXPIRED: frozenset({_A.COMPLETE}),
        _A.FAILED: frozenset({_A.COMPLETE}),
        _A.COMPLETE: frozenset(),
    },
)
LIVE_ATTEMPTS = (_A.PLANNED, _A.OPEN, _A.PROCESSING)

_E = EventState
EVENT_MACHINE = StateMachine(
    name="stripe event",
    column="state",
    moves={
        _E.RECEIVED: frozenset({_E.APPLIED, _E.PARKED, _E.IGNORED}),
        _E.PARKED: frozenset({_E.APPLIED}),
        _E.APPLIED: frozenset(),
        _E.IGNORED: frozenset(),
    },
)
OPEN_EVENTS = (_E.RECEIVED, _E.PARKED)
