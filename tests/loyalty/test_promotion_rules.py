"""What promotions take off: one order of application, cents that add up, reasons."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.loyalty.rules.coupon_codes import check_coupon_code, normal_coupon_code
from apps.loyalty.rules.mailboxes import mailbox_key
from apps.loyalty.rules.offers import OfferLine
from apps.loyalty.rules.promotions import Candidate, evaluate
from bakery.kernel.errors import Invalid
from tests.loyalty.offers import basket, candidate, terms

D = Decimal


def amounts(lines, *candidates):
    """Return by promotion what each took off each line, in the order of application."""
    found = evaluate(lines, candidates, "CAD")
    return {
        offer.promotion_id: [f"{amount:.2f}" for amount in offer.amounts] for offer in found.applied
    }


def reason(lines, *candidates, pk=1):
    found = evaluate(lines, candidates, "CAD")
    assert pk not in {offer.promotion_id for offer in found.applied}
    return found.shortfalls[pk].reason, found.shortfalls[pk].message


# --- each kind ----------------------------------------------------------------------------------


def test_a_percentage_is_rounded_once_and_split_to_the_cent():
    three = basket(("0.99", 1), ("0.99", 1), ("0.99", 1))
    # 10 % of 2.97 is 0.297: 0.30, and not three times 0.10 by three roundings of 0.099
    assert amounts(three, candidate(value="10")) == {1: ["0.10", "0.10", "0.10"]}
    # 5 % of 0.30 is 0.015: half up, and one line has the cent more
    assert amounts(basket(("0.10", 1), ("0.10", 2)), candidate(value="5")) == {1: ["0.01", "0.01"]}
    assert amounts(basket(("0.10", 1), ("0.10", 1)), candidate(value="5")) == {1: ["0.01", "0.00"]}


def test_an_amount_takes_no_more_than_there_is_and_only_from_its_scope():
    lines = basket(("3.00", 1), ("2.00", 1), ("9.00", 1))
    assert amounts(lines, candidate("amount", "4.00", product_ids=[1, 2])) == {
        1: ["2.40", "1.60", "0.00"]
    }
    assert amounts(lines, candidate("amount", "99.00", product_ids=[2])) == {
        1: ["0.00", "2.00", "0.00"]
    }


def test_categories_are_scopes_too():
    lines = [*basket(("3.00", 1), category=7), *basket(("4.00", 1), category=8)]
    assert amounts(lines, candidate(value="50", category_ids=[8])) == {1: ["0.00", "2.00"]}
    assert amounts(lines, candidate(value="50", category_ids=[8], product_ids=[1])) == {
        1: ["1.50", "2.00"]
    }


@pytest.mark.parametrize(
    ("rows", "taken"),
    [
        ([("3.00", 5)], None),
        ([("3.00", 6)], ["3.00"]),
        ([("3.00", 11)], ["3.00"]),
        ([("3.00", 12)], ["6.00"]),
        ([("5.00", 3), ("2.00", 3)], ["0.00", "2.00"]),
        ([("5.00", 11), ("2.00", 1)], ["5.00", "2.00"]),
    ],
)
def test_of_six_the_cheapest_is_free(rows, taken):
    six = candidate("buy_x_get_y", "100", buy_quantity=5, get_quantity=1)
    assert amounts(basket(*rows), six) == ({1: taken} if taken else {})


def test_the_second_at_half_price():
    half = candidate("buy_x_get_y", "50", buy_quantity=1, get_quantity=1)
    assert amounts(basket(("3.33", 2)), half) == {1: ["1.67"]}
    assert reason(basket(("3.33", 1)), half) == ("buy_more", "Add 1 more.")


def test_a_unit_is_given_away_once():
    lines = basket(("4.00", 2))
    pairs = [
        candidate("buy_x_get_y", "100", pk=pk, buy_quantity=1, get_quantity=1) for pk in (1, 2)
    ]
    # the second pair finds one unit that was not given away
    assert amounts(lines, *pairs) == {1: ["4.00"]}
    gift = candidate("free_item", "100", pk=3, gift_ids=[1])
    assert amounts(lines, pairs[0], gift) == {1: ["4.00"], 3: ["4.00"]}


def test_a_gift_must_be_in_the_cart_and_does_not_pay_for_itself():
    gift = candidate("free_item", "100", gift_ids=[2], threshold=D("50"))
    assert reason(basket(("60.00", 1)), gift)[0] == "gift_missing"
    assert amounts(basket(("50.00", 1), ("2.50", 3)), gift) == {1: ["0.00", "2.50"]}
    why = reason(basket(("48.00", 1), ("2.50", 1)), gift)
    assert why == ("spend_more", "Add $2.00 more.")


# --- thresholds and combining ------------------------------------------------------------------


def test_a_threshold_counts_prices_before_or_after_other_discounts_as_it_says():
    ten = candidate(value="10", pk=1)
    before = candidate("amount", "5", pk=2, threshold=D("50"), threshold_basis="before")
    after = candidate("amount", "5", pk=2, threshold=D("50"), threshold_basis="after")
    assert amounts(basket(("50.00", 1)), ten, before) == {1: ["5.00"], 2: ["5.00"]}
    assert amounts(basket(("50.00", 1)), ten, after) == {1: ["5.00"]}
    why = reason(basket(("50.00", 1)), ten, after, pk=2)
    assert why == ("spend_more", "Add $5.00 more after discounts.")
    scoped = candidate("amount", "5", threshold=D("50"), product_ids=[1])
    assert reason(basket(("44.00", 1), ("90.00", 1)), scoped) == (
        "spend_more",
        "Add $6.00 more of what it is for.",
    )


def test_kinds_come_before_priorities_and_priorities_before_age():
    lines = basket(("10.00", 2))
    pair = candidate("buy_x_get_y", "100", pk=9, priority=5, buy_quantity=1, get_quantity=1)
    amount = candidate("amount", "1", pk=1)
    late, early = candidate(value="50", pk=2, priority=1), candidate(value="10", pk=3, priority=-1)
    taken = amounts(lines, amount, late, pair, early)
    assert list(taken.items()) == [
        (9, ["10.00"]), (3, ["1.00"]), (2, ["4.50"]), (1, ["1.00"])
    ]  # fmt: skip


def test_an_exclusive_one_is_used_when_it_takes_off_more_than_all_others_together():
    lines = basket(("100.00", 1))
    ten, five = candidate(value="10", pk=1), candidate("amount", "5", pk=2)
    strong = candidate(value="20", pk=3, exclusive=True)
    assert amounts(lines, ten, five, strong) == {3: ["20.00"]}
    assert reason(lines, ten, five, strong, pk=1) == (
        "not_combined",
        "It cannot be used together with offer 3, which takes off more.",
    )
    weak = candidate(value="15", pk=3, exclusive=True)
    assert amounts(lines, ten, five, weak) == {1: ["10.00"], 2: ["5.00"]}
    assert reason(lines, ten, five, weak, pk=3)[0] == "not_combined"
    two = [candidate(value="30", pk=4, exclusive=True), strong]
    assert amounts(lines, ten, *two) == {4: ["30.00"]}


def test_what_has_nothing_left_to_take_says_so():
    free, ten = candidate(value="100", pk=1), candidate("amount", "10", pk=2)
    assert reason(basket(("3.00", 1)), free, ten, pk=2)[0] == "no_effect"
    assert reason([], ten, pk=2)[0] == "nothing_in_scope"


# --- properties ---------------------------------------------------------------------------------

PRICES = st.integers(0, 20_000).map(lambda cents: D(cents) / 100)
LINES = st.lists(
    st.builds(
        OfferLine,
        variant_id=st.integers(1, 9),
        product_id=st.integers(1, 5),
        category_id=st.integers(1, 3),
        unit_price=PRICES,
        quantity=st.integers(1, 30),
    ),
    min_size=1,
    max_size=6,
)
SCOPE = st.lists(st.integers(1, 5), max_size=2)


@st.composite
def offered(draw):
    """Some promotions of any kind, each with an id of its own."""
    found = []
    for pk in range(1, draw(st.integers(1, 6)) + 1):
        kind = draw(st.sampled_from(["buy_x_get_y", "free_item", "percentage", "amount"]))
        most = 30_000 if kind == "amount" else 10_000
        found.append(
            Candidate(
                terms(
                    kind,
                    D(draw(st.integers(1, most))) / 100,
                    pk=pk,
                    buy_quantity=draw(st.integers(1, 4)),
                    get_quantity=draw(st.integers(1, 3)),
                    threshold=draw(st.none() | st.integers(1, 30_000).map(lambda c: D(c) / 100)),
                    threshold_basis=draw(st.sampled_from(["before", "after"])),
                    product_ids=draw(SCOPE),
                    category_ids=draw(st.lists(st.integers(1, 3), max_size=1)),
                    gift_ids=draw(SCOPE),
                    exclusive=draw(st.booleans()),
                    priority=draw(st.integers(-2, 2)),
                ),
                coupon_id=pk,
                code=f"CODE{pk}",
            )
        )
    return found


@settings(max_examples=300, deadline=None)
@given(lines=LINES, candidates=offered(), data=st.data())
def test_cents_add_up_no_line_is_below_zero_and_the_order_of_codes_is_nothing(
    lines, candidates, data
):
    found = evaluate(lines, candidates, "CAD")
    for index, line in enumerate(lines):
        off = [offer.amounts[index] for offer in found.applied]
        assert all(amount >= 0 and amount == amount.quantize(D("0.01")) for amount in off)
        assert sum(off) <= line.amount
    assert all(offer.amount > 0 for offer in found.applied)
    by_id = {c.terms.id: c.terms for c in candidates}
    for offer in found.applied:
        if by_id[offer.promotion_id].kind == "amount":
            assert offer.amount <= by_id[offer.promotion_id].value
    ranks = [by_id[offer.promotion_id].rank for offer in found.applied]
    assert ranks == sorted(ranks)
    told = {offer.promotion_id for offer in found.applied} | found.shortfalls.keys()
    assert told == by_id.keys()
    assert evaluate(lines, data.draw(st.permutations(candidates)), "CAD") == found


@settings(max_examples=150, deadline=None)
@given(lines=LINES, more=LINES, candidates=offered())
def test_adding_goods_never_makes_another_line_dearer_than_its_price(lines, more, candidates):
    discounts = evaluate([*lines, more[0]], candidates, "CAD").applied
    for index, line in enumerate(lines):
        assert 0 <= line.amount - sum(offer.amounts[index] for offer in discounts) <= line.amount


@pytest.mark.control
def test_control_without_the_one_order_the_order_of_codes_decides(monkeypatch):
    """The property above would see it: percentages and amounts do not commute."""
    from apps.loyalty.rules import promotions

    monkeypatch.setattr(promotions, "sorted", lambda rows, key=None: list(rows), raising=False)
    lines = basket(("100.00", 1))
    both = [candidate(value="10", pk=1), candidate("amount", "5", pk=2)]
    totals = {evaluate(lines, order, "CAD").saved for order in permutations(both)}
    assert totals == {D("15.00"), D("14.50")}


# --- codes and mailboxes ------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["welcome10", " WELCOME-10 ", "Wel come 10", "WELCOME10"])
def test_spellings_of_a_code(typed):
    assert normal_coupon_code(typed) == "WELCOME10"


@pytest.mark.parametrize("typed", ["", "   ", "x\x00y", "caf\u00e9", "A" * 31, "x" * 9999, "10%"])
def test_what_is_no_code_is_nobodys(typed):
    assert normal_coupon_code(typed) == ""
    with pytest.raises(Invalid) as refusal:
        check_coupon_code(typed)
    assert refusal.value.code == "bad_code"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Ada@Example.com ", "ada@example.com"),
        ("ada+cake@example.com", "ada@example.com"),
        ("a.da+x@googlemail.com", "ada@gmail.com"),
        ("a.da@example.com", "a.da@example.com"),
        ("+@example.com", "+@example.com"),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_addresses_of_one_mailbox_are_one_customer(address, key):
    assert mailbox_key(address) == key
