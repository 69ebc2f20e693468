"""Money for an offer whose place another one took: it goes back, and nothing comes to life."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.inventory.models import Slot
from apps.inventory.selectors import ledger_differences
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.rules.pay_link import pay_path
from apps.orders.states import OrderStatus
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from bakery.kernel import clock
from bakery.kernel.models import OutboxMessage
from tests.orders.factories import make_slot, on_open_day
from tests.orders.private import place_private
from tests.payments.factories import deliver, events_of, open_session, pay_at_stripe

pytestmark = pytest.mark.django_db
COMPLETED = "checkout.session.completed"


@pytest.fixture
def offer():
    return place_private(at=clock.now(), slot=make_slot(on_open_day(9)))


def status_of(order):
    return Order.objects.get(pk=order.pk).status


def supersede(order):
    return orders.supersede_order(
        order_id=order.pk, reason="new offer", actor="user:1", at=clock.now()
    )


def test_an_offer_is_paid_by_its_link_at_the_agreed_price(sandbox, client, drain_outbox, offer):
    session = pay_at_stripe(sandbox, offer)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert session
    offer.refresh_from_db()
    assert (offer.status, offer.paid_total) == (OrderStatus.PAID, Decimal("412.50"))
    assert sandbox.stripe.sessions()[-1]["amount_total"] == 41250


def test_superseding_closes_the_page_that_is_open_at_stripe(sandbox, drain_outbox, offer):
    session = open_session(offer)
    assert supersede(offer)
    drain_outbox()
    assert sandbox.stripe.pay(session)["result"] == "expired"


def test_no_new_page_opens_for_a_superseded_offer(sandbox, client, offer):
    supersede(offer)
    refused = client.post(pay_path(offer.public_id))
    assert refused.status_code in {302, 303, 409}
    api = client.post(f"/api/v1/orders/{offer.public_id}/pay")
    assert api.status_code == 409
    assert not CheckoutAttempt.objects.exists()
    assert sandbox.stripe.sessions() == []


def test_money_that_was_under_way_goes_back_though_the_place_is_free(
    sandbox, client, drain_outbox, offer
):
    """O8: the webhook comes after another offer took this one's place."""
    pay_at_stripe(sandbox, offer)
    assert supersede(offer)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert status_of(offer) == OrderStatus.PAID_UNFULFILLABLE
    (payment,) = Payment.objects.filter(order=offer)
    assert (payment.amount, payment.outcome) == (offer.total, "unfulfillable")
    refund = RefundRequest.objects.get(order=offer)
    assert (refund.amount, refund.reason, refund.status) == (
        offer.total,
        "late_payment",
        "awaiting_approval",
    )
    assert Slot.objects.get(pk=offer.slot_id).booked == 0
    assert not OutboxMessage.objects.filter(kind="orders.paid").exists()
    assert ledger_differences() == []


@pytest.mark.control
def test_control_an_order_that_merely_ended_would_come_to_life(
    sandbox, client, drain_outbox, offer
):
    pay_at_stripe(sandbox, offer)
    orders.cancel_order(order_id=offer.pk, actor="user:1", reason="x", at=clock.now())
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert status_of(offer) == OrderStatus.PAID


def test_a_lapsed_offer_that_was_renewed_is_not_paid_by_its_old_page(
    sandbox, client, drain_outbox, offer
):
    pay_at_stripe(sandbox, offer)
    Order.objects.filter(pk=offer.pk).update(hold_expires_at=clock.now() - timedelta(seconds=1))
    assert orders.expire_overdue(at=clock.now()) == 1
    assert supersede(offer)
    again = place_private(
        at=clock.now(), slot=make_slot(on_open_day(9)), number=f"{offer.number}-2"
    )
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert status_of(offer) == OrderStatus.PAID_UNFULFILLABLE
    assert status_of(again) == OrderStatus.PENDING_PAYMENT
