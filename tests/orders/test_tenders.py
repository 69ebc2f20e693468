"""Money at the counter, and what a paid order may still owe."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.inventory.models import Hold, Stock
from apps.inventory.selectors import ledger_differences
from apps.orders import services
from apps.orders.models import Order, Tender
from apps.orders.services import PaymentOutcome, paying
from apps.orders.services.making import ORDER_HOLD_MINUTES
from apps.orders.states import OrderStatus, TenderKind
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.loyalty.offers import make_coupon
from tests.orders.factories import (
    AT,
    CUSTOMER,
    fill_cart,
    make_cake,
    make_slot,
    pay,
    place,
    place_paid,
)

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=ORDER_HOLD_MINUTES + 1)
CASH, TERMINAL = TenderKind.CASH, TenderKind.TERMINAL


@pytest.fixture
def cake():
    return make_cake(price="48.00", stock=3)


@pytest.fixture
def waiting(cake):
    return place([(cake, 1, "")])


def take(order, amount, *, ref="slip-1", kind=CASH, at=AT, actor="user:1"):
    return services.take_tender(
        order_id=order.pk, kind=kind, amount=Decimal(amount), ref=ref, actor=actor, at=at
    )


def refused(order, amount, **options):
    with pytest.raises((Conflict, Invalid)) as error:
        take(order, amount, **options)
    return error.value.code


def read(order):
    return Order.objects.get(pk=order.pk)


def owe(order, amount):
    """Make a paid order dearer, as an edit does."""
    Order.objects.filter(pk=order.pk).update(
        subtotal=order.subtotal + Decimal(amount), total=order.total + Decimal(amount)
    )


def test_the_whole_amount_in_cash_makes_the_order_paid(waiting, cake):
    placed = take(waiting, "48.00")
    assert (placed.status, placed.paid_total, placed.balance) == (
        OrderStatus.PAID,
        Decimal("48.00"),
        0,
    )
    assert read(waiting).paid_at == AT
    assert placed.transitions.get().actor == "user:1"
    tender = Tender.objects.get()
    assert (tender.kind, tender.amount, tender.ref, tender.taken_by) == (
        "cash",
        Decimal("48.00"),
        "slip-1",
        "user:1",
    )
    assert OutboxMessage.objects.filter(kind="orders.paid").exists()
    assert AuditEntry.objects.filter(action="order.tender").count() == 1
    assert Stock.objects.get(pk=cake.pk).on_hand == 2
    assert ledger_differences() == []


def test_a_part_keeps_the_goods_until_pickup_and_the_rest_is_due(waiting):
    take(waiting, "20.00")
    order = read(waiting)
    assert (order.status, order.balance) == (OrderStatus.PENDING_PAYMENT, Decimal("28.00"))
    assert order.hold_expires_at == order.pickup_ends_at
    assert Hold.objects.get(reference=order.hold_reference).expires_at == order.pickup_ends_at
    assert services.expire_overdue(at=LATER) == 0
    take(waiting, "28.00", ref="slip-2", kind=TERMINAL, at=LATER)
    assert read(waiting).status == OrderStatus.PAID
    assert list(Tender.objects.order_by("pk").values_list("kind", flat=True)) == [
        "cash",
        "terminal",
    ]


def test_the_rest_may_be_paid_online(waiting):
    take(waiting, "20.00")
    assert pay(waiting, amount=2800) == PaymentOutcome.CONFIRMED
    order = read(waiting)
    assert (order.status, order.paid_total, order.payment_ref) == (
        OrderStatus.PAID,
        Decimal("48.00"),
        "pi_1",
    )


def test_the_same_slip_counts_once_and_for_one_order_only(waiting, cake):
    take(waiting, "20.00")
    take(waiting, "20.00")
    assert read(waiting).paid_total == Decimal("20.00")
    assert refused(waiting, "10.00") == "ref_known"
    assert refused(place([(cake, 1, "")]), "20.00") == "ref_known"
    assert AuditEntry.objects.filter(action="order.tender").count() == 1


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("48.01", "too_much"),
        ("1e7", "too_much"),
        ("0", "bad_amount"),
        ("-1.00", "bad_amount"),
        ("1.001", "bad_amount"),
        ("NaN", "bad_amount"),
        ("Infinity", "bad_amount"),
        ("1e400", "bad_amount"),
        ("1e-400", "bad_amount"),
    ],
)
def test_an_amount_that_cannot_be_taken_is_refused(waiting, amount, code):
    assert refused(waiting, amount) == code
    assert not Tender.objects.exists()


@pytest.mark.parametrize("ref", ["", "x" * 201, "a\0b"])
def test_a_payment_needs_a_name(waiting, ref):
    assert refused(waiting, "48.00", ref=ref) == "bad_ref"


def test_online_money_is_not_taken_at_the_counter(waiting):
    assert refused(waiting, "48.00", kind=TenderKind.ONLINE) == "bad_ref"


def test_an_order_that_lapsed_takes_no_money(waiting):
    assert refused(waiting, "10.00", at=LATER) == "order_expired", "its time is over already"
    services.expire_overdue(at=LATER)
    assert refused(waiting, "48.00", at=LATER) == "order_expired"


def test_orders_that_are_paid_or_under_review_owe_nothing(cake):
    assert refused(place_paid([(cake, 1, "")]), "1.00") == "too_much"
    odd = place([(cake, 1, "")])
    pay(odd, ref="pi_odd", amount=1)
    assert refused(odd, "48.00") == "not_payable"


def test_a_payment_online_after_the_till_is_a_second_payment(waiting):
    take(waiting, "48.00")
    assert pay(waiting) == PaymentOutcome.SECOND_PAYMENT
    assert read(waiting).paid_total == Decimal("48.00")


def test_what_an_edit_made_dearer_is_paid_online_exactly(cake):
    order = place_paid([(cake, 1, "")])
    owe(order, "5.00")
    assert pay(order, ref="pi_2", amount=400) == PaymentOutcome.SECOND_PAYMENT
    assert pay(order, ref="pi_2", amount=500) == PaymentOutcome.CONFIRMED
    assert pay(order, ref="pi_2", amount=500) == PaymentOutcome.ALREADY_CONFIRMED
    assert pay(order, ref="pi_1", amount=4800) == PaymentOutcome.ALREADY_CONFIRMED
    assert pay(order, ref="pi_3", amount=500) == PaymentOutcome.SECOND_PAYMENT
    after = read(order)
    assert (after.balance, after.payment_ref, after.status) == (0, "pi_1", OrderStatus.PAID)
    assert sum(Tender.objects.values_list("amount", flat=True)) == after.paid_total


def test_what_an_edit_made_dearer_is_paid_at_the_counter(cake):
    order = place_paid([(cake, 1, "")])
    owe(order, "5.00")
    take(order, "2.00")
    take(order, "3.00", ref="slip-2")
    assert read(order).balance == 0
    services.cancel_order(order_id=order.pk, actor="user:1", reason="test", at=AT)
    owe(read(order), "5.00")
    assert pay(order, ref="pi_9", amount=500) == PaymentOutcome.SECOND_PAYMENT
    assert refused(order, "5.00", ref="slip-3") == "not_payable"


def at_the_till_together(parallel, order):
    return parallel(
        2,
        lambda number: take(order, "30.00", ref=f"slip-{number}", actor=f"user:{number}"),
    )


@pytest.mark.django_db(transaction=True)
def test_two_tills_do_not_take_more_than_is_due(parallel):
    order = place([(make_cake(price="48.00"), 1, "")])
    results = at_the_till_together(parallel, order)
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert read(order).paid_total == Decimal("30.00")


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_orders_lock_both_tills_take_it(parallel, monkeypatch):
    order = place([(make_cake(price="48.00"), 1, "")])
    barrier = threading.Barrier(2)

    def read_together(queryset, *, what):
        row = queryset.get()
        barrier.wait(60)
        return row

    monkeypatch.setattr(paying, "lock_one", read_together)
    results = at_the_till_together(parallel, order)
    assert not any(isinstance(result, Exception) for result in results), results
    assert sum(Tender.objects.values_list("amount", flat=True)) == Decimal("60.00")


def test_a_coupons_order_is_taken_at_its_lowered_price(cake):
    make_coupon("TENOFF", at=AT)
    cart = fill_cart([(cake, 1, "")])
    services.add_code(cart_id=cart.pk, user_id=None, code="TENOFF", at=AT)
    order = services.place_order(
        cart_id=cart.pk, customer=CUSTOMER, slot_id=make_slot().pk, expected_total=None, at=AT
    )
    assert refused(order, "48.00") == "too_much"
    assert take(order, "43.20").status == OrderStatus.PAID
