"""The life of an order, the kinds of board events and the outcomes of a payment."""

from django.apps import apps
from django.db.models import TextChoices

from bakery.kernel.states import StateMachine, TransitionRecord


class OrderStatus(TextChoices):
    """Where an order is between checkout and the counter."""

    PENDING_PAYMENT = "pending_payment", "waiting for payment"
    DEPOSIT_PAID = "deposit_paid", "deposit paid"
    BALANCE_DUE = "balance_due", "balance due"
    PAID = "paid", "paid"
    IN_PRODUCTION = "in_production", "in production"
    READY = "ready", "ready"
    OUT_FOR_DELIVERY = "out_for_delivery", "out for delivery"
    COLLECTED = "collected", "collected"
    NO_SHOW = "no_show", "not picked up"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"
    PAYMENT_MISMATCH = "payment_mismatch", "payment under review"
    PAID_UNFULFILLABLE = "paid_unfulfillable", "paid too late, to be refunded"


class PaymentOutcome(TextChoices):
    """What a captured payment meant for its order."""

    CONFIRMED = "confirmed"
    ALREADY_CONFIRMED = "already_confirmed"
    MISMATCH = "mismatch"
    UNFULFILLABLE = "unfulfillable"
    SECOND_PAYMENT = "second_payment"


class Channel(TextChoices):
    """Where an order came from."""

    WEB = "web", "online"
    COUNTER = "counter", "counter"
    PHONE = "phone", "phone"
    CUSTOM = "custom", "custom cake"


class Fulfilment(TextChoices):
    """How an order reaches its customer."""

    PICKUP = "pickup", "pickup"
    DELIVERY = "delivery", "delivery"


class TenderKind(TextChoices):
    """How money was taken."""

    ONLINE = "online", "paid online"
    CASH = "cash", "cash"
    TERMINAL = "terminal", "card at the counter"


class HandOverHow(TextChoices):
    """How it was known that the right person takes an order."""

    CODE = "code", "with the pickup code"
    DELIVERY = "delivery", "brought"
    UNPROVED = "unproved", "without the code"
    AT_ONCE = "at_once", "over the counter at once"


class PictureKind(TextChoices):
    """What a picture of an order shows."""

    FINISHED = "finished", "what was made"
    HANDED_OVER = "handed_over", "the hand-over"
    SIGNATURE = "signature", "a signature"


class CartEventKind(TextChoices):
    """What was done with a cart."""

    OPENED = "opened"
    LINE_ADDED = "line_added"
    LINE_CHANGED = "line_changed"
    LINE_REMOVED = "line_removed"
    CODE_ADDED = "code_added"
    CODE_REFUSED = "code_refused"
    MERGED = "merged"
    CHECKOUT_STARTED = "checkout_started"
    CHECKOUT_REFUSED = "checkout_refused"
    ORDERED = "ordered"


class BoardKind(TextChoices):
    """Why the kitchen's board has something new to show."""

    NEW_ORDER = "new_order"
    ACKNOWLEDGED = "acknowledged"
    STATUS = "status"
    CHANGED = "changed"
    LABOUR = "labour"


class PrintKind(TextChoices):
    """What the kitchen prints of an order."""

    TICKET = "ticket", "ticket"
    LABELS = "labels", "labels"


class PrintMark(TextChoices):
    """What a print says of itself: the first, the same again, or of an order that changed."""

    FIRST = "first", "printed"
    REPRINT = "reprint", "printed again"
    CHANGED = "changed", "printed after a change"


class ZoneKind(TextChoices):
    """What draws the border of a delivery zone."""

    POSTCODE = "postcode", "by postcode"
    RADIUS = "radius", "by distance"


class WaitState(TextChoices):
    """Where somebody in the line for a full day is."""

    WAITING = "waiting", "waiting"
    OFFERED = "offered", "has an offer"
    ACCEPTED = "accepted", "ordered"
    EXPIRED = "expired", "did not come to it"
    LEFT = "left", "left the line"


def _history() -> type[TransitionRecord]:
    model: type[TransitionRecord] = apps.get_model("orders.OrderTransition")
    return model


_S = OrderStatus
# Staff may take a step back when they pressed a button too early.
# A payment may still arrive after an order expired or was cancelled unpaid: it is then taken up
# again or set aside for a refund, so those two are not final.
# The kitchen begins nothing of which only the deposit is paid.
_ON_PAYMENT = {_S.PAID, _S.DEPOSIT_PAID, _S.PAYMENT_MISMATCH, _S.PAID_UNFULFILLABLE}
ORDER_MACHINE = StateMachine(
    name="order",
    moves={
        _S.PENDING_PAYMENT: frozenset({*_ON_PAYMENT, _S.CANCELLED, _S.EXPIRED}),
        _S.DEPOSIT_PAID: frozenset({_S.PAID, _S.BALANCE_DUE, _S.CANCELLED}),
        # Moved to a later day it may be in time again.
        _S.BALANCE_DUE: frozenset({_S.PAID, _S.DEPOSIT_PAID, _S.CANCELLED}),
        _S.PAID: frozenset({_S.IN_PRODUCTION, _S.CANCELLED}),
        _S.IN_PRODUCTION: frozenset({_S.READY, _S.PAID, _S.CANCELLED}),
        _S.READY: frozenset({_S.COLLECTED, _S.OUT_FOR_DELIVERY, _S.NO_SHOW, _S.IN_PRODUCTION}),
        _S.OUT_FOR_DELIVERY: frozenset({_S.COLLECTED, _S.READY}),
        _S.NO_SHOW: frozenset({_S.COLLECTED, _S.READY, _S.CANCELLED}),
        _S.COLLECTED: frozenset(),
        _S.CANCELLED: frozenset(_ON_PAYMENT),
        _S.EXPIRED: frozenset(_ON_PAYMENT),
        _S.PAYMENT_MISMATCH: frozenset({_S.CANCELLED}),
        _S.PAID_UNFULFILLABLE: frozenset({_S.CANCELLED}),
    },
    history=_history,
)
# What the kitchen works on.
OPEN_STATUSES = (_S.PAID, _S.IN_PRODUCTION, _S.READY, _S.OUT_FOR_DELIVERY)
# Certain, with goods and time taken, while the rest of the price is still to be paid.
DEPOSITED = (_S.DEPOSIT_PAID, _S.BALANCE_DUE)
# What the shop has promised and not handed out.
ACCEPTED = (*DEPOSITED, *OPEN_STATUSES)
# What nobody is asked to pay any more, although a payment under way may still arrive.
NOT_PAYABLE = (_S.CANCELLED, _S.EXPIRED, _S.PAYMENT_MISMATCH, _S.PAID_UNFULFILLABLE)
# Nobody comes back into the line at their old place: whoever let an offer lapse joins again.
WAIT_LIFE = StateMachine(
    name="place in the line",
    column="state",
    moves={
        WaitState.WAITING: frozenset({WaitState.OFFERED, WaitState.EXPIRED, WaitState.LEFT}),
        WaitState.OFFERED: frozenset({WaitState.ACCEPTED, WaitState.EXPIRED, WaitState.LEFT}),
        WaitState.ACCEPTED: frozenset(),
        WaitState.EXPIRED: frozenset(),
        WaitState.LEFT: frozenset(),
    },
    history="orders.WaitTransition",
)
