"""The life of a hold, and why stock moves."""

from django.apps import apps
from django.db import models

from bakery.kernel.states import StateMachine, TransitionRecord


class HoldState(models.TextChoices):
    """A hold keeps goods and a pickup place until they are consumed (paid) or released."""

    HELD = "held", "Held"
    CONSUMED = "consumed", "Consumed"
    RELEASED = "released", "Released"


class StockReason(models.TextChoices):
    """Why stock is adjusted by people. What holds do to stock has the `HoldMove` reasons."""

    BAKED = "baked", "Baked"
    RECEIVED = "received", "Received"
    COUNTED = "counted", "Corrected after a count"
    WASTE = "waste", "Thrown away"
    DAMAGED = "damaged", "Damaged"
    GIVEN = "given", "Given away or eaten"


class DatedReason(models.TextChoices):
    """Why people change the stock of one day. What holds do to it has the `HoldMove` reasons."""

    PLANNED = "planned", "Planned for the day"
    FEWER = "fewer", "Fewer can be made"
    MOVED = "moved", "Moved from or to another day"
    COUNTED = "counted", "Corrected after a count"
    ENDED = "ended", "The day's own number ended"


class StockCause(models.TextChoices):
    """What moves stock beside people's adjustments and holds."""

    UNDONE = "undone", "Adjustment undone"
    TILL_SALE = "till_sale", "Sold at the counter"
    TILL_RETURN = "till_return", "Brought back to the counter"
    TILL_COUNT = "till_count", "Counted at the till"


class StockKeeper(models.TextChoices):
    """Whose count of a size is believed."""

    PLATFORM = "platform", "This platform"
    TILL = "till", "The till"


class WasteReason(models.TextChoices):
    """Why goods were thrown away."""

    STALE = "stale", "Stale"
    DROPPED = "dropped", "Dropped"
    BURNT = "burnt", "Burnt"
    SAMPLE = "sample", "Given as a sample"
    DAMAGED = "damaged", "Damaged"
    RECALLED = "recalled", "Recalled"
    OTHER = "other", "Other"


class LotOrigin(models.TextChoices):
    """Where a lot comes from. Pieces that entered stock without a lot get one of their own."""

    RECEIVED = "received", "Received from a supplier"
    BAKED = "baked", "Baked here"
    UNLABELLED = "unlabelled", "Came without a lot"


class TillKind(models.TextChoices):
    """What a till reports. Sales and returns are differences, a count is a whole number there."""

    SALE = "sale", "Sale"
    RETURN = "return", "Return"
    COUNT = "count", "Count"


class TillState(models.TextChoices):
    """Where a report of a till is."""

    WAITING = "waiting", "Waiting for earlier ones"
    APPLIED = "applied", "Applied"
    CONFLICT = "conflict", "For a person to decide"
    IGNORED = "ignored", "Ignored by a person"


class SlotLimit(models.TextChoices):
    """What a slot can run out of."""

    ORDERS = "orders", "Orders"
    PIECES = "pieces", "Pieces"
    OVEN = "oven_minutes", "Oven minutes"
    DECORATOR = "decorator_minutes", "Decorator minutes"


class HoldMove(models.TextChoices):
    """What a hold did to stock."""

    HOLD = "hold", "Held for an order"
    CONSUME = "consume", "Order paid"
    RELEASE = "release", "Hold released"
    RETAKE = "retake", "Taken for a late payment"
    RETURN = "return", "Order cancelled after payment"


def _history() -> type[TransitionRecord]:
    model: type[TransitionRecord] = apps.get_model("inventory.HoldTransition")
    return model


HOLD_LIFE = StateMachine(
    name="hold",
    column="state",
    moves={
        HoldState.HELD: frozenset({HoldState.CONSUMED, HoldState.RELEASED}),
        # A payment that arrives late takes the goods again if they are still there.
        HoldState.RELEASED: frozenset({HoldState.CONSUMED}),
        # A paid order that is cancelled before production gives everything back.
        HoldState.CONSUMED: frozenset({HoldState.RELEASED}),
    },
    history=_history,
)
TILL_LIFE = StateMachine(
    name="till report",
    column="state",
    moves={
        TillState.WAITING: frozenset({TillState.APPLIED, TillState.CONFLICT}),
        TillState.CONFLICT: frozenset({TillState.APPLIED, TillState.IGNORED}),
        TillState.APPLIED: frozenset(),
        TillState.IGNORED: frozenset(),
    },
    history="inventory.TillTransition",
)
