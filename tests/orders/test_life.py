"""The life of an order: every pair of states, and who may do what to it when."""

import itertools
from datetime import timedelta

import pytest
from django.conf import settings

from apps.inventory.models import Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.orders import services
from apps.orders.models import BoardEvent, Order, OrderTransition
from apps.orders.services import holding
from apps.orders.states import ORDER_MACHINE, Fulfilment, OrderStatus
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.models import AuditEntry, OutboxMessage
from bakery.kernel.states import transition
from tests.orders.factories import AT, ask_deposit, make_cake, pay, place, place_paid

pytestmark = pytest.mark.django_db
S = OrderStatus
NEXT_WEEK = AT + timedelta(days=8)  # when everybody is late
MOVES = {
    (S.PENDING_PAYMENT, S.PAID),
    (S.PENDING_PAYMENT, S.PAYMENT_MISMATCH),
    (S.PENDING_PAYMENT, S.PAID_UNFULFILLABLE),
    (S.PENDING_PAYMENT, S.CANCELLED),
    (S.PENDING_PAYMENT, S.EXPIRED),
    *((old, S.DEPOSIT_PAID) for old in (S.PENDING_PAYMENT, S.EXPIRED, S.CANCELLED)),
    (S.DEPOSIT_PAID, S.PAID),
    (S.DEPOSIT_PAID, S.BALANCE_DUE),
    (S.DEPOSIT_PAID, S.CANCELLED),
    (S.BALANCE_DUE, S.PAID),
    (S.BALANCE_DUE, S.DEPOSIT_PAID),
    (S.BALANCE_DUE, S.CANCELLED),
    (S.EXPIRED, S.PAID),
    (S.EXPIRED, S.PAYMENT_MISMATCH),
    (S.EXPIRED, S.PAID_UNFULFILLABLE),
    (S.CANCELLED, S.PAID),
    (S.CANCELLED, S.PAYMENT_MISMATCH),
    (S.CANCELLED, S.PAID_UNFULFILLABLE),
    (S.PAID, S.IN_PRODUCTION),
    (S.PAID, S.CANCELLED),
    (S.IN_PRODUCTION, S.PAID),
    (S.IN_PRODUCTION, S.READY),
    (S.IN_PRODUCTION, S.CANCELLED),
    (S.READY, S.IN_PRODUCTION),
    (S.READY, S.OUT_FOR_DELIVERY),
    (S.READY, S.COLLECTED),
    (S.READY, S.NO_SHOW),
    (S.OUT_FOR_DELIVERY, S.READY),
    (S.OUT_FOR_DELIVERY, S.COLLECTED),
    (S.NO_SHOW, S.READY),
    (S.NO_SHOW, S.COLLECTED),
    (S.NO_SHOW, S.CANCELLED),
    (S.PAYMENT_MISMATCH, S.CANCELLED),
    (S.PAID_UNFULFILLABLE, S.CANCELLED),
}
BACK = {
    S.IN_PRODUCTION: S.PAID,
    S.READY: S.IN_PRODUCTION,
    S.OUT_FOR_DELIVERY: S.READY,
    S.NO_SHOW: S.READY,
}


def reword(*, order_id, actor, at):
    """Ask for a message on the only line."""
    line = services.LineWish(position=1, quantity=1, message="Hello")
    return services.edit_order(
        order_id=order_id,
        wish=services.EditWish(revision=0, lines=(line,)),
        actor=actor,
        reason="test",
        at=at,
    )


