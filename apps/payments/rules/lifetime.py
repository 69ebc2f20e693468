"""How long a Stripe session may live beside the hold on the goods."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Stripe accepts 30 minutes to 24 hours; https://docs.stripe.com/api/checkout/sessions/create
STRIPE_MIN = timedelta(minutes=30)
STRIPE_MAX = timedelta(hours=24)
# A session ends before the hold does, so that a payment in its last second still finds the goods.
LAST_CALL = timedelta(minutes=2)
# The call itself takes time, and clocks differ.
SLACK = timedelta(minutes=1)
# An open session that ends sooner is not worth sending anybody to.
WORTH_REUSING = timedelta(minutes=5)
# A customer who comes back again and again must not keep the goods from others for ever.
MAX_EXTENSIONS = 4


@dataclass(frozen=True)
class Lifetime:
    """When the session ends, and until when the hold must last for that."""

    expires_at: datetime
    hold_until: datetime
    extends: bool


def plan_lifetime(*, at: datetime, hold_expires_at: datetime | None) -> Lifetime:
    """Return the life of a session opened at ``at``: as long as the hold, or Stripe's least.

    Without a hold, for goods that are the customer's already, it is Stripe's longest.
    """
    if hold_expires_at is None:
        longest = (at + STRIPE_MAX - SLACK).replace(microsecond=0)
        return Lifetime(longest, longest, extends=False)
    shortest = at + STRIPE_MIN + SLACK
    wanted = min(hold_expires_at - LAST_CALL, at + STRIPE_MAX - SLACK)
    expires_at = max(wanted, shortest).replace(microsecond=0)
    hold_until = max(hold_expires_at, expires_at + LAST_CALL)
    return Lifetime(expires_at, hold_until, extends=hold_until > hold_expires_at)


def may_still_be_made(expires_at: datetime, *, at: datetime) -> bool:
    """Tell whether Stripe would still accept a new session that ends at ``expires_at``."""
    return expires_at >= at + STRIPE_MIN


def is_worth_reusing(expires_at: datetime, *, at: datetime) -> bool:
    """Tell whether a customer can be sent to a session that ends at ``expires_at``."""
    return expires_at > at + WORTH_REUSING
