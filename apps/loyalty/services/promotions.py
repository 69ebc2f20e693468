"""Uses of promotions and coupons."""

from collections.abc import Sequence
from datetime import datetime

from apps.loyalty.rules.offers import AppliedOffer, Buyer


def reserve(*, reference: str, buyer: Buyer, offers: Sequence[AppliedOffer], at: datetime) -> None:
    """See `bank.reserve`."""


def consume(*, reference: str, at: datetime) -> None:
    """See `bank.consume`."""


def release(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.release`."""


def retake(*, reference: str, at: datetime) -> bool:
    """See `bank.retake`."""
    return True


def give_back(*, reference: str, reason: str, at: datetime) -> None:
    """See `bank.give_back`."""


def amend(*, reference: str, buyer: Buyer, offers: Sequence[AppliedOffer], at: datetime) -> None:
    """See `bank.amend`."""
