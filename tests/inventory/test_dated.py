"""Stock by day: 108 doughnuts on Tuesday, whatever else is in stock."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.inventory import selectors, services, tasks
from apps.inventory.models import (
    DatedStock,
    DatedStockMove,
    Reservation,
    Stock,
    StockMove,
)
from apps.inventory.services import Work, dated
from apps.inventory.states import DatedReason
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.inventory.factories import (
    AT,
    LATER,
    bake,
    hold,
    make_slot,
    make_variant,
    plan,
)

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 6, 2)  # AT is Monday, 08:00 in Toronto; slots are a day later by default
WEDNESDAY = TUESDAY + timedelta(days=1)


def dated_numbers(variant, day=TUESDAY) -> tuple[int, int]:
    return DatedStock.objects.values_list("on_hand", "reserved").get(variant=variant, day=day)


def stock_numbers(variant) -> tuple[int, int]:
    return Stock.objects.values_list("on_hand", "reserved").get(pk=variant.pk)


def refused(call):
    with pytest.raises((Conflict, Invalid, NotFound)) as error:
        call()
    return error.value


# --- which stock an order takes from -------------------------------------------------------------


def test_the_life_of_a_hold_on_a_days_stock():
    doughnut, slot = make_variant(stock=5), make_slot()
    plan(doughnut, TUESDAY, 108)
    reference = hold({doughnut.pk: 12}, slot)
    assert (dated_numbers(doughnut), stock_numbers(doughnut)) == ((108, 12), (5, 0))
    assert Reservation.objects.get().day == TUESDAY
    services.consume_hold(reference=reference, at=LATER)
    assert dated_numbers(doughnut) == (96, 0)
    services.return_hold(reference=reference, reason="cancelled", at=LATER)
    assert dated_numbers(doughnut) == (108, 0)
    assert services.retake_hold(reference=reference, at=LATER)
    assert (dated_numbers(doughnut), stock_numbers(doughnut)) == ((96, 0), (5, 0))
    lapsed = hold({doughnut.pk: 1}, slot)
    services.release_hold(reference=lapsed, reason="expired", at=LATER)
    assert dated_numbers(doughnut) == (96, 0)
    assert selectors.ledger_differences() == []


def test_each_flavour_has_its_own_number():
    glazed, filled, slot = make_variant(), make_variant(), make_slot()
    plan(glazed, TUESDAY, 2)
    plan(filled, TUESDAY, 50)
    error = refused(lambda: hold({glazed.pk: 3, filled.pk: 3}, slot))
    assert error.details["lines"] == [
        {
            "variant_id": glazed.pk,
            "requested": 3,
            "available": 2,
            "code": "sold_out_on_day",
            "day": "2026-06-02",
        }
    ]
    assert dated_numbers(filled) == (50, 0)
    hold({glazed.pk: 2, filled.pk: 3}, slot)
    assert selectors.ledger_differences() == []


def test_a_day_that_is_sold_out_does_not_take_from_undated_stock():
    doughnut, slot = make_variant(stock=50), make_slot()
    plan(doughnut, TUESDAY, 1)
    hold({doughnut.pk: 1}, slot)
    assert refused(lambda: hold({doughnut.pk: 1}, slot)).code == "out_of_stock"
    hold({doughnut.pk: 1}, make_slot(hours=48))
    assert stock_numbers(doughnut) == (50, 1)
    assert selectors.available_on([doughnut.pk], day=TUESDAY) == {doughnut.pk: 0}
    assert selectors.available_on([doughnut.pk], day=WEDNESDAY) == {doughnut.pk: 49}
    assert selectors.available([doughnut.pk]) == {doughnut.pk: 49}


def test_a_days_number_limits_what_is_made_to_order_as_well():
    cake, slot = make_variant(made_to_order=True), make_slot()
    plan(cake, TUESDAY, 1)
    reference = hold({cake.pk: 1}, slot)
    assert refused(lambda: hold({cake.pk: 1}, slot)).details["lines"][0]["available"] == 0
    services.release_hold(reference=reference, reason="expired", at=LATER)
    assert dated_numbers(cake) == (1, 0)
    assert selectors.available([cake.pk]) == {cake.pk: None}
    hold({cake.pk: 40}, make_slot(hours=48))
    assert selectors.ledger_differences() == []


def test_what_has_only_days_can_be_had():
    doughnut = make_variant()
    assert selectors.available([doughnut.pk]) == {doughnut.pk: 0}
    plan(doughnut, TUESDAY, 108)
    plan(doughnut, WEDNESDAY, 20)
    assert selectors.available([doughnut.pk]) == {doughnut.pk: 108}
    assert selectors.available_on([doughnut.pk], day=None) == {doughnut.pk: 0}
    assert selectors.available_on([doughnut.pk], day=WEDNESDAY) == {doughnut.pk: 20}


def test_one_order_takes_from_both_kinds_and_every_short_line_is_named():
    doughnut, loaf, gone, slot = make_variant(), make_variant(stock=3), make_variant(), make_slot()
    plan(doughnut, TUESDAY, 6)
    error = refused(lambda: hold({doughnut.pk: 7, loaf.pk: 4, gone.pk: 1}, slot))
    codes = {row["variant_id"]: row["code"] for row in error.details["lines"]}
    assert codes == {doughnut.pk: "sold_out_on_day", loaf.pk: "sold_out", gone.pk: "sold_out"}
    assert (dated_numbers(doughnut), stock_numbers(loaf)) == ((6, 0), (3, 0))
    reference = hold({doughnut.pk: 6, loaf.pk: 3}, slot, work=Work(9, 1, 0))
    assert (dated_numbers(doughnut), stock_numbers(loaf)) == ((6, 6), (3, 3))
    services.release_hold(reference=reference, reason="expired", at=LATER)
    assert (dated_numbers(doughnut), stock_numbers(loaf)) == ((6, 0), (3, 0))
    assert selectors.ledger_differences() == []


def test_the_day_is_the_shops_not_that_of_utc():
    doughnut = make_variant()
    plan(doughnut, TUESDAY, 5)
    evening = make_slot(hours=24 + 15)  # Wednesday 03:00 UTC is Tuesday 23:00 in Toronto
    hold({doughnut.pk: 1}, evening)
    assert dated_numbers(doughnut) == (5, 1)
    assert refused(lambda: hold({doughnut.pk: 1}, make_slot(hours=24 + 16))).code == "out_of_stock"


def test_what_was_marked_as_sold_out_has_none_on_any_day():
    doughnut, cake, slot = make_variant(), make_variant(made_to_order=True), make_slot()
    for variant in (doughnut, cake):
        plan(variant, TUESDAY, 5)
        Stock.objects.update_or_create(pk=variant.pk, defaults={"sold_out_at": AT})
        error = refused(lambda v=variant: hold({v.pk: 1}, slot))
        assert (error.code, error.details["lines"][0]["available"]) == ("out_of_stock", 0)
    assert selectors.available_on([doughnut.pk, cake.pk], day=TUESDAY) == {
        doughnut.pk: 0,
        cake.pk: 0,
    }


@pytest.mark.parametrize(("with_days", "statements"), [(0, 11), (1, 13), (3, 12)])
def test_days_cost_a_lock_and_a_ledger_of_their_own(
    with_days, statements, django_assert_num_queries
):
    variants, slot = [make_variant(stock=5) for _ in range(3)], make_slot()
    for variant in variants[:with_days]:
        plan(variant, TUESDAY, 5)
    with django_assert_num_queries(statements):
        hold({variant.pk: 1 for variant in variants}, slot)


# --- changes by people ---------------------------------------------------------------------------


def test_changes_are_deltas_with_a_ledger_and_an_audit_entry():
    doughnut = make_variant()
    plan(doughnut, TUESDAY, 108, note="jam delivered")
    row = plan(doughnut, TUESDAY, -8, reason=DatedReason.FEWER)
    assert (row.on_hand, row.reserved) == (100, 0)
    moves = DatedStockMove.objects.order_by("pk").values_list("delta_on_hand", "reason", "note")
    assert list(moves) == [(108, "planned", "jam delivered"), (-8, "fewer", "")]
    entry = AuditEntry.objects.filter(action="adjust_dated_stock").first()
    assert (entry.changes, entry.object_id) == ({"on_hand": [108, 100]}, str(row.pk))
    assert entry.reason == f"variant {doughnut.pk}, 2026-06-02: fewer"
    assert selectors.ledger_differences() == []


def test_the_same_ref_counts_once_and_all_changes_are_made_or_none():
    glazed, filled = make_variant(), make_variant()
    changes = {(glazed.pk, TUESDAY): 10, (filled.pk, TUESDAY): 5, (glazed.pk, WEDNESDAY): 2}
    values = {"reason": DatedReason.PLANNED, "note": "", "actor": "user:1", "at": AT}
    for _ in range(2):
        services.adjust_dated_stock(changes=changes, ref="week-1", **values)
    assert (dated_numbers(glazed), dated_numbers(filled)) == ((10, 0), (5, 0))
    wrong = {(glazed.pk, TUESDAY): 1, (filled.pk, TUESDAY): -6}
    error = refused(lambda: services.adjust_dated_stock(changes=wrong, **values))
    assert (error.code, error.details["variant_id"]) == ("stock_promised", filled.pk)
    assert (dated_numbers(glazed), DatedStockMove.objects.count()) == ((10, 0), 3)


def test_promised_pieces_cannot_be_taken_away():
    doughnut = make_variant()
    plan(doughnut, TUESDAY, 10)
    hold({doughnut.pk: 8}, make_slot())
    error = refused(lambda: plan(doughnut, TUESDAY, -3))
    assert error.code == "stock_promised"
    assert error.message == "Only 2 pieces are free on Tuesday 2 June; the rest is promised."
    assert plan(doughnut, TUESDAY, -2).on_hand == 8


@pytest.mark.parametrize("delta", [0, 10**9, 1.5, "1", None, True])
def test_impossible_deltas_are_refused(delta):
    assert refused(lambda: plan(make_variant(), TUESDAY, delta)).code == "bad_delta"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"day": TUESDAY - timedelta(days=2)}, "day_past"),
        ({"day": date(9999, 12, 31)}, "day_too_far"),
        ({"reason": "hold"}, "bad_reason"),
        ({"reason": DatedReason.ENDED}, "bad_reason"),
    ],
)
def test_impossible_changes_are_refused(fields, code):
    values = {"day": TUESDAY} | fields
    day = values.pop("day")
    assert refused(lambda: plan(make_variant(), day, 5, **values)).code == code
    assert not DatedStock.objects.exists()


def test_more_than_a_day_can_hold_and_unknown_sizes_are_refused(monkeypatch):
    monkeypatch.setattr(dated, "_MAX_PIECES", 20)
    doughnut = make_variant()
    plan(doughnut, TUESDAY, 20)
    assert refused(lambda: plan(doughnut, TUESDAY, 1)).code == "too_many"
    doughnut.pk = 2**80
    assert refused(lambda: plan(doughnut, TUESDAY, 1)).code == "variant_not_found"


# --- the end of a day's number -------------------------------------------------------------------


def end(variant, day=TUESDAY):
    return services.end_dated_stock(
        variant_id=variant.pk, day=day, note="oven broke", actor="user:1", at=AT
    )


def test_ending_a_day_keeps_promises_and_lets_orders_take_undated_stock_again():
    doughnut, slot = make_variant(stock=4), make_slot()
    plan(doughnut, TUESDAY, 10)
    promised = hold({doughnut.pk: 3}, slot)
    lapsed = hold({doughnut.pk: 1}, slot)
    services.release_hold(reference=lapsed, reason="expired", at=LATER)
    row = end(doughnut)
    assert (row.on_hand, row.reserved, row.closed_at) == (3, 3, AT)
    assert end(doughnut).closed_at == AT
    assert DatedStockMove.objects.filter(reason="ended").count() == 1
    hold({doughnut.pk: 4}, slot)
    assert stock_numbers(doughnut) == (4, 4)
    services.consume_hold(reference=promised, at=LATER)
    services.return_hold(reference=promised, reason="cancelled", at=LATER)
    # Three are there again, but a late payment does not come back to a day whose number ended.
    assert dated_numbers(doughnut) == (3, 0)
    assert services.retake_hold(reference=lapsed, at=LATER) is False
    assert selectors.available_on([doughnut.pk], day=TUESDAY) == {doughnut.pk: 0}
    assert plan(doughnut, TUESDAY, 6).closed_at is None
    assert selectors.available_on([doughnut.pk], day=TUESDAY) == {doughnut.pk: 9}
    assert services.retake_hold(reference=lapsed, at=LATER) is True
    assert selectors.ledger_differences() == []


def test_ending_what_is_not_there_is_told():
    assert refused(lambda: end(make_variant())).code == "dated_stock_not_found"


def test_days_that_are_over_are_taken_off_sale(monkeypatch):
    doughnut = make_variant()
    plan(doughnut, TUESDAY, 10)
    plan(doughnut, WEDNESDAY, 3)
    assert services.close_past_days(at=AT + timedelta(days=1)) == 0
    assert selectors.available([doughnut.pk]) == {doughnut.pk: 10}
    assert services.close_past_days(at=AT + timedelta(days=2)) == 1
    assert selectors.available([doughnut.pk]) == {doughnut.pk: 3}
    monkeypatch.setattr("bakery.kernel.clock.now", lambda: AT + timedelta(days=3))
    assert (tasks.close_past_days(), tasks.close_past_days()) == (1, 0)
    assert dated_numbers(doughnut) == (10, 0)
    assert selectors.ledger_differences() == []


# --- the database --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"reserved": 11}, "dated_reserved_within_on_hand"),
        ({"on_hand": -1}, "dated_reserved_within_on_hand"),
        ({"reserved": -1}, "dated_reserved_within_on_hand"),
    ],
)
def test_database_refuses_what_cannot_be(columns, constraint):
    plan(make_variant(), TUESDAY, 10)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        DatedStock.objects.update(**columns)


def test_differences_are_found():
    doughnut, slot = make_variant(), make_slot()
    plan(doughnut, TUESDAY, 10)
    hold({doughnut.pk: 2}, slot)
    DatedStock.objects.update(on_hand=11, reserved=3)
    found = {
        (row.kind, row.day): (row.balance, row.ledger) for row in selectors.ledger_differences()
    }
    assert found == {
        ("dated", TUESDAY): ((11, 3), (10, 2)),
        ("dated_reserved", TUESDAY): ((3,), (2,)),
    }
    assert StockMove.objects.count() == 0
    bake(doughnut, 1)
    assert len(selectors.ledger_differences()) == 2
