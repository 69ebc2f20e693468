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

# An edit may take back a promotion that an earlier one had dropped, before the order is paid.
REDEMPTION_LIFE = StateMachine(
    name="redemption",
    column="state",
    moves={**SPEND_LIFE.moves, _S.RELEASED: frozenset({_S.CONSUMED, _S.RESERVED})},
    history="loyalty.RedemptionTransition",
)


class PromotionKind(TextChoices):
    """What a promotion gives. Kinds are applied in this order."""

    BUY_X_GET_Y = "buy_x_get_y", "buy some, get some"
    FREE_ITEM = "free_item", "free item"
    PERCENTAGE = "percentage", "percentage off"
    AMOUNT = "amount", "amount off"


class ThresholdBasis(TextChoices):
    """Which prices must reach a promotion's threshold."""

    BEFORE = "before", "prices before any discount"
    AFTER = "after", "prices after the discounts applied before it"


class PromotionState(TextChoices):
    """What a promotion is now; worked out, never stored."""

    ACTIVE = "active", "active"
    SCHEDULED = "scheduled", "scheduled"
    USED_UP = "used_up", "used up"
    OVER = "over", "over"
    OFF = "off", "switched off"
