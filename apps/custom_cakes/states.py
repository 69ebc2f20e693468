"""The life of a request for a custom cake, and the kinds of what belongs to one."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class RequestStatus(TextChoices):
    """Where a request is between the first click and the payment of its order."""

    DRAFT = "draft", "not sent yet"
    PENDING_REVIEW = "pending_review", "we look at it"
    QUESTION_ASKED = "question_asked", "we asked something"
    COUNTER_OFFERED = "counter_offered", "we made another offer"
    APPROVED_AWAITING_PAYMENT = "approved_awaiting_payment", "approved, awaiting payment"
    PAID = "paid", "paid"
    REJECTED = "rejected", "not possible like this"
    WITHDRAWN = "withdrawn", "withdrawn"
    EXPIRED = "expired", "the offer lapsed"
    CANCELLED = "cancelled", "called off after it was paid"


class QuoteKind(TextChoices):
    """What an offer of the shop is."""

    APPROVAL = "approval", "the cake as it was asked for"
    COUNTER = "counter", "another cake than was asked for"
    RENEWAL = "renewal", "the same offer once more"


class QuoteState(TextChoices):
    """Where an offer is."""

    OPEN = "open", "open"
    ACCEPTED = "accepted", "accepted"
    DECLINED = "declined", "declined"
    SUPERSEDED = "superseded", "replaced"
    EXPIRED = "expired", "lapsed"


class OptionKind(TextChoices):
    """What can be chosen."""

    FLAVOUR = "flavour", "sponge"
    FILLING = "filling", "filling"
    FINISH = "finish", "outside"
    DECORATION = "decoration", "decoration"


class Author(TextChoices):
    """Who wrote a message about a request."""

    CUSTOMER = "customer", "customer"
    STAFF = "staff", "the shop"


_R = RequestStatus
# Before a decision, or after the shop asked for something.
UNDECIDED = (_R.PENDING_REVIEW, _R.QUESTION_ASKED, _R.COUNTER_OFFERED)
REQUEST_LIFE = StateMachine(
    name="request",
    moves={
        _R.DRAFT: frozenset({_R.PENDING_REVIEW, _R.WITHDRAWN}),
        _R.PENDING_REVIEW: frozenset(
            {
                _R.QUESTION_ASKED,
                _R.COUNTER_OFFERED,
                _R.APPROVED_AWAITING_PAYMENT,
                _R.REJECTED,
                _R.WITHDRAWN,
                _R.EXPIRED,
            }
        ),
        _R.QUESTION_ASKED: frozenset(
            {
                _R.PENDING_REVIEW,
                _R.COUNTER_OFFERED,
                _R.APPROVED_AWAITING_PAYMENT,
                _R.REJECTED,
                _R.WITHDRAWN,
                _R.EXPIRED,
            }
        ),
        # Accepted by the customer it is approved at once: a person of the shop made the offer.
        _R.COUNTER_OFFERED: frozenset(
            {
                _R.PENDING_REVIEW,
                _R.APPROVED_AWAITING_PAYMENT,
                _R.REJECTED,
                _R.WITHDRAWN,
                _R.EXPIRED,
            }
        ),
        # Back to review: the customer changed something, or the shop took its approval back.
        _R.APPROVED_AWAITING_PAYMENT: frozenset(
            {_R.PAID, _R.EXPIRED, _R.WITHDRAWN, _R.PENDING_REVIEW}
        ),
        # A payment that was under way may still arrive while the goods are free.
        _R.EXPIRED: frozenset(
            {_R.APPROVED_AWAITING_PAYMENT, _R.PENDING_REVIEW, _R.PAID, _R.WITHDRAWN}
        ),
        _R.REJECTED: frozenset({_R.PENDING_REVIEW, _R.WITHDRAWN}),
        # Its order was called off while a payment was under way, and lives by it.
        _R.WITHDRAWN: frozenset({_R.PENDING_REVIEW, _R.PAID}),
        _R.PAID: frozenset({_R.CANCELLED}),
        _R.CANCELLED: frozenset({_R.PENDING_REVIEW}),
    },
    history="custom_cakes.RequestTransition",
)
_Q = QuoteState
QUOTE_LIFE = StateMachine(
    name="offer",
    column="state",
    moves={
        _Q.OPEN: frozenset({_Q.ACCEPTED, _Q.DECLINED, _Q.SUPERSEDED, _Q.EXPIRED}),
        _Q.ACCEPTED: frozenset({_Q.SUPERSEDED, _Q.EXPIRED}),
        _Q.DECLINED: frozenset(),
        _Q.SUPERSEDED: frozenset(),
        _Q.EXPIRED: frozenset({_Q.SUPERSEDED, _Q.ACCEPTED}),
    },
)
