"""The life of an order, the kinds of board events and the outcomes of a payment."""

from django.apps import apps
from django.db.models import TextChoices

from bakery.kernel.states import StateMachine, TransitionRecord


class OrderStatus(TextChoices):
    """Where an order is between checkout and the counter."""

    PENDING_PAYMENT = "pending_payment", "waiting for payment"
    PAID = "paid", "paid"
    IN_PRODUCTION = "in_production", "in production"
    READY = "ready", "ready for pickup"
    COLLECTED = "collected", "collected"
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


class BoardKind(TextChoices):
    """Why the kitchen's board has something new to show."""

    NEW_ORDER = "new_order"
    ACKNOWLEDGED = "acknowledged"
    STATUS = "status"


def _history() -> type[TransitionRecord]:
    model: type[TransitionRecord] = apps.get_model("orders.OrderTransition")
    return model


_S = OrderStatus
# A payment may still arrive after an order expired or was cancelled unpaid: it is then taken up
# again or set aside for a refund, so those two are not final.
_ON_PAYMENT = {_S.PAID, _S.PAYMENT_MISMATCH, _S.PAID_UNFULFILLABLE}
ORDER_MACHINE = StateMachine(
    name="order",
    moves={
        _S.PENDING_PAYMENT: frozenset({*_ON_PAYMENT, _S.CANCELLED, _S.EXPIRED}),
        _S.PAID: frozenset({_S.IN_PRODUCTION, _S.CANCELLED}),
        _S.IN_PRODUCTION: frozenset({_S.READY, _S.CANCELLED}),
        _S.READY: frozenset({_S.COLLECTED}),
        _S.COLLECTED: frozenset(),
        _S.CANCELLED: frozenset(_ON_PAYMENT),
        _S.EXPIRED: frozenset(_ON_PAYMENT),
        _S.PAYMENT_MISMATCH: frozenset({_S.CANCELLED}),
        _S.PAID_UNFULFILLABLE: frozenset({_S.CANCELLED}),
    },
    history=_history,
)
OPEN_STATUSES = (_S.PAID, _S.IN_PRODUCTION, _S.READY)