# What staff do, from which statuses, and what becomes of the order then.
ACTIONS = {
    "start": (services.start_production, {S.PAID: S.IN_PRODUCTION}),
    "ready": (services.mark_ready, {S.IN_PRODUCTION: S.READY}),
    "out": (services.mark_out_for_delivery, {S.READY: S.OUT_FOR_DELIVERY}),
    "collected": (
        lambda **given: services.mark_collected(
            proof=services.Proof(reason="test", taken_by="Ada"), **given
        ),
        dict.fromkeys((S.READY, S.OUT_FOR_DELIVERY, S.NO_SHOW), S.COLLECTED),
    ),
    "no_show": (
        lambda **given: services.mark_no_show(reason="test", **(given | {"at": NEXT_WEEK})),
        {S.READY: S.NO_SHOW},
    ),
    "back": (lambda **given: services.step_back(reason="test", **given), BACK),
    "cancel": (
        lambda **given: services.cancel_order(reason="test", **given),
        dict.fromkeys(
            (
                *(S.PENDING_PAYMENT, S.PAID, S.IN_PRODUCTION, S.NO_SHOW),
                *(S.PAYMENT_MISMATCH, S.PAID_UNFULFILLABLE),
                *(S.DEPOSIT_PAID, S.BALANCE_DUE),
            ),
            S.CANCELLED,
        ),
    ),
    "edit": (
        reword,
        {
            status: status
            for status in (
                *(S.PENDING_PAYMENT, S.DEPOSIT_PAID, S.BALANCE_DUE, S.PAID, S.IN_PRODUCTION),
            )
        },
    ),
}


def test_every_pair_of_states_is_allowed_or_refused():
    order = place([(make_cake(), 1, "")])
    for old, new in itertools.product(S, S):
        Order.objects.filter(pk=order.pk).update(status=old)
        order.refresh_from_db()
        if (old, new) in MOVES:
            transition(order, machine=ORDER_MACHINE, to=new, actor="test", at=AT)
        else:
            with pytest.raises(Conflict) as refused:
                transition(order, machine=ORDER_MACHINE, to=new, actor="test", at=AT)
            assert (refused.value.status, refused.value.code) == (409, "illegal_transition")
        expected = new if (old, new) in MOVES else old
        assert Order.objects.get(pk=order.pk).status == expected
    assert OrderTransition.objects.filter(subject=order).count() == len(MOVES)


def in_status(status):
    """A real order that came into ``status`` through services."""
    cake = make_cake(stock=1, message=20)
    order = place([(cake, 1, "")])
    # Nothing else decides whether it can be sent on its way.
    Order.objects.filter(pk=order.pk).update(fulfilment=Fulfilment.DELIVERY)
    steps = {
        S.PENDING_PAYMENT: [],
        S.DEPOSIT_PAID: ["deposit"],
        S.BALANCE_DUE: ["deposit", "overdue"],
        S.PAID: ["pay"],
        S.IN_PRODUCTION: ["pay", "start"],
        S.READY: ["pay", "start", "ready"],
        S.OUT_FOR_DELIVERY: ["pay", "start", "ready", "out"],
        S.NO_SHOW: ["pay", "start", "ready", "no_show"],
        S.COLLECTED: ["pay", "start", "ready", "collected"],
        S.CANCELLED: ["cancel"],
        S.EXPIRED: ["expire"],
        S.PAYMENT_MISMATCH: ["mismatch"],
        S.PAID_UNFULFILLABLE: ["expire", "sell", "pay"],
    }
    for step in steps[status]:
        if step == "pay":
            pay(order, ref=f"pi_{order.pk}")
        elif step == "deposit":
            ask_deposit(order, "20.00")
            pay(order, ref=f"pi_{order.pk}", amount=2000)
        elif step == "overdue":
            Order.objects.filter(pk=order.pk).update(balance_due_at=AT)
            services.mark_overdue(order_id=order.pk, at=AT)
        elif step == "mismatch":
            pay(order, amount=1)
        elif step == "expire":
            services.expire_overdue(at=order.hold_expires_at)
        elif step == "sell":
            place([(cake, 1, "")])
        else:
            ACTIONS[step][0](order_id=order.pk, actor="user:1", at=AT)
    order.refresh_from_db()
    assert order.status == status
    return order


@pytest.mark.parametrize("status", list(S))
def test_every_action_in_every_status_succeeds_or_changes_nothing(status):
    for action, targets in ACTIONS.values():
        order = in_status(status)
        before = (OrderTransition.objects.count(), BoardEvent.objects.count())
        if status in targets:
            action(order_id=order.pk, actor="user:1", at=AT)
            assert Order.objects.get(pk=order.pk).status == targets[status]
            assert AuditEntry.objects.filter(object_id=str(order.pk)).exists()
        else:
            with pytest.raises(Conflict):
                action(order_id=order.pk, actor="user:1", at=AT)
            assert Order.objects.get(pk=order.pk).status == status
            assert before == (OrderTransition.objects.count(), BoardEvent.objects.count())
        assert ledger_differences() == []


