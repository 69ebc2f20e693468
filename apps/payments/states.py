"""The lives of an attempt to pay, a received Stripe event, a refund request and a dispute."""

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
    GOODS = "goods", "something was wrong with the goods"
    GOODWILL = "goodwill", "goodwill"
    FRAUD_WARNING = "fraud_warning", "the bank warns of fraud"


# What lowers a sale that stands otherwise; the rest was never a sale, or the order says so itself.
CREDITING = (
    RefundReason.ORDER_CANCELLED,
    RefundReason.GOODS,
    RefundReason.GOODWILL,
    RefundReason.FRAUD_WARNING,
)
# What people ask for; the rest is found by the system itself.
ASKED_FOR = (RefundReason.GOODS, RefundReason.GOODWILL, RefundReason.FRAUD_WARNING)
# What an order's end or change says of its own money (`refunded_total`) beforehand.
OF_THE_ORDER = (
    RefundReason.ORDER_CANCELLED,
    RefundReason.ORDER_EDITED,
    RefundReason.ORDER_EXPIRED,
)
# Payments that never counted for their order go back for one of these.
OF_STRAY_PAYMENTS = (
    RefundReason.LATE_PAYMENT,
    RefundReason.MISMATCH,
    RefundReason.SECOND_PAYMENT,
)


class RefundWay(TextChoices):
    """How money goes back."""

    STRIPE = "stripe", "to the card"
    BY_HAND = "by_hand", "at the counter"
    GIFT_CARD = "gift_card", "to the gift card"


class RefundTill(TextChoices):
    """Where money that is given back at the counter comes from."""

    CASH = "cash", "cash"
    TERMINAL = "terminal", "card terminal"


class RefundStatus(TextChoices):
    """Where a refund request is; nothing goes back before a second person approves."""

    AWAITING_APPROVAL = "awaiting_approval", "waiting for approval"
    APPROVED = "approved", "approved, about to be given back"
    SENT = "sent", "on its way"
    SUCCEEDED = "succeeded", "given back"
    FAILED = "failed", "did not go through"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"


class DisputeStatus(TextChoices):
    """Where a dispute is, as Stripe names it; a warning is a question that took no money yet."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response", "inquiry, needs an answer"
    WARNING_UNDER_REVIEW = "warning_under_review", "inquiry, under review"
    WARNING_CLOSED = "warning_closed", "inquiry closed"
    NEEDS_RESPONSE = "needs_response", "needs an answer"
    UNDER_REVIEW = "under_review", "under review"
    WON = "won", "won"
    LOST = "lost", "lost"


class DisputeMoveKind(TextChoices):
    """Which way the money of a dispute went."""

    WITHDRAWN = "withdrawn", "taken by the bank"
    REINSTATED = "reinstated", "given back by the bank"


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

_R = RefundStatus
# What succeeded may still bounce at the customer's bank, and can then be tried another way.
REFUND_MACHINE = StateMachine(
    name="refund request",
    moves={
        _R.AWAITING_APPROVAL: frozenset({_R.APPROVED, _R.REJECTED, _R.WITHDRAWN}),
        _R.APPROVED: frozenset({_R.SENT, _R.SUCCEEDED, _R.FAILED}),
        _R.SENT: frozenset({_R.SUCCEEDED, _R.FAILED}),
        _R.SUCCEEDED: frozenset({_R.FAILED}),
        # Withdrawn when the same money went back in Stripe's dashboard.
        _R.FAILED: frozenset({_R.APPROVED, _R.SENT, _R.SUCCEEDED, _R.REJECTED, _R.WITHDRAWN}),
        _R.REJECTED: frozenset(),
        _R.WITHDRAWN: frozenset(),
    },
    history="payments.RefundTransition",
)
# What counts against what is left: all but what will never go back.
LIVE_REFUNDS = (_R.AWAITING_APPROVAL, _R.APPROVED, _R.SENT, _R.SUCCEEDED, _R.FAILED)
OPEN_REFUNDS = (_R.AWAITING_APPROVAL, _R.APPROVED, _R.SENT, _R.FAILED)

_D = DisputeStatus
_ENDS = frozenset({_D.WON, _D.LOST})
# News may arrive late or not at all, so a step may be left out, but none is taken back.
DISPUTE_MACHINE = StateMachine(
    name="dispute",
    moves={
        _D.WARNING_NEEDS_RESPONSE: frozenset(
            {_D.WARNING_UNDER_REVIEW, _D.WARNING_CLOSED, _D.NEEDS_RESPONSE, _D.UNDER_REVIEW, *_ENDS}
        ),
        _D.WARNING_UNDER_REVIEW: frozenset(
            {_D.WARNING_CLOSED, _D.NEEDS_RESPONSE, _D.UNDER_REVIEW, *_ENDS}
        ),
        _D.NEEDS_RESPONSE: frozenset({_D.UNDER_REVIEW, *_ENDS}),
        _D.UNDER_REVIEW: _ENDS,
        _D.WARNING_CLOSED: frozenset({_D.NEEDS_RESPONSE, _D.UNDER_REVIEW, *_ENDS}),
        _D.WON: frozenset(),
        _D.LOST: frozenset(),
    },
    history="payments.DisputeTransition",
)
OPEN_DISPUTES = (
    _D.WARNING_NEEDS_RESPONSE,
    _D.WARNING_UNDER_REVIEW,
    _D.NEEDS_RESPONSE,
    _D.UNDER_REVIEW,
)
# While its money is taken, or gone for good, none of the payment can go back; an inquiry took none.
BLOCKING_DISPUTES = (_D.NEEDS_RESPONSE, _D.UNDER_REVIEW, _D.LOST)
# What has to be answered before its date.
UNANSWERED_DISPUTES = (_D.WARNING_NEEDS_RESPONSE, _D.NEEDS_RESPONSE)
