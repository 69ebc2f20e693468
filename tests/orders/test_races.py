"""Races, each with a control that shows what happens when its guard is off."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import OperationalError, transaction

from apps.inventory.models import Stock
from apps.inventory.selectors import ledger_differences
from apps.orders import selectors, services
from apps.orders.models import Order, OrderTransition
from apps.orders.services import ending, kitchen
from apps.orders.services.board import append_board_event
from apps.orders.states import BoardKind, OrderStatus
from bakery.kernel.errors import Conflict
from tests.orders.factories import (
    AT,
    CUSTOMER,
    fill_cart,
    make_cake,
    make_slot,
    make_variant,
    pay,
    place,
    place_paid,
)

pytestmark = pytest.mark.django_db(transaction=True)


def cancel_and_finish(parallel, order):
    def act(number):
        if number:
            return services.mark_ready(order_id=order.pk, actor="user:1", at=AT)
        return services.cancel_order(order_id=order.pk, actor="user:2", reason="", at=AT)

    return parallel(2, act)


def order_in_production():
    order = place_paid()
    services.start_production(order_id=order.pk, actor="user:1", at=AT)
    return order


def read_together(monkeypatch):
    """Let both read the order, without its lock, before either writes."""
    barrier = threading.Barrier(2)

    def read(queryset, *, what):
        row = queryset.get()
        barrier.wait(60)
        return row

    monkeypatch.setattr(ending, "lock_one", read)
    monkeypatch.setattr(kitchen, "lock_one", read)


def check_one_won(results, order):
    losers = [result for result in results if isinstance(result, Conflict)]
    assert len(losers) == 1, results
    status = Order.objects.get(pk=order.pk).status
    moves = OrderTransition.objects.filter(subject=order).order_by("pk")
    assert [move.new for move in moves][2:] == [status]


def test_of_cancel_and_ready_one_wins(parallel):
    order = order_in_production()
    check_one_won(cancel_and_finish(parallel, order), order)


def test_of_cancel_and_ready_one_wins_even_without_the_row_lock(parallel, monkeypatch):
    order = order_in_production()
    read_together(monkeypatch)
    check_one_won(cancel_and_finish(parallel, order), order)


@pytest.mark.control
def test_control_without_compare_and_set_cancel_and_ready_both_win(parallel, monkeypatch):
    order = order_in_production()
    read_together(monkeypatch)

    def write(subject, *, machine, to, **rest):
        subject.status = to
        type(subject).objects.filter(pk=subject.pk).update(status=to)

    monkeypatch.setattr(ending, "transition", write)
    monkeypatch.setattr(kitchen, "transition", write)
    results = cancel_and_finish(parallel, order)
    assert not any(isinstance(result, Exception) for result in results), results


def test_expiry_and_payment_at_once_leave_a_paid_order(parallel):
    cake = make_cake(stock=8)
    for round_ in range(8):
        order = place([(cake, 1, "")])
        late = order.hold_expires_at + timedelta(seconds=1)

        def act(number, order=order, late=late, ref=f"pi_{round_}"):
            if number:
                return services.expire_overdue(at=late)
            return pay(order, ref=ref, at=late)

        results = parallel(2, act)
        assert not any(isinstance(result, Exception) for result in results), results
        assert Order.objects.get(pk=order.pk).status == OrderStatus.PAID
    assert Stock.objects.get(pk=cake.pk).on_hand == 0
    assert ledger_differences() == []


def test_the_same_payment_at_once_is_confirmed_once(parallel):
    order = place([(make_cake(), 1, "")])
    outcomes = parallel(8, lambda _: pay(order))
    assert sorted(outcomes) == ["already_confirmed"] * 7 + ["confirmed"]
    assert [row.kind for row in selectors.board_events(after_seq=0)] == ["new_order"]


def test_two_payments_at_once_are_one_and_a_second(parallel):
    order = place([(make_cake(), 1, "")])
    outcomes = parallel(4, lambda number: pay(order, ref=f"pi_{number}"))
    assert sorted(outcomes) == ["confirmed"] + ["second_payment"] * 3


def test_a_cart_is_ordered_once_however_many_send_it(parallel):
    cart = fill_cart([(make_cake(), 1, "")])
    slot = make_slot()

    def order(_):
        return services.place_order(
            cart_id=cart.pk, customer=CUSTOMER, slot_id=slot.pk, expected_total=None, at=AT
        )

    results = parallel(6, order)
    assert sum(isinstance(result, Order) for result in results) == 1
    codes = {result.code for result in results if isinstance(result, Conflict)}
    assert codes == {"cart_ordered"}


def place_crosswise(parallel, rounds):
    first, second = (make_variant(stock=1000) for _ in range(2))
    slot = make_slot(capacity=1000)
    carts = [
        [fill_cart([(pair[0], 1, ""), (pair[1], 1, "")]).pk for _ in range(rounds)]
        for pair in [(first, second), (second, first)] * 2
    ]

    def order(number):
        for cart_id in carts[number]:
            services.place_order(
                cart_id=cart_id, customer=CUSTOMER, slot_id=slot.pk, expected_total=None, at=AT
            )

    return parallel(4, order)


def test_reversed_carts_never_wait_for_each_other(parallel):
    assert place_crosswise(parallel, 6) == [None] * 4
    assert Order.objects.count() == 24
    assert ledger_differences() == []


@pytest.mark.control
def test_control_without_the_lock_order_reversed_carts_deadlock(parallel, monkeypatch):
    met, paused = threading.Barrier(2), threading.local()

    def unsorted(keys):
        return list(keys)

    first, second = (make_variant(stock=1000) for _ in range(2))
    slot = make_slot(capacity=1000)
    carts = [
        fill_cart([(first, 1, ""), (second, 1, "")]).pk,
        fill_cart([(second, 1, ""), (first, 1, "")]).pk,
    ]
    update = Stock.objects.none().__class__.update

    def pausing(self, **columns):
        changed = update(self, **columns)
        if self.model is Stock and not getattr(paused, "done", False):
            paused.done = True
            met.wait(60)
        return changed

    monkeypatch.setattr("apps.inventory.services.hold_pools.sorted_unique", unsorted)
    monkeypatch.setattr(Stock.objects.none().__class__, "update", pausing)

    def order(number):
        return services.place_order(
            cart_id=carts[number],
            customer=CUSTOMER,
            slot_id=slot.pk,
            expected_total=None,
            at=AT,
        )

    results = parallel(2, order)
    assert any(isinstance(result, OperationalError) for result in results), results


def append_slowly(parallel, orders):
    """Append one event, and another while the first is not committed; what a reader sees when."""
    written, looked = threading.Event(), threading.Event()
    seen = []

    def act(number):
        if number == 0:
            with transaction.atomic():
                append_board_event(orders[0], BoardKind.STATUS, at=AT)
                written.set()
                looked.wait(60)
        elif number == 1:
            written.wait(60)
            with transaction.atomic():
                append_board_event(orders[1], BoardKind.STATUS, at=AT)
        else:
            written.wait(60)
            after = start
            for _ in range(15):
                rows = selectors.board_events(after_seq=after)
                seen.extend(row.seq for row in rows)
                after = seen[-1] if seen else start
                threading.Event().wait(0.02)
            looked.set()

    start = selectors.last_board_seq()
    parallel(3, act)
    last = seen[-1] if seen else start
    seen.extend(row.seq for row in selectors.board_events(after_seq=last))
    return seen


def test_a_reader_of_the_board_never_misses_a_number(parallel):
    orders = [place_paid(ref=f"pi_{n}") for n in range(2)]
    seen = append_slowly(parallel, orders)
    assert len(seen) == 2
    assert all(a < b for a, b in pairwise(seen))


@pytest.mark.control
def test_control_without_the_lock_a_reader_misses_a_number(parallel, monkeypatch):
    orders = [place_paid(ref=f"pi_{n}") for n in range(2)]
    monkeypatch.setattr("apps.orders.services.board.advisory_lock", lambda name: None)
    assert len(append_slowly(parallel, orders)) == 1
