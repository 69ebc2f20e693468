"""Lots: whose pieces are whose, both ways, whatever happened in between."""

from datetime import date, timedelta

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.models import Ingredient
from apps.inventory import selectors, services
from apps.inventory.models import Lot, LotDraw, Stock, StockMove
from apps.inventory.rules.lots import OpenLot, take
from apps.inventory.states import StockReason, WasteReason
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.inventory.factories import AT, bake, hold, make_slot, make_variant

DAY = timedelta(days=1)


def ingredient(name: str = "Flour") -> Ingredient:
    return Ingredient.objects.get_or_create(name=name, defaults={"updated_at": AT})[0]


def receive(code: str, name: str = "Flour", **fields) -> Lot:
    return services.receive_lot(
        code=code, ingredient_id=ingredient(name).pk, actor="user:1", at=AT, **fields
    )


def record_bake(variant, pieces: int, code: str = "", **fields) -> Lot:
    return services.record_bake(
        variant_id=variant.pk, pieces=pieces, code=code, actor="user:1", at=AT, **fields
    )


def sell(variant, quantity: int, slot) -> str:
    reference = hold({variant.pk: quantity}, slot)
    services.consume_hold(reference=reference, at=AT)
    return reference


def draws_of(reference: str) -> dict[str, int]:
    rows = LotDraw.objects.filter(reference=reference).values_list("lot__code")
    return {code: net for code, net in rows.annotate(net=Sum("quantity")).order_by() if net}


def sound() -> bool:
    """Every piece on hand is in a lot, and balances agree with their ledgers."""
    services.assign_lots(at=AT)
    return not selectors.lot_differences() and not selectors.ledger_differences()


# --- the rule ------------------------------------------------------------------------------------


@given(
    st.integers(1, 60),
    st.lists(st.integers(0, 20), max_size=6),
    st.sets(st.integers(0, 5), max_size=2),
)
def test_shares_add_up_and_no_lot_gives_more_than_it_has(quantity, lefts, first):
    lots = [OpenLot(number, left) for number, left in enumerate(lefts)]
    shares = take(quantity, lots, first=first)
    assert sum(share.quantity for share in shares) == quantity
    assert all(
        share.lot_id is None or 0 < share.quantity <= lefts[share.lot_id] for share in shares
    )
    uncovered = sum(share.quantity for share in shares if share.lot_id is None)
    assert uncovered == max(0, quantity - sum(lefts))


def test_the_first_in_goes_out_first_unless_a_lot_is_named():
    lots = [OpenLot(1, 3), OpenLot(2, 5)]
    assert [(s.lot_id, s.quantity) for s in take(4, lots)] == [(1, 3), (2, 1)]
    assert [(s.lot_id, s.quantity) for s in take(4, lots, first=[2])] == [(2, 4)]


# --- bakes ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_bake_is_stock_ledger_and_lot_at_once():
    variant = make_variant()
    receive("F-123", supplier="Mill")
    lot = record_bake(variant, 24, "B-1", used=["F-123"], best_before=date(2026, 6, 2))
    assert Stock.objects.get().on_hand == lot.left == lot.pieces == 24
    assert (lot.move.reason, lot.move.delta_on_hand) == (StockReason.BAKED, 24)
    assert [use.used.code for use in lot.ingredients.all()] == ["F-123"]
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"receive_lot", "record_bake", "adjust_stock"} <= actions
    assert sound()


@pytest.mark.django_db
def test_what_cannot_be_baked_leaves_nothing():
    variant, cake = make_variant(), make_variant(made_to_order=True)
    receive("F-1")
    for refused, expected in (
        (lambda: record_bake(variant, 0), "bad_quantity"),
        (lambda: record_bake(variant, 3, "x" * 61), "bad_code"),
        (lambda: record_bake(variant, 3, used=["nobody"]), "unknown_lots"),
        (lambda: record_bake(variant, 3, baked_at=AT + 2 * DAY), "bad_moment"),
        (lambda: record_bake(variant, 3, reference="order:nobody"), "unknown_reference"),
        (lambda: record_bake(cake, 1), "for_whom"),
    ):
        with pytest.raises(Invalid) as error:
            refused()
        assert error.value.code == expected
    with pytest.raises(Conflict) as error:
        receive("F-1")
    assert error.value.code == "lot_exists"
    with pytest.raises(NotFound):
        services.receive_lot(code="F-2", ingredient_id=10**9, actor="user:1", at=AT)
    record_bake(variant, 3, "B-1")
    with pytest.raises(Conflict):
        record_bake(variant, 3, "B-1")
    assert Stock.objects.get().on_hand == 3
    assert Lot.objects.count() == 2


