"""What Stripe knows and no webhook told is found by asking; and what asking costs."""

from datetime import timedelta

import pytest

from apps.payments import services
from apps.payments.adapters import stripe_listing
from apps.payments.models import CheckoutAttempt, Payment, StripeEvent, StripeListing
from apps.payments.services import finding
from apps.payments.states import AttemptState
from bakery.kernel import clock
from bakery.kernel.errors import Unavailable
from tests.payments.factories import (
    deliver,
    events_of,
    open_session,
    paid_state,
    pay_at_stripe,
    place_now,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def calls(monkeypatch):
    """Count what is asked of Stripe's lists."""
    made = []
    real = stripe_listing._list

    def counted(path, **given):
        made.append(path)
        return real(path, **given)

    monkeypatch.setattr(stripe_listing, "_list", counted)
    return made


def later(minutes=3):
    return clock.now() + timedelta(minutes=minutes)


def test_a_payment_whose_webhooks_never_came_is_found(sandbox, drain_outbox, calls):
    """P19: nothing was delivered; the next reading pays the order."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    found = services.find_missed(at=later())
    drain_outbox()
    assert state_of(order) == paid_state(order)
    assert found.events > 0
    assert set(calls) == {"events", "checkout/sessions"}
    assert len(calls) == found.pages == 2
    event = StripeEvent.objects.get(type="checkout.session.completed")
    assert event.fetched_at is not None


def test_reading_again_finds_nothing_new(sandbox, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    services.find_missed(at=later())
    drain_outbox()
    known = StripeEvent.objects.count()
    assert services.find_missed(at=later(6)) == finding.Found(pages=2)
    assert StripeEvent.objects.count() == known


def test_what_was_delivered_is_not_found_again(client, sandbox, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *sandbox.stripe.events())
    drain_outbox()
    found = services.find_missed(at=later())
    assert (found.events, found.payments) == (0, 0)
    assert not StripeEvent.objects.exclude(fetched_at=None).exists()
    assert state_of(order) == paid_state(order)


def test_a_session_is_found_although_its_events_are_gone(sandbox, drain_outbox, monkeypatch):
    """Our own row of it was lost, too: the session says whose it is."""
    order = place_now()
    pay_at_stripe(sandbox, order)
    CheckoutAttempt.objects.filter(order=order).update(
        session_id=None, state=AttemptState.PLANNED, url=""
    )
    monkeypatch.setattr(finding, "store_missed", lambda texts, at: 0)
    found = services.find_missed(at=later())
    drain_outbox()
    assert found.payments == 1
    assert Payment.objects.get().order_id == order.pk


def test_an_open_page_is_left_alone(sandbox, drain_outbox):
    order = place_now()
    open_session(order)
    services.find_missed(at=later())
    drain_outbox()
    assert not Payment.objects.exists()


def test_a_reading_is_bounded_and_goes_on_where_it_stopped(monkeypatch, sandbox, drain_outbox):
    monkeypatch.setattr(stripe_listing, "PAGE", 2)
    order = place_now()
    pay_at_stripe(sandbox, order)
    wanted = sum(finding.find_subject(event) is not None for event in sandbox.stripe.events())
    at = later()
    first = services.find_missed(at=at, pages=1)
    assert first.pages <= 2
    assert StripeListing.objects.get(name=finding.EVENTS).cursor
    for _ in range(20):
        if StripeListing.objects.get(name=finding.EVENTS).window_ends is None:
            break
        services.find_missed(at=at, pages=1)
    drain_outbox()
    assert StripeEvent.objects.count() == wanted
    assert state_of(order) == paid_state(order)


def test_a_cursor_that_stripe_forgot_begins_the_window_again(sandbox, drain_outbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    at = later()
    StripeListing.objects.create(
        name=finding.EVENTS,
        read_until=at - timedelta(hours=1),
        window_ends=at,
        cursor="evt_forgotten",
        finished_at=at,
    )
    services.find_missed(at=at)
    assert StripeListing.objects.get(name=finding.EVENTS).cursor == ""
    services.find_missed(at=at)
    drain_outbox()
    assert state_of(order) == paid_state(order)


def test_it_stops_when_stripe_is_down_and_loses_nothing(sandbox, drain_outbox, calls):
    order = place_now()
    pay_at_stripe(sandbox, order)
    sandbox.stripe.add_fault("status", path="*events*", status=500, times=4)
    at = later()
    services.find_missed(at=at)
    assert calls == ["events"]
    sandbox.stripe.clear_faults()
    services.find_missed(at=later(10))
    drain_outbox()
    assert state_of(order) == paid_state(order)


def test_missed_news_of_refunds_and_disputes_are_stored(sandbox, drain_outbox):
    """Their builders' handlers do the rest, as with what is delivered."""
    order = place_now()
    session = pay_at_stripe(sandbox, order)
    services.find_missed(at=later())
    drain_outbox()
    sandbox.stripe.warn_of_fraud(session=session)
    sandbox.stripe.open_dispute(session=session)
    services.find_missed(at=later(6))
    kinds = set(StripeEvent.objects.values_list("type", flat=True))
    assert {"charge.dispute.created", "radar.early_fraud_warning.created"} <= kinds
    assert events_of(sandbox, "charge.dispute.created")


def test_events_of_no_concern_are_not_stored(sandbox):
    sandbox.stripe.send_new_event("payout.paid", {"id": "po_1", "object": "payout"})
    services.find_missed(at=later())
    assert not StripeEvent.objects.filter(type="payout.paid").exists()


def test_the_movements_of_a_day_are_stripes_own_books(sandbox):
    order = place_now()
    pay_at_stripe(sandbox, order)
    rows = services.stripe_movements(since=clock.now() - timedelta(hours=1), until=later())
    (row,) = [row for row in rows if row.kind == "charge" and row.asked == order.total * 100]
    assert (row.amount, row.currency, row.is_ours) == (4800, "CAD", True)
    assert row.fee > 0
    assert row.source == row.charge


def test_a_list_without_an_end_is_refused(monkeypatch):
    endless = stripe_listing.Page([], "txn_1")
    monkeypatch.setattr(stripe_listing, "list_movements", lambda **given: endless)
    with pytest.raises(Unavailable):
        services.stripe_movements(since=clock.now(), until=clock.now())
