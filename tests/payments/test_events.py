"""What Stripe's events do to an order, however often and in whatever order they come."""

from decimal import Decimal
from itertools import permutations

import pytest

from apps.notifications.models import Alert, Message
from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import CheckoutAttempt, Payment, StripeEvent
from apps.payments.services import ledger
from bakery.kernel import clock, outbox
from bakery.kernel.models import OutboxMessage
from tests.payments.factories import (
    deliver,
    event_states,
    events_of,
    open_session,
    paid_state,
    pay_at_stripe,
    place_now,
    post,
    state_of,
)

COMPLETED = "checkout.session.completed"
SUCCEEDED = "payment_intent.succeeded"


@pytest.mark.django_db
def test_a_paid_session_makes_its_order_paid(sandbox, client, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    assert state_of(order)["status"] == "pending_payment"  # the request itself only stores
    drain_outbox()
    assert state_of(order) == paid_state(order)
    payment = Payment.objects.get()
    assert str(payment.fee) == "1.69"  # 2.9 % of 48.00, and 0.30
    assert payment.method == "card"
    assert payment.charge.startswith("ch_")
    assert CheckoutAttempt.objects.get().state == "complete"


@pytest.mark.django_db(transaction=True)
def test_one_event_twenty_times_at_once_counts_once(sandbox, live_server, drain_outbox, parallel):
    """P1, over HTTP, and with every worker that could be running."""
    import requests

    from tests.payments.factories import encode, sign

    order = place_now()
    pay_at_stripe(sandbox, order)
    body = encode(events_of(sandbox, COMPLETED)[0])

    def send(_):
        return requests.post(
            f"{live_server.url}/webhooks/stripe/",
            data=body,
            headers={"Stripe-Signature": sign(body), "Content-Type": "application/json"},
            timeout=60,
        ).status_code

    assert parallel(20, send) == [200] * 20
    assert StripeEvent.objects.count() == 1
    results = parallel(4, lambda _: drain_outbox())
    assert all(isinstance(result, int) for result in results)
    assert state_of(order) == paid_state(order)
    assert OutboxMessage.objects.filter(kind="orders.paid").values(
        "handler"
    ).distinct().count() == (OutboxMessage.objects.filter(kind="orders.paid").count())
    assert Alert.objects.count() == 1
    assert Message.objects.filter(kind="alert").count() == 1


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_unique_insert_the_copies_collide(
    sandbox, client, parallel, monkeypatch
):
    """The guard off: a plain insert. The copies do arrive together, and all but one break."""
    from django.db import IntegrityError

    from tests.payments.factories import encode, sign

    order = place_now()
    pay_at_stripe(sandbox, order)
    body = encode(events_of(sandbox, COMPLETED)[0])
    insert = StripeEvent.objects.bulk_create
    monkeypatch.setattr(
        StripeEvent.objects, "bulk_create", lambda rows, ignore_conflicts: insert(rows)
    )
    results = parallel(
        8,
        lambda _: services.receive_event(body=body, signature=sign(body), at=clock.now()),
    )
    assert sum(isinstance(result, IntegrityError) for result in results) == 7


@pytest.mark.django_db
def test_stripe_being_down_only_delays_an_event(sandbox, client):
    """P14 in the worker: the event waits, and the next attempt applies it."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    sandbox.stripe.add_fault("status", times=10)
    outbox.drain(outbox.CRITICAL)
    assert list(event_states().values()) == ["received"]
    assert state_of(order)["status"] == "pending_payment"
    sandbox.stripe.clear_faults()
    OutboxMessage.objects.filter(done_at=None).update(not_before=clock.now())
    outbox.drain(outbox.CRITICAL)
    assert state_of(order) == paid_state(order)


def _apply_at_once(parallel, event_ids):
    return parallel(
        len(event_ids), lambda i: services.apply_event(event_id=event_ids[i], at=clock.now())
    )


@pytest.mark.django_db(transaction=True)
def test_two_events_of_one_payment_at_once_fulfil_it_once(sandbox, client, parallel):
    """P2: two ids, one payment intent."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    events = events_of(sandbox, COMPLETED, SUCCEEDED)
    deliver(client, *events)
    ids = [event["id"] for event in events] * 3
    assert _apply_at_once(parallel, ids) == ["applied"] * 6
    assert state_of(order) == paid_state(order)


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_two_events_collide(
    sandbox, client, parallel, monkeypatch, drain_outbox
):
    """The guard off: both look for the payment, find none, and both try to record it."""
    import threading

    order = place_now()
    pay_at_stripe(sandbox, order)
    events = events_of(sandbox, COMPLETED, SUCCEEDED)
    deliver(client, *events)
    both_looked = threading.Barrier(2, timeout=60)
    confirm = ledger.confirm_payment

    def confirm_after_both_looked(**given):
        both_looked.wait()
        return confirm(**given)

    monkeypatch.setattr(ledger, "lock_payments", lambda order_id: None)
    monkeypatch.setattr(ledger, "confirm_payment", confirm_after_both_looked)
    results = _apply_at_once(parallel, [event["id"] for event in events])
    failures = [result for result in results if isinstance(result, Exception)]
    assert len(failures) == 1
    assert "payment_intent" in str(failures[0])


# Each of the four kinds that can follow a payment, delivered in all 24 orders.
FOLLOWING = (COMPLETED, SUCCEEDED, "charge.refunded", "charge.dispute.created")


@pytest.mark.django_db
@pytest.mark.parametrize("order_of_kinds", list(permutations(FOLLOWING)))
def test_the_order_of_events_does_not_matter(order_of_kinds, sandbox, client):
    """P3: what Stripe says now decides, not which event came last."""
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    _refund_a_dollar_and_dispute(sandbox, session_id)
    for event in events_of(sandbox, *order_of_kinds):
        deliver(client, event)
        outbox.drain(outbox.CRITICAL)
    disputed = ("needs_response", order.total, [(-order.total, Decimal("15.00"))])
    gone = {"given_back": [(Decimal("1.00"), "stripe")], "credited": Decimal("1.00")}
    assert state_of(order) == paid_state(order) | gone | {"disputes": [disputed]}
    assert len(event_states()) == 4
    assert set(event_states().values()) == {"applied"}


def _refund_a_dollar_and_dispute(sandbox, session_id):
    from apps.payments.adapters.stripe_client import make_client

    stripe = make_client().v1
    intent = stripe.checkout.sessions.retrieve(session_id).payment_intent
    stripe.refunds.create(params={"payment_intent": intent, "amount": 100})
    sandbox.stripe.open_dispute(session=session_id)


@pytest.mark.django_db
def test_a_payment_intent_event_stands_in_for_a_lost_session_event(sandbox, client, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, SUCCEEDED))
    drain_outbox()
    assert state_of(order) == paid_state(order)


