"""Promotions with real orders: placed, paid, changed, called off, lapsed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.loyalty.models import Promotion, Redemption
from apps.orders import services
from apps.orders.models import Order
from apps.orders.services import EditWish, LineWish
from tests.loyalty.offers import make_promotion
from tests.orders.factories import AT, make_variant, pay, place

pytestmark = pytest.mark.django_db


def uses():
    """The state of each use, and the counter of each promotion."""
    return (
        list(Redemption.objects.order_by("promotion_id").values_list("state", flat=True)),
        list(Promotion.objects.order_by("pk").values_list("used", flat=True)),
    )


def edit(order, quantity):
    order = Order.objects.get(pk=order.pk)
    wish = EditWish(
        revision=order.revision, lines=[LineWish(position=1, quantity=quantity)], slot_id=None
    )
    services.edit_order(order_id=order.pk, wish=wish, actor="user:1", at=AT)
    return Order.objects.get(pk=order.pk)


def test_an_order_reserves_payment_consumes_and_calling_off_gives_back():
    make_promotion(at=AT)
    order = place([(make_variant(price="10.00"), 2, "")])
    assert (order.discount_total, uses()) == (Decimal("2.00"), (["reserved"], [1]))
    assert Redemption.objects.get().reference == order.hold_reference
    pay(order)
    assert uses() == (["consumed"], [1])
    services.cancel_order(order_id=order.pk, actor="user:1", reason="changed their mind", at=AT)
    assert uses() == (["released"], [0])


def test_an_order_that_lapses_gives_its_use_back_and_a_late_payment_takes_it_again():
    make_promotion(at=AT, max_uses=1)
    order = place([(make_variant(price="10.00"), 2, "")])
    services.expire_overdue(at=AT + timedelta(days=1))
    assert uses() == (["released"], [0])
    order.refresh_from_db()
    pay(order, at=AT + timedelta(days=1))
    assert uses() == (["consumed"], [1])


def test_a_promotion_that_comes_to_a_paid_order_by_an_edit_is_used():
    make_promotion(at=AT, kind="amount", value=Decimal(5), threshold=Decimal(50))
    order = place([(make_variant(price="10.00"), 2, "")])
    pay(order)
    assert uses() == ([], [0])
    assert edit(order, 6).discount_total == Decimal("5.00")
    assert uses() == (["consumed"], [1])
    assert edit(order, 3).discount_total == 0
    assert uses() == (["released"], [0])
    assert edit(order, 5).discount_total == Decimal("5.00")
    assert uses() == (["consumed"], [1])


def test_a_promotion_that_ended_stays_with_the_order_that_has_it():
    promotion = make_promotion(at=AT)
    order = place([(make_variant(price="10.00"), 2, "")])
    pay(order)
    Promotion.objects.filter(pk=promotion.pk).update(is_active=False, max_uses=1)
    assert edit(order, 3).discount_total == Decimal("3.00")
    assert uses() == (["consumed"], [1])
