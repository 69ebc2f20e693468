"""Opening a payment page: once per order, whatever Stripe and the network do."""

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.orders.models import Order
from apps.payments import services
from apps.payments.adapters import stripe_client, stripe_gateway
from apps.payments.models import CheckoutAttempt
from apps.payments.rules.lifetime import MAX_EXTENSIONS
from apps.payments.services import checkout
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, NotFound, Unavailable
from tests.orders.factories import make_cake, make_slot, place
from tests.orders.factories import make_variant as make_piece
from tests.payments.factories import open_session, place_now, state_of

SESSIONS = "/v1/checkout/sessions"


def pay_url(order) -> str:
    return f"/api/v1/orders/{order.public_id}/pay"


@pytest.mark.django_db
def test_the_page_shows_the_order_and_sums_to_its_total(sandbox, client):
    at = clock.now()
    slot = make_slot(at.replace(microsecond=0) + timedelta(days=7))
    lines = [(make_cake(price="48.00"), 1, ""), (make_piece(price="3.35"), 3, "")]
    order = place(lines, slot=slot, at=at)
    reply = client.post(pay_url(order))
    assert reply.status_code == 200
    session = sandbox.stripe.sessions()[-1]
    assert reply.json()["url"] == session["url"]
    assert session["amount_total"] == int(order.total * 100)
    assert session["currency"] == "cad"
    assert session["client_reference_id"] == str(order.public_id)
    assert session["customer_email"] == order.customer_email
    names = [item["description"] for item in _line_items(session)]
    assert names == ["Carrot cake, 8 inch", "3 x Thing, piece", "Tax"]
    attempt = CheckoutAttempt.objects.get()
    assert attempt.session_id == session["id"]
    # It ends before the hold does, and Stripe's limits hold.
    assert at + timedelta(minutes=30) <= attempt.expires_at < order.hold_expires_at


def _line_items(session):
    return stripe_client.make_client().v1.checkout.sessions.line_items.list(session["id"]).data


@pytest.mark.django_db
def test_a_page_costs_ten_statements(sandbox, client, django_assert_num_queries):
    order = place_now()
    # The order; lock, last attempt, new attempt; lock, its page; and four savepoints of the two
    # transactions, which are nested here alone.
    with django_assert_num_queries(10):
        assert client.post(pay_url(order)).status_code == 200


@pytest.mark.django_db
def test_asking_again_gives_the_same_page(sandbox, client):
    order = place_now()
    replies = [client.post(pay_url(order)).json() for _ in range(3)]
    assert len({reply["url"] for reply in replies}) == 1
    assert len(sandbox.stripe.sessions()) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_make_one_session(sandbox, parallel):
    order = place_now()
    results = parallel(
        8, lambda _: services.open_checkout(public_id=order.public_id, at=clock.now())
    )
    links = {result.url for result in results if not isinstance(result, Exception)}
    # One that finds Stripe still busy with the first is told to try again, never given another.
    assert all(isinstance(result, checkout.CheckoutLink | Unavailable) for result in results), (
        results
    )
    assert len(links) == 1
    assert len(sandbox.stripe.sessions()) == 1
    assert CheckoutAttempt.objects.count() == 1


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_key_clicks_at_once_make_several_sessions(
    sandbox, parallel, monkeypatch
):
    import uuid

    from bakery.kernel.errors import DomainError

    order = place_now()
    create = stripe_gateway.create_session
    first_planned, both_planned = threading.Event(), threading.Barrier(2)

    def create_once_both_planned(*, idempotency_key, params):
        first_planned.set()
        both_planned.wait(60)
        return create(idempotency_key=str(uuid.uuid4()), params=params)

    monkeypatch.setattr(checkout.ledger, "lock_payments", lambda order_id: None)
    monkeypatch.setattr(checkout.stripe_gateway, "create_session", create_once_both_planned)

    def click(number):
        if number == 1:
            first_planned.wait(60)
        try:
            return services.open_checkout(public_id=order.public_id, at=clock.now())
        except DomainError as error:
            return error

    parallel(2, click)
    assert len(sandbox.stripe.sessions()) > 1


@pytest.fixture
def no_second_try(monkeypatch):
    """Ask Stripe once per request, so that a lost answer is lost to the customer as well."""
    monkeypatch.setattr(stripe_gateway, "_PAUSES_SECONDS", ())


