"""Applying what Stripe says of disputes and fraud: fetch as it is now, then move our rows to it."""

from datetime import datetime


def learn_dispute(*, dispute_id: str, at: datetime) -> bool:
    """Ask Stripe about a dispute and record what it says; return False when it is none of ours.

    News may come twice, late or in any order. Calls Stripe outside any transaction. Raises
    `Unavailable` while it does not answer.
    """
    del dispute_id, at
    return True


def learn_warning(*, warning_id: str, at: datetime) -> bool:
    """Record an early fraud warning and propose a refund; return False when it is none of ours."""
    del warning_id, at
    return True
