"""Who paid is taken out of what Stripe sent; the sums stay and can be applied again."""

from dataclasses import replace

import pytest

from apps.orders import services as orders
from apps.payments import services
from apps.payments.models import Payment, StripeEvent
from apps.payments.rules.personal import without_person
from bakery.kernel import clock
from tests.orders.factories import CUSTOMER
from tests.payments.factories import deliver, pay_at_stripe, place_now, state_of

WHO = {"name": "Zanzi", "email": "z@example.com", "address": {"city": "Toronto", "line1": None}}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"object": "checkout.session", "customer_details": WHO},
         {"object": "checkout.session", "customer_details":
            {"name": None, "email": None, "address": {"city": None, "line1": None}}}),
        ({"object": "charge", "billing_details": WHO, "receipt_email": "z@example.com"},
         {"object": "charge", "receipt_email": None, "billing_details":
            {"name": None, "email": None, "address": {"city": None, "line1": None}}}),
        ({"object": "customer", "name": "Zanzi", "email": "z@example.com", "currency": "cad"},
         {"object": "customer", "name": None, "email": None, "currency": "cad"}),
        ({"object": "item", "name": "Cake"}, {"object": "item", "name": "Cake"}),
        ({"object": "event", "data": {"object": {"object": "dispute", "amount": 5,
          "evidence": {"customer_name": "Zanzi"}}}},
         {"object": "event", "data": {"object": {"object": "dispute", "amount": 5,
          "evidence": {"customer_name": None}}}}),
        ([{"phone": "+1"}], [{"phone": None}]),
        ("text", "text"),
    ],
)  # fmt: skip
def test_a_person_is_taken_out_and_nothing_else(given, left):
    assert without_person(given) == left
    assert without_person(left) == left


@pytest.mark.django_db
def test_an_erasure_reaches_the_events_of_stripe(sandbox, client, drain_outbox):
    order, other = place_now(), place_now(customer=replace(CUSTOMER, email="other@example.com"))
    for each in (order, other):
        session_id = pay_at_stripe(sandbox, each)
    deliver(client, *(e for e in sandbox.stripe.events() if e["type"] in KINDS))
    drain_outbox()
    before, payments = state_of(order), list(Payment.objects.order_by("pk").values())
    assert mentions(order.customer_email)
    orders.cancel_order(order_id=order.pk, actor="customer", reason="", at=clock.now())
    drain_outbox()
    count = orders.erase_guest(
        email=order.customer_email, actor="user:1", reason="asked", at=clock.now()
    )
    drain_outbox()
    assert count == 1
    assert not mentions(order.customer_email)
    assert mentions("other@example.com")
    assert list(Payment.objects.order_by("pk").values()) == payments
    assert before["payments"] == state_of(order)["payments"]
    assert services.erase_payer(order_id=order.pk) == 0
    assert session_id in "".join(StripeEvent.objects.values_list("payload", flat=True))


KINDS = ("checkout.session.completed", "payment_intent.succeeded", "charge.succeeded")


def mentions(text: str) -> int:
    return StripeEvent.objects.filter(payload__contains=text).count()
