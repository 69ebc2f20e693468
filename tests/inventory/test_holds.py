"""The life of a hold, one step at a time."""

from datetime import timedelta

import pytest

from apps.inventory import selectors, services
from apps.inventory.models import Hold, HoldTransition, Reservation, Slot, Stock, StockMove
from apps.inventory.states import HoldState
from bakery.kernel.errors import Conflict, Invalid, NotFound
from tests.inventory.factories import AT, LATER, hold, make_slot, make_variant

pytestmark = pytest.mark.django_db


def numbers(variant) -> tuple[int, int]:
    return Stock.objects.values_list("on_hand", "reserved").get(pk=variant.pk)


def booked(slot) -> int:
    return Slot.objects.values_list("booked", flat=True).get(pk=slot.pk)


def test_hold_then_consume_takes_the_pieces():
    variant, slot = make_variant(stock=10), make_slot()
    reference = hold({variant.pk: 3}, slot)
    assert (numbers(variant), booked(slot)) == ((10, 3), 1)
    assert selectors.available([variant.pk]) == {variant.pk: 7}
    services.consume_hold(reference=reference, at=LATER)
    assert (numbers(variant), booked(slot)) == ((7, 0), 1)
    assert selectors.ledger_differences() == []


def test_release_gives_everything_back_once():
    variant, slot = make_variant(stock=10), make_slot()
    reference = hold({variant.pk: 3}, slot)
    assert services.release_hold(reference=reference, reason="expired", at=LATER) is True
    assert services.release_hold(reference=reference, reason="expired", at=LATER) is False
    assert (numbers(variant), booked(slot)) == ((10, 0), 0)
    assert [row.new for row in HoldTransition.objects.all()] == [HoldState.RELEASED]
    assert selectors.ledger_differences() == []


def test_consumed_hold_cannot_be_released_and_released_not_consumed():
    variant, slot = make_variant(stock=10), make_slot()
    paid, lapsed = hold({variant.pk: 1}, slot), hold({variant.pk: 1}, slot)
    services.consume_hold(reference=paid, at=LATER)
    services.release_hold(reference=lapsed, reason="expired", at=LATER)
    with pytest.raises(Conflict) as refused:
        services.release_hold(reference=paid, reason="expired", at=LATER)
    assert refused.value.code == "hold_not_held"
    for reference in (paid, lapsed):
        with pytest.raises(Conflict) as refused:
            services.consume_hold(reference=reference, at=LATER)
        assert refused.value.code == "hold_not_held"
    assert numbers(variant) == (9, 0)


def test_late_payment_takes_the_pieces_again_when_they_are_free():
    variant, slot = make_variant(stock=3), make_slot()
    reference = hold({variant.pk: 3}, slot)
    services.release_hold(reference=reference, reason="expired", at=LATER)
    assert services.retake_hold(reference=reference, at=LATER) is True
    assert (numbers(variant), booked(slot)) == ((0, 0), 1)
    assert selectors.ledger_differences() == []


def test_late_payment_takes_nothing_when_part_is_gone():
    scarce, plenty = make_variant(stock=3), make_variant(stock=10)
    slot = make_slot()
    reference = hold({scarce.pk: 3, plenty.pk: 1}, slot)
    services.release_hold(reference=reference, reason="expired", at=LATER)
    hold({scarce.pk: 1}, slot)
    assert services.retake_hold(reference=reference, at=LATER) is False
    assert (numbers(scarce), numbers(plenty), booked(slot)) == ((3, 1), (10, 0), 1)
    assert Hold.objects.get(reference=reference).state == HoldState.RELEASED
    assert selectors.ledger_differences() == []


@pytest.mark.parametrize(
    ("change", "late"),
    [({"closed": True}, timedelta()), ({"capacity": 0}, timedelta()), ({}, timedelta(days=3))],
    ids=["closed", "full", "past"],
)
def test_late_payment_needs_its_pickup_time(change, late):
    variant, slot = make_variant(stock=3), make_slot()
    reference = hold({variant.pk: 1}, slot)
    services.release_hold(reference=reference, reason="expired", at=LATER)
    Slot.objects.filter(pk=slot.pk).update(**change)
    assert services.retake_hold(reference=reference, at=LATER + late) is False
    assert numbers(variant) == (3, 0)


def test_cancelled_paid_order_returns_and_may_be_paid_again_and_again():
    variant, slot = make_variant(stock=3), make_slot()
    reference = hold({variant.pk: 2}, slot)
    services.consume_hold(reference=reference, at=LATER)
    for _ in range(3):
        assert services.return_hold(reference=reference, reason="cancelled", at=LATER) is True
        assert services.return_hold(reference=reference, reason="cancelled", at=LATER) is False
        assert (numbers(variant), booked(slot)) == ((3, 0), 0)
        assert services.retake_hold(reference=reference, at=LATER) is True
        assert (numbers(variant), booked(slot)) == ((1, 0), 1)
    assert selectors.ledger_differences() == []


