"""Dates, times, amounts and levies as people of a language write them.

English is written as everywhere on the platform; French as in Canada (Babel's CLDR data, and the
Office québécois de la langue française for times of day: "10 h", "10 h 30").
"""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bakery.kernel import money

DEFAULT = "en"
FRENCH = "fr"
_LOCALES = {DEFAULT: "en_CA", FRENCH: "fr_CA"}
LANGUAGES = frozenset(_LOCALES)
# What levies are called in French by the authorities that take them.
_LEVIES = {"GST": "TPS", "HST": "TVH", "QST": "TVQ", "PST": "TVP", "RST": "TVD", "VAT": "TVA"}


def language_of(*wished: str) -> str:
    """Return the first of ``wished`` in which anything is written, English when there is none."""
    return next((language for language in wished if language in _LOCALES), DEFAULT)


def amount_text(amount: Decimal, currency: str, language: str = DEFAULT) -> str:
    """Return "$1,234.50", in French "1 234,50 $" with spaces that do not break."""
    return money.display(amount, currency, locale=_LOCALES[language_of(language)])


def day_text(day: date, language: str = DEFAULT) -> str:
    """Return "Saturday 28 November 2026", in French "samedi 28 novembre 2026"."""
    if language == FRENCH:
        return _french(day, "EEEE {} MMMM y")
    return f"{day:%A} {day.day} {day:%B %Y}"


def moment_text(at: datetime, zone: ZoneInfo, language: str = DEFAULT) -> str:
    """Return the wall time in ``zone``, such as "Sat 28 Nov 10:00" or "sam. 28 nov. 10 h"."""
    local = at.astimezone(zone)
    if language == FRENCH:
        return f"{_french(local.date(), 'EEE {} MMM')} {_hour(local)}"
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def span_text(
    starts_at: datetime, ends_at: datetime, zone: ZoneInfo, language: str = DEFAULT
) -> str:
    """Return "Saturday 28 November 2026, 10:00 to 10:30" or "..., de 10 h à 10 h 30"."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = day_text(start.date(), language)
    if language == FRENCH:
        return f"{day}, de {_hour(start)} à {_hour(end)}"
    return f"{day}, {start:%H:%M} to {end:%H:%M}"


def hours_text(opens: time, closes: time, language: str = DEFAULT) -> str:
    """Return opening hours, such as "08:00 to 18:00" or "8 h à 18 h"."""
    if language == FRENCH:
        return f"{_hour(opens)} à {_hour(closes)}"
    return f"{opens:%H:%M} to {closes:%H:%M}"


def levy_name(name: str, language: str = DEFAULT) -> str:
    """Return what a levy is called, such as "TVH" for "HST" in French."""
    return _LEVIES.get(name, name) if language == FRENCH else name


def _french(day: date, pattern: str) -> str:
    # The first of a month is an ordinal, which CLDR's patterns do not know.
    number = "'1er'" if day.day == 1 else "d"
    return str(format_date(day, pattern.format(number), locale=_LOCALES[FRENCH]))


def _hour(local: datetime | time) -> str:
    # With spaces that do not break: a figure at the end of a line is no time of day.
    hour = f"{local.hour}\u00a0h"
    return f"{hour}\u00a0{local:%M}" if local.minute else hour
