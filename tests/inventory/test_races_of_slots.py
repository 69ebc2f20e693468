"""Many at once at the minutes of a slot and the stock of a day, with the guards on and off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from apps.inventory import selectors, services
from apps.inventory.models import Slot, Stock
from apps.inventory.services import hold_pools, holds
from apps.inventory.services import slots as slot_service
from apps.inventory.states import SlotLimit
from bakery.kernel.errors import Conflict
from tests.harness import patience
from tests.inventory.factories import AT, hold, make_slot, make_variant, plan
from tests.inventory.guards import Meeting, attempt, outcomes, sell_to_many, without_check

pytestmark = pytest.mark.django_db(transaction=True)
TUESDAY = date(2026, 6, 2)  # the day of `make_slot`
WEDNESDAY = date(2026, 6, 3)
CAKE = services.Work(pieces=1, oven_minutes=20, decorator_minutes=30)


def book_minutes(parallel, slot, *, threads, each):
    """Let each thread book cakes of 30 decorator minutes in the slot."""
    cake = make_variant(made_to_order=True)

    def clients(_):
        return [attempt(lambda: hold({cake.pk: 1}, slot, work=CAKE)) for _ in range(each)]

    return outcomes(parallel(threads, clients))


@pytest.mark.parametrize(("threads", "each"), [(2, 1), (15, 2)])
def test_the_last_minutes_of_a_slot_are_booked_once(parallel, threads, each):
    slot = make_slot(max_decorator_minutes=30, max_oven_minutes=300)
    results = book_minutes(parallel, slot, threads=threads, each=each)
    assert results == {"ok": 1, "slot_full": threads * each - 1}
    slot.refresh_from_db()
    booked = (slot.booked, slot.pieces_booked, slot.oven_booked, slot.decorator_booked)
    assert booked == (1, 1, 20, 30)
    assert selectors.ledger_differences() == []


def read_minutes_then_book(monkeypatch, *, parties):
    """Stand in for the conditional UPDATE: all read what is booked before any writes."""
    meeting = Meeting(parties=parties, seconds=2)

    def take_blindly(slot_id, work, *, at):
        slot = Slot.objects.get(pk=slot_id)
        meeting.wait()
        if slot.decorator_booked + work.decorator_minutes > slot.max_decorator_minutes:
            raise Conflict("slot_full", "")
        Slot.objects.filter(pk=slot_id).update(
            booked=F("booked") + 1,
            pieces_booked=F("pieces_booked") + work.pieces,
            oven_booked=F("oven_booked") + work.oven_minutes,
            decorator_booked=F("decorator_booked") + work.decorator_minutes,
        )

    monkeypatch.setattr(holds, "take_place", take_blindly)


def test_check_constraint_keeps_the_minutes_where_the_condition_is_missing(parallel, monkeypatch):
    read_minutes_then_book(monkeypatch, parties=2)
    slot = make_slot(max_decorator_minutes=30)
    results = book_minutes(parallel, slot, threads=2, each=1)
    assert results == {"ok": 1, "IntegrityError": 1}


@pytest.mark.control
def test_control_without_both_guards_the_last_minutes_are_booked_twice(
    parallel, monkeypatch, owner_connection
):
    read_minutes_then_book(monkeypatch, parties=2)
    slot = make_slot(max_decorator_minutes=30)
    with without_check(
        owner_connection,
        "inventory_slot",
        "slot_decorator_within_limit",
        "UPDATE inventory_slot SET decorator_booked = 0",
    ):
        assert book_minutes(parallel, slot, threads=2, each=1) == {"ok": 2}
        assert Slot.objects.get().decorator_booked == 60


# --- staff lower a limit while somebody books ----------------------------------------------------


def lower_while_booking(parallel, slot):
    """Lower the limit to 60 minutes while eight cakes of 30 are booked; return what came of it."""
    cake = make_variant(made_to_order=True)

    def act(number):
        if number == 0:
            limits = {SlotLimit.DECORATOR: 60}
            return attempt(
                lambda: services.set_slot(slot_id=slot.pk, limits=limits, actor="user:1", at=AT)
            )
        return attempt(lambda: hold({cake.pk: 1}, slot, work=CAKE))

    lowered, *booked = parallel(9, act)
    return lowered, outcomes(booked), Slot.objects.get(pk=slot.pk)


def test_a_limit_that_is_lowered_meanwhile_is_never_overrun(parallel):
    for _ in range(5):
        slot = make_slot(hours=24 + Slot.objects.count(), max_decorator_minutes=240)
        lowered, booked, after = lower_while_booking(parallel, slot)
        assert after.decorator_booked == 30 * booked["ok"]
        assert after.decorator_booked <= after.max_decorator_minutes
        if isinstance(lowered, Conflict):
            assert (lowered.code, after.max_decorator_minutes) == ("slot_booked_beyond", 240)
        else:
            assert (booked["ok"], after.max_decorator_minutes) == (2, 60)
    assert selectors.ledger_differences() == []


@contextmanager
def somebody_books_after_staff_read(monkeypatch, slot, *, lock) -> Iterator[list]:
    """Let a cake be booked between staff's reading of the slot and their writing, if it can."""
    cake, outcome = make_variant(made_to_order=True), []

    def book():
        outcome.append(attempt(lambda: hold({cake.pk: 1}, slot, work=CAKE)))
        connection.close()

    booking = threading.Thread(target=book)

    def read_then_let_book(queryset):
        rows = list(lock(queryset))
        booking.start()
        booking.join(patience(1))
        return FoundRows(rows)

    monkeypatch.setattr(slot_service, "locked", read_then_let_book)
    yield outcome
    booking.join(60)


