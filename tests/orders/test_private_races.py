"""Races about offers: paying one while another takes its place, and two that want the same time."""

import threading
from datetime import timedelta

import pytest

from apps.inventory import services as stock
from apps.inventory.models import Hold, Slot
from apps.inventory.services import hold_place
from apps.inventory.states import HoldState
from apps.orders import services
from apps.orders.models import LabourTimer, Order
from apps.orders.services import PaymentOutcome, paying, private_sales, settling
from apps.orders.states import OrderStatus
from bakery.kernel.errors import Conflict
from tests.orders.factories import AT, make_slot, pay, place_paid
from tests.orders.private import make_private_size, make_sale, place_private

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=9)


def supersede(order):
    return services.supersede_order(order_id=order.pk, reason="new", actor="user:1", at=AT)


def pay_and_supersede(parallel, order, *, second_waits_for):
    """Do both at once: who is second begins when ``second_waits_for`` (its number, an event)."""
    number_of_second, begun = second_waits_for

    def act(number):
        if number == number_of_second:
            assert begun.wait(60)
        return supersede(order) if number else pay(order, amount=41250)

    return parallel(2, act)


def test_who_pays_first_keeps_the_order(parallel, monkeypatch):
    order, inside = place_private(), threading.Event()
    consume = paying.consume_held

    def consume_slowly(*args, **options):
        inside.set()
        return consume(*args, **options)

    monkeypatch.setattr(paying, "consume_held", consume_slowly)
    results = pay_and_supersede(parallel, order, second_waits_for=(1, inside))
    assert results == [PaymentOutcome.CONFIRMED, False]
    order.refresh_from_db()
    assert (order.status, order.superseded_at) == (OrderStatus.PAID, None)
    assert Hold.objects.get(reference=order.hold_reference).state == HoldState.CONSUMED


def test_who_is_superseded_first_is_not_paid(parallel, monkeypatch):
    order, inside = place_private(), threading.Event()
    end = private_sales.end_unpaid

    def end_slowly(*args, **options):
        inside.set()
        return end(*args, **options)

    monkeypatch.setattr(private_sales, "end_unpaid", end_slowly)
    results = pay_and_supersede(parallel, order, second_waits_for=(0, inside))
    assert results == [PaymentOutcome.UNFULFILLABLE, True]
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID_UNFULFILLABLE
    assert order.superseded_at == AT
    assert Slot.objects.get(pk=order.slot_id).booked == 0


@pytest.mark.control
def test_control_without_the_row_lock_a_superseded_order_is_paid(parallel, monkeypatch):
    order = place_private()
    read, done = threading.Event(), threading.Event()

    def read_unlocked(queryset, *, what):
        row = queryset.get()
        read.set()
        assert done.wait(60)
        return row

    def write(subject, *, machine, to, **rest):
        type(subject).objects.filter(pk=subject.pk).update(status=to)

    monkeypatch.setattr(paying, "lock_one", read_unlocked)
    monkeypatch.setattr(settling, "transition", write)

    def act(number):
        if not number:
            return pay(order, amount=41250)
        assert read.wait(60)
        try:
            return supersede(order)
        finally:
            done.set()

    assert parallel(2, act) == [PaymentOutcome.CONFIRMED, True], "both won: money for a dead offer"


def test_two_offers_for_the_last_place_are_placed_once(parallel):
    slot = make_slot(LATER, capacity=1)
    sales = [make_sale(slot=slot, size=make_private_size()) for _ in range(2)]

    def act(number):
        with private_sales.transaction.atomic():
            return services.place_private_order(sale=sales[number], at=AT)

    results = parallel(2, act)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["slot_full"]
    assert Slot.objects.get(pk=slot.pk).booked == 1
    assert Order.objects.count() == 1


@pytest.mark.control
def test_control_without_the_condition_both_offers_get_the_last_place(parallel, monkeypatch):
    slot = make_slot(LATER, capacity=1)
    slot_rows = Slot.objects.filter(pk=slot.pk)
    sales = [make_sale(slot=slot, size=make_private_size()) for _ in range(2)]
    monkeypatch.setattr(
        hold_place,
        "_TAKE",
        "UPDATE inventory_slot SET closed = closed WHERE id = %(slot)s",
    )

    def act(number):
        with private_sales.transaction.atomic():
            return services.place_private_order(sale=sales[number], at=AT)

    results = parallel(2, act)
    assert all(isinstance(result, Order) for result in results), results
    assert slot_rows.get().booked == 0, "two orders, and nothing counted"


def test_of_two_who_accept_the_same_kept_place_one_gets_it(parallel):
    slot = make_slot(LATER, capacity=1)
    _keep_place(slot)
    sales = [make_sale(slot=slot, size=make_private_size(), instead_of="offer:1") for _ in range(2)]

    def act(number):
        with private_sales.transaction.atomic():
            return services.place_private_order(sale=sales[number], at=AT)

    results = parallel(2, act)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["hold_not_held"]
    assert Slot.objects.get(pk=slot.pk).booked == 1


def _keep_place(slot):
    with private_sales.transaction.atomic():
        return stock.take_place_hold(
            reference="offer:1",
            slot_id=slot.pk,
            work=stock.Work(1, 60, 240),
            expires_at=LATER,
            at=AT,
        )


def test_a_finger_that_presses_twice_starts_one_timer(parallel):
    order = place_paid()
    line = order.lines.get().pk

    def act(number):
        return services.start_timer(order_id=order.pk, line_id=line, worker="user:7", at=AT).pk

    first, second = parallel(2, act)
    assert first == second
    assert LabourTimer.objects.count() == 1
