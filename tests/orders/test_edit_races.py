"""Changes of an order against payments, expiry and cancellation, each with its control."""

import threading
from contextlib import suppress

import pytest

from apps.inventory.selectors import ledger_differences
from apps.orders import services
from apps.orders.models import Order, OrderEdit
from apps.orders.services import EditWish, LineWish, editing, ending
from apps.orders.states import OrderStatus
from bakery.kernel.errors import Conflict
from tests.orders.factories import AT, make_variant, pay, place, place_paid

pytestmark = pytest.mark.django_db(transaction=True)
STAFF = "user:1"


def edit(order, quantity, *, at=AT):
    wish = EditWish(revision=0, lines=(LineWish(position=1, quantity=quantity),))
    return services.edit_order(order_id=order.pk, wish=wish, actor=STAFF, at=at)


def both(parallel, first, second):
    return parallel(2, lambda number: (first, second)[number]())


def read_together(monkeypatch, *modules):
    """Let both read the order, without its lock, before either writes."""
    barrier = threading.Barrier(2)

    def read(queryset, *, what):
        row = queryset.get()
        with suppress(threading.BrokenBarrierError):
            barrier.wait(60)
        return row

    for module in modules:
        monkeypatch.setattr(module, "lock_one", read)


def test_of_two_changes_of_what_was_seen_one_wins(parallel):
    order = place_paid([(make_variant(stock=20), 3, "")])
    results = both(parallel, lambda: edit(order, 4), lambda: edit(order, 5))
    codes = [result.code for result in results if isinstance(result, Conflict)]
    assert codes == ["stale_order"]
    assert OrderEdit.objects.count() == 1
    assert ledger_differences() == []


@pytest.mark.control
def test_control_without_the_row_lock_both_changes_believe_what_they_saw(parallel, monkeypatch):
    order = place_paid([(make_variant(stock=20), 3, "")])
    read_together(monkeypatch, editing)
    results = both(parallel, lambda: edit(order, 4), lambda: edit(order, 5))
    codes = [result.code for result in results if isinstance(result, Conflict)]
    # None is told that the order changed; the record of changes alone stops the second.
    assert codes == []
    assert sum(isinstance(result, Exception) for result in results) == 1


def test_a_change_and_a_payment_at_once_agree_on_what_was_due(parallel):
    bun = make_variant(price="10.00", stock=60)
    for round_ in range(4):
        order = place([(bun, 3, "")])
        outcome, change = both(
            parallel,
            lambda order=order, n=round_: pay(order, ref=f"pi_{n}"),
            lambda order=order: edit(order, 4),
        )
        order.refresh_from_db()
        if isinstance(change, Conflict):
            assert (change.code, order.status) == ("not_editable", OrderStatus.PAYMENT_MISMATCH)
        elif order.status == OrderStatus.PAID:
            assert (outcome, str(order.balance)) == ("confirmed", "11.30")
        else:
            assert (outcome, order.status) == ("mismatch", OrderStatus.PAYMENT_MISMATCH)
    assert ledger_differences() == []


def test_a_change_and_expiry_at_once_leave_no_goods_behind(parallel):
    order = place([(make_variant(stock=9), 3, "")])
    late = order.hold_expires_at
    changed, expired = both(
        parallel,
        lambda: edit(order, 4, at=late),
        lambda: services.expire_overdue(at=late),
    )
    assert isinstance(changed, Conflict)
    assert expired == 1
    assert ledger_differences() == []


def cancel(order):
    return services.cancel_order(order_id=order.pk, actor=STAFF, reason="test", at=AT)


def test_a_change_and_a_cancellation_at_once_give_everything_back(parallel):
    bun = make_variant(stock=60)
    for round_ in range(3):
        order = place_paid([(bun, 3, "")], ref=f"pi_{round_}")
        changed, cancelled = both(
            parallel, lambda order=order: edit(order, 5), lambda order=order: cancel(order)
        )
        assert isinstance(cancelled, Order), cancelled
        assert not isinstance(changed, Conflict) or changed.code == "not_editable"
        assert Order.objects.get(pk=order.pk).status == OrderStatus.CANCELLED
    bun.stock.refresh_from_db()
    assert (bun.stock.on_hand, bun.stock.reserved) == (60, 0)
    assert ledger_differences() == []


@pytest.mark.control
def test_control_without_the_row_lock_a_cancelled_order_is_changed(parallel, monkeypatch):
    bun = make_variant(stock=60)
    order = place_paid([(bun, 3, "")])
    read_together(monkeypatch, editing, ending)
    done, amend = threading.Event(), editing.stock.amend_hold

    def amend_after(**given):
        # Both have read; the cancellation is committed before the change goes on.
        done.wait(60)
        return amend(**given)

    monkeypatch.setattr(editing.stock, "amend_hold", amend_after)

    def cancel_first():
        try:
            return cancel(order)
        finally:
            done.set()

    changed, cancelled = both(parallel, lambda: edit(order, 5), cancel_first)
    assert isinstance(cancelled, Order)
    # The hold, not the order, is what refuses: the change did not see the cancellation.
    assert isinstance(changed, Conflict)
    assert changed.code == "hold_not_held"