class FoundRows(list):
    """Rows read already, as a queryset's `first` gives them."""

    def first(self):
        return self[0] if self else None


def lower_to_nothing(slot):
    limits = {SlotLimit.DECORATOR: 0}
    return services.set_slot(slot_id=slot.pk, limits=limits, actor="user:1", at=AT)


def test_whoever_books_waits_for_staff_who_lower_the_limit(monkeypatch):
    slot = make_slot(max_decorator_minutes=30)
    with somebody_books_after_staff_read(monkeypatch, slot, lock=slot_service.locked) as booked:
        assert lower_to_nothing(slot).max_decorator_minutes == 0
    assert [refusal.code for refusal in booked] == ["slot_full"]


@pytest.mark.control
def test_control_without_the_lock_staff_lower_a_limit_below_what_is_booked(
    monkeypatch, owner_connection
):
    slot = make_slot(max_decorator_minutes=30)
    with without_check(
        owner_connection,
        "inventory_slot",
        "slot_decorator_within_limit",
        "UPDATE inventory_slot SET max_decorator_minutes = NULL",
    ):
        with somebody_books_after_staff_read(monkeypatch, slot, lock=lambda rows: rows):
            lower_to_nothing(slot)
        slot.refresh_from_db()
        assert (slot.max_decorator_minutes, slot.decorator_booked) == (0, 30)


# --- the last pieces of a day --------------------------------------------------------------------


def test_of_a_days_last_pieces_each_is_promised_once(parallel):
    doughnut, slot = make_variant(stock=50), make_slot()
    plan(doughnut, TUESDAY, 5)
    assert sell_to_many(parallel, doughnut, slot, threads=10, each=3) == {
        "ok": 5,
        "out_of_stock": 25,
    }
    assert selectors.available_on([doughnut.pk], day=TUESDAY) == {doughnut.pk: 0}
    assert Stock.objects.get().reserved == 0
    assert selectors.ledger_differences() == []


@pytest.mark.control
def test_control_without_both_guards_20_of_a_days_5_are_promised(
    parallel, monkeypatch, owner_connection
):
    monkeypatch.setattr(holds, "HOLD", replace(holds.HOLD, allowed=hold_pools.always))
    doughnut, slot = make_variant(), make_slot()
    plan(doughnut, TUESDAY, 5)
    with without_check(
        owner_connection,
        "inventory_datedstock",
        "dated_reserved_within_on_hand",
        "UPDATE inventory_datedstock SET reserved = 0",
    ):
        assert sell_to_many(parallel, doughnut, slot, threads=10, each=2) == {"ok": 20}


# --- carts that cross ----------------------------------------------------------------------------


def cross_days(parallel, *, threads, each):
    """Buy the same two sizes crosswise, each of them dated on one day and undated on the other."""
    first, second = make_variant(stock=1000), make_variant(stock=1000)
    plan(first, TUESDAY, 1000)
    plan(second, WEDNESDAY, 1000)
    slots = make_slot(hours=24), make_slot(hours=48)
    there = {first.pk: 1, second.pk: 1}
    carts = there, dict(reversed(there.items()))

    def buy(number):
        return [
            attempt(lambda t=turn: hold(carts[(number // 2 + t) % 2], slots[number % 2]))
            for turn in range(each)
        ]

    return outcomes(parallel(threads, buy))


def test_100_reversed_carts_of_both_kinds_of_stock_are_all_placed(parallel):
    assert cross_days(parallel, threads=4, each=25) == {"ok": 100}
    assert selectors.ledger_differences() == []


def meet_after_the_switch_was_read(monkeypatch):
    meeting, marked = Meeting(seconds=1), hold_pools._marked

    def read_and_meet(ids, statement):
        found = marked(ids, statement)
        if ids:
            meeting.wait()
        return found

    monkeypatch.setattr(hold_pools, "_marked", read_and_meet)


def test_carts_that_cross_on_two_days_do_not_deadlock(parallel, monkeypatch):
    meet_after_the_switch_was_read(monkeypatch)
    assert cross_days(parallel, threads=2, each=1) == {"ok": 2}


@pytest.mark.control
def test_control_with_shared_locks_carts_that_cross_on_two_days_deadlock(parallel, monkeypatch):
    monkeypatch.setattr(hold_pools, "_OWN", hold_pools._SHARED)
    meet_after_the_switch_was_read(monkeypatch)
    results = cross_days(parallel, threads=2, each=1)
    assert results == {"ok": 1, OperationalError.__name__: 1}
