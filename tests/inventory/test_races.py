"""Many at once: nothing is sold twice, nothing is lost, nobody waits for ever.

Each race has a control: the same race with its guard off, which must go wrong.
"""

import itertools
import threading
from collections import Counter
from dataclasses import replace

import psycopg
import pytest
import requests
from django.db import IntegrityError, OperationalError
from django.db.models import F, Sum

from apps.inventory import selectors, services
from apps.inventory.models import DatedStockMove, Hold, Slot, Stock, StockMove
from apps.inventory.services import hold_pools, holds
from apps.inventory.services import stock as adjusting
from apps.inventory.states import HoldState, StockReason
from bakery.kernel import states
from tests.accounts import people
from tests.inventory.factories import (
    AT,
    LATER,
    bake,
    hold,
    hold_many,
    make_slot,
    make_variant,
    plan,
)
from tests.inventory.guards import (
    MeetAfterFirst,
    Meeting,
    attempt,
    move_blindly,
    outcomes,
    read_without_lock,
    sell_to_many,
    without_check,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- the last pieces -----------------------------------------------------------------------------


def test_200_clients_for_10_pieces_get_10(parallel):
    variant, slot = make_variant(stock=10), make_slot()
    assert sell_to_many(parallel, variant, slot) == {"ok": 10, "out_of_stock": 190}
    assert selectors.available([variant.pk]) == {variant.pk: 0}
    assert Slot.objects.get().booked == 10
    assert selectors.ledger_differences() == []


def test_check_constraint_holds_where_the_condition_is_missing(parallel, monkeypatch):
    monkeypatch.setattr(holds, "HOLD", replace(holds.HOLD, allowed=hold_pools.always))
    variant, slot = make_variant(stock=5), make_slot()
    results = sell_to_many(parallel, variant, slot, threads=10, each=2)
    assert results == {"ok": 5, "IntegrityError": 15}


@pytest.mark.control
def test_control_without_both_guards_20_of_5_are_sold(parallel, monkeypatch, owner_connection):
    monkeypatch.setattr(holds, "HOLD", replace(holds.HOLD, allowed=hold_pools.always))
    variant, slot = make_variant(stock=5), make_slot()
    with without_check(
        owner_connection,
        "inventory_stock",
        "stock_reserved_within_on_hand",
        "UPDATE inventory_stock SET reserved = 0",
    ):
        assert sell_to_many(parallel, variant, slot, threads=10, each=2) == {"ok": 20}


def test_60_clients_over_http_take_10_pieces(parallel, live_server):
    variant = make_variant(stock=10)
    token = people.log_in(people.staff("manager")).access
    address = f"{live_server.url}/api/v1/staff/stock/{variant.pk}/adjust"

    def take(number):
        replies = []
        for turn in range(5):
            key = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{number}-{turn}"}
            body = {"delta": -1, "reason": "given"}
            replies.append(requests.post(address, json=body, headers=key, timeout=60).status_code)
        return replies

    replies = Counter(itertools.chain.from_iterable(parallel(12, take)))
    assert replies == {200: 10, 409: 50}
    assert Stock.objects.get().on_hand == 0
    assert selectors.ledger_differences() == []


def test_slot_with_5_places_takes_5_of_40(parallel):
    cake, slot = make_variant(made_to_order=True), make_slot(capacity=5)
    results = sell_to_many(parallel, cake, slot, threads=20, each=2)
    assert results == {"ok": 5, "slot_full": 35}
    assert Slot.objects.get().booked == Hold.objects.count() == 5


@pytest.mark.control
def test_control_without_guards_the_slot_overflows(parallel, monkeypatch, owner_connection):
    def take_blindly(slot_id, work, *, at):
        Slot.objects.filter(pk=slot_id).update(booked=F("booked") + 1)

    monkeypatch.setattr(holds, "take_place", take_blindly)
    cake, slot = make_variant(made_to_order=True), make_slot(capacity=5)
    with without_check(
        owner_connection,
        "inventory_slot",
        "slot_booked_within_capacity",
        "UPDATE inventory_slot SET booked = 0",
    ):
        assert sell_to_many(parallel, cake, slot, threads=20, each=2) == {"ok": 40}


# --- expiry against payment ----------------------------------------------------------------------


def pay_against_expiry(parallel, references):
    """Consume and release each hold at the same moment; return (paid, expired) pairs."""
    rounds = threading.Barrier(2)

    def work(number):
        done = []
        for reference in references:
            rounds.wait(60)
            if number:
                call = lambda r=reference: services.consume_hold(reference=r, at=LATER)  # noqa: E731
            else:
                call = lambda r=reference: services.release_hold(  # noqa: E731
                    reference=r, reason="expired", at=LATER
                )
            done.append(not isinstance(attempt(call), Exception))
        return done

    expired, paid = parallel(2, work)
    return list(zip(paid, expired, strict=True))


def test_expiry_against_payment_200_times_has_one_winner_each(parallel):
    variant, slot = make_variant(stock=1000), make_slot()
    references = hold_many(variant, slot, count=200, quantity=2)
    assert selectors.ledger_differences() == []
    pairs = pay_against_expiry(parallel, references)
    assert Counter(pairs).keys() <= {(True, False), (False, True)}
    paid = sum(paid for paid, _ in pairs)
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved) == (1000 - 2 * paid, 0)
    assert Hold.objects.filter(state=HoldState.CONSUMED).count() == paid
    assert selectors.ledger_differences() == []


