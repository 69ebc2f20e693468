"""Dates, times, amounts and levies in two languages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bakery.kernel import wording

TORONTO = ZoneInfo("America/Toronto")
TEN = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
HALF_PAST = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "moment", "span"),
    [
        ("en", "Sat 28 Nov 10:00", "Saturday 28 November 2026, 10:00 to 10:30"),
        (
            "fr",
            "sam. 28 nov. 10\u00a0h",
            "samedi 28 novembre 2026, de 10\u00a0h à 10\u00a0h\u00a030",
        ),
        ("xx", "Sat 28 Nov 10:00", "Saturday 28 November 2026, 10:00 to 10:30"),
    ],
)
def test_times_are_those_of_the_zone(language, moment, span):
    assert wording.moment_text(TEN, TORONTO, language) == moment
    assert wording.span_text(TEN, HALF_PAST, TORONTO, language) == span


def test_the_first_of_a_month_is_an_ordinal_in_french():
    assert wording.day_text(date(2026, 5, 1), "fr") == "vendredi 1er mai 2026"
    assert wording.day_text(date(2026, 5, 1)) == "Friday 1 May 2026"


def test_amounts_and_levies():
    assert wording.amount_text(Decimal("1234.5"), "CAD") == "$1,234.50"
    assert wording.amount_text(Decimal("1234.5"), "CAD", "fr") == "1\u00a0234,50\u00a0$"
    assert wording.amount_text(Decimal(-2), "CAD", "fr") == "-2,00\u00a0$"
    assert (wording.levy_name("HST"), wording.levy_name("HST", "fr")) == ("HST", "TVH")
    assert wording.levy_name("City", "fr") == "City"


def test_the_first_known_language_wins():
    assert wording.language_of("", "de", "fr", "en") == "fr"
    assert wording.language_of("") == wording.language_of() == "en"
