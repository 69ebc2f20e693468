"""An account's points and what they are worth."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PointsBalance:
    """``spendable`` points now, worth ``worth``; ``debt`` is owed after reversals."""

    spendable: int = 0
    worth: Decimal = Decimal(0)
    debt: int = 0
    next_expiry_on: date | None = None
    next_expiry_points: int = 0


def points_balance(user_id: int, *, at: datetime) -> PointsBalance:
    """Return an account's points, zeros for one that has none yet."""
    return PointsBalance()


def points_worth(points: int) -> Decimal:
    """Return what ``points`` pay of a sale, in the shop's currency."""
    return Decimal(0)


def points_for(amount: Decimal) -> int:
    """Return how many points pay ``amount`` at most: worth no more than it."""
    return 0
