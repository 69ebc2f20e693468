"""The laws of prices: parts sum to the cent, whatever lowers them and wherever they are sold (C3).

Ten thousand baskets from a seed, so that a failure is found again; the rules alone, no database.
"""

import random
from datetime import date
from decimal import Decimal

import pytest

from apps.catalog.states import TaxClass
from apps.orders.rules.breakdown import Sums
from apps.orders.rules.pricing import (
    Place,
    Priceable,
    Reductions,
    price_lines,
    price_sale,
)
from bakery.kernel.errors import Invalid

BASKETS = 10_000
CENT = Decimal("0.01")
DAY = date(2026, 6, 1)
PLACES = [
    *(Place("CAD", "CA", region, DAY) for region in ("ON", "QC", "NS", "AB", "BC", "NB", "SK")),
    Place("USD", "US", "NY", DAY, local=(("NYC", Decimal("0.045")),)),
    Place("GBP", "GB", "", DAY, prices_include_tax=True),
    Place("CAD", "CA", "ON", DAY, prices_include_tax=True),
    Place("CAD", "CA", "QC", DAY, prices_include_tax=True),
]


def basket(dice: random.Random) -> list[Priceable]:
    return [
        Priceable(
            Decimal(dice.choice((0, 1, 99, 250, 333, 1999, 4800, dice.randrange(20_000)))) / 100,
            dice.randint(1, 12),
            dice.choice(list(TaxClass)).value,
            pieces=dice.choice((1, 1, 6)),
            weight_g=dice.choice((None, 90, 300)),
            prepackaged=dice.random() < 0.3,
        )
        for _ in range(dice.randint(1, 5))
    ]


def reductions(dice: random.Random, lines: list[Priceable]) -> Reductions:
    sums = [line.unit_price * line.quantity for line in lines]
    discounts = [
        (whole * dice.choice((0, 0, 10, 33, 50, 100)) / 100).quantize(CENT) for whole in sums
    ]
    left = sum(sums) - sum(discounts)
    return Reductions(
        discounts=discounts if dice.random() < 0.8 else (),
        points=(left * dice.choice((0, 0, 7, 50, 100)) / 100).quantize(CENT)
        if dice.random() < 0.6
        else Decimal(0),
        delivery_fee=Decimal(dice.choice((0, 0, 499, 1250))) / 100,
        gift_cards=[Decimal(dice.randrange(8000)) / 100 for _ in range(dice.randrange(3))],
    )


def check(lines, place, less) -> None:
    priced = price_sale(lines, place, less)
    rows = priced.lines
    written = sum((row.line_total - row.discount for row in rows), Decimal(0)) + priced.delivery_fee
    with_tax = written if place.prices_include_tax else written + priced.tax_total
    assert priced.total == with_tax == priced.subtotal + priced.tax_total
    assert priced.total >= 0
    assert priced.subtotal >= 0
    assert sum((row.tax for row in rows), priced.delivery_tax) == priced.tax_total
    assert sum(share.amount for share in priced.taxes) == priced.tax_total
    assert priced.discount_total == sum(less.discounts) + less.points
    assert priced.due + priced.gift_card_total == priced.total
    assert priced.due >= 0
    assert all(
        0 <= paid <= most for paid, most in zip(priced.gift_cards, less.gift_cards, strict=True)
    )
    assert all(0 <= row.discount <= row.line_total and row.tax >= 0 for row in rows)
    amounts = [priced.total, priced.tax_total, priced.due, *(row.tax for row in rows)]
    assert all(amount == amount.quantize(CENT) for amount in amounts)


def test_ten_thousand_baskets_sum_to_the_cent():
    dice = random.Random(20260601)
    for _ in range(BASKETS):
        lines = basket(dice)
        less = reductions(dice, lines)
        check(lines, dice.choice(PLACES), less)


def test_what_is_taken_off_never_makes_a_sale_dearer():
    dice = random.Random(7)
    for _ in range(1000):
        lines, place = basket(dice), dice.choice(PLACES)
        full = price_lines(lines, place)
        points = (full.goods_total * dice.randrange(101) / 100).quantize(CENT)
        less = price_sale(lines, place, Reductions(points=points))
        # What is taken off, and its tax, which is rounded once for each levy.
        assert less.total <= full.total - points + CENT * 2


def test_gift_cards_are_money_and_change_no_tax_but_points_do():
    lines = [Priceable(Decimal("40.00"), 1, "standard")]
    place = Place("CAD", "CA", "ON", DAY)
    by_card = price_sale(lines, place, Reductions(gift_cards=[Decimal("10.00")]))
    by_points = price_sale(lines, place, Reductions(points=Decimal("10.00")))
    assert (by_card.tax_total, by_card.total, by_card.due) == (
        Decimal("5.20"),
        Decimal("45.20"),
        Decimal("35.20"),
    )
    assert (by_points.tax_total, by_points.total, by_points.due) == (
        Decimal("3.90"),
        Decimal("33.90"),
        Decimal("33.90"),
    )


@pytest.mark.parametrize(
    "less",
    [
        Reductions(points=Decimal("10.01")),
        Reductions(points=Decimal("-0.01")),
        Reductions(discounts=[Decimal("10.01")]),
        Reductions(discounts=[Decimal("-0.01")]),
        Reductions(discounts=[Decimal("5.00")], points=Decimal("5.01")),
        Reductions(delivery_fee=Decimal("-1.00")),
    ],
)
def test_nothing_costs_less_than_nothing(less):
    with pytest.raises(Invalid):
        price_sale([Priceable(Decimal("10.00"), 1, "standard")], PLACES[0], less)


def sums(**values) -> list[tuple[str, str]]:
    base = {
        "goods_total": Decimal("48.00"),
        "subtotal": Decimal("48.00"),
        "taxes": (),
        "prices_include_tax": False,
        "total": Decimal("48.00"),
        "due": Decimal("48.00"),
    }
    return [(row.label, str(row.amount)) for row in Sums(**base | values).rows()]


def test_a_breakdown_without_anything_special_is_short():
    assert sums() == [("Subtotal", "48.00"), ("Tax", "0"), ("Total", "48.00")]


def test_a_breakdown_says_what_lowered_the_price_and_what_is_left():
    coupon = {"kind": "coupon", "label": "10% off", "code": "TENOFF", "amount": "4.80"}
    rows = sums(
        adjustments=[coupon],
        delivered=True,
        subtotal=Decimal("43.20"),
        total=Decimal("43.20"),
        gift_cards=[("Gift card 1234", Decimal("13.20")), ("Gift card 9999", Decimal(0))],
        paid=Decimal("10.00"),
        due=Decimal("20.00"),
    )
    assert rows == [
        ("Goods", "48.00"),
        ("10% off (TENOFF)", "-4.80"),
        ("Delivery", "0"),
        ("Subtotal", "43.20"),
        ("Tax", "0"),
        ("Total", "43.20"),
        ("Gift card 1234", "-13.20"),
        ("Paid", "-10.00"),
        ("To pay", "20.00"),
    ]


def test_a_breakdown_of_prices_with_tax_in_them_shows_it_below_the_total():
    assert [label for label, _ in sums(prices_include_tax=True)] == ["Total"]
