"""O8 over HTTP: paid before approval, by an expired link, or at a price from before: refused."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.custom_cakes import services
from apps.custom_cakes.models import Quote
from apps.custom_cakes.rules.link import request_path, request_token
from apps.custom_cakes.states import RequestStatus
from apps.inventory.models import Slot
from apps.orders import services as orders
from apps.orders.models import CartLine, Order
from apps.orders.rules.pay_link import pay_path
from apps.orders.states import OrderStatus
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from bakery.kernel import clock
from tests.custom_cakes.factories import design_data, make_wishes, submit
from tests.custom_cakes.offers import STAFF, approve, counter
from tests.payments.factories import deliver, events_of, open_session, pay_at_stripe

pytestmark = pytest.mark.django_db
COMPLETED = "checkout.session.completed"


def fresh():
    at = clock.now()
    return submit(wishes=make_wishes(at=at), at=at)


def approved(**values) -> Quote:
    return approve(fresh(), at=clock.now(), **values)


def knock(client, request) -> list[int]:
    """Try every door to a payment that somebody may guess who knows all of a request's keys."""
    key, token = request.public_id, request_token(request.public_id)
    return [
        reply.status_code
        for reply in (
            client.post(pay_path(key)),
            client.post(f"/pay/{token}/"),
            client.post(f"/orders/{key}/pay/"),
            client.post(f"/api/v1/orders/{key}/pay"),
            client.post(f"/api/v1/orders/{request.number}/pay"),
            client.post(f"/api/v1/custom-cakes/{token}/accept", {}, "application/json"),
            client.post(f"/api/v1/custom-cakes/{token}/renew", {}, "application/json"),
            client.post(f"/api/v1/custom-cakes/{token}/pay", {}, "application/json"),
            client.post(f"{request_path(key)}do/", {"action": "accept"}),
            client.post(f"{request_path(key)}do/", {"action": "pay"}),
            client.patch(
                f"/api/v1/custom-cakes/{token}",
                {"status": "approved_awaiting_payment", "order": 1},
                "application/json",
            ),
        )
    ]


def nothing_payable(sandbox):
    assert not CheckoutAttempt.objects.exists()
    assert sandbox.stripe.sessions() == []


def test_before_approval_no_door_leads_to_a_payment(sandbox, client):
    request = fresh()
    for step in ("sent", "asked", "answered", "refused"):
        if step == "asked":
            services.ask_customer(
                request_id=request.pk,
                expected_version=1,
                text="Which blue?",
                actor=STAFF,
                at=clock.now(),
            )
        elif step == "answered":
            services.answer_question(request_id=request.pk, text="Sky", at=clock.now())
        elif step == "refused":
            services.reject_request(
                request_id=request.pk, expected_version=3, reason="no", actor=STAFF, at=clock.now()
            )
        codes = knock(client, request)
        assert all(code in {302, 303, 400, 404, 405, 409, 429} for code in codes), (step, codes)
        assert not Order.objects.exists(), step
    nothing_payable(sandbox)


def test_a_counter_offer_is_not_payable_before_it_is_taken(sandbox, client):
    request = fresh()
    quote = counter(request, at=clock.now())
    doors = [
        client.post(pay_path(request.public_id)),
        client.post(f"/api/v1/orders/{request.public_id}/pay"),
        client.post("/cart/add/", {"variant_id": quote.variant_id, "quantity": 1}),
    ]
    codes = [reply.status_code for reply in doors]
    assert all(code in {302, 303, 400, 404, 409} for code in codes), codes
    cart = client.post("/api/v1/carts", {}, "application/json").json()
    client.post(
        f"/api/v1/carts/{cart.get('id', uuid4())}/lines",
        {"variant_id": quote.variant_id, "quantity": 1},
        "application/json",
    )
    assert not CartLine.objects.exists()
    assert not Order.objects.exists()
    nothing_payable(sandbox)


@pytest.mark.control
def test_control_once_it_is_approved_the_link_leads_to_a_session_of_that_price(sandbox, client):
    quote = approved()
    reply = client.post(pay_path(quote.order.public_id))
    assert reply.status_code in {302, 303}
    (session,) = sandbox.stripe.sessions()
    assert session["amount_total"] == int(quote.total * 100)


def test_an_expired_link_opens_nothing_and_a_renewed_one_costs_the_same(
    sandbox, client, drain_outbox
):
    quote = approved()
    request, old = quote.request, quote.order
    Order.objects.filter(pk=old.pk).update(hold_expires_at=clock.now() - timedelta(seconds=1))
    # Over, though nobody has written that down yet.
    client.post(pay_path(old.public_id))
    assert client.post(f"/api/v1/orders/{old.public_id}/pay").status_code == 409
    orders.expire_overdue(at=clock.now())
    drain_outbox()
    client.post(pay_path(old.public_id))
    nothing_payable(sandbox)
    services.renew_quote(request_id=request.pk, at=clock.now())
    request.refresh_from_db()
    client.post(pay_path(old.public_id))
    nothing_payable(sandbox)
    client.post(pay_path(request.order.public_id))
    (session,) = sandbox.stripe.sessions()
    assert session["amount_total"] == int(quote.total * 100)


def test_after_a_change_the_old_link_is_dead_and_its_money_goes_back(sandbox, client, drain_outbox):
    quote = approved()
    request, old = quote.request, quote.order
    pay_at_stripe(sandbox, old)
    other = make_wishes(design=design_data(tiers=2, length=10), at=clock.now())
    services.revise_request(request_id=request.pk, wishes=other, at=clock.now())
    assert client.post(f"/api/v1/orders/{old.public_id}/pay").status_code == 409
    deliver(client, *events_of(sandbox, COMPLETED))
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    old.refresh_from_db()
    request.refresh_from_db()
    assert old.status == OrderStatus.PAID_UNFULFILLABLE
    assert RefundRequest.objects.get(order=old).amount == quote.total
    assert (request.status, request.order) == (RequestStatus.PENDING_REVIEW, None)
    assert Slot.objects.get(pk=quote.slot_id).booked == 0


def test_taken_back_while_the_customer_is_at_stripe_the_page_is_closed(sandbox, drain_outbox):
    quote = approved()
    session = open_session(quote.order)
    services.take_back(
        request_id=quote.request_id,
        expected_version=2,
        reason="wrong price",
        actor=STAFF,
        at=clock.now(),
    )
    drain_outbox()
    assert sandbox.stripe.pay(session)["result"] == "expired"


def test_paid_by_the_webhook_alone_once_however_often_it_comes(sandbox, client, drain_outbox):
    quote = approved()
    pay_at_stripe(sandbox, quote.order)
    quote.request.refresh_from_db()
    # Coming back from Stripe says nothing yet.
    client.get(f"/orders/{quote.order.public_id}/?paid=1")
    assert quote.request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    for _ in range(3):
        deliver(client, *events_of(sandbox, COMPLETED))
        drain_outbox()
    quote.request.refresh_from_db()
    assert quote.request.status == RequestStatus.PAID
    assert quote.request.transitions.filter(new="paid").count() == 1
    assert Payment.objects.get().amount == quote.total
    assert client.post(f"/api/v1/orders/{quote.order.public_id}/pay").status_code == 409