# --- who has what --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_orders_take_from_the_lot_that_came_first():
    variant, slot = make_variant(), make_slot()
    record_bake(variant, 5, "B-1")
    record_bake(variant, 5, "B-2")
    orders = [sell(variant, 3, slot) for _ in range(3)]
    assert sound()
    assert [draws_of(reference) for reference in orders] == [
        {"B-1": 3}, {"B-1": 2, "B-2": 1}, {"B-2": 3},
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_cancelled_order_gives_back_to_the_lots_it_had():
    variant, slot = make_variant(), make_slot()
    record_bake(variant, 5, "B-1")
    record_bake(variant, 5, "B-2")
    first, second = sell(variant, 4, slot), sell(variant, 2, slot)
    services.assign_lots(at=AT)
    services.return_hold(reference=first, reason="cancelled", at=AT)
    third = sell(variant, 4, slot)
    assert sound()
    assert [draws_of(reference) for reference in (first, second, third)] == [
        {}, {"B-1": 1, "B-2": 1}, {"B-1": 4},
    ]  # fmt: skip


@pytest.mark.django_db
def test_it_does_not_matter_when_the_ledger_is_walked():
    outcomes = []
    for eager in (True, False):
        variant, slot = make_variant(), make_slot(hours=24 + eager)
        step = (lambda: services.assign_lots(at=AT)) if eager else (lambda: None)
        record_bake(variant, 4, f"A-{eager}")
        first = sell(variant, 2, slot)
        step()
        bake(variant, 3)
        services.return_hold(reference=first, reason="cancelled", at=AT)
        step()
        second = sell(variant, 5, slot)
        assert sound()
        left = Lot.objects.filter(variant=variant).order_by("move_id")
        outcomes.append((list(draws_of(second).values()), list(left.values_list("pieces", "left"))))
    assert outcomes[0] == outcomes[1] == ([4, 1], [(4, 0), (3, 2)])


@pytest.mark.django_db
def test_waste_comes_from_the_lot_that_is_named_and_undoing_gives_it_back():
    variant = make_variant()
    record_bake(variant, 5, "B-1")
    record_bake(variant, 5, "B-2")
    entry = services.log_waste(
        variant_id=variant.pk,
        quantity=2,
        reason=WasteReason.DROPPED,
        lot_code="B-2",
        actor="user:1",
        at=AT,
    )
    assert sound()
    assert Lot.objects.get(code="B-2").left == 3
    services.undo_adjustment(move_id=entry.move_id, note="", actor="user:1", at=AT)
    assert sound()
    assert Lot.objects.get(code="B-2").left == 5
    baked = StockMove.objects.get(lot__code="B-2")
    services.undo_adjustment(move_id=baked.pk, note="miscounted", actor="user:1", at=AT)
    assert sound()
    assert [lot.left for lot in Lot.objects.order_by("code")] == [5, 0]


@pytest.mark.django_db
def test_pieces_without_a_lot_get_one():
    variant, slot = make_variant(stock=4), make_slot()
    record_bake(variant, 4, "B-1")
    order = sell(variant, 5, slot)
    assert sound()
    unlabelled = Lot.objects.get(origin="unlabelled")
    assert draws_of(order) == {unlabelled.code: 4, "B-1": 1}


# --- both ways -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_lot_leads_to_its_bakes_and_orders_and_an_order_leads_back():
    bread, roll, slot = make_variant(), make_variant(), make_slot()
    receive("F-1")
    receive("F-2")
    receive("S-1", "Salt")
    dough = record_bake(roll, 1, "D-1", used=["F-1", "S-1"])
    record_bake(bread, 4, "B-1", used=["D-1"])
    record_bake(bread, 4, "B-2", used=["F-2"])
    first, second = sell(bread, 4, slot), sell(bread, 2, slot)
    services.assign_lots(at=AT)
    trace = selectors.trace_forward(Lot.objects.get(code="F-1").pk)
    assert [row.code for row in trace.bakes] == ["D-1", "B-1"]
    assert [(h.lot.code, h.quantity, h.buyer.reference) for h in trace.holdings] == [
        ("B-1", 4, first)
    ]
    assert trace.left == dough.left
    assert [o.lot.code for o in selectors.trace_back(first)] == ["B-1", "D-1", "F-1", "S-1"]
    assert [o.lot.code for o in selectors.trace_back(second)] == ["B-2", "F-2"]
    assert selectors.trace_back("nobody") == []


@pytest.mark.django_db
def test_made_to_order_goods_are_traced_by_their_order():
    cake, slot = make_variant(made_to_order=True), make_slot()
    receive("F-1")
    order = hold({cake.pk: 1}, slot)
    services.consume_hold(reference=order, at=AT)
    record_bake(cake, 1, "C-1", used=["F-1"], reference=order)
    trace = selectors.trace_forward(Lot.objects.get(code="F-1").pk)
    assert [(h.buyer.reference, h.quantity) for h in trace.holdings] == [(order, 1)]
    assert [o.lot.code for o in selectors.trace_back(order)] == ["C-1", "F-1"]
    assert not Stock.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("orders", [1, 4])
def test_a_trace_costs_the_same_whatever_it_finds(orders, django_assert_max_num_queries):
    bread, slot = make_variant(), make_slot()
    receive("F-1")
    for number in range(orders):
        record_bake(bread, 2, f"B-{number}", used=["F-1"])
        last = sell(bread, 2, slot)
    services.assign_lots(at=AT)
    flour = Lot.objects.get(code="F-1").pk
    with django_assert_max_num_queries(6):
        assert len(selectors.trace_forward(flour).holdings) == orders
    with django_assert_max_num_queries(5):
        assert len(selectors.trace_back(last)) == 2


# --- recalls -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_recall_takes_what_is_left_off_sale_at_once():
    bread, other, slot = make_variant(), make_variant(stock=5), make_slot()
    receive("F-1")
    record_bake(bread, 6, "B-1", used=["F-1"])
    sell(bread, 2, slot)
    flour = Lot.objects.get(code="F-1")
    with pytest.raises(Invalid):
        services.recall_lot(lot_id=flour.pk, reason=" ", actor="user:1", at=AT)
    off = services.recall_lot(lot_id=flour.pk, reason="glass", actor="user:1", at=AT)
    assert off == [bread.pk]
    assert selectors.available([bread.pk, other.pk]) == {bread.pk: 0, other.pk: 5}
    with pytest.raises(Conflict):
        hold({bread.pk: 1}, slot)
    assert set(Lot.objects.exclude(recalled_at=None).values_list("code", flat=True)) == {
        "F-1",
        "B-1",
    }
    with pytest.raises(Conflict) as refused:
        record_bake(bread, 1, used=["F-1"])
    assert refused.value.code == "lot_recalled"
    assert AuditEntry.objects.filter(action="recall_lot", reason="glass").count() == 1
    assert services.recall_lot(lot_id=flour.pk, reason="glass", actor="user:1", at=AT) == []


@pytest.mark.django_db
def test_lots_near_their_end_are_listed_for_a_markdown():
    variant, slot = make_variant(), make_slot()
    today = date(2026, 6, 1)
    record_bake(variant, 2, "today", best_before=today)
    record_bake(variant, 2, "later", best_before=today + 9 * DAY)
    record_bake(variant, 2, "tomorrow", best_before=today + DAY)
    listed = selectors.lots_to_mark_down(at=AT, days=1)
    assert [lot.code for lot in listed] == ["today", "tomorrow"]
    sell(variant, 2, slot)
    services.assign_lots(at=AT)
    assert [lot.code for lot in selectors.lots_to_mark_down(at=AT, days=1)] == ["tomorrow"]