@pytest.mark.django_db
def test_an_answer_lost_once_is_fetched_by_the_same_key(sandbox, client):
    order = place_now()
    sandbox.stripe.add_fault("drop_after", method="POST", path=SESSIONS)
    reply = client.post(pay_url(order))
    assert [session["url"] for session in sandbox.stripe.sessions()] == [reply.json()["url"]]


@pytest.mark.django_db
def test_a_dropped_answer_leads_to_one_session(sandbox, client, no_second_try):
    """P13: Stripe makes the session, the connection breaks, and the customer tries again."""
    order = place_now()
    sandbox.stripe.add_fault("drop_after", method="POST", path=SESSIONS)
    first = client.post(pay_url(order))
    assert (first.status_code, first.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert CheckoutAttempt.objects.get().state == "planned"
    second = client.post(pay_url(order))
    assert second.status_code == 200
    assert [session["url"] for session in sandbox.stripe.sessions()] == [second.json()["url"]]
    assert CheckoutAttempt.objects.get().state == "open"


@pytest.mark.control
@pytest.mark.django_db
def test_control_with_a_new_key_each_time_the_dropped_answer_leaves_two(
    sandbox, client, no_second_try
):
    order = place_now()
    sandbox.stripe.add_fault("drop_after", method="POST", path=SESSIONS)
    assert client.post(pay_url(order)).status_code == 503
    CheckoutAttempt.objects.update(idempotency_key="session:forgotten:1")
    assert client.post(pay_url(order)).status_code == 200
    assert len(sandbox.stripe.sessions()) == 2


@pytest.mark.django_db
def test_a_key_reused_for_another_amount_is_an_error_that_is_seen(sandbox, client, no_second_try):
    """P13, second half; the try after it starts afresh."""
    order = place_now()
    sandbox.stripe.add_fault("drop_after", method="POST", path=SESSIONS)
    assert client.post(pay_url(order)).status_code == 503
    line = order.lines.get()
    order.lines.update(unit_price=40, line_total=40)
    Order.objects.filter(pk=order.pk).update(subtotal=40, total=40)
    CheckoutAttempt.objects.update(amount=40)
    reply = client.post(pay_url(order))
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "stripe_key_reused")
    assert CheckoutAttempt.objects.get().state == "failed"
    reply = client.post(pay_url(order))
    assert reply.status_code == 200
    assert sandbox.stripe.sessions()[-1]["amount_total"] == 4000
    assert line.line_total == Decimal("48.00")


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"status": 503}])
def test_a_failing_stripe_is_a_503_and_the_order_stays_payable(sandbox, client, fault):
    """P14."""
    order = place_now()
    sandbox.stripe.add_fault("status", path=SESSIONS, times=10, **fault)
    reply = client.post(pay_url(order))
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert reply.headers["Retry-After"]
    assert state_of(order)["status"] == "pending_payment"
    sandbox.stripe.clear_faults()
    assert client.post(pay_url(order)).status_code == 200
    assert len(sandbox.stripe.sessions()) == 1


@pytest.mark.django_db
def test_a_hanging_stripe_is_a_503_within_ten_seconds(sandbox, client, settings):
    """P14, with the timeouts of production."""
    order = place_now()
    sandbox.stripe.add_fault("hang", path=SESSIONS, seconds=120)
    start = time.monotonic()
    reply = client.post(pay_url(order))
    took = time.monotonic() - start
    sandbox.stripe.clear_faults()
    assert reply.status_code == 503
    assert max(settings.STRIPE_TIMEOUT_SECONDS) < 10
    assert took < 60, "it gave up before Stripe did, and did not ask again"
    assert client.post(pay_url(order)).status_code == 200


@pytest.mark.django_db
def test_a_connection_that_breaks_once_is_not_noticed(sandbox, client):
    order = place_now()
    sandbox.stripe.add_fault("drop", path=SESSIONS)
    assert client.post(pay_url(order)).status_code == 200


@pytest.mark.django_db
def test_a_wrong_secret_key_is_a_503_and_is_not_told(sandbox, client, settings):
    order = place_now()
    settings.STRIPE_SECRET_KEY = "sk_live_wrong000000000000000000000"
    reply = client.post(pay_url(order))
    assert reply.status_code == 503
    assert "sk_live" not in reply.content.decode()


