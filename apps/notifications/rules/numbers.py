"""Where a number is: its country, its time zones, the numbers next to it. From its digits alone."""

from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones

UNKNOWN_COUNTRY = "ZZ"
PREFIX_DIGITS = 7
# Sold for use anywhere: their digits do not say where who has them is.
_ANYWHERE = frozenset(
    {
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOIP,
    }
)


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None


def country_of(number: str) -> str:
    """Return the ISO 3166-1 code of an E.164 number's country, `UNKNOWN_COUNTRY` for none.

    Numbers of +1 are told apart by area code: Jamaica's is not Canada's. One that no area has is
    of no country: texts to it cost, and reach nobody.
    """
    parsed = _parsed(number)
    found = phonenumbers.region_code_for_number(parsed) if parsed else None
    return found if found and found.isalpha() else UNKNOWN_COUNTRY


def zones_of(number: str) -> tuple[ZoneInfo, ...]:
    """Return every time zone that the number may be in; none when its digits do not tell."""
    parsed = _parsed(number)
    if parsed is None or phonenumbers.number_type(parsed) in _ANYWHERE:
        return ()
    names = number_zones.time_zones_for_number(parsed)
    return tuple(ZoneInfo(name) for name in names if name != number_zones.UNKNOWN_TIMEZONE)


def area_code_of(number: str) -> str:
    """Return the area code of a number of +1, "" for any other."""
    return number[2:5] if number.startswith("+1") and len(number) == 12 else ""


def prefix_of(number: str) -> str:
    """Return the digits that numbers of one block share: pumping runs through such blocks."""
    return number[: PREFIX_DIGITS + 1]
