"""The whole way over HTTP: Stripe posts its own signed events to the running platform."""

import pytest

from apps.payments.models import StripeEvent
from tests.payments.factories import paid_state, pay_at_stripe, place_now, state_of

pytestmark = pytest.mark.django_db(transaction=True)
COMPLETED = "checkout.session.completed"


@pytest.fixture
def stripe_posts_here(sandbox, live_server, settings):
    def point(secrets=None):
        sandbox.stripe.set_webhook(
            f"{live_server.url}/webhooks/stripe/", secrets or settings.STRIPE_WEBHOOK_SECRETS
        )
        return sandbox.stripe

    yield point
    sandbox.stripe.set_webhook("")


def test_stripes_own_deliveries_pay_the_order(stripe_posts_here, sandbox, drain_outbox):
    stripe = stripe_posts_here()
    order = place_now()
    pay_at_stripe(sandbox, order)
    stripe.wait_for_deliveries(COMPLETED)
    stripe.wait_until_quiet()
    drain_outbox()
    assert state_of(order) == paid_state(order)
    assert StripeEvent.objects.count() == len(stripe.events())


def test_duplicated_and_reversed_deliveries_change_nothing(
    stripe_posts_here, sandbox, drain_outbox
):
    stripe = stripe_posts_here()
    stripe.pause_deliveries()
    order = place_now()
    pay_at_stripe(sandbox, order)
    held = [delivery["id"] for delivery in stripe.deliveries(state="held")]
    stripe.release_deliveries(held[::-1])
    stripe.wait_until_quiet()
    for delivery_id in held:
        stripe.resend(delivery_id)
    stripe.wait_until_quiet()
    drain_outbox()
    assert state_of(order) == paid_state(order)


def test_a_delivery_with_a_foreign_secret_is_refused_and_retried_with_the_right_one(
    stripe_posts_here, sandbox, drain_outbox, settings
):
    stripe = stripe_posts_here(["whsec_somebody_elses_0123456789"])
    stripe.set_retry_gaps([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05])
    order = place_now()
    pay_at_stripe(sandbox, order)
    sandbox.client.wait_until(
        lambda: any(a["status"] == 400 for d in stripe.deliveries(COMPLETED) for a in d["attempts"])
    )
    assert not StripeEvent.objects.exists()
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_somebody_elses_0123456789"]
    stripe.wait_for_deliveries(COMPLETED)
    stripe.wait_until_quiet()
    drain_outbox()
    assert state_of(order) == paid_state(order)
