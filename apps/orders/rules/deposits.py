"""How much of an order's price makes it certain, and when the rest is due."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bakery.kernel.money import round_money

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class DepositTerms:
    """A `DepositRule` as it is read; exactly one of ``percent`` and ``amount`` is set."""

    name: str
    starts_on: date
    ends_on: date | None
    percent: Decimal | None
    amount: Decimal | None
    minimum_total: Decimal
    minimum_lead_days: int
    category_ids: tuple[int, ...]
    product_ids: tuple[int, ...]
    balance_days: int
    kept_percent: Decimal

    def fits_goods(self, goods: Collection[tuple[int, int | None]]) -> bool:
        """Tell whether it is for an order of ``goods``, as (product, category)."""
        if not self.category_ids and not self.product_ids:
            return True
        return any(
            product in self.product_ids or category in self.category_ids
            for product, category in goods
        )

    def is_in_force(self, day: date) -> bool:
        """Tell whether it is for orders placed on ``day`` of the shop."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def share_of(self, due: Decimal, currency: str) -> Decimal:
        """Return what it asks for of ``due``, in whole units of the currency."""
        if self.amount is not None:
            return self.amount
        return round_money(due * (self.percent or Decimal(0)) / _HUNDRED, currency)

    @property
    def lead_days(self) -> int:
        """How many days ahead an order must be: the rest is never due on the day it is placed."""
        return max(self.minimum_lead_days, self.balance_days + 1)


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is asked for now, until when the rest, and what may be kept after that."""

    amount: Decimal
    balance_due_at: datetime
    kept: Decimal


def find_terms(
    rules: Iterable[DepositTerms],
    *,
    total: Decimal,
    due: Decimal,
    goods: Collection[tuple[int, int | None]],
    day: date,
    currency: str,
) -> DepositTerms | None:
    """Return the rule for an order placed on ``day``, whenever its pickup; None: pay all at once.

    Of several rules the one that asks for most holds. One that asks for all that is ``due`` (what
    gift cards leave of the ``total``) asks for no deposit.
    """
    fitting = [
        (rule.share_of(due, currency), rule.name, rule)
        for rule in rules
        if rule.is_in_force(day)
        and total >= rule.minimum_total
        and rule.fits_goods(goods)
        and 0 < rule.share_of(due, currency) < due
    ]
    return max(fitting, key=lambda row: row[:2])[2] if fitting else None


def ask_deposit(
    rules: Iterable[DepositTerms],
    *,
    total: Decimal,
    due: Decimal,
    goods: Collection[tuple[int, int | None]],
    pickup_at: datetime,
    at: datetime,
    zone: ZoneInfo,
    currency: str,
) -> Deposit | None:
    """Return the deposit of an order placed at ``at`` for a pickup; None: all is paid at once."""
    today = at.astimezone(zone).date()
    days = (pickup_at.astimezone(zone).date() - today).days
    near = [rule for rule in rules if days >= rule.lead_days]
    terms = find_terms(near, total=total, due=due, goods=goods, day=today, currency=currency)
    if terms is None:
        return None
    amount = terms.share_of(due, currency)
    kept = round_money(amount * terms.kept_percent / _HUNDRED, currency)
    return Deposit(amount, days_before(pickup_at, terms.balance_days, zone=zone), kept)


def days_before(moment: datetime, days: int, *, zone: ZoneInfo) -> datetime:
    """Return the same wall time so many days earlier; one that the clocks skip comes after it."""
    return (moment.astimezone(zone) - timedelta(days=days)).astimezone(UTC)


def moved_due_at(
    due_at: datetime, *, old_pickup: datetime, new_pickup: datetime, zone: ZoneInfo
) -> datetime:
    """Return when the rest is due of an order whose pickup moved: as many days before it."""
    days = (old_pickup.astimezone(zone).date() - due_at.astimezone(zone).date()).days
    return days_before(new_pickup, days, zone=zone)


def reminder_day(due_at: datetime, *, days: Collection[int], at: datetime) -> int | None:
    """Return which reminder of the rest is to go out by now; None before the first, and after.

    ``days`` say how long before. Of several that were missed the last one goes out alone.
    """
    if at >= due_at:
        return None
    begun = [number for number in days if due_at - timedelta(days=number) <= at]
    return min(begun, default=None)
