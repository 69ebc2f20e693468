"""What a payment means, early, late, wrong or twice; and what happens when none comes."""

from datetime import timedelta

import pytest

from apps.inventory import services as stock
from apps.inventory.models import Hold, Slot, Stock
from apps.inventory.selectors import ledger_differences
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, Order
from apps.orders.services import PaymentOutcome
from apps.orders.services.making import ORDER_HOLD_MINUTES
from apps.orders.states import OrderStatus
from bakery.kernel.errors import NotFound
from bakery.kernel.models import OutboxMessage
from tests.orders.factories import AT, make_cake, make_slot, pay, place

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=ORDER_HOLD_MINUTES + 1)


def status(order):
    return Order.objects.get(pk=order.pk).status


def stock_of(variant):
    row = Stock.objects.get(pk=variant.pk)
    return row.on_hand, row.reserved


def emitted(kind):
    return OutboxMessage.objects.filter(kind=kind).values("dedupe_key").distinct().count()


@pytest.fixture
def cake():
    return make_cake(stock=2)


def test_the_right_amount_makes_the_order_paid(cake):
    order = place([(cake, 1, "")])
    assert pay(order) == PaymentOutcome.CONFIRMED
    order.refresh_from_db()
    assert (order.status, order.payment_ref, order.paid_at) == (OrderStatus.PAID, "pi_1", AT)
    assert stock_of(cake) == (1, 0)
    assert OutboxMessage.objects.filter(kind="orders.paid").exists()
    assert [event.kind for event in BoardEvent.objects.all()] == ["new_order"]
    assert ledger_differences() == []


def test_the_same_payment_again_changes_nothing(cake):
    order = place([(cake, 1, "")])
    pay(order)
    rows = OutboxMessage.objects.count()
    assert pay(order) == PaymentOutcome.ALREADY_CONFIRMED
    assert OutboxMessage.objects.count() == rows
    assert BoardEvent.objects.count() == 1
    assert stock_of(cake) == (1, 0)


def test_another_payment_is_a_second_payment(cake):
    order = place([(cake, 1, "")])
    pay(order)
    assert pay(order, ref="pi_2") == PaymentOutcome.SECOND_PAYMENT
    assert status(order) == OrderStatus.PAID


@pytest.mark.parametrize(("amount", "currency"), [(4799, "cad"), (4801, "cad"), (4800, "usd")])
def test_a_wrong_amount_or_currency_is_set_aside(cake, amount, currency):
    order = place([(cake, 1, "")])
    assert pay(order, amount=amount, currency=currency) == PaymentOutcome.MISMATCH
    assert status(order) == OrderStatus.PAYMENT_MISMATCH
    assert pay(order, amount=amount, currency=currency) == PaymentOutcome.MISMATCH
    assert pay(order, ref="pi_2") == PaymentOutcome.SECOND_PAYMENT
    assert stock_of(cake) == (2, 1), "the goods stay with the customer while a person looks"
    assert not BoardEvent.objects.exists()


def test_a_late_payment_takes_goods_that_are_still_free(cake):
    order = place([(cake, 1, "")])
    assert services.expire_overdue(at=LATER) == 1
    assert (status(order), stock_of(cake)) == (OrderStatus.EXPIRED, (2, 0))
    assert pay(order, at=LATER) == PaymentOutcome.CONFIRMED
    assert (status(order), stock_of(cake)) == (OrderStatus.PAID, (1, 0))
    assert ledger_differences() == []


def test_a_payment_after_cancelling_takes_goods_that_are_still_free(cake):
    order = place([(cake, 1, "")])
    services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)
    assert pay(order) == PaymentOutcome.CONFIRMED
    assert status(order) == OrderStatus.PAID


@pytest.mark.parametrize("how", ["expired", "cancelled"])
def test_a_late_payment_for_goods_that_are_gone_ends_in_a_refund(cake, how):
    order = place([(cake, 2, "")])
    if how == "expired":
        services.expire_overdue(at=LATER)
    else:
        services.cancel_order(order_id=order.pk, actor="customer", reason="", at=AT)
    place([(cake, 1, "")], at=LATER)
    assert pay(order, at=LATER) == PaymentOutcome.UNFULFILLABLE
    assert pay(order, at=LATER) == PaymentOutcome.UNFULFILLABLE
    assert status(order) == OrderStatus.PAID_UNFULFILLABLE
    assert stock_of(cake) == (2, 1)
    assert not BoardEvent.objects.exists()
    assert ledger_differences() == []


