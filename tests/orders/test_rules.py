"""Laws of sums, and rules without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.notifications.rules import count_segments
from apps.orders.rules import sms_text
from apps.orders.rules.allergy import mentions_allergy
from apps.orders.rules.checks import WantedLine, check_lines, demand
from apps.orders.rules.numbers import SUFFIXES, order_number
from apps.orders.rules.pickup import days_in_words, describe, local_text
from apps.orders.rules.pricing import Place, Priceable, price_lines
from apps.orders.rules.sms_text import CakeLine, cake_alert

TORONTO = ZoneInfo("America/Toronto")
ONTARIO = Place("CAD", "CA", "ON", date(2026, 11, 20))
CLASSES = ["standard", "basic_grocery", "whole_cake", "sweet_goods", "made_up"]
lines = st.lists(
    st.builds(
        Priceable,
        st.decimals(0, 5000, places=2),
        st.integers(1, 500),
        st.sampled_from(CLASSES),
    ),
    max_size=20,
)


@given(lines, st.sampled_from(["ON", "NS", "AB", "NB"]))
def test_lines_sum_to_the_order_to_the_cent(items, region):
    totals = price_lines(items, Place("CAD", "CA", region, date(2026, 11, 20)))
    assert sum((x.line_total for x in totals.lines), Decimal(0)) == totals.subtotal
    assert sum((x.tax for x in totals.lines), Decimal(0)) == totals.tax_total
    assert totals.subtotal + totals.tax_total == totals.total
    for item, line in zip(items, totals.lines, strict=True):
        assert line.line_total == item.unit_price * item.quantity
        assert abs(line.tax - line.line_total * line.tax_rate) < Decimal("0.02")
        assert line.tax == line.tax.quantize(Decimal("0.01")) >= 0
    exact = sum((x.line_total * x.tax_rate for x in totals.lines), Decimal(0))
    assert abs(totals.tax_total - exact) <= Decimal("0.005")


@given(lines)
def test_the_order_of_lines_does_not_change_the_total(items):
    assert price_lines(items, ONTARIO).total == price_lines(items[::-1], ONTARIO).total


class Facts:
    per_order_limit = 3
    message_max_length = 10


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", None),
        ("Zoë ❤️ 10", None),
        ("生日快乐", None),
        ("👩‍👩‍👧 love", None),
        ("one\ntwo", None),
        ("12345678901", "message_too_long"),
        ("a\x07b", "message_unprintable"),
        ("a\u202eb", "message_unprintable"),
    ],
)
def test_what_can_be_written_on_a_cake(message, code):
    found = check_lines([WantedLine(1, 7, 1, message)], {7: Facts()})
    assert [problem.code for problem in found] == ([code] if code else [])


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_a_limit_holds_for_all_lines_together(quantities):
    wanted = [WantedLine(n, 7, quantity, "") for n, quantity in enumerate(quantities)]
    assert demand(wanted) == {7: sum(quantities)}
    assert bool(check_lines(wanted, {7: Facts()})) == (sum(quantities) > 3)


def test_problems_are_named_line_by_line():
    wanted = [WantedLine(1, 7, 1, ""), WantedLine(2, 8, 1, ""), WantedLine(3, 9, 2, "")]
    found = check_lines(wanted, {7: Facts(), 9: Facts()}, {7: 0, 9: None})
    assert [(x.line_id, x.code) for x in found] == [(1, "sold_out"), (2, "archived")]


@pytest.mark.parametrize(
    "text",
    [
        "No nuts please",
        "nut-free!",
        "Peanut allergy",
        "sans noix",
        "Ohne Nüsse bitte",
        "sin gluten",
        "COELIAC guest",
        "she carries an EpiPen",
        "对花生过敏",
        "аллергия на орехи",
        "without any eggs",
    ],
)
def test_texts_that_may_be_about_an_allergy(text):
    assert mentions_allergy(text)


@pytest.mark.parametrize("text", ["", "Happy Birthday Milka", "Eggbert, 40", "Allez les bleus"])
def test_texts_that_are_not(text):
    assert not mentions_allergy(text)


cakes = st.builds(
    CakeLine,
    st.integers(1, 500),
    st.text(max_size=80),
    st.text(max_size=300),
)


@settings(max_examples=60)
@given(st.lists(cakes, min_size=1, max_size=3), st.booleans())
def test_the_kitchens_text_fits_in_two_segments_with_its_link(items, allergy):
    text = cake_alert("B-261128-0A1Z", pickup="Sat 28 Nov 10:00", cakes=items, allergy=allergy)
    assert count_segments(text + " " + "x" * (sms_text.LINK_RESERVE - 1)) <= 2
    assert "B-261128-0A1Z" in text
    assert "Sat 28 Nov 10:00" in text
    assert ("ALLERGY" in text) >= allergy


def test_the_kitchens_text_quotes_the_message():
    text = cake_alert(
        "B-261128-0A1Z",
        pickup="Sat 28 Nov 10:00",
        cakes=[CakeLine(1, "Carrot cake, 8 inch", "Happy birthday, Zoë")],
        allergy=True,
    )
    # ë is not in the 7-bit alphabet: with it, the text would need twice the room there is.
    assert text == (
        "CAKE B-261128-0A1Z for Sat 28 Nov 10:00. ALLERGY NOTE! 1x Carrot cake, 8 inch"
        ' "Happy birthday,..."'
    )
    emoji = cake_alert(
        "B-261128-0A1Z",
        pickup="Sat 28 Nov 10:00",
        cakes=[CakeLine(1, "Carrot cake, 8 inch", "🎂🎂🎂")],
        allergy=False,
    )
    assert emoji.endswith("8 inch Text: see board")
    plain = cake_alert(
        "B-261128-0A1Z",
        pickup="Sat 28 Nov 10:00",
        cakes=[CakeLine(1, "Carrot cake, 8 inch", "Happy birthday, Ada")],
        allergy=False,
    )
    assert plain.endswith('"Happy birthday, Ada"')


def test_a_pickup_is_said_with_its_weekday_and_distance():
    starts, ends = (datetime(2026, 11, 28, 15, minute, tzinfo=UTC) for minute in (0, 30))
    local = local_text(starts, ends, TORONTO)
    assert local == "Saturday 28 November 2026, 10:00 to 10:30"
    # 03:00 UTC is still the evening before in Toronto.
    pickup = describe(starts, local=local, zone=TORONTO, at=datetime(2026, 11, 23, 3, tzinfo=UTC))
    assert (pickup.weekday, pickup.in_days, pickup.in_words) == ("Saturday", 6, "in 6 days")
    assert [days_in_words(n) for n in (0, 1, -1, -3)] == [
        "today",
        "tomorrow",
        "yesterday",
        "3 days ago",
    ]


@given(st.integers(0, SUFFIXES - 1), st.integers(0, SUFFIXES - 1))
def test_numbers_differ_when_their_entropy_does(one, other):
    day = date(2026, 11, 20)
    assert (order_number(day, one) == order_number(day, other)) == (one == other)
    assert len(order_number(day, one)) == len("B-261120-XXXX")
