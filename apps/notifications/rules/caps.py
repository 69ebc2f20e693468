"""How much may be sent against pumping: what one text counts towards, in which window of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from apps.notifications.rules.numbers import prefix_of

# Money is counted in ten-thousandths, as providers bill it.
MONEY_UNIT = Decimal("0.0001")


class Scope(StrEnum):
    """What a cap counts."""

    NUMBER_HOUR = "number_hour"
    NUMBER_DAY = "number_day"
    PREFIX_HOUR = "prefix_hour"
    COUNTRY_DAY = "country_day"
    SEGMENTS_DAY = "segments_day"
    MONEY_DAY = "money_day"


LABELS = {
    Scope.NUMBER_HOUR: "texts to one number in an hour",
    Scope.NUMBER_DAY: "texts to one number in a day",
    Scope.PREFIX_HOUR: "texts to one block of numbers in an hour",
    Scope.COUNTRY_DAY: "segments to one country in a day",
    Scope.SEGMENTS_DAY: "segments in a day",
    Scope.MONEY_DAY: "money for texts in a day",
}


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one text takes of one cap."""

    scope: Scope
    key: str
    window_start: datetime
    amount: int
    cap: int


def units(money: Decimal) -> int:
    """Return an amount in ten-thousandths of the currency, rounded up."""
    return int((money / MONEY_UNIT).to_integral_value(rounding=ROUND_UP))


def cost_of(segments: int, *, price: Decimal) -> Decimal:
    """Return what ``segments`` cost at ``price`` each."""
    return (price * segments).quantize(MONEY_UNIT, rounding=ROUND_UP)


def day_start(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the shop's day that ``at`` is in began."""
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def shares_of(
    *,
    number: str,
    country: str,
    segments: int,
    cost: Decimal,
    at: datetime,
    zone: ZoneInfo,
    caps: Mapping[str, int],
    money_cap: Decimal,
) -> list[Share]:
    """Return what a text takes of each cap, in the one order in which rows are locked."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    day = day_start(at, zone)
    taken = [
        (Scope.COUNTRY_DAY, country, day, segments),
        (Scope.NUMBER_DAY, number, day, 1),
        (Scope.NUMBER_HOUR, number, hour, 1),
        (Scope.PREFIX_HOUR, prefix_of(number), hour, 1),
        (Scope.SEGMENTS_DAY, "", day, segments),
    ]
    shares = [
        Share(scope=scope, key=key, window_start=start, amount=amount, cap=caps[scope])
        for scope, key, start, amount in taken
    ]
    shares.append(
        Share(
            scope=Scope.MONEY_DAY,
            key="",
            window_start=day,
            amount=units(cost),
            cap=units(money_cap),
        )
    )
    return sorted(shares, key=lambda share: (share.scope, share.key))


def kept_since(at: datetime) -> datetime:
    """Return the start of the oldest window that is still shown."""
    return at - timedelta(days=40)