@pytest.mark.django_db
def test_what_cannot_be_paid_says_why(sandbox, client):
    order = place_now()
    unknown = "00000000-0000-4000-8000-000000000000"
    assert client.post(f"/api/v1/orders/{unknown}/pay").status_code == 404
    for status, code in (
        ("paid", "already_paid"),
        ("ready", "already_paid"),
        ("expired", "order_expired"),
        ("cancelled", "order_not_payable"),
        ("payment_mismatch", "order_not_payable"),
    ):
        paid = order.total if code == "already_paid" else 0
        Order.objects.filter(pk=order.pk).update(status=status, paid_total=paid)
        reply = client.post(pay_url(order))
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, code)
    past = clock.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk).update(status="pending_payment", hold_expires_at=past)
    assert client.post(pay_url(order)).json()["error"]["code"] == "order_expired"
    assert sandbox.stripe.sessions() == []


@pytest.mark.django_db
def test_an_order_of_an_account_is_nobody_elses_to_pay(sandbox, django_user_model):
    owner = django_user_model.objects.create(email="owner@example.com")
    order = place_now()
    Order.objects.filter(pk=order.pk).update(user=owner)
    for stranger in (None, owner.pk + 1):
        with pytest.raises(NotFound):
            services.open_checkout(public_id=order.public_id, user_id=stranger, at=clock.now())
    assert services.open_checkout(public_id=order.public_id, user_id=owner.pk, at=clock.now()).url


@pytest.mark.django_db
def test_late_in_the_hold_the_goods_are_kept_for_stripes_half_hour(sandbox):
    order = place_now()
    at = clock.now()
    Order.objects.filter(pk=order.pk).update(hold_expires_at=at + timedelta(minutes=10))
    link = services.open_checkout(public_id=order.public_id, at=at)
    order.refresh_from_db()
    assert link.expires_at >= at + timedelta(minutes=30)
    assert order.hold_expires_at > link.expires_at


@pytest.mark.django_db
def test_the_goods_are_not_kept_for_ever(sandbox):
    order = place_now()
    for _ in range(MAX_EXTENSIONS):
        _come_back_late(order)
        open_session(order)
    _come_back_late(order)
    with pytest.raises(Conflict) as refused:
        open_session(order)
    assert refused.value.code == "hold_expiring"


def _come_back_late(order):
    """Let the hold be nearly over and the last page run out."""
    at = clock.now()
    Order.objects.filter(pk=order.pk).update(hold_expires_at=at + timedelta(minutes=10))
    CheckoutAttempt.objects.update(expires_at=at)


@pytest.mark.django_db
def test_a_page_that_is_about_to_end_is_replaced(sandbox):
    order = place_now()
    first = open_session(order)
    CheckoutAttempt.objects.update(expires_at=clock.now() + timedelta(minutes=4))
    second = open_session(order)
    assert first != second
    assert list(CheckoutAttempt.objects.order_by("number").values_list("number", flat=True)) == [
        1,
        2,
    ]


@pytest.mark.django_db
def test_an_address_in_another_script_does_not_stop_the_payment(sandbox):
    order = place_now()
    Order.objects.filter(pk=order.pk).update(customer_email="zoë@example.com")
    open_session(order)
    assert sandbox.stripe.sessions()[-1]["customer_email"] is None


@pytest.mark.django_db
def test_the_page_button_redirects_to_stripe(sandbox, client):
    order = place_now()
    reply = client.post(f"/orders/{order.public_id}/pay/")
    assert reply.status_code == 303
    assert reply.headers["Location"] == sandbox.stripe.sessions()[-1]["url"]
    assert client.get(f"/orders/{order.public_id}/pay/").status_code == 405


@pytest.mark.django_db
def test_the_page_says_what_went_wrong_and_offers_another_try(sandbox, client):
    order = place_now()
    sandbox.stripe.add_fault("status", path=SESSIONS, times=10)
    reply = client.post(f"/orders/{order.public_id}/pay/")
    assert reply.status_code == 503
    assert b"Try again" in reply.content
    sandbox.stripe.clear_faults()
    Order.objects.filter(pk=order.pk).update(status="paid", paid_total=order.total)
    reply = client.post(f"/orders/{order.public_id}/pay/")
    assert (reply.status_code, b"Try again" in reply.content) == (409, False)


@pytest.mark.django_db
def test_the_page_button_needs_its_form(sandbox):
    from django.test import Client

    order = place_now()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/orders/{order.public_id}/pay/").status_code == 403