def meet_after_reading(monkeypatch, read):
    """Let both sides read the hold, if they can, before either writes."""
    meeting = Meeting()

    def read_and_meet(queryset, *, what):
        row = read(queryset, what=what)
        meeting.wait()
        return row

    monkeypatch.setattr(holds, "lock_one", read_and_meet)


def test_expiry_and_payment_that_meet_have_one_winner(parallel, monkeypatch):
    meet_after_reading(monkeypatch, holds.lock_one)
    variant, slot = make_variant(stock=9), make_slot()
    hold({variant.pk: 4}, slot)
    pairs = pay_against_expiry(parallel, [hold({variant.pk: 2}, slot)])
    assert pairs in ([(True, False)], [(False, True)])
    assert selectors.ledger_differences() == []


def test_state_comparison_alone_also_has_one_winner(parallel, monkeypatch):
    meet_after_reading(monkeypatch, read_without_lock)
    variant, slot = make_variant(stock=9), make_slot()
    hold({variant.pk: 4}, slot)
    pairs = pay_against_expiry(parallel, [hold({variant.pk: 2}, slot)])
    assert pairs in ([(True, False)], [(False, True)])
    assert selectors.ledger_differences() == []


@pytest.mark.control
def test_control_without_lock_and_comparison_both_win(parallel, monkeypatch):
    meet_after_reading(monkeypatch, read_without_lock)
    variant, slot = make_variant(stock=9), make_slot()
    monkeypatch.setattr(states, "transition", move_blindly)
    hold({variant.pk: 4}, slot)
    assert pay_against_expiry(parallel, [hold({variant.pk: 2}, slot)]) == [(True, True)]
    assert {row.kind for row in selectors.ledger_differences()} >= {"reserved"}


# --- carts that cross ----------------------------------------------------------------------------


def cross_carts(parallel, *, threads, each):
    first, second, third = (make_variant(stock=1000) for _ in range(3))
    slot = make_slot()
    there = {first.pk: 1, second.pk: 1, third.pk: 1}
    back = dict(reversed(there.items()))

    def buy(number):
        cart = back if number % 2 else there
        return [attempt(lambda: hold(cart, slot)) for _ in range(each)]

    return outcomes(parallel(threads, buy))


def test_100_reversed_carts_are_all_placed(parallel):
    assert cross_carts(parallel, threads=4, each=25) == {"ok": 100}
    assert selectors.ledger_differences() == []


def meet_between_rows(monkeypatch, order):
    meeting = Meeting(seconds=1)
    monkeypatch.setattr(
        hold_pools, "sorted_unique", lambda keys: MeetAfterFirst(order(keys), meeting)
    )


def test_reversed_carts_that_meet_do_not_deadlock(parallel, monkeypatch):
    meet_between_rows(monkeypatch, hold_pools.sorted_unique)
    assert cross_carts(parallel, threads=2, each=1) == {"ok": 2}


@pytest.mark.control
def test_control_in_the_order_of_the_cart_they_deadlock(parallel, monkeypatch):
    meet_between_rows(monkeypatch, list)
    results = cross_carts(parallel, threads=2, each=1)
    assert results == {"ok": 1, OperationalError.__name__: 1}


# --- adjustments against sales -------------------------------------------------------------------


def adjust_against_sales(parallel):
    """20 adjustments beside 20 sales; return the pieces there should be and the stock row."""
    variant, slot = make_variant(stock=100), make_slot()
    deltas = [3 if number % 2 else -2 for number in range(20)]

    def work(number):
        if number < 20:
            return attempt(lambda: bake(variant, deltas[number]))
        reference = attempt(lambda: hold({variant.pk: 1}, slot))
        return attempt(lambda: services.consume_hold(reference=reference, at=LATER))

    results = parallel(40, work)
    expected = 100 + sum(deltas) - 20
    return expected, Stock.objects.get(), outcomes(results)


