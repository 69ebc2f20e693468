"""dj-stripe's tables: a copy that costs no calls of its own and holds no secret."""

import json

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.urls import get_resolver
from djstripe import models

from apps.payments.adapters import mirror, stripe_gateway
from apps.payments.adapters.stripe_client import make_client
from apps.payments.admin.mirror import MIRRORED, MirrorAdmin
from apps.payments.models import Payment
from tests.accounts.people import browser as make_browser
from tests.accounts.people import staff as make_staff
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
    assert not mirrored_tables_with(settings.STRIPE_SECRET_KEY)
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
    pages = {
        model: page
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "djstripe"
    }
    assert set(pages) == set(MIRRORED)
    assert {type(page) for page in pages.values()} == {MirrorAdmin}
    assert "djstripe" not in str(get_resolver().namespace_dict)


def test_the_console_shows_the_mirror_and_changes_nothing_in_it(sandbox):
    console = make_browser(make_staff("manager"), verified=True)
    order = place_now()
    mirror.copy_session(stripe_gateway.fetch_session(pay_at_stripe(sandbox, order)).raw)
    charge = models.Charge.objects.get()
    listed = console.get("/console/djstripe/charge/")
    assert charge.id in listed.content.decode()
    assert "Add charge" not in listed.content.decode()
    shown = console.get(f"/console/djstripe/charge/{charge.pk}/change/")
    assert shown.status_code == 200
    assert "payment_method_details" in shown.content.decode()
    assert console.post(f"/console/djstripe/charge/{charge.pk}/change/", {}).status_code == 403
    assert console.get("/console/djstripe/charge/?q=nonsense%00").status_code in {200, 400}


def test_no_table_of_the_mirror_says_who_paid(sandbox):
    order = place_now()
    raw = stripe_gateway.fetch_session(pay_at_stripe(sandbox, order)).raw
    assert order.customer_email in json.dumps(raw)
    mirror.copy_session(raw)
    assert not mirrored_tables_with(order.customer_email)


def mirrored_tables_with(text):
    tables = [t for t in connection.introspection.table_names() if t.startswith("djstripe_")]
    assert "djstripe_apikey" in tables
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE strpos(t::text, %s) > 0', [text]
            )
            if cursor.fetchone() != (0,):
                found.append(table)
        return found


def test_refunds_and_disputes_are_mirrored_beside_their_charge(sandbox):
    order = place_now()
    session_id = pay_at_stripe(sandbox, order)
    mirror.copy_session(stripe_gateway.fetch_session(session_id).raw)
    api = make_client().v1
    charge = models.Charge.objects.get()
    refund = api.refunds.create(
        params={"charge": charge.id, "amount": 100, "expand": ["balance_transaction"]}
    )
    sandbox.stripe.open_dispute(session=session_id)
    dispute = api.disputes.list(params={"charge": charge.id}).data[0]
    sandbox.stripe.add_fault("status", times=100)
    mirror.copy_refund(refund.to_dict())
    mirror.copy_dispute(dispute.to_dict())
    copied = models.Refund.objects.get()
    assert (copied.id, copied.charge, copied.balance_transaction is None) == (
        refund.id,
        charge,
        False,
    )
    assert models.Dispute.objects.get().charge == charge
    assert models.BalanceTransaction.objects.count() == 3
