"""dj-stripe's tables: a copy that costs no calls of its own and holds no secret."""

import pytest
from django.conf import settings
from django.db import connection
from djstripe import models

from apps.payments.adapters import mirror, stripe_gateway
from apps.payments.models import Payment
from tests.payments.factories import (
    deliver,
    events_of,
    pay_at_stripe,
    place_now,
    state_of,
)

pytestmark = pytest.mark.django_db
COMPLETED = "checkout.session.completed"


def test_a_payment_is_mirrored_and_joined_by_stripes_ids(sandbox, client, drain_outbox):
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    payment = Payment.objects.get()
    intent = models.PaymentIntent.objects.get(id=payment.payment_intent)
    assert intent.stripe_data["amount_received"] == int(payment.amount * 100)
    charge = models.Charge.objects.get(id=payment.charge)
    assert charge.payment_intent == intent
    assert charge.balance_transaction is not None
    session = models.Session.objects.get(id=session_id)
    assert session.payment_intent == intent
    assert session.djstripe_owner_account is not None


def test_newer_data_replaces_older(sandbox):
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    for status in ("open", "complete"):
        raw = dict(stripe_gateway.fetch_session(session_id).raw) | {"status": status}
        mirror.copy_session(raw)
    assert models.Session.objects.get().stripe_data["status"] == "complete"
    assert models.PaymentIntent.objects.count() == 1


def test_copying_asks_stripe_nothing(sandbox, monkeypatch):
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    raw = stripe_gateway.fetch_session(session_id).raw
    mirror.copy_session(raw)  # loads the account, once in a lifetime
    sandbox.stripe.add_fault("status", times=100)
    mirror.copy_session(raw)
    assert models.Session.objects.count() == 1


def test_no_table_of_the_mirror_holds_the_secret_key(sandbox):
    order = place_now()
    mirror.copy_session(stripe_gateway.fetch_session(pay_at_stripe(sandbox, order)).raw)
    secret = settings.STRIPE_SECRET_KEY
    tables = [t for t in connection.introspection.table_names() if t.startswith("djstripe_")]
    assert "djstripe_apikey" in tables
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE strpos(t::text, %s) > 0', [secret]
            )
            assert cursor.fetchone() == (0,), table
    assert [key.secret for key in models.APIKey.objects.all()] == [
        "sk_test_NotASecretOnlyALabelOfTheMirror"
    ]


def test_a_mirror_that_fails_does_not_touch_the_order(sandbox, client, drain_outbox, monkeypatch):
    def broken(raw):
        raise RuntimeError("the mirror is broken")

    monkeypatch.setattr(mirror, "copy_session", broken)
    order = place_now()
    pay_at_stripe(sandbox, order)
    deliver(client, *events_of(sandbox, COMPLETED))
    drain_outbox()
    assert state_of(order)["status"] == "paid"
    assert not models.Session.objects.exists()


def test_dj_stripes_own_pages_and_webhook_are_not_reachable():
    from django.contrib import admin
    from django.urls import get_resolver

    labels = {model._meta.app_label for model in admin.site._registry}
    assert "djstripe" not in labels
    assert "djstripe" not in str(get_resolver().namespace_dict)
