"""Shares of lines and of levies: in whatever portions they go back, they sum to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orders.rules.crediting import SaleLeft, less, share_credit
from apps.payments.rules.refund_plan import (
    LineLeft,
    LineShare,
    Refundable,
    RefundLine,
    WayShare,
    pack_lines,
    scale_lines,
    share_lines,
    split_ways,
)
from bakery.kernel.errors import Invalid

cents = st.integers(0, 20_000).map(lambda minor: Decimal(minor) / 100)
some_cents = st.integers(1, 20_000).map(lambda minor: Decimal(minor) / 100)


def refundable(line: LineLeft) -> Refundable:
    return Refundable("CAD", line.amount_left, (line,))


@given(
    amount=cents,
    tax_part=st.integers(0, 100),
    quantity=st.integers(1, 12),
    data=st.data(),
)
def test_a_line_comes_back_in_portions_to_the_cent(amount, tax_part, quantity, data):
    """Some portions are rejected and come free again: still not a cent over, and all in the end."""
    tax = (amount * tax_part / 100).quantize(Decimal("0.01"))
    taken: list[LineShare] = []

    def left() -> LineLeft:
        return LineLeft(
            1,
            "Bun",
            quantity,
            quantity - sum(share.quantity for share in taken),
            amount - sum(share.amount for share in taken),
            tax - sum(share.tax for share in taken),
        )

    for _ in range(data.draw(st.integers(0, 8))):
        line = left()
        if taken and data.draw(st.booleans()):
            taken.pop(data.draw(st.integers(0, len(taken) - 1)))
        elif line.quantity_left:
            wanted = RefundLine(1, data.draw(st.integers(1, line.quantity_left)))
            taken += share_lines(refundable(line), [wanted])
        now = left()
        assert now.amount_left >= 0
        assert now.tax_left >= 0
        assert all(0 <= share.tax <= share.amount for share in taken)
    if (line := left()).quantity_left:
        taken += share_lines(refundable(line), [RefundLine(1, line.quantity_left)])
    assert sum(share.amount for share in taken) == amount
    assert sum(share.tax for share in taken) == tax


@given(st.lists(st.tuples(some_cents, cents), min_size=1, max_size=5), some_cents, st.data())
def test_what_ways_give_is_what_lines_are_worth(rows, first, data):
    shares = [
        LineShare(position, 2, amount, min(tax, amount))
        for position, (amount, tax) in enumerate(rows, start=1)
    ]
    total = sum(share.amount for share in shares)
    ways = split_ways(total, [WayShare("stripe", 1, first), WayShare("by_hand", None, total)])
    assert sum(way.amount for way in ways) == total
    packed = pack_lines(shares, ways, "CAD")
    assert [sum(share.amount for share in mine) for mine in packed] == [w.amount for w in ways]
    flat = [share for mine in packed for share in mine]
    assert sum(share.tax for share in flat) == sum(share.tax for share in shares)
    assert sum(share.quantity for share in flat) == sum(share.quantity for share in shares)
    assert all(0 <= share.tax <= share.amount for share in flat)
    lower = data.draw(st.integers(1, int(total * 100)).map(lambda minor: Decimal(minor) / 100))
    scaled = scale_lines(shares, lower, "CAD")
    assert sum(share.amount for share in scaled) == lower
    assert all(0 <= share.tax <= share.amount for share in scaled)


@given(
    net=cents,
    levies=st.lists(cents, max_size=3),
    data=st.data(),
)
def test_credits_take_every_levy_back_and_never_more(net, levies, data):
    names = [("GST", "0.05"), ("PST", "0.07"), ("HST", "0.13")]
    left = SaleLeft(net + sum(levies), dict(zip(names, levies, strict=False)), "CAD")
    for _ in range(data.draw(st.integers(0, 6))):
        if left.total <= 0:
            break
        most = int(left.total * 100)
        amount = Decimal(data.draw(st.integers(1, most))) / 100
        wanted = None
        if data.draw(st.booleans()):
            wanted = {name: data.draw(cents) for name in left.levies}
        shares = share_credit(left, amount, wanted)
        assert 0 <= sum(shares.values()) <= amount
        left = SaleLeft(left.total - amount, less(left.levies, shares), "CAD")
        assert all(part >= 0 for part in left.levies.values())
        assert left.tax <= left.total
    last = share_credit(left, left.total)
    assert not any(less(left.levies, last).values())


def test_lines_that_cannot_be_are_refused():
    left = refundable(LineLeft(1, "Bun", 3, 2, Decimal("2.00")))
    for wanted in ([(1, 3)], [(1, 0)], [(1, -1)], [(2, 1)], [(1, 1), (1, 1)]):
        with pytest.raises(Invalid) as refused:
            share_lines(left, [RefundLine(*line) for line in wanted])
        assert refused.value.code == "bad_line"