def test_cancelling_a_paid_order_gives_goods_and_slot_back_and_says_it_was_paid():
    cake = make_cake(stock=3)
    order = place_paid([(cake, 2, "")])
    services.cancel_order(order_id=order.pk, actor="user:1", reason="customer called", at=AT)
    stock = Stock.objects.get(pk=cake.pk)
    assert (stock.on_hand, stock.reserved) == (3, 0)
    assert Slot.objects.get(pk=order.slot_id).booked == 0
    event = OutboxMessage.objects.filter(kind="orders.cancelled").first()
    assert event.payload["was_paid"] is True
    assert [x.kind for x in BoardEvent.objects.all()] == ["new_order", "status"]
    entry = AuditEntry.objects.get(action="order.cancel")
    assert (entry.reason, entry.changes) == ("customer called", {"status": ["paid", "cancelled"]})


def test_cancelling_what_is_being_made_does_not_put_it_back_on_the_shelf():
    cake = make_cake(stock=3)
    order = place_paid([(cake, 1, "")])
    services.start_production(order_id=order.pk, actor="user:1", at=AT)
    services.cancel_order(order_id=order.pk, actor="user:1", reason="", at=AT)
    assert Stock.objects.get(pk=cake.pk).on_hand == 2


def test_a_customer_cancels_a_paid_order_until_a_day_before_the_kitchen_begins():
    order = place_paid()
    last = order.fires_at - timedelta(hours=settings.ORDER_CANCEL_NOTICE_HOURS)
    with pytest.raises(Conflict) as refused:
        services.cancel_order(order_id=order.pk, actor="customer", reason="", at=last)
    assert refused.value.code == "not_cancellable"
    services.cancel_order(
        order_id=order.pk, actor="customer", reason="", at=last - timedelta(seconds=1)
    )
    order.refresh_from_db()
    assert (order.status, order.refunded_total) == (S.CANCELLED, order.paid_total)
    unpaid = place([(make_cake(), 1, "")])
    services.cancel_order(order_id=unpaid.pk, actor="customer", reason="", at=AT)
    assert Order.objects.get(pk=unpaid.pk).status == S.CANCELLED


def test_a_customer_does_not_cancel_what_is_being_made():
    order = place_paid()
    services.start_production(order_id=order.pk, actor="user:1", at=AT)
    with pytest.raises(Conflict) as refused:
        services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)
    assert refused.value.code == "not_cancellable"
    assert Order.objects.get(pk=order.pk).status == S.IN_PRODUCTION


def test_what_the_bank_gave_returns_once_when_a_paid_order_is_cancelled(monkeypatch):
    given = []
    monkeypatch.setattr(holding.bank, "give_back", lambda **what: given.append(what["reference"]))
    order = place_paid()
    services.cancel_order(order_id=order.pk, actor="user:1", reason="", at=AT)
    with pytest.raises(Conflict):
        services.cancel_order(order_id=order.pk, actor="user:1", reason="", at=AT)
    assert given == [order.hold_reference]


def test_acknowledging_is_noted_once_and_only_for_paid_orders():
    order = place([(make_cake(), 1, "")])
    with pytest.raises(Conflict):
        services.acknowledge(order_number=order.number, actor="user:1", at=AT)
    pay(order)
    assert services.acknowledge(order_number=order.number, actor="user:1", at=AT)
    assert not services.acknowledge(order_number=order.number, actor="user:2", at=AT)
    order.refresh_from_db()
    assert order.acknowledged_by == "user:1"
    assert [event.kind for event in BoardEvent.objects.all()] == ["new_order", "acknowledged"]
    with pytest.raises(NotFound):
        services.acknowledge(order_number="B-000000-0000", actor="user:1", at=AT)
