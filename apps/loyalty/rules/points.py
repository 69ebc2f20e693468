"""How many points, worth how much, until when, and from which lots. Pure."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal, localcontext

# Nobody earns or is given more at once; far below what the columns hold.
MAX_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class LotLeft:
    """A lot as a draw sees it."""

    id: int
    remaining: int


def points_earned(amount: Decimal, rate: Decimal) -> int:
    """Return the whole points for ``amount`` at ``rate`` points per unit; 0 for nothing paid."""
    if amount <= 0 or rate <= 0:
        return 0
    return min(_whole(amount * rate), MAX_POINTS)


def points_kept(amount: Decimal, refunded: Decimal, rate: Decimal) -> int:
    """Return what a sale of ``amount`` earned if ``refunded`` had never been part of it."""
    return points_earned(amount - max(refunded, Decimal(0)), rate)


def worth_of(points: int, value: Decimal, quantum: Decimal) -> Decimal:
    """Return what ``points`` pay at ``value`` each, rounded down to ``quantum``.

    Down, so that points used in two halves never pay more than at once.
    """
    return (max(points, 0) * value).quantize(quantum, rounding=ROUND_DOWN)


def points_covering(amount: Decimal, value: Decimal) -> int:
    """Return the most points that are worth no more than ``amount``."""
    if amount <= 0 or value <= 0:
        return 0
    with localcontext() as context:
        context.prec = 50
        return int(amount // value)


def last_day(earned_on: date, months: int) -> date:
    """Return the last day on which points of ``earned_on`` can be used.

    The same day so many months later; the month's last day where there is no such day.
    """
    index = earned_on.year * 12 + earned_on.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(earned_on.day, monthrange(year, month + 1)[1]))


def draw(lots: Iterable[LotLeft], points: int) -> list[tuple[int, int]]:
    """Take ``points`` from ``lots`` in their order; return (lot, points), perhaps too few."""
    taken = []
    for lot in lots:
        if points <= 0:
            break
        part = min(lot.remaining, points)
        if part > 0:
            taken.append((lot.id, part))
            points -= part
    return taken


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(rounding=ROUND_DOWN))
