"""Races about a freed place, each with a control that shows what happens when its guard is off."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from apps.inventory.models import Hold, Slot
from apps.inventory.selectors import ledger_differences
from apps.orders import services
from apps.orders.models import Order, WaitEntry
from apps.orders.rules.order_data import Terms
from apps.orders.services import making, waitlist
from bakery.kernel.errors import Conflict
from tests.harness import patience
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_cake, make_slot, place

pytestmark = pytest.mark.django_db(transaction=True)
LATE = AT + timedelta(hours=2)


def line(count, *, capacity=1):
    """A full pickup time, the orders that fill it, and those who wait for it."""
    cake = make_cake(stock=50)
    slot = make_slot(capacity=capacity)
    orders = [place([(cake, 1, "")], slot=slot) for _ in range(capacity)]
    entries = [
        services.join_waitlist(
            cart_id=fill_cart([(cake, 1, "")]).pk, email=f"guest{number}@example.com",
            user_id=None, slot_id=slot.pk, at=AT,
        )
        for number in range(count)
    ]  # fmt: skip
    return cake, slot, orders, entries


def cancel(order):
    services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)


def states(entries):
    rows = dict(WaitEntry.objects.values_list("pk", "state"))
    return [rows[entry.pk] for entry in entries]


def test_many_sweepers_offer_one_place_once(parallel):
    _, slot, (order,), entries = line(3)
    cancel(order)
    results = parallel(4, lambda _: services.sweep_waitlist(at=AT))
    assert sum(results) == 1, results
    assert states(entries) == ["offered", "waiting", "waiting"]
    assert Slot.objects.get(pk=slot.pk).booked == 1


def offer_together(parallel, monkeypatch, entry, slots):
    """Let two sweepers read the same entry before either offers it a place of its own."""
    barrier = threading.Barrier(2)
    plain = waitlist._offer_until

    def until(*args, **options):
        found = plain(*args, **options)
        with suppress(threading.BrokenBarrierError):  # the guard kept the other one waiting
            barrier.wait(patience(1))
        return found

    monkeypatch.setattr(waitlist, "_offer_until", until)
    return parallel(2, lambda number: waitlist._offer(entry.pk, slots[number].pk, at=AT))


def two_free_times():
    cake = make_cake(stock=50)
    slots = [make_slot(AT + timedelta(days=7, hours=hour), capacity=1) for hour in (0, 1)]
    orders = [place([(cake, 1, "")], slot=slot) for slot in slots]
    entry = services.join_waitlist(
        cart_id=fill_cart([(cake, 1, "")]).pk, email="guest@example.com", user_id=None,
        day=(AT + timedelta(days=7)).date(), at=AT,
    )  # fmt: skip
    for order in orders:
        cancel(order)
    return entry, slots


def test_nobody_gets_two_offers(parallel, monkeypatch):
    entry, slots = two_free_times()
    results = offer_together(parallel, monkeypatch, entry, slots)
    assert sorted(results) == [False, True], results
    assert sum(Slot.objects.values_list("booked", flat=True)) == 1


@pytest.mark.control
def test_control_without_lock_and_one_hold_an_entry_gets_two_offers(parallel, monkeypatch):
    entry, slots = two_free_times()

    def unlocked(queryset):
        return queryset.order_by("pk")

    monkeypatch.setattr(waitlist, "locked", unlocked)
    monkeypatch.setattr(waitlist, "transition", lambda *_, **__: None)
    monkeypatch.setattr(waitlist.outbox, "emit", lambda *_, **__: 0)
    # The hold's name is the last guard: two offers of one entry cannot both hold a place.
    monkeypatch.setattr(
        WaitEntry, "hold_reference", property(lambda _: f"waitlist:{threading.get_ident()}")
    )
    results = offer_together(parallel, monkeypatch, entry, slots)
    assert results == [True, True]
    assert sum(Slot.objects.values_list("booked", flat=True)) == 2


def accept(entry, slot, at):
    return services.place_order(
        cart_id=entry.cart_id, customer=CUSTOMER, slot_id=slot.pk, expected_total=None,
        terms=Terms(offer=entry.public_id), at=at,
    )  # fmt: skip


def check_one_end(entry, slot):
    """An order with the place and an accepted offer, or neither."""
    state = WaitEntry.objects.get(pk=entry.pk).state
    ordered = Order.objects.filter(slot_id=slot.pk, status="pending_payment").exists()
    assert (state, ordered) in {("accepted", True), ("expired", False)}
    assert Slot.objects.get(pk=slot.pk).booked == int(ordered)
    assert Hold.objects.get(reference=entry.hold_reference).state == "released"
    assert ledger_differences() == []


def accept_and_end(parallel, monkeypatch, entry, slot):
    """Let the order and the sweeper read the offer together, at its last moment and after."""
    barrier = threading.Barrier(2)
    plain = {name: getattr(waitlist, name) for name in ("locked", "lock_one")}

    def meet(row):
        with suppress(threading.BrokenBarrierError):  # the guard kept the other one waiting
            barrier.wait(patience(1))
        return row

    class Met:
        def __init__(self, rows):
            self.rows = rows

        def first(self):
            return meet(self.rows.first())

    monkeypatch.setattr(waitlist, "locked", lambda rows: Met(plain["locked"](rows)))
    monkeypatch.setattr(
        waitlist, "lock_one", lambda rows, *, what: meet(plain["lock_one"](rows, what=what))
    )

    def act(number):
        if number:
            return waitlist._end_offer(entry.pk, at=LATE)
        return accept(entry, slot, LATE - timedelta(seconds=1))

    return parallel(2, act)


def offered():
    _, slot, (order,), (entry,) = line(1)
    cancel(order)
    assert services.offer_places(at=AT) == 1
    return entry, slot


def test_an_order_at_the_last_moment_and_the_sweeper_have_one_winner(parallel, monkeypatch):
    entry, slot = offered()
    results = accept_and_end(parallel, monkeypatch, entry, slot)
    errors = [row for row in results if isinstance(row, Exception)]
    assert all(isinstance(row, Conflict) and row.code == "offer_over" for row in errors), results
    check_one_end(entry, slot)


@pytest.mark.control
def test_control_without_lock_and_compare_and_set_an_offer_ends_twice(parallel, monkeypatch):
    entry, slot = offered()
    monkeypatch.setattr(waitlist, "locked", lambda rows: rows.order_by("pk"))
    monkeypatch.setattr(waitlist, "lock_one", lambda rows, *, what: rows.get())
    moves = []

    def write(subject, *, machine, to, **rest):
        moves.append(to)
        columns = {name: rest[name] for name in ("ended_at", "order_number") if name in rest}
        type(subject).objects.filter(pk=subject.pk).update(state=to, **columns)

    monkeypatch.setattr(waitlist, "transition", write)
    monkeypatch.setattr(waitlist.stock, "release_hold", lambda **_: False)
    accept_and_end(parallel, monkeypatch, entry, slot)
    assert sorted(moves) == ["accepted", "expired"]


def test_a_stranger_and_the_line_at_once(parallel):
    cake, slot, orders, entries = line(4, capacity=4)
    carts = [fill_cart([(cake, 1, "")]) for _ in range(4)]

    def act(number):
        if number < 4:
            cancel(orders[number])
            return services.offer_places(at=AT)
        with transaction.atomic():
            return services.place_order(
                cart_id=carts[number - 4].pk, customer=CUSTOMER, slot_id=slot.pk,
                expected_total=None, at=AT,
            )  # fmt: skip

    results = parallel(8, act)
    strangers = results[4:]
    assert all(isinstance(row, Conflict) and row.code == "slot_full" for row in strangers), results
    services.offer_places(at=AT)
    assert states(entries) == ["offered"] * 4
    assert Slot.objects.get(pk=slot.pk).booked == 4


@pytest.mark.control
def test_control_without_yielding_a_stranger_gets_in_between(monkeypatch):
    cake, slot, (order,), entries = line(1)
    cancel(order)
    monkeypatch.setattr(making, "yield_to_line", lambda **_: None)
    place([(cake, 1, "")], slot=slot)
    services.offer_places(at=AT)
    assert states(entries) == ["waiting"]
