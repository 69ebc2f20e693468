"""When a text that nobody waits for may wake somebody: law as dated rows, by the number's place.

Mail waits in a mailbox without a sound and is not held back. Public holidays are not known here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.notifications.rules.numbers import area_code_of, country_of, zones_of

_EVERY_DAY = frozenset(range(7))
_SUNDAY = frozenset({6})
_WEEKDAYS_AND_SATURDAY = _EVERY_DAY - _SUNDAY
ANYWHERE = "*"
# A week ahead there is a moment in every zone's waking hours, or there is none at all.
_SEARCHED = timedelta(days=8)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Local hours in which a text may come, from ``valid_from`` until a later row replaces it.

    ``region`` is a state of the country, "" the whole of it. ``closes`` is excluded. Days that
    no row of a place names are silent all day.
    """

    country: str
    region: str = ""
    weekdays: frozenset[int] = _EVERY_DAY
    opens: time
    closes: time
    valid_from: date
    source: str


# Tex. Bus. & Com. Code 301.051; texts since S.B. 140.
_TEXAS = "Texas Business and Commerce Code 301.051, S.B. 140 (2025)"
_FRANCE = "AF2M, charte SMS marketing: not at night, not on Sundays"
HOURS = (
    Hours(
        country=ANYWHERE,
        opens=time(8),
        closes=time(21),
        valid_from=date(1991, 12, 20),
        source="United States 47 CFR 64.1200(c)(1) (TCPA), taken for every country without a row",
    ),
    Hours(
        country="US",
        region="TX",
        weekdays=_WEEKDAYS_AND_SATURDAY,
        opens=time(9),
        closes=time(21),
        valid_from=date(2025, 9, 1),
        source=_TEXAS,
    ),
    Hours(
        country="US",
        region="TX",
        weekdays=_SUNDAY,
        opens=time(12),
        closes=time(21),
        valid_from=date(2025, 9, 1),
        source=_TEXAS,
    ),
    Hours(
        country="US",
        region="FL",
        opens=time(8),
        closes=time(20),
        valid_from=date(2021, 7, 1),
        source="Florida Statutes 501.616(6)(a), S.B. 1120 (2021)",
    ),
    Hours(
        country="US",
        region="OK",
        opens=time(8),
        closes=time(20),
        valid_from=date(2022, 11, 1),
        source="Oklahoma Telephone Solicitation Act of 2022, 15 O.S. 775C.4",
    ),
    Hours(
        country="FR",
        weekdays=_WEEKDAYS_AND_SATURDAY,
        opens=time(8),
        closes=time(20),
        valid_from=date(2019, 1, 1),
        source=_FRANCE,
    ),
)
# Area codes of the states that have rows, of 2026-11 (North American Numbering Plan).
_AREA_CODES = {
    "TX": (
        "210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830 832 903"
        " 915 936 940 945 956 972 979"
    ),
    "FL": (
        "239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 941"
        " 954"
    ),
    "OK": "405 539 572 580 918",
}
STATE_OF_AREA_CODE = {code: state for state, codes in _AREA_CODES.items() for code in codes.split()}


def hours_of(number: str, *, on: date) -> tuple[Hours, ...]:
    """Return the rows that hold for a number on a day: its state's, else its country's."""
    country, region = country_of(number), STATE_OF_AREA_CODE.get(area_code_of(number), "")
    for place in ((country, region), (country, ""), (ANYWHERE, "")):
        rows = [row for row in HOURS if (row.country, row.region) == place and row.valid_from <= on]
        if rows:
            latest = max(row.valid_from for row in rows)
            return tuple(row for row in rows if row.valid_from == latest)
    return ()


def next_waking_time(number: str, *, at: datetime, shop_zone: ZoneInfo) -> datetime | None:
    """Return the first moment from ``at`` on in the hours of every zone the number may be in.

    A number that may be anywhere goes by the shop's zone. None when there is no such moment.
    """
    zones = zones_of(number) or (shop_zone,)
    candidate = at
    while candidate <= at + _SEARCHED:
        openings = [_opening(number, candidate, zone) for zone in zones]
        if None in openings:
            return None
        latest = max(moment for moment in openings if moment is not None)
        if latest == candidate:
            return candidate
        candidate = latest
    return None


def _opening(number: str, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first moment from ``at`` on in one zone's hours; ``at`` itself when it is one."""
    local = at.astimezone(zone)
    for offset in range(_SEARCHED.days + 1):
        day = local.date() + timedelta(days=offset)
        for row in _on_weekday(hours_of(number, on=day), day.weekday()):
            opens = datetime.combine(day, row.opens, tzinfo=zone).astimezone(at.tzinfo)
            closes = datetime.combine(day, row.closes, tzinfo=zone).astimezone(at.tzinfo)
            if at < closes:
                return max(at, opens)
    return None


def _on_weekday(rows: Iterable[Hours], weekday: int) -> list[Hours]:
    return sorted((row for row in rows if weekday in row.weekdays), key=lambda row: row.opens)
