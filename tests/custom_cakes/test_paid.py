"""A custom cake that is paid: everything that follows, exactly once; and by a deposit first."""

from datetime import date
from decimal import Decimal

import pytest

from apps.custom_cakes.rules.link import request_path
from apps.custom_cakes.states import RequestStatus
from apps.notifications.models import Alert, Message
from apps.orders import services as orders
from apps.orders.models import BoardEvent, Order
from apps.orders.selectors.bake_sheet import lines_to_bake
from apps.orders.states import OrderStatus
from apps.payments.models import Payment
from apps.receipts.models import Document
from bakery.kernel import clock
from tests.custom_cakes.factories import design_data, make_wishes, submit
from tests.custom_cakes.offers import approve
from tests.payments.factories import deliver, events_of, pay_at_stripe

pytestmark = pytest.mark.django_db
COMPLETED = "checkout.session.completed"


def approved():
    at = clock.now()
    wishes = make_wishes(design=design_data(tiers=2, length=10), at=at)
    quote = approve(submit(wishes=wishes, at=at), at=at)
    return quote, Order.objects.get(pk=quote.order_id)


def followed(order: Order) -> dict:
    """How often each thing that follows a payment is there."""
    return {
        "payments": Payment.objects.filter(order=order).count(),
        "receipts": Document.objects.filter(order=order).count(),
        "alerts": Alert.objects.filter(key__contains=order.number).count(),
        "on the board": BoardEvent.objects.filter(order=order, kind="new_order").count(),
        "to bake": sum(
            line.variant_id == order.lines.get().variant_id
            for line in lines_to_bake(*[clock.shop_date(order.pickup_starts_at)] * 2)
        ),
        "mails": Message.objects.filter(kind="order_paid", recipient="ada@example.com").count(),
    }


def test_receipt_kitchen_and_queue_follow_a_payment_once(sandbox, client, drain_outbox):
    _, order = approved()
    drain_outbox()
    assert set(followed(order).values()) == {0}
    pay_at_stripe(sandbox, order)
    for _ in range(3):
        deliver(client, *events_of(sandbox, COMPLETED))
        drain_outbox()
    assert followed(order) == dict.fromkeys(followed(order), 1)
    assert [label for label, _ in order.lines.get().details][:2] == [
        "Tier 1 (bottom)",
        "Tier 2 (top)",
    ]


def test_where_a_rule_asks_for_it_a_deposit_makes_the_cake_certain(sandbox, client, drain_outbox):
    rule = {"name": "half", "starts_on": date(2026, 1, 1), "percent": Decimal(50)}
    orders.add_deposit_rule(
        values={**rule, "balance_days": 2, "kept_percent": Decimal(40)},
        actor="user:1",
        at=clock.now(),
    )
    quote, order = approved()
    drain_outbox()
    half = order.deposit_total
    assert 0 < half < order.total
    # The mail and the page name the same sum as the order.
    assert str(half) in Message.objects.get(kind="approved").context["deposit"]
    assert str(half) in client.get(request_path(quote.request.public_id)).content.decode()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    order.refresh_from_db()
    quote.request.refresh_from_db()
    assert (order.status, order.paid_total) == (OrderStatus.DEPOSIT_PAID, half)
    assert quote.request.status == RequestStatus.PAID
    assert "Pay the rest" in client.get(request_path(quote.request.public_id)).content.decode()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    order.refresh_from_db()
    assert (order.status, order.paid_total) == (OrderStatus.PAID, order.total)
    assert quote.request.transitions.filter(new="paid").count() == 1
