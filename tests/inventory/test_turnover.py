"""Turnover, against figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inventory import selectors, services
from apps.inventory.models import StockMove
from apps.inventory.rules.turnover import Sums, figures
from bakery.kernel import clock
from tests.inventory.factories import AT, hold, make_slot, make_variant

DAY = timedelta(days=1)


def adjust(variant, delta: int, reason: str, at):
    services.adjust_stock(
        variant_id=variant.pk, delta=delta, reason=reason, note="", actor="user:1", at=at
    )


@pytest.mark.django_db
def test_ten_days_by_hand():
    """Opening 10; +20 after 2 days; 12 sold after 5, 3 of them returned after 6; 4 wasted after 8.

    Balance: 2 days of 10, 3 of 30, 1 of 18, 2 of 21, 2 of 17 = 20 + 90 + 18 + 42 + 34 = 204 piece
    days, 20.4 on average. Sold 9, at 2.00: 18.00 / 40.80 = 0.44 turns; 10 / 0.4412 = 22.67 days.
    """
    variant, slot = make_variant(unit_cost=Decimal("2.00")), make_slot(hours=24 * 30)
    start = AT + DAY
    adjust(variant, 10, "baked", start - DAY)
    adjust(variant, 20, "baked", start + 2 * DAY)
    kept, back = hold({variant.pk: 9}, slot), hold({variant.pk: 3}, slot)
    for reference in (kept, back):
        services.consume_hold(reference=reference, at=start + 5 * DAY)
    services.return_hold(reference=back, reason="cancelled", at=start + 6 * DAY)
    adjust(variant, -4, "waste", start + 8 * DAY)
    found = selectors.turnover(since=start, until=start + 10 * DAY)
    (size,) = found.sizes
    assert size.sku == variant.sku
    assert (size.figures.sold, size.figures.made, size.figures.wasted) == (9, 20, 4)
    assert size.figures.average == Decimal("20.40")
    assert (size.figures.cogs, size.figures.average_value) == (Decimal("18.00"), Decimal("40.80"))
    assert (size.figures.turnover, size.figures.days_on_hand) == (
        Decimal("0.44"), Decimal("22.67"),
    )  # fmt: skip
    assert (size.figures.waste_share, size.figures.waste_value) == (
        Decimal("0.2000"), Decimal("8.00"),
    )  # fmt: skip
    assert found.total == found.categories[0].figures == size.figures


@pytest.mark.django_db
def test_what_was_undone_was_never_made_nor_wasted():
    variant = make_variant(unit_cost=Decimal(1))
    adjust(variant, 10, "baked", AT)
    adjust(variant, 7, "baked", AT)
    adjust(variant, -3, "waste", AT)
    for move in StockMove.objects.filter(delta_on_hand__in=[7, -3]):
        services.undo_adjustment(move_id=move.pk, note="", actor="user:1", at=AT + DAY)
    (size,) = selectors.turnover(since=AT, until=AT + 2 * DAY).sizes
    assert (size.figures.made, size.figures.wasted) == (10, 0)


@pytest.mark.django_db
def test_counter_sales_count_and_an_unknown_cost_stays_unknown():
    variant = make_variant()
    adjust(variant, 10, "baked", AT)
    sale = {"seq": 1, "kind": "sale", "sku": variant.sku, "quantity": 5}
    services.receive_reports(
        till="till-1", reports=[sale | {"occurred_at": AT.isoformat()}], at=AT + DAY
    )
    found = selectors.turnover(since=AT, until=AT + 2 * DAY)
    (size,) = found.sizes
    assert (size.figures.sold, size.figures.cogs, size.figures.uncosted) == (5, None, 1)
    # 5 sold of 7.5 on average, over two days.
    assert (size.figures.turnover, size.figures.days_on_hand) == (Decimal("0.67"), Decimal("3.00"))


@pytest.mark.django_db
@pytest.mark.parametrize("sizes", [1, 6])
def test_it_takes_one_query(sizes, django_assert_num_queries):
    for _ in range(sizes):
        adjust(make_variant(), 4, "baked", AT)
    with django_assert_num_queries(1):
        assert len(selectors.turnover(since=AT - DAY, until=AT + DAY).sizes) == sizes


@given(
    st.lists(
        st.builds(
            Sums,
            sold=st.integers(0, 500),
            made=st.integers(0, 500),
            wasted=st.integers(0, 500),
            average=st.decimals(0, 500, places=2),
            unit_cost=st.none() | st.decimals(0, 50, places=2),
        ),
        max_size=5,
    ),
    st.integers(1, 400),
)
def test_figures_add_up_and_never_divide_by_nothing(rows, days):
    together = figures(rows, days=Decimal(days))
    assert together.sold == sum(row.sold for row in rows)
    assert together.uncosted == sum(row.unit_cost is None for row in rows)
    if together.turnover:
        product = together.turnover * together.days_on_hand
        # Both are rounded to cents, so their product is the window only about.
        assert abs(product - days) <= together.turnover + together.days_on_hand


@pytest.mark.django_db
def test_the_api_tells_figures_history_and_differences(manager_api):
    variant = make_variant()
    adjust(variant, 4, "baked", clock.now())
    figures_ = manager_api.get("/api/v1/staff/stock/turnover?days=366").json()
    assert set(figures_) == {"since", "until", "total", "categories", "sizes"}
    history = manager_api.get(f"/api/v1/staff/stock/{variant.pk}/history?days=366").json()
    assert [(row["delta_on_hand"], row["on_hand"]) for row in history] == [(4, 4)]
    assert manager_api.get("/api/v1/staff/stock/differences").json() == []
    assert manager_api.get("/api/v1/staff/stock/999999/history").json() == []
    assert manager_api.get("/api/v1/staff/stock/turnover?days=367").status_code == 400