def test_a_late_payment_for_a_slot_that_is_full_ends_in_a_refund(cake):
    slot = make_slot(AT + timedelta(days=3), capacity=1)
    order = place([(cake, 1, "")], slot=slot)
    services.expire_overdue(at=LATER)
    place([(cake, 1, "")], slot=slot, at=LATER)
    assert pay(order, at=LATER) == PaymentOutcome.UNFULFILLABLE
    assert Slot.objects.get(pk=slot.pk).booked == 1
    assert stock_of(cake) == (2, 1)


@pytest.mark.parametrize("made_to_order", [True, False])
def test_a_late_payment_for_what_is_marked_as_sold_out_ends_in_a_refund(made_to_order):
    cake = make_cake(stock=2, made_to_order=made_to_order)
    order = place([(cake, 1, "")])
    services.expire_overdue(at=LATER)
    stock.mark_sold_out(variant_ids=[cake.pk], sold_out=True, actor="user:1", at=LATER)
    assert pay(order, at=LATER) == PaymentOutcome.UNFULFILLABLE
    assert Slot.objects.get(pk=order.slot_id).booked == 0
    assert ledger_differences() == []


def test_unpaid_orders_expire_within_a_minute_after_their_hold(cake):
    order = place([(cake, 1, "")])
    assert services.expire_overdue(at=order.hold_expires_at - timedelta(seconds=1)) == 0
    assert stock_of(cake) == (2, 1)
    assert services.expire_overdue(at=order.hold_expires_at) == 1
    assert (status(order), stock_of(cake)) == (OrderStatus.EXPIRED, (2, 0))
    assert Slot.objects.get(pk=order.slot_id).booked == 0
    assert services.expire_overdue(at=LATER) == 0
    assert order.transitions.get().reason == "not paid in time"


def test_one_order_that_cannot_expire_does_not_keep_the_others(cake, monkeypatch):
    stuck, free = place([(cake, 1, "")]), place([(cake, 1, "")])
    release = services.holding.stock.release_hold

    def refuse_one(*, reference, **rest):
        if reference == stuck.hold_reference:
            raise NotFound("hold_not_found", "gone")
        return release(reference=reference, **rest)

    monkeypatch.setattr(services.holding.stock, "release_hold", refuse_one)
    assert services.expire_overdue(at=LATER) == 1
    assert status(free) == OrderStatus.EXPIRED
    assert status(stuck) == OrderStatus.PENDING_PAYMENT


def test_a_hold_can_be_extended_while_the_order_is_unpaid(cake):
    order = place([(cake, 1, "")])
    until = order.hold_expires_at + timedelta(minutes=20)
    assert services.extend_hold(order_id=order.pk, until=until, at=AT)
    assert Hold.objects.get(reference=order.hold_reference).expires_at == until
    assert services.expire_overdue(at=order.hold_expires_at) == 0
    assert services.expire_overdue(at=until) == 1
    assert not services.extend_hold(order_id=order.pk, until=until, at=until)


def test_a_payment_that_must_not_count_sets_the_order_aside_once(cake):
    order = place([(cake, 1, "")])
    assert services.hold_for_mismatch(order_id=order.pk, reason="test mode", at=AT)
    assert not services.hold_for_mismatch(order_id=order.pk, reason="test mode", at=AT)
    assert status(order) == OrderStatus.PAYMENT_MISMATCH
    assert pay(order) == PaymentOutcome.MISMATCH


def test_a_paid_order_is_not_set_aside(cake):
    order = place([(cake, 1, "")])
    pay(order)
    assert not services.hold_for_mismatch(order_id=order.pk, reason="test mode", at=AT)
    assert status(order) == OrderStatus.PAID


def test_a_payment_for_no_order_is_not_found():
    with pytest.raises(NotFound):
        services.confirm_payment(
            order_id=424242, payment_ref="pi_1", amount_minor=1, currency="cad", at=AT
        )


def test_what_is_payable_is_the_frozen_total_in_minor_units(cake):
    order = place([(cake, 2, "")])
    cake.price = 1
    cake.save()
    payable = selectors.payable_order(public_id=order.public_id)
    assert (payable.amount_minor, payable.currency) == (9600, "CAD")
    assert [(x.description, x.quantity) for x in payable.lines] == [("Carrot cake, 8 inch", 2)]
