"""Money: what is split sums, what is converted comes back, what is no amount is refused."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bakery.kernel import money
from bakery.kernel.errors import Invalid

CURRENCIES = st.sampled_from(["CAD", "USD", "EUR", "JPY", "KWD", "ISK", "HUF"])
MINOR = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(
    st.decimals(min_value=0, max_value=10**30, allow_nan=False, allow_infinity=False),
    min_size=1,
    max_size=30,
)


@given(MINOR, CURRENCIES)
def test_minor_units_come_back(minor, currency):
    assert money.to_minor(money.from_minor(minor, currency), currency) == minor


@given(MINOR, WEIGHTS, CURRENCIES)
@example(
    2, [Decimal("1.0000000000000000000000000001"), Decimal("1.0000000000000000000000000001")], "CAD"
)
@example(100, [Decimal(10**30) - 1, Decimal("1E-20")], "CAD")
def test_parts_sum_to_the_total_and_stay_within_a_unit_of_their_share(minor, weights, currency):
    total = money.from_minor(minor, currency)
    parts = money.allocate(total, weights, currency)
    minors = [money.to_minor(part, currency) for part in parts]
    assert len(parts) == len(weights)
    assert sum(minors) == minor
    assert all(part == 0 or (part < 0) == (minor < 0) for part in minors)
    whole = sum(Fraction(weight) for weight in weights)
    if whole:
        for part, weight in zip(minors, weights, strict=True):
            assert abs(part - Fraction(weight) * minor / whole) < 1


@given(MINOR, st.integers(1, 30))
def test_no_weight_at_all_puts_everything_on_the_first(minor, count):
    parts = money.allocate(money.from_minor(minor, "CAD"), [Decimal(0)] * count, "CAD")
    assert parts == [money.from_minor(minor, "CAD"), *[Decimal(0)] * (count - 1)]


def test_equal_shares_give_the_odd_cent_to_the_earlier_part():
    parts = money.allocate(Decimal("1.00"), [Decimal(1)] * 3, "CAD")
    assert parts == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]


def test_nothing_over_nothing_is_nothing():
    assert money.allocate(Decimal(0), [], "CAD") == []


@pytest.mark.parametrize(
    ("total", "weights", "code"),
    [
        ("1.00", [], "nothing_to_split_over"),
        ("1.00", ["-1", "2"], "negative_weight"),
        ("1.001", ["1"], "not_a_money_amount"),
        ("NaN", ["1"], "not_a_money_amount"),
        ("Infinity", ["1"], "not_a_money_amount"),
        ("1.00", ["NaN"], "not_a_money_amount"),
    ],
)
def test_what_cannot_be_split_is_refused(total, weights, code):
    with pytest.raises(Invalid) as refusal:
        money.allocate(Decimal(total), [Decimal(weight) for weight in weights], "CAD")
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "CAD", "1.01"),
        ("-1.005", "CAD", "-1.01"),
        ("2.675", "CAD", "2.68"),
        ("100.5", "JPY", "101"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_half_a_unit_rounds_away_from_zero(amount, currency, rounded):
    assert money.round_money(Decimal(amount), currency) == Decimal(rounded)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_is_not_rounded(amount):
    with pytest.raises(Invalid):
        money.round_money(Decimal(amount), "CAD")


def test_amounts_are_shown_as_people_write_them():
    assert money.display(Decimal("1234.5"), "CAD") == "$1,234.50"
    assert money.display(Decimal("1234.5"), "CAD", locale="fr_CA").endswith("$")
