"""The life of what is spent under a reference: a coupon's use, points, a gift card's money."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class SpendState(TextChoices):
    """Where a use is: reserved at checkout, consumed by payment, or given back."""

    RESERVED = "reserved", "reserved"
    CONSUMED = "consumed", "used"
    RELEASED = "released", "given back"


_S = SpendState
# Released uses are taken again when an order that lapsed is paid after all.
SPEND_LIFE = StateMachine(
    name="use",
    column="state",
    moves={
        _S.RESERVED: frozenset({_S.CONSUMED, _S.RELEASED}),
        _S.CONSUMED: frozenset({_S.RELEASED}),
        _S.RELEASED: frozenset({_S.CONSUMED}),
    },
)