def test_held_goods_are_released_not_returned():
    variant, slot = make_variant(stock=3), make_slot()
    reference = hold({variant.pk: 2}, slot)
    with pytest.raises(Conflict) as refused:
        services.return_hold(reference=reference, reason="x", at=LATER)
    assert refused.value.code == "hold_not_consumed"
    with pytest.raises(Conflict) as refused:
        services.retake_hold(reference=reference, at=LATER)
    assert refused.value.code == "hold_not_released"


def test_made_to_order_takes_a_place_and_no_stock():
    cake, slot = make_variant(made_to_order=True), make_slot(capacity=1)
    reference = hold({cake.pk: 2}, slot)
    assert booked(slot) == 1
    assert not Reservation.objects.exists()
    assert not StockMove.objects.exists()
    assert selectors.available([cake.pk]) == {cake.pk: None}
    services.consume_hold(reference=reference, at=LATER)
    services.return_hold(reference=reference, reason="cancelled", at=LATER)
    assert booked(slot) == 0
    assert selectors.ledger_differences() == []


def test_every_short_line_is_named_and_nothing_is_kept():
    enough, few, none = make_variant(stock=9), make_variant(stock=2), make_variant()
    slot = make_slot()
    with pytest.raises(Conflict) as refused:
        hold({enough.pk: 3, few.pk: 3, none.pk: 1}, slot)
    assert refused.value.code == "out_of_stock"
    assert refused.value.details == {
        "lines": [
            {"variant_id": few.pk, "requested": 3, "available": 2, "code": "sold_out"},
            {"variant_id": none.pk, "requested": 1, "available": 0, "code": "sold_out"},
        ]
    }
    assert (numbers(enough), booked(slot)) == ((9, 0), 0)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("fields", "error", "code"),
    [
        ({"capacity": 1, "booked": 1}, Conflict, "slot_full"),
        ({"closed": True}, Conflict, "slot_closed"),
        ({"hours": -1}, Invalid, "slot_past"),
        ({"hours": 0}, Invalid, "slot_past"),
    ],
)
def test_slot_must_be_open_and_ahead(fields, error, code):
    variant, slot = make_variant(stock=9), make_slot(**fields)
    with pytest.raises(error) as refused:
        hold({variant.pk: 1}, slot)
    assert refused.value.code == code
    assert numbers(variant) == (9, 0)


def test_unknown_slot_variant_and_hold():
    variant, slot = make_variant(stock=9), make_slot()
    slot_gone = Slot(pk=slot.pk + 1000)
    with pytest.raises(Invalid) as refused:
        hold({variant.pk: 1}, slot_gone)
    assert refused.value.code == "slot_unknown"
    with pytest.raises(Invalid) as refused:
        hold({variant.pk: 1, 10**6: 1}, slot)
    assert (refused.value.code, refused.value.details) == (
        "unknown_variant",
        {"variant_ids": [10**6]},
    )
    with pytest.raises(NotFound):
        services.consume_hold(reference="nothing", at=AT)


def test_a_hold_is_extended_while_it_is_held_and_never_shortened():
    reference = hold({make_variant(stock=9).pk: 1}, make_slot())
    ends = Hold.objects.get(reference=reference).expires_at
    later, sooner = ends + timedelta(minutes=20), ends - timedelta(minutes=20)
    assert services.extend_hold(reference=reference, until=later) is True
    assert services.extend_hold(reference=reference, until=sooner) is True
    assert Hold.objects.get(reference=reference).expires_at == later
    services.release_hold(reference=reference, reason="expired", at=LATER)
    assert services.extend_hold(reference=reference, until=later + timedelta(hours=1)) is False


def test_reference_is_held_once():
    variant, slot = make_variant(stock=9), make_slot()
    hold({variant.pk: 1}, slot, reference="order-1")
    with pytest.raises(Conflict) as refused:
        hold({variant.pk: 1}, slot, reference="order-1")
    assert refused.value.code == "hold_exists"
    assert numbers(variant) == (9, 1)


@pytest.mark.parametrize("quantity", [-1, 0, 10**9, 1.5, "1", None, True])
def test_impossible_quantities_are_refused(quantity):
    variant, slot = make_variant(stock=9), make_slot()
    with pytest.raises(Invalid) as refused:
        hold({variant.pk: quantity}, slot)
    assert refused.value.code == "bad_quantity"
    assert numbers(variant) == (9, 0)


@pytest.mark.parametrize(("stocked", "statements"), [(1, 9), (3, 11)])
def test_place_hold_costs_one_update_a_variant(stocked, statements, django_assert_num_queries):
    variants = [make_variant(stock=5) for _ in range(stocked)]
    slot = make_slot()
    with django_assert_num_queries(statements):
        hold({variant.pk: 1 for variant in variants}, slot)
