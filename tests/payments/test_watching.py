"""Silence, backlog and refusals are told once in each episode."""

import statistics
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from apps.notifications.models import Alert
from apps.orders.states import PaymentOutcome
from apps.payments import services
from apps.payments.adapters.stripe_signature import verify_signature
from apps.payments.models import CheckoutAttempt, Payment, StripeEvent, StripeListing
from apps.payments.states import EventState
from bakery.kernel import clock
from bakery.kernel.errors import Invalid
from bakery.kernel.models import Episode
from tests.payments.factories import WEBHOOK, encode, place_now, post, sign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_earlier_refusals():
    cache.clear()


def event(name="evt_1", *, state=EventState.APPLIED, at=None, **options) -> StripeEvent:
    at = at or clock.now()
    return StripeEvent.objects.create(
        id=name,
        type="checkout.session.completed",
        livemode=False,
        api_created=at,
        payload="{}",
        received_at=at,
        state=state,
        **options,
    )


def payment(at) -> Payment:
    order = place_now()
    attempt = CheckoutAttempt.objects.create(
        order=order,
        number=1,
        idempotency_key=f"session:{order.public_id}:1",
        amount=order.total,
        currency="CAD",
        expires_at=at,
        planned_at=at,
    )
    return Payment.objects.create(
        order=order,
        attempt=attempt,
        payment_intent=f"pi_{order.pk}",
        amount=order.total,
        currency="CAD",
        outcome=PaymentOutcome.CONFIRMED,
        recorded_at=at,
    )


def alerts(drain_outbox, about) -> int:
    drain_outbox()
    return Alert.objects.filter(key__startswith=f"payments:{about}:").count()


def test_all_is_well_when_nothing_happens():
    assert services.watch_stripe(at=clock.now()) == []


def test_money_without_any_webhook_is_told_once_and_again_in_the_next_episode(drain_outbox):
    at = clock.now() - timedelta(hours=3)
    payment(at - timedelta(minutes=61))
    assert services.watch_stripe(at=at) == ["silence"]
    assert services.watch_stripe(at=at + timedelta(minutes=1)) == ["silence"]
    assert alerts(drain_outbox, "silence") == 1
    event(at=at)
    assert services.watch_stripe(at=at + timedelta(minutes=2)) == []
    assert Episode.objects.get(name="payments:silence").ended_at == at + timedelta(minutes=2)
    payment(at + timedelta(minutes=5))
    assert services.watch_stripe(at=at + timedelta(minutes=30)) == []
    assert services.watch_stripe(at=at + timedelta(hours=2)) == ["silence"]
    assert alerts(drain_outbox, "silence") == 2


def test_what_we_fetched_ourselves_is_no_sign_of_life():
    at = clock.now()
    payment(at - timedelta(minutes=90))
    event(at=at, fetched_at=at)
    assert services.watch_stripe(at=at) == ["silence"]


def test_a_quiet_night_is_no_silence():
    at = clock.now()
    payment(at - timedelta(hours=12))
    event(at=at - timedelta(hours=11))
    assert services.watch_stripe(at=at) == []


def test_a_backlog_and_parked_events_are_told(drain_outbox):
    at = clock.now()
    event("evt_old", state=EventState.RECEIVED, at=at - timedelta(minutes=6))
    event("evt_new", state=EventState.RECEIVED, at=at - timedelta(minutes=4))
    event("evt_parked", state=EventState.PARKED, at=at - timedelta(hours=25))
    assert services.watch_stripe(at=at) == ["backlog", "parked"]
    assert alerts(drain_outbox, "backlog") == 1
    assert alerts(drain_outbox, "parked") == 1


def test_five_refused_requests_are_told_once(client, drain_outbox):
    """P5."""
    at = clock.now()
    for count in range(1, 8):
        assert post(client, {"id": "evt"}, header="t=1,v1=0").status_code == 400
        expected = ["refused"] if count >= 5 else []
        assert services.watch_stripe(at=at) == expected
    assert alerts(drain_outbox, "refused") == 1
    cache.clear()
    assert services.watch_stripe(at=at) == []


def test_a_reading_that_stopped_is_told():
    at = clock.now()
    row = StripeListing.objects.create(
        name="events", read_until=at, finished_at=at - timedelta(minutes=59)
    )
    assert services.watch_stripe(at=at) == []
    row.finished_at = at - timedelta(minutes=61)
    row.save()
    assert services.watch_stripe(at=at) == ["listing"]


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        return int(cursor.fetchone()[0])


def test_a_flood_of_forged_requests_leaves_no_byte(client):
    """P5: 150 here, of 64 KB each; the rows' files do not grow by one page."""
    body = encode({"id": "evt_1", "padding": "x" * 65_536})
    before = _size()
    for number in range(150):
        reply = client.post(
            WEBHOOK,
            data=body,
            content_type="application/json",
            headers={"Stripe-Signature": f"t={number},v1={number:064x}"},
        )
        assert reply.status_code == 400
    assert _size() == before


def test_a_thousand_valid_signatures_pass_while_secrets_roll():
    """P6: Stripe signs with the old secret, both and the new one; none is refused."""
    at = clock.now()
    old, new = "whsec_old", "whsec_new"
    stages = [
        ([old], [old]),
        ([old], [old, new]),
        ([old, new], [old, new]),
        ([new], [old, new]),
        ([new], [new]),
    ]
    for number in range(1000):
        signers, accepted = stages[number * len(stages) // 1000]
        body = b'{"id": "evt_%d"}' % number
        seconds = int(at.timestamp())
        macs = [sign(body, at=seconds, secret=secret).split(",")[1] for secret in signers]
        header = ",".join([f"t={seconds}", *macs])
        assert verify_signature(body, header, secrets=accepted, at=at) == body.decode()
    with pytest.raises(Invalid):
        verify_signature(
            b"{}", sign(b"{}", at=int(at.timestamp()), secret=old), secrets=[new], at=at
        )


def test_fifty_events_over_http_pass_while_secrets_roll(client, settings):
    """P6, through the door."""
    old, new = "whsec_old", "whsec_new"
    for number in range(50):
        accepted = [old] if number < 10 else [old, new] if number < 40 else [new]
        settings.STRIPE_WEBHOOK_SECRETS = accepted
        sent = {
            "id": f"evt_{number}",
            "type": "payout.paid",
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": {"id": f"po_{number}"}},
        }
        secret = accepted[number % len(accepted)]
        assert post(client, sent, header=sign(encode(sent), secret=secret)).status_code == 200
    assert StripeEvent.objects.count() == 50


def test_events_without_workers_are_acknowledged_at_once_and_none_is_lost(client, drain_outbox):
    """P20, in small: stored by the door, applied when the workers are back."""
    at = clock.now()
    took = []
    for number in range(100):
        sent = {
            "id": f"evt_{number}",
            "type": "payout.paid",
            "created": int(at.timestamp()),
            "livemode": False,
            "data": {"object": {"id": f"po_{number}"}},
        }
        body = encode(sent)
        began = time.perf_counter()
        assert post(client, body).status_code == 200
        took.append(time.perf_counter() - began)
    assert statistics.median(took) <= 1
    assert StripeEvent.objects.filter(state=EventState.RECEIVED).count() == 100
    assert services.watch_stripe(at=at + timedelta(minutes=6)) == ["backlog"]
    drain_outbox()
    assert StripeEvent.objects.filter(state=EventState.IGNORED).count() == 100
    assert services.watch_stripe(at=at + timedelta(minutes=7)) == []
