"""Money in combinations: changes of deliveries, parts that were paid, what earns points."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.template.loader import render_to_string

from apps.inventory import services as stock
from apps.loyalty.models import PointsAccount, Redemption
from apps.orders import selectors, services
from apps.orders.models import Order
from apps.orders.rules.order_data import Address, Terms
from apps.orders.services import EditWish, LineWish
from apps.orders.states import Fulfilment, OrderStatus, TenderKind
from bakery.kernel.errors import Invalid
from tests.loyalty.members import issue, make_member
from tests.loyalty.offers import make_promotion
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_slot, make_variant, pay, place

pytestmark = pytest.mark.django_db
STAFF = "user:1"
ADDRESS = Address(
    recipient="Ada Byron",
    line1="12 King Street",
    city="Toronto",
    postcode="M5V 3A8",
    country="CA",
)


def edit(order, quantity, *, slot=None):
    order.refresh_from_db()
    wish = EditWish(
        revision=order.revision,
        lines=(LineWish(position=1, quantity=quantity),),
        slot_id=slot.pk if slot else None,
    )
    services.edit_order(order_id=order.pk, wish=wish, actor=STAFF, at=AT)
    order.refresh_from_db()


def take_cash(order, amount):
    services.take_tender(
        order_id=order.pk,
        kind=TenderKind.CASH,
        amount=Decimal(amount),
        ref=uuid4().hex,
        actor=STAFF,
        at=AT,
    )
    order.refresh_from_db()


def deliver(quantity, **zone):
    """Return an order of pieces at 10.00 that is brought to an address of a zone."""
    values = {"name": "Downtown", "kind": "postcode", "postcodes": ["M5V"], "fee": Decimal(8)}
    drawn = services.add_zone(values=values | zone, actor=STAFF, at=AT)
    order = services.place_order(
        cart_id=fill_cart([(make_variant(stock=30), quantity, "")]).pk,
        customer=CUSTOMER,
        slot_id=make_slot().pk,
        expected_total=None,
        terms=Terms(fulfilment=Fulfilment.DELIVERY, address=ADDRESS),
        at=AT,
    )
    return order, drawn


def test_a_change_does_not_keep_free_delivery_of_a_larger_order():
    order, _ = deliver(5, free_from=Decimal(50))
    assert order.delivery_fee == 0
    edit(order, 4)
    assert order.delivery_fee == Decimal("8.00")
    edit(order, 6)
    assert order.delivery_fee == 0


def test_a_change_keeps_the_agreed_fee_whatever_the_zone_asks_today():
    order, zone = deliver(3, free_from=Decimal(50))
    services.change_zone(zone_id=zone.pk, values={"fee": Decimal(20)}, actor=STAFF, at=AT)
    edit(order, 4)
    assert order.delivery_fee == Decimal("8.00")


def test_a_change_does_not_take_a_delivery_below_its_minimum():
    order, _ = deliver(5, minimum=Decimal(40))
    edit(order, 4)
    with pytest.raises(Invalid) as refused:
        edit(order, 3)
    assert refused.value.code == "below_minimum"
    assert refused.value.details == {"minimum": "40.00", "missing": "10.00"}


def test_who_paid_a_part_has_until_the_new_pickup_for_the_rest():
    order = place([(make_variant(), 2, "")])
    take_cash(order, "5.00")
    assert order.hold_expires_at == order.pickup_ends_at
    edit(order, 2, slot=make_slot(AT + timedelta(days=9)))
    assert order.hold_expires_at == order.pickup_ends_at
    services.expire_overdue(at=order.pickup_ends_at - timedelta(minutes=1))
    order.refresh_from_db()
    assert order.status == OrderStatus.PENDING_PAYMENT


def mail_of(order):
    return render_to_string(
        "orders/mail/order_expired.txt", selectors.mail_of(order.pk, at=AT).context
    )


def test_nothing_is_due_of_an_order_that_ended_and_a_part_of_it_is_said_to_go_back():
    order = place([(make_variant(), 2, "")])
    assert order.due == order.balance == Decimal("22.60")
    assert "nothing is owed" in mail_of(order)
    take_cash(order, "5.00")
    services.cancel_order(order_id=order.pk, actor=STAFF, reason="x", at=AT)
    order.refresh_from_db()
    assert (order.due, order.balance) == (0, Decimal("22.60"))
    rows = selectors.order_view(order, at=AT).sums.rows()
    assert [(row.kind, row.amount) for row in rows[-3:]] == [
        ("total", Decimal("22.60")),
        ("paid", Decimal("-5.00")),
        ("refunded", Decimal("5.00")),
    ]
    assert "What you paid is given back" in mail_of(order)


def test_goods_earn_however_they_are_paid_without_tax_and_delivery():
    user = make_member(at=AT)
    order = place([(make_variant(), 3, "")], customer=replace(CUSTOMER, user_id=user.pk))
    assert order.total > order.subtotal == Decimal("30.00")
    card = issue("10.00", at=AT)
    Order.objects.filter(pk=order.pk).update(gift_card_total=card.balance)
    order.refresh_from_db()
    pay(order, amount=int(order.balance * 100))
    for step in (services.start_production, services.mark_ready):
        step(order_id=order.pk, actor=STAFF, at=AT)
    services.mark_collected(
        order_id=order.pk, proof=services.Proof(reason="known"), actor=STAFF, at=AT
    )
    assert PointsAccount.objects.get(pk=user.pk).balance == 30


def test_a_use_that_was_never_given_up_is_used_by_a_payment_whose_hold_was_gone():
    make_promotion(at=AT)
    order = place([(make_variant(), 2, "")])
    stock.release_hold(reference=order.hold_reference, reason="by hand", at=AT)
    pay(order)
    order.refresh_from_db()
    assert (order.status, Redemption.objects.get().state) == (OrderStatus.PAID, "consumed")
