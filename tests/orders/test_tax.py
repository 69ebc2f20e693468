"""Tax of a basket: golden sales by province and date, and laws over random baskets."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orders.rules.pricing import Place, Priceable, price_lines
from apps.orders.rules.tax import levies_at
from bakery.kernel.errors import Unavailable

D = Decimal
DAY = date(2026, 11, 20)
CANADA = ["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"]
MUFFIN = Priceable(D("3.00"), 1, "sweet_goods", 1, 110)
DOUGHNUT = Priceable(D("2.50"), 1, "sweet_goods", 1, 70)
BAGEL = Priceable(D("1.50"), 1, "basic_grocery", 1, 95)
LOAF = Priceable(D("8.50"), 1, "basic_grocery", 1, 900)
CAKE = Priceable(D("68.00"), 1, "whole_cake", 1, 1800)
CANDLES = Priceable(D("6.50"), 1, "standard")


def of(item: Priceable, quantity: int) -> Priceable:
    fields = (item.tax_class, item.pieces, item.weight_g, item.prepackaged)
    return Priceable(item.unit_price, quantity, *fields)


def box(pieces: int, *, prepackaged: bool, price: str = "12.00") -> Priceable:
    return Priceable(D(price), 1, "sweet_goods", pieces, 110 * pieces, prepackaged)


def place(region: str, on: date = DAY, country: str = "CA", **options) -> Place:
    currency = {"US": "USD", "GB": "GBP"}.get(country, "CAD")
    return Place(currency, country, region, on, **options)


def taxes(items, where: Place) -> dict[str, str]:
    return {share.label: str(share.amount) for share in price_lines(items, where).taxes}


def codes(items, where: Place) -> list[str]:
    return [line.tax_code for line in price_lines(items, where).lines]


@pytest.mark.parametrize(
    ("region", "on", "expected"),
    [
        ("AB", DAY, {"GST 5%": "0.60"}),
        ("BC", DAY, {"GST 5%": "0.60"}),
        ("MB", DAY, {"GST 5%": "0.60", "RST 7%": "0.84"}),
        ("MB", date(2019, 6, 30), {"GST 5%": "0.60", "RST 8%": "0.96"}),
        ("SK", DAY, {"GST 5%": "0.60", "PST 6%": "0.72"}),
        ("ON", DAY, {"HST 13%": "1.56"}),
        ("NB", DAY, {"HST 15%": "1.80"}),
        ("NL", DAY, {"HST 15%": "1.80"}),
        ("PE", DAY, {"HST 15%": "1.80"}),
        ("NS", date(2025, 3, 31), {"HST 15%": "1.80"}),
        ("NS", date(2025, 4, 1), {"HST 14%": "1.68"}),
        ("QC", date(2026, 7, 14), {"GST 5%": "0.60", "QST 9.975%": "1.20"}),
        ("QC", date(2026, 7, 15), {"GST 5%": "0.60"}),
        ("YT", DAY, {"GST 5%": "0.60"}),
        ("NT", DAY, {"GST 5%": "0.60"}),
        ("NU", DAY, {"GST 5%": "0.60"}),
    ],
)
def test_four_muffins_by_province_and_date(region, on, expected):
    assert taxes([of(MUFFIN, 4)], place(region, on)) == expected


@pytest.mark.parametrize("region", CANADA)
def test_six_are_groceries_everywhere_in_canada(region):
    assert taxes([of(MUFFIN, 6)], place(region)) == {}
    assert taxes([of(LOAF, 1), CAKE], place(region)) == {}


@pytest.mark.parametrize("region", CANADA)
def test_candles_are_taxed_by_every_levy_of_the_province(region):
    charged = taxes([CANDLES], place(region))
    expected = {
        f"{levy.name} {(rate * 100).normalize():f}%" for levy, rate in levies_at("CA", region, DAY)
    }
    assert set(charged) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (
            [of(BAGEL, 2), of(MUFFIN, 2), of(DOUGHNUT, 2)],
            ["basic_grocery", "six_or_more", "six_or_more"],
        ),
        ([of(MUFFIN, 3), of(DOUGHNUT, 2)], ["fewer_than_six", "fewer_than_six"]),
        ([of(MUFFIN, 5), LOAF], ["fewer_than_six", "basic_grocery"]),
        ([box(6, prepackaged=True)], ["pack_of_six"]),
        ([box(4, prepackaged=True)], ["small_pack"]),
        ([of(box(4, prepackaged=True), 2)], ["small_pack"]),
        ([box(4, prepackaged=True), of(MUFFIN, 6)], ["small_pack", "six_or_more"]),
        ([box(6, prepackaged=False)], ["six_or_more"]),
        ([box(4, prepackaged=False), of(MUFFIN, 2)], ["six_or_more", "six_or_more"]),
        ([Priceable(D(9), 1, "sweet_goods", 1, 230)], ["not_single"]),
        ([Priceable(D(9), 1, "sweet_goods", 1, 229)], ["fewer_than_six"]),
        ([CAKE, CANDLES], ["whole_cake", "taxed"]),
    ],
)  # fmt: skip
def test_the_rule_of_six_looks_at_the_basket_the_pack_and_the_weight(items, expected):
    assert codes(items, place("NS")) == expected


def test_the_reason_is_told_in_words_and_the_sixth_item_is_suggested():
    totals = price_lines([of(MUFFIN, 4)], place("ON"))
    assert totals.lines[0].tax_note == "fewer than 6 single servings: taxed"
    assert totals.servings_missing == 2
    six = price_lines([of(MUFFIN, 6)], place("ON"))
    assert (six.lines[0].tax_note, six.servings_missing) == ("6 single servings: zero-rated", 0)
    assert price_lines([box(4, prepackaged=True)], place("ON")).servings_missing == 0
    assert price_lines([of(MUFFIN, 4)], place("", country="GB")).servings_missing == 0


def test_an_edit_from_six_to_five_brings_the_tax_back():
    assert price_lines([of(MUFFIN, 6)], place("ON")).total == D("18.00")
    assert price_lines([of(MUFFIN, 5)], place("ON")).total == D("16.95")


def test_quebec_says_which_levy_is_not_charged():
    [line] = price_lines([of(MUFFIN, 4)], place("QC")).lines
    assert "QST: no QST on baked goods since 15 July 2026" in line.tax_note
    assert [share.name for share in line.taxes] == ["GST"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([MUFFIN], {"HST 5%": "0.15"}),
        ([MUFFIN, Priceable(D("1.00"), 1, "sweet_goods")], {"HST 5%": "0.20"}),
        ([MUFFIN, Priceable(D("1.01"), 1, "sweet_goods")], {"HST 13%": "0.52"}),
        ([MUFFIN, CANDLES], {"HST 5%": "0.15", "HST 13%": "0.85"}),
        ([MUFFIN, CAKE], {"HST 5%": "0.15"}),
    ],
)
def test_ontario_gives_the_provinces_part_back_up_to_four_dollars(items, expected):
    assert taxes(items, place("ON")) == expected


@pytest.mark.parametrize("state", ["TX", "CA", "NY"])
def test_bakery_goods_to_go_are_exempt_in_the_states_and_candles_are_not(state):
    assert taxes([of(MUFFIN, 1), CAKE, LOAF], place(state, country="US")) == {}
    local = (("County", D("0.01")),)
    charged = taxes([MUFFIN, CANDLES], place(state, country="US", local=local))
    assert len(charged) == 2
    assert charged["County 1%"] == "0.07"


def test_british_prices_have_the_vat_in_them():
    totals = price_lines([CAKE, CANDLES], place("", country="GB", prices_include_tax=True))
    assert totals.total == D("74.50")
    assert totals.tax_total == D("1.08")
    assert totals.subtotal == D("73.42")
    assert [line.tax for line in totals.lines] == [0, D("1.08")]


@pytest.mark.parametrize(
    ("country", "region", "on"),
    [("US", "OR", DAY), ("DE", "", DAY), ("CA", "XX", DAY), ("CA", "ON", date(2009, 1, 1)),
     ("CA", "SK", date(2016, 1, 1))],
)  # fmt: skip
def test_a_place_or_day_without_a_rate_is_not_guessed(country, region, on):
    with pytest.raises(Unavailable) as caught:
        price_lines([MUFFIN], place(region, on, country))
    assert caught.value.code == "tax_unknown"


baskets = st.lists(
    st.builds(
        Priceable,
        st.decimals(0, 500, places=2),
        st.integers(1, 30),
        st.sampled_from(["standard", "basic_grocery", "whole_cake", "sweet_goods", "made_up"]),
        st.integers(1, 12),
        st.none() | st.integers(20, 4000),
        st.booleans(),
    ),
    max_size=12,
)
places = st.builds(
    place,
    st.sampled_from(CANADA),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    prices_include_tax=st.booleans(),
)


@given(baskets, places)
def test_parts_sum_to_the_cent_and_the_order_of_lines_changes_nothing(items, where):
    totals = price_lines(items, where)
    written = sum((line.line_total for line in totals.lines), D(0))
    assert totals.subtotal + totals.tax_total == totals.total
    assert written == (totals.total if where.prices_include_tax else totals.subtotal)
    assert sum((share.amount for share in totals.taxes), D(0)) == totals.tax_total
    for line in totals.lines:
        assert sum((share.amount for share in line.taxes), D(0)) == line.tax >= 0
        assert all(share.amount == share.amount.quantize(D("0.01")) for share in line.taxes)
        assert line.tax_note
        assert bool(line.taxes) == bool(line.tax_rate)
    assert price_lines(items[::-1], where).total == totals.total


@given(baskets, places)
def test_a_missing_serving_is_one_that_frees_the_others(items, where):
    missing = price_lines(items, where).servings_missing
    crumb = Priceable(D("0.01"), 1, "sweet_goods")
    if missing:
        enough = price_lines([*items, of(crumb, missing)], where)
        assert "fewer_than_six" not in [line.tax_code for line in enough.lines]
    if missing > 1:
        too_few = price_lines([*items, of(crumb, missing - 1)], where)
        assert {"fewer_than_six", "rebate"} & {line.tax_code for line in too_few.lines}
