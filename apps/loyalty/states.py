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


class LotSource(TextChoices):
    """Where a lot of points comes from."""

    EARNED = "earned", "earned"
    REFERRAL = "referral", "referral"
    ADJUSTED = "adjusted", "given by staff"
    GRACE = "grace", "returned after its expiry"


class PointsKind(TextChoices):
    """Why points moved."""

    EARN = "earn", "earned"
    REFERRAL = "referral", "referral"
    ADJUST = "adjust", "adjusted by staff"
    RESERVE = "reserve", "used for an order"
    RELEASE = "release", "order not paid, returned"
    RETAKE = "retake", "used for an order paid late"
    GIVE_BACK = "return", "order called off, returned"
    AMEND = "amend", "order changed, returned"
    GRACE = "grace", "moved to a lot with days of grace"
    EXPIRE = "expire", "expired"
    REVERSE = "reverse", "taken back after a refund"
    REPAY = "repay", "settled what was owed"


class CardState(TextChoices):
    """Whether a gift card pays."""

    ACTIVE = "active", "active"
    BLOCKED = "blocked", "blocked"


CARD_LIFE = StateMachine(
    name="gift card",
    column="state",
    moves={
        CardState.ACTIVE: frozenset({CardState.BLOCKED}),
        CardState.BLOCKED: frozenset({CardState.ACTIVE}),
    },
)


class CardMoveKind(TextChoices):
    """Why the money on a gift card changed."""

    ISSUE = "issue", "issued"
    RESERVE = "reserve", "used for an order"
    RELEASE = "release", "order not paid, returned"
    RETAKE = "retake", "used for an order paid late"
    GIVE_BACK = "return", "order called off, returned"
    AMEND = "amend", "order changed, returned"


class ReferralState(TextChoices):
    """Where an invitation is. ``held`` and ``refused`` wait for, or had, a look by staff."""

    PENDING = "pending", "waits for the first order"
    HELD = "held", "held for review"
    REFUSED = "refused", "refused"
    REWARDED = "rewarded", "rewarded"
    REVERSED = "reversed", "taken back after a refund"


_R = ReferralState
REFERRAL_LIFE = StateMachine(
    name="referral",
    column="state",
    moves={
        _R.PENDING: frozenset({_R.REWARDED, _R.HELD, _R.REFUSED}),
        _R.HELD: frozenset({_R.PENDING, _R.REFUSED}),
        # Staff may overrule what a rule refused.
        _R.REFUSED: frozenset({_R.PENDING}),
        _R.REWARDED: frozenset({_R.REVERSED}),
        _R.REVERSED: frozenset(),
    },
    history="loyalty.ReferralTransition",
)
