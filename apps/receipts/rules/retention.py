"""Until when the file of a document is kept."""

from datetime import date


def kept_until(issued_on: date, *, tax_year_ends: str, years: int) -> date:
    """Return the last day on which a document of ``issued_on`` must be there.

    ``years`` after the end of the tax year that the day is in (``tax_year_ends`` is that year's
    last day as "12-31"). For Canada: records are kept six years from the end of the last tax year
    that they relate to (Income Tax Act, s. 230(4)(b); Excise Tax Act, s. 286(3)).
    """
    month, day = (int(part) for part in tax_year_ends.split("-"))
    year = issued_on.year
    if (issued_on.month, issued_on.day) > (month, day):
        year += 1
    return _day(year + years, month, day)


def _day(year: int, month: int, day: int) -> date:
    """Return the date, for the end of February that of a year without the 29th as well."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month + 1, 1)
