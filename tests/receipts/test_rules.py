"""What the law wants on a receipt, what changed of a sale, and how it is put in words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.receipts.rules.rows import changed_rows, rows_of, turned
from apps.receipts.rules.sale import Sums, Told, line_from_json, missing_of, read_levies
from apps.receipts.rules.tiers import Shown, missing_fields, tier_at
from apps.receipts.rules.view import view_of
from apps.receipts.rules.words import Words
from tests.receipts.samples import (
    ADA,
    DAY,
    NOBODY,
    QUEBEC,
    SAMPLES,
    SHOP,
    issue,
    line,
    sale_of,
    sample,
    told_by,
)

NO_NUMBERS = replace(SHOP, numbers={})


@pytest.mark.parametrize(
    ("total", "day", "fields"),
    [
        ("99.99", DAY, {"seller"}),
        ("100.00", DAY, {"seller", "registration"}),
        ("499.99", DAY, {"seller", "registration"}),
        ("500.00", DAY, {"seller", "registration", "buyer"}),
        ("99.99", date(2021, 4, 19), {"seller", "registration"}),
        ("150.00", date(2021, 4, 19), {"seller", "registration", "buyer"}),
        ("29.99", date(2021, 4, 19), {"seller"}),
        ("99.99", date(2021, 4, 20), {"seller"}),
    ],
)
def test_canada_asks_by_total_and_day(total, day, fields):
    assert tier_at("ca", day, Decimal(total)).fields == fields


def test_places_without_a_rule_ask_for_nothing():
    assert tier_at("US", DAY, Decimal(1000)) is None
    shown = Shown(
        country="US",
        region="TX",
        on=DAY,
        total=Decimal(1000),
        levies=["Sales tax"],
        has_seller=False,
        has_buyer=False,
        numbers={},
    )
    assert missing_fields(shown) == []


@pytest.mark.parametrize(
    ("price", "shop", "buyer", "missing"),
    [
        ("88.49", NO_NUMBERS, NOBODY, []),
        ("88.50", NO_NUMBERS, NOBODY, ["registration:HST"]),
        ("88.50", SHOP, NOBODY, []),
        ("442.48", SHOP, NOBODY, ["buyer"]),
        ("442.48", SHOP, ADA, []),
        ("442.48", replace(SHOP, name=" ", numbers={"GST": "1"}), ADA, ["seller"]),
    ],
)
def test_what_is_missing_is_said_and_not_made_up(price, shop, buyer, missing):
    tax = (Decimal(price) * Decimal("0.13")).quantize(Decimal("0.01"))
    document = issue(sale_of(line(1, "Stand", 1, price, hst=str(tax)), buyer=buyer), shop=shop)
    assert document.content["missing"] == missing
    assert view_of(document.content).buyer["name"] == buyer.name


def test_quebec_wants_its_number_on_small_receipts_too():
    taxes = [
        {"name": "GST", "rate": "0.05", "amount": "0.50"},
        {"name": "QST", "rate": "0.09975", "amount": "1.00"},
    ]
    sale = sale_of(line(1, "Workshop", 1, "10.00", taxes=taxes))
    assert issue(sale, shop=replace(QUEBEC, numbers={})).content["missing"] == ["registration:QST"]
    assert issue(sale, shop=QUEBEC).content["missing"] == []


def test_unsold_and_open_sales_have_nothing_to_tell():
    sale = sale_of(line(1, "Cake", 1, "48.00"))
    assert missing_of(replace(sale, is_sold=False), Told()).is_nothing
    assert missing_of(replace(sale, balance=Decimal("0.01")), Told()).is_nothing
    assert missing_of(sale, told_by(sale)).is_nothing
    assert missing_of(sale, Told()) == sale.sold


def test_rates_written_with_more_zeros_are_the_same_levy():
    rows = [
        {"name": "HST", "rate": rate, "amount": "1.00"} for rate in ("0.13", "0.130", "0.13000")
    ]
    assert read_levies(rows) == {("HST", Decimal("0.13")): Decimal("3.00")}


_lines = st.dictionaries(
    st.integers(0, 5),
    st.tuples(st.integers(1, 9), st.integers(0, 5000), st.integers(0, 300), st.booleans()),
    max_size=6,
)


def _made(rows):
    return [
        line(
            position,
            f"Thing {position}",
            quantity,
            str(Decimal(cents) / 100),
            discount=str(min(Decimal(off) / 100, quantity * Decimal(cents) / 100)),
            hst="1.30" if taxed else "0.00",
        )
        for position, (quantity, cents, off, taxed) in rows.items()
    ]


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=_lines, after=_lines)
def test_rows_of_a_change_sum_to_the_change(before, after):
    old, new = _made(before), _made(after)
    rows = changed_rows(old, new)
    for name in ("net", "tax", "discount"):
        change = sum(getattr(x, name) for x in new) - sum(getattr(x, name) for x in old)
        assert sum(getattr(row, name) for row in rows) == change
        assert sum(getattr(row, name) for row in turned(rows)) == -change
    assert changed_rows(new, new) == []
    assert [line_from_json(x.as_json()) for x in new] == new


def test_a_line_that_became_another_thing_is_told_as_two():
    rows = changed_rows([line(1, "Carrot cake", 1, "48.00")], [line(1, "Plain cake", 1, "40.00")])
    assert [(row.text, row.quantity) for row in rows] == [("Carrot cake", -1), ("Plain cake", 1)]


def test_credited_pieces_of_a_removed_line_are_still_told():
    bought = sale_of(line(1, "Cake", 1, "48.00"), line(2, "Bun", 1, "5.00"))
    [credit] = sample("credit_note").content["told"]["credits"]
    assert credit == 1
    rows = rows_of(replace(bought, lines=bought.lines[:1]), told_by(bought))
    assert [(row.text, row.quantity, row.net) for row in rows] == [("Bun", -1, Decimal("-5.00"))]


@pytest.mark.parametrize("name", SAMPLES)
def test_rows_of_a_document_sum_to_its_subtotal(name):
    document = sample(name)
    rows = document.content["rows"]
    assert sum(Decimal(row["net"]) for row in rows) == document.subtotal
    assert sum(Decimal(row["tax"]) for row in rows) == document.tax_total
    paid = sum(Decimal(row["amount"]) for row in document.content["payments"])
    assert paid in {document.total, 0}


def test_prices_with_tax_in_them_show_it_below_the_total():
    vat = [{"name": "VAT", "rate": "0.20", "amount": "2.00"}]
    sale = sale_of(line(1, "Stand", 1, "12.00", taxes=vat), prices_include_tax=True)
    sale = replace(sale, sold=Sums(Decimal("12.00"), sale.sold.levies))
    sale = replace(sale, payments=(replace(sale.payments[0], amount=Decimal("12.00")),))
    view = view_of(issue(sale, shop=replace(SHOP, country="GB", region="")).content)
    assert view.sums == []
    assert (view.total, view.included) == ("CA$12.00", [("of which VAT 20%", "CA$2.00")])
    assert "Prices include tax." in view.legend


def test_french_has_all_words_and_its_own_names_of_levies():
    english, french = Words("en"), Words("fr")
    assert english.table.keys() == french.table.keys()
    assert (french.levy("QST"), french.levy("City"), english.levy("QST")) == ("TVQ", "City", "QST")
    assert french.rate(Decimal("0.09975")) == "9,975\u00a0%"
    assert Words("xx", "ZZ").day(DAY) == "November 20, 2026"


def test_values_are_never_read_as_patterns():
    assert Words("en").say("corrects", number="{date}", date="x") == "Corrects receipt x of x"
