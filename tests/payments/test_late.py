"""Money that comes after the order was given up, or comes twice; and orders that end."""

from datetime import timedelta

import pytest

from apps.inventory.selectors import ledger_differences
from apps.orders import services as orders
from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from bakery.kernel import clock, outbox
from bakery.kernel.models import OutboxMessage
from tests.orders.factories import make_cake
from tests.payments.factories import (
    deliver,
    events_of,
    open_session,
    paid_state,
    pay_at_stripe,
    place_now,
    state_of,
)

pytestmark = pytest.mark.django_db
COMPLETED = "checkout.session.completed"


def expire(order) -> None:
    """Let the hold run out and the sweeper pass; its handlers are not run yet."""
    Order.objects.filter(pk=order.pk).update(hold_expires_at=clock.now() - timedelta(seconds=1))
    assert orders.expire_overdue(at=clock.now()) == 1


def test_a_late_payment_takes_the_goods_when_they_are_still_there(sandbox, client):
    """P11."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    expire(order)
    assert state_of(order)["stock"] == (5, 0)
    deliver(client, *events_of(sandbox, COMPLETED))
    outbox.drain(outbox.CRITICAL)
    assert state_of(order) == paid_state(order) | {"moves": 2}
    assert ledger_differences() == []


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_a_late_payment_for_goods_that_are_gone_waits_to_go_back(
    sandbox, client, drain_outbox, ending
):
    """P11: the last cake went to somebody else in between."""
    cake = make_cake(stock=1)
    order = place_now(cake=cake)
    pay_at_stripe(sandbox, order)
    if ending == "expired":
        expire(order)
    else:
        orders.cancel_order(order_id=order.pk, actor="customer", reason="", at=clock.now())
    other = place_now(cake=cake)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    state = state_of(order)
    assert state["status"] == "paid_unfulfillable"
    assert state["payments"] == [(order.total, "CAD", "unfulfillable")]
    assert state["refunds"] == [(order.total, "late_payment")]
    assert RefundRequest.objects.get().status == "awaiting_approval"
    assert state["stock"] == (1, 1)  # the other customer's
    assert state_of(other)["status"] == "pending_payment"
    assert not OutboxMessage.objects.filter(kind="orders.paid").exists()
    # Applying it again neither takes the cake that came free meanwhile nor asks twice.
    expire(other)
    event_id = events_of(sandbox, COMPLETED)[0]["id"]
    services.apply_event(event_id=event_id, at=clock.now())
    services.check_attempt(attempt_id=CheckoutAttempt.objects.get(order=order).pk, at=clock.now())
    assert state_of(order)["status"] == "paid_unfulfillable"
    assert RefundRequest.objects.count() == 1


def test_a_second_payment_waits_to_go_back(sandbox, client, drain_outbox):
    order = place_now()
    first = open_session(order)
    CheckoutAttempt.objects.update(expires_at=clock.now())
    second = open_session(order)
    for session in (first, second):
        sandbox.stripe.pay(session)
    paid = [event for event in sandbox.stripe.events() if event["type"] == COMPLETED]
    deliver(client, *paid)
    drain_outbox()
    state = state_of(order)
    assert state["status"] == "paid"
    assert sorted(p[2] for p in state["payments"]) == ["confirmed", "second_payment"]
    assert state["refunds"] == [(order.total, "second_payment")]
    assert state["stock"] == (4, 0)


def test_a_paid_order_closes_the_pages_that_are_still_open(sandbox, client, drain_outbox):
    order = place_now()
    first = open_session(order)
    CheckoutAttempt.objects.update(expires_at=clock.now())
    second = open_session(order)
    sandbox.stripe.pay(first)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert sandbox.stripe.pay(second)["result"] == "expired"
    assert state_of(order)["status"] == "paid"


def test_a_parked_event_is_asked_about_once_an_hour(sandbox, client):
    order = place_now()
    pay_at_stripe(sandbox, order)
    CheckoutAttempt.objects.all().delete()
    Order.objects.filter(pk=order.pk).update(public_id="00000000-0000-4000-8000-000000000000")
    deliver(client, *events_of(sandbox, COMPLETED))
    outbox.drain(outbox.CRITICAL)
    Order.objects.filter(pk=order.pk).update(public_id=order.public_id)
    assert services.retry_events(at=clock.now() + timedelta(minutes=30)) == 0
    assert services.retry_events(at=clock.now() + timedelta(minutes=61)) == 1
    assert state_of(order)["status"] == "paid"


def test_an_expired_order_closes_its_page(sandbox, drain_outbox):
    order = place_now()
    session_id = open_session(order)
    expire(order)
    drain_outbox()
    assert sandbox.stripe.sessions()[-1]["status"] == "expired"
    assert CheckoutAttempt.objects.get(session_id=session_id).state == "expired"
    assert sandbox.stripe.pay(session_id)["result"] == "expired"


def test_closing_a_page_that_was_paid_meanwhile_counts_the_payment(sandbox, drain_outbox):
    """No webhook came at all; Stripe says complete when we ask it to expire."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    expire(order)
    drain_outbox()
    assert state_of(order)["status"] == "paid"


def test_a_cancelled_paid_order_asks_for_its_money(sandbox, client, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    orders.cancel_order(order_id=order.pk, actor="user:1", reason="ill", at=clock.now())
    drain_outbox()
    assert state_of(order)["refunds"] == [(order.total, "order_cancelled")]
    assert services.request_refunds(order_id=order.pk, by="system", at=clock.now()) == 0


def test_a_payment_without_a_webhook_is_found_by_asking(sandbox):
    """P19."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    at = clock.now()
    assert services.check_open_attempts(at=at) == 0  # its webhook may still come
    later = at + timedelta(minutes=6)
    assert services.check_open_attempts(at=later) == 1
    assert state_of(order)["status"] == "paid"
    assert Payment.objects.get().event_id == ""
    assert services.check_open_attempts(at=later + timedelta(minutes=10)) == 0


def test_asking_stops_while_stripe_is_down(sandbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    sandbox.stripe.add_fault("status", times=10)
    later = clock.now() + timedelta(minutes=6)
    assert services.check_open_attempts(at=later) == 0
    sandbox.stripe.clear_faults()
    assert services.check_open_attempts(at=later) == 1
    assert state_of(order)["status"] == "paid"


def test_an_event_whose_handler_gave_up_is_applied_later(sandbox, client):
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    OutboxMessage.objects.filter(kind="payments.stripe_event_received").update(dead_at=clock.now())
    assert services.retry_events(at=clock.now()) == 0
    assert services.retry_events(at=clock.now() + timedelta(minutes=20)) == 1
    assert state_of(order) == paid_state(order)


def test_a_session_that_ran_out_leaves_the_order_payable(sandbox, client):
    order = place_now()
    session_id = open_session(order)
    sandbox.stripe.expire(session_id)
    deliver(client, *events_of(sandbox, "checkout.session.expired"))
    outbox.drain(outbox.CRITICAL)
    state = state_of(order)
    assert (state["status"], state["attempts"]) == ("pending_payment", ["expired"])
    assert open_session(order) != session_id
