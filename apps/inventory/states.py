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