@pytest.mark.django_db
def test_another_amount_is_held_for_a_person(sandbox, client, drain_outbox):
    """P8, amount."""
    order = place_now()
    session_id = open_session(order)
    sandbox.stripe.change_amount(session_id, 100)
    sandbox.stripe.pay(session_id)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    state = state_of(order)
    assert state["status"] == "payment_mismatch"
    assert [(str(amount), reason) for amount, reason in state["refunds"]] == [("1.00", "mismatch")]
    assert Alert.objects.filter(key__startswith="payments:refund:").count() == 1
    assert not OutboxMessage.objects.filter(kind="orders.paid").exists()


@pytest.mark.django_db
def test_another_currency_is_held_for_a_person(sandbox, client, drain_outbox):
    """P8, currency: the order is in CAD and the session was made in USD."""
    order = place_now()
    Order.objects.filter(pk=order.pk).update(currency="USD")
    session_id = open_session(order)
    Order.objects.filter(pk=order.pk).update(currency="CAD")
    sandbox.stripe.pay(session_id)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert state_of(order)["status"] == "payment_mismatch"
    assert Payment.objects.get().currency == "USD"


@pytest.mark.django_db
def test_the_other_mode_of_stripe_is_held_for_a_person(sandbox, client, drain_outbox):
    """P8, live mode: an event that says it is live, where everything else is a test."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    event = events_of(sandbox, COMPLETED)[0]
    deliver(client, event | {"livemode": True})
    drain_outbox()
    assert state_of(order)["status"] == "payment_mismatch"
    assert not Payment.objects.exists()
    assert Alert.objects.filter(key__startswith="payments:mismatch:").count() == 1


@pytest.mark.django_db
def test_an_unknown_session_is_parked_and_applied_once_its_order_exists(
    sandbox, client, drain_outbox
):
    """P9: as after restoring a backup that is older than the payment."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    event = events_of(sandbox, COMPLETED)[0]
    public_id = order.public_id
    CheckoutAttempt.objects.all().delete()
    Order.objects.filter(pk=order.pk).update(public_id="00000000-0000-4000-8000-000000000000")
    deliver(client, event)
    drain_outbox()
    assert event_states() == {event["id"]: "parked"}
    assert Alert.objects.filter(key__startswith="payments:parked:").count() == 1
    assert services.apply_event(event_id=event["id"], at=clock.now()) == "parked"

    Order.objects.filter(pk=order.pk).update(public_id=public_id)
    assert services.apply_event(event_id=event["id"], at=clock.now()) == "applied"
    assert state_of(order)["status"] == "paid"
    assert services.apply_event(event_id=event["id"], at=clock.now()) == "applied"
    assert Payment.objects.count() == 1


