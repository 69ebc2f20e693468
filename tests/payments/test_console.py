"""What staff see of payments, and what they can do there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.models import Order
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest, StripeEvent
from apps.payments.selectors import payments_of
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts.people import browser as make_browser
from tests.accounts.people import staff as make_staff
from tests.payments.factories import (
    deliver,
    events_of,
    pay_at_stripe,
    place_now,
)

pytestmark = pytest.mark.django_db
MODELS = ("payment", "checkoutattempt", "refundrequest", "stripeevent")
COMPLETED = "checkout.session.completed"


def page(name: str) -> str:
    return f"/console/payments/{name}/"


@pytest.fixture
def manager():
    return make_browser(make_staff("manager"), verified=True)


def make_money(number: int) -> Payment:
    """An order with one row of each kind."""
    order = place_now()
    attempt = CheckoutAttempt.objects.create(
        order=order,
        number=1,
        idempotency_key=f"key-{number}",
        amount=order.total,
        currency="CAD",
        session_id=f"cs_{number}",
        url="https://pay.example/secret",
        expires_at=clock.now(),
        planned_at=clock.now(),
    )
    payment = Payment.objects.create(
        order=order,
        attempt=attempt,
        payment_intent=f"pi_{number}",
        amount=order.total,
        currency="CAD",
        outcome="unfulfillable",
        recorded_at=clock.now(),
    )
    RefundRequest.objects.create(
        order=order,
        payment=payment,
        amount=order.total,
        currency="CAD",
        reason="late_payment",
        requested_by="stripe",
        requested_at=clock.now(),
    )
    StripeEvent.objects.create(
        id=f"evt_{number}",
        type=COMPLETED,
        livemode=False,
        api_created=clock.now(),
        object_id=f"cs_{number}",
        payload="{}",
        received_at=clock.now(),
        state="parked",
    )
    return payment


@pytest.mark.parametrize("name", MODELS)
def test_lists_cost_the_same_at_one_row_and_at_three(manager, name):
    make_money(1)
    manager.get(page(name))
    counts = []
    for number in (2, 3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert manager.get(page(name)).status_code == 200
        counts.append(len(queries))
        make_money(number)
        make_money(number + 10)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", MODELS)
def test_rows_can_be_looked_at_and_searched_but_not_changed(manager, name):
    payment = make_money(1)
    assert manager.get(page(name), {"q": "B-"}).status_code == 200
    model = {m._meta.model_name: m for m in (Payment, CheckoutAttempt, RefundRequest, StripeEvent)}
    row = model[name].objects.get()
    reply = manager.get(f"{page(name)}{row.pk}/change/")
    assert reply.status_code == 200
    assert b'name="_save"' not in reply.content
    assert b"https://pay.example/secret" not in reply.content
    assert manager.get(f"{page(name)}add/").status_code == 403
    assert manager.post(f"{page(name)}{row.pk}/change/", {"amount": "1"}).status_code == 403
    assert manager.post(f"{page(name)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    payment.refresh_from_db()


@pytest.mark.parametrize("role", ["cashier", "kitchen", "decorator"])
def test_other_roles_see_no_payments(role):
    make_money(1)
    visitor = make_browser(make_staff(role), verified=True)
    for name in MODELS:
        assert visitor.get(page(name)).status_code == 403


def test_a_parked_event_is_applied_again_with_a_button(manager, sandbox, client, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    event = events_of(sandbox, COMPLETED)[0]
    public_id = order.public_id
    CheckoutAttempt.objects.all().delete()
    Order.objects.filter(pk=order.pk).update(public_id="00000000-0000-4000-8000-000000000000")
    deliver(client, event)
    drain_outbox()
    Order.objects.filter(pk=order.pk).update(public_id=public_id)
    reply = manager.post(
        page("stripeevent"),
        {"action": "apply_again", "_selected_action": [event["id"]]},
        follow=True,
    )
    assert b"applied" in reply.content
    order.refresh_from_db()
    assert order.status == "paid"
    entry = AuditEntry.objects.filter(action="payments.stripeevent.apply").get()
    assert entry.changes == {"state": ["parked", "applied"]}


def test_the_timeline_rows_of_an_order_take_three_queries(django_assert_num_queries):
    payment = make_money(1)
    with django_assert_num_queries(3):
        rows = payments_of(payment.order_id)
    assert [row.kind for row in rows] == ["attempt", "payment", "refund_request"]


def test_an_orders_timeline_tells_of_its_payments():
    from apps.orders.selectors import timeline

    payment = make_money(1)
    entries = [entry for entry in timeline(payment.order) if entry.source == "payment"]
    assert len(entries) == 3
    assert "pi_1" in entries[1].detail


def test_the_record_of_a_payment_cannot_be_rewritten():
    from django.db import DatabaseError, transaction

    payment = make_money(1)
    for change in (
        lambda: Payment.objects.filter(pk=payment.pk).update(amount=1),
        lambda: Payment.objects.filter(pk=payment.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            RefundRequest.objects.all().delete()
            change()


def test_the_command_applies_what_it_is_given(sandbox, client, capsys):
    from django.core.management import CommandError, call_command

    order = place_now()
    pay_at_stripe(sandbox, order)
    event = events_of(sandbox, COMPLETED)[0]
    deliver(client, event)
    call_command("replay_stripe_event", event["id"])
    assert f"{event['id']} applied" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("replay_stripe_event", "evt_unknown")
