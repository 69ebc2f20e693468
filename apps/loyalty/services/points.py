"""Points: earned, spent, taken back."""

from datetime import datetime
from decimal import Decimal

from apps.loyalty.rules.offers import PointsSpend


def reserve(*, reference: str, spend: PointsSpend | None, at: datetime) -> None:
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


def amend(*, reference: str, spend: PointsSpend | None, at: datetime) -> None:
    """See `bank.amend`."""


def earn(*, user_id: int, reference: str, amount: Decimal, at: datetime) -> None:
    """Give the points for ``amount`` that was paid for goods now collected; once a reference."""


def take_back(*, reference: str, amount: Decimal, at: datetime) -> None:
    """Take back the points that ``amount`` of a refunded sale had earned; at most those."""
