"""Who paid is taken out of what Stripe sent; the sums stay and can be applied again."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from apps.orders import selectors
from apps.orders import services as orders
from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import CheckoutAttempt, Dispute, Payment, StripeEvent
from apps.payments.rules.personal import without_person
from apps.payments.states import RefundReason
from apps.receipts import services as receipts
from bakery.kernel import clock
from tests.orders.factories import AT, CUSTOMER, place_paid
from tests.orders.test_personal import traces
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


@pytest.fixture
def collected():
    """An order that was handed over, what its customer wrote about it, and a lost dispute."""
    order = place_paid(at=AT)
    Order.objects.filter(pk=order.pk).update(status="collected")
    attempt = CheckoutAttempt.objects.create(
        order=order, number=1, idempotency_key="erased", amount=order.total,
        currency=order.currency, expires_at=AT, planned_at=AT,
    )  # fmt: skip
    payment = Payment.objects.create(
        order=order, attempt=attempt, payment_intent="pi_erased", charge="ch_erased",
        amount=order.total, currency=order.currency, outcome="confirmed", recorded_at=AT,
    )  # fmt: skip
    (refund,) = services.request_refund_of(
        order_id=order.pk,
        reason=RefundReason.GOODS,
        amount=Decimal(1),
        explanation="Zanzibara was ill of it.",
        by="customer",
        reference="erased",
        at=AT,
    )
    note = "Dear Zanzibara, it was eaten."
    services.reject_refund(public_id=refund.public_id, by="user:1", note=note, at=AT)
    Dispute.objects.create(
        stripe_id="du_erased", payment=payment, order=order, amount=1, currency=order.currency,
        reason="general", status="lost", opened_at=AT, closed_at=AT,
        answer={"customer_name": "Zanzibara"},
    )  # fmt: skip
    return order


def erase(order, drain_outbox):
    drain_outbox()
    orders.erase_guest(email=order.customer_email, actor="user:1", reason="asked", at=AT)
    drain_outbox()


@pytest.mark.django_db
def test_an_erasure_reaches_what_was_written_about_refunds_and_disputes(collected, drain_outbox):
    assert traces(["Zanzibara"])
    erase(collected, drain_outbox)
    assert traces(["Zanzibara"]) == []


@pytest.mark.django_db
def test_the_answer_to_an_open_dispute_stays_until_it_is_over(collected, drain_outbox):
    Dispute.objects.update(status="under_review", closed_at=None)
    erase(collected, drain_outbox)
    assert traces(["Zanzibara"]) == [("payments_dispute", "answer", 1)]
    Dispute.objects.update(status="won", closed_at=AT)
    hear("du_erased", "dispute", {"evidence": {"customer_name": "Zanzibara"}})
    assert services.erase_late_payers(at=AT) == 1
    assert traces(["Zanzibara"]) == []


@pytest.mark.django_db
def test_what_stripe_says_later_of_an_erased_order_is_erased_as_well(collected, drain_outbox):
    erase(collected, drain_outbox)
    hear("ch_erased", "charge", {"billing_details": WHO})
    hear("ch_others", "charge", {"billing_details": WHO})
    assert services.erase_late_payers(at=AT) == 1
    assert services.erase_late_payers(at=AT) == 0
    kept = StripeEvent.objects.filter(payload__contains="Zanzi").values_list("object_id", flat=True)
    assert list(kept) == ["ch_others"]


@pytest.mark.django_db
def test_nothing_new_is_written_about_who_was_erased(collected, drain_outbox, client, settings):
    settings.REFUND_REQUEST_DAYS = 36_500
    page = f"/orders/{collected.public_id}/refunds/"
    assert client.get(page).status_code == 200
    erase(collected, drain_outbox)
    assert client.get(page).status_code == 409
    body = {"lines": [{"position": 1, "quantity": 1}], "explanation": "Zanzibara again"}
    reply = client.post(
        f"/api/v1/orders/{collected.public_id}/refund-requests", body,
        content_type="application/json", headers={"Idempotency-Key": "again"},
    )  # fmt: skip
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "not_refundable")


def hear(object_id: str, kind: str, fields: dict) -> None:
    """Keep an event of Stripe's about something."""
    said = {"object": "event", "data": {"object": {"id": object_id, "object": kind, **fields}}}
    StripeEvent.objects.create(
        id=f"evt_{object_id}", type=f"{kind}.updated", livemode=False, api_created=AT,
        object_id=object_id, payload=json.dumps(said), received_at=AT, state="applied",
    )  # fmt: skip


@pytest.mark.django_db
def test_people_take_along_what_is_kept_of_their_money(collected):
    services.request_refund_of(
        order_id=collected.pk, reason=RefundReason.GOODWILL, amount=Decimal(2), by="user:1",
        explanation="a colleague's words", reference="theirs", at=AT,
    )  # fmt: skip
    document = receipts.settle_documents(order_id=collected.pk, at=AT)
    text = "".join(selectors.mailbox_json(collected.customer_email, at=AT))
    (order,) = json.loads(text)["orders"]
    assert [row["payment_intent"] for row in order["payments"]] == ["pi_erased"]
    (refund,) = order["refunds"]
    assert refund["explanation"] == "Zanzibara was ill of it."
    assert refund["decision_note"] == "Dear Zanzibara, it was eaten."
    assert order["disputes"][0]["answer"] == {"customer_name": "Zanzibara"}
    assert [row["number"] for row in order["documents"]] == [document.number]
    assert "colleague" not in text
