"""Stripe's keys are changed while people pay: nobody notices, and the old ones open nothing."""

import pytest
from django.conf import settings as current

from apps.payments.models import StripeEvent
from bakery.kernel.errors import Unavailable
from tests.payments.factories import (
    deliver,
    events_of,
    open_session,
    paid_state,
    pay_at_stripe,
    place_now,
    post,
    sign,
    state_of,
)

pytestmark = pytest.mark.django_db
NEW_KEY = "sk_test_" + "n" * 24
NEW_SECRET = "whsec_rotated"
COMPLETED = "checkout.session.completed"


def test_the_secret_key_is_rotated_under_load_and_the_old_one_is_refused(
    sandbox, client, drain_outbox, settings
):
    """K1: at Stripe both keys work for a while; processes get the new one one by one."""
    old_key = current.STRIPE_SECRET_KEY
    sandbox.stripe.set_api_keys([old_key, NEW_KEY])
    orders = []
    for number in range(6):
        settings.STRIPE_SECRET_KEY = NEW_KEY if number % 2 else old_key
        order = place_now()
        pay_at_stripe(sandbox, order)
        deliver(client, *events_of(sandbox, COMPLETED))
        settings.STRIPE_SECRET_KEY = old_key if number % 2 else NEW_KEY
        drain_outbox()
        orders.append(order)
    assert [state_of(order) for order in orders] == [paid_state(order) for order in orders]
    sandbox.stripe.set_api_keys([NEW_KEY])
    settings.STRIPE_SECRET_KEY = old_key
    late = place_now()
    with pytest.raises(Unavailable):
        open_session(late)
    settings.STRIPE_SECRET_KEY = NEW_KEY
    assert open_session(late)


def test_the_signing_secret_is_rotated_under_load(sandbox, client, settings):
    """K1, P6: our list has both first, then Stripe signs with both, then with the new one alone."""
    (old,) = current.STRIPE_WEBHOOK_SECRETS[:1]
    stages = [((old,), old), ((NEW_SECRET, old), old), ((NEW_SECRET, old), NEW_SECRET),
              ((NEW_SECRET,), NEW_SECRET)]  # fmt: skip
    for number in range(40):
        settings.STRIPE_WEBHOOK_SECRETS, signing = stages[number // 10]
        assert post_signed(client, number, signing).status_code == 200
    assert post_signed(client, 40, old).status_code == 400
    assert StripeEvent.objects.count() == 40


def post_signed(client, number: int, secret: str):
    body = (
        b'{"id": "evt_%d", "object": "event", "type": "checkout.session.completed", "created":'
        b' 1790000000, "livemode": false, "data": {"object": {"id": "cs_test_1"}}}' % number
    )
    return post(client, body, header=sign(body, secret=secret))