@pytest.mark.django_db
def test_money_of_another_product_is_left_alone(sandbox, client, drain_outbox):
    sandbox.stripe.send_new_event(
        SUCCEEDED, {"id": "pi_other", "object": "payment_intent", "metadata": {}}
    )
    event = sandbox.stripe.events(SUCCEEDED)[-1]
    deliver(client, event)
    drain_outbox()
    assert event_states() == {event["id"]: "ignored"}
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_a_bank_debit_pays_when_the_money_comes(sandbox, client, drain_outbox):
    """P10: completed is not paid."""
    order = place_now()
    session_id = pay_at_stripe(sandbox, order, "async_success")
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    state = state_of(order)
    assert (state["status"], state["attempts"]) == ("pending_payment", ["processing"])
    sandbox.stripe.settle(session_id, succeeds=True)
    deliver(client, *events_of(sandbox, "checkout.session.async_payment_succeeded"))
    drain_outbox()
    assert state_of(order) == paid_state(order)


@pytest.mark.django_db
def test_a_bank_debit_that_fails_gives_the_goods_back(sandbox, client, drain_outbox):
    """P10, the other ending."""
    order = place_now()
    session_id = pay_at_stripe(sandbox, order, "async_failure")
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    sandbox.stripe.settle(session_id, succeeds=False)
    deliver(client, *events_of(sandbox, "checkout.session.async_payment_failed"))
    drain_outbox()
    state = state_of(order)
    assert (state["status"], state["attempts"]) == ("cancelled", ["failed"])
    assert (state["stock"], state["payments"]) == ((5, 0), [])


@pytest.mark.django_db
def test_returning_from_stripe_pays_nothing(sandbox, client):
    """P18: the customer's browser proves nothing."""
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    back = sandbox.stripe.sessions()[-1]["success_url"]
    assert str(order.public_id) in back
    for query in ("?payment=done", f"?payment=done&session_id={session_id}", "?paid=1"):
        client.get(f"/orders/{order.public_id}/{query}")
        client.get(f"/api/v1/orders/{order.public_id}{query}")
    assert state_of(order)["status"] == "pending_payment"
    assert not Payment.objects.exists()


@pytest.mark.django_db
def test_a_forged_event_pays_nothing_even_when_signed(sandbox, client, drain_outbox):
    """Stripe's word counts, not the event's: it says paid, the session is open."""
    order = place_now()
    session_id = open_session(order)
    forged = {
        "id": "evt_forged",
        "object": "event",
        "type": COMPLETED,
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": session_id, "payment_status": "paid", "status": "complete"}},
    }
    assert post(client, forged).status_code == 200
    drain_outbox()
    assert state_of(order)["status"] == "pending_payment"