def test_20_adjustments_beside_20_sales_lose_nothing(parallel):
    expected, stock, results = adjust_against_sales(parallel)
    assert results == {"ok": 40}
    assert (stock.on_hand, stock.reserved) == (expected, 0)
    sums = StockMove.objects.aggregate(on_hand=Sum("delta_on_hand"), reserved=Sum("delta_reserved"))
    assert sums == {"on_hand": expected, "reserved": 0}
    assert StockMove.objects.count() == 1 + 20 + 2 * 20
    assert selectors.ledger_differences() == []


@pytest.mark.control
def test_control_overwriting_what_was_read_loses_deltas(parallel, monkeypatch):
    variant = make_variant(stock=100)
    meeting = Meeting(parties=4)

    def overwrite(move):
        stock = Stock.objects.get(pk=move.variant_id)
        meeting.wait()
        Stock.objects.filter(pk=stock.pk).update(on_hand=stock.on_hand + move.delta_on_hand)
        move.save(force_insert=True)
        return stock

    monkeypatch.setattr(adjusting, "write_move", overwrite)
    assert outcomes(parallel(4, lambda _: bake(variant, 10))) == {"ok": 4}
    assert Stock.objects.get().on_hand == 110
    (difference,) = selectors.ledger_differences()
    assert (difference.balance, difference.ledger) == ((110, 0), (140, 0))


def test_adjustment_sent_10_times_with_one_ref_counts_once(parallel):
    variant = make_variant(stock=5)

    def adjust(_):
        return services.adjust_stock(
            variant_id=variant.pk,
            delta=7,
            reason=StockReason.BAKED,
            note="",
            actor="user:1",
            at=AT,
            ref="form-1",
        ).on_hand

    assert parallel(10, adjust) == [12] * 10
    assert StockMove.objects.filter(ref="form-1").count() == 1


# --- the ledger itself ---------------------------------------------------------------------------

REWRITES = [
    "UPDATE inventory_stockmove SET delta_on_hand = 99",
    "DELETE FROM inventory_stockmove",
    "TRUNCATE inventory_stockmove CASCADE",
    "UPDATE inventory_datedstockmove SET delta_on_hand = 99",
    "DELETE FROM inventory_datedstockmove",
    "TRUNCATE inventory_datedstockmove",
]


@pytest.mark.parametrize("statement", REWRITES)
def test_nobody_rewrites_the_ledger(statement, app_role_connection, superuser_connection):
    plan(make_variant(stock=5), AT.date(), 5)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app_role_connection.execute(statement)
    with pytest.raises(psycopg.errors.RestrictViolation):
        superuser_connection.execute(statement)
    assert StockMove.objects.get().delta_on_hand == 5
    assert DatedStockMove.objects.get().delta_on_hand == 5


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE inventory_stock SET reserved = on_hand + 1", "stock_reserved_within_on_hand"),
        ("UPDATE inventory_stock SET on_hand = -1", "inventory_stock_on_hand_check"),
        ("UPDATE inventory_slot SET booked = capacity + 1", "slot_booked_within_capacity"),
        ("UPDATE inventory_reservation SET quantity = 0", "reservation_positive"),
        ("UPDATE inventory_hold SET state = 'lost'", "hold_state"),
    ],
)
def test_database_refuses_what_cannot_be(statement, constraint, app_role_connection):
    variant, slot = make_variant(stock=5), make_slot()
    hold({variant.pk: 1}, slot)
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        app_role_connection.execute(statement)
    assert refused.value.diag.constraint_name == constraint


def test_one_cause_cannot_count_twice():
    variant = make_variant(stock=5)
    move = StockMove.objects.get()
    copy = StockMove(
        variant=variant, delta_on_hand=5, reason=move.reason, ref=move.ref, actor="x", at=AT
    )
    with pytest.raises(IntegrityError, match="stock_move_once"):
        copy.save()


def test_differences_are_found(superuser_connection):
    variant, slot = make_variant(stock=5), make_slot()
    hold({variant.pk: 1}, slot)
    assert selectors.ledger_differences() == []
    superuser_connection.execute("UPDATE inventory_stock SET on_hand = 7, reserved = 2")
    superuser_connection.execute("UPDATE inventory_slot SET booked = 3")
    found = {
        row.kind: (row.subject, row.balance, row.ledger) for row in selectors.ledger_differences()
    }
    assert found == {
        "stock": (variant.pk, (7, 2), (5, 1)),
        "reserved": (variant.pk, (2,), (1,)),
        "slot": (slot.pk, (3, 0, 0, 0), (1, 0, 0, 0)),
    }
