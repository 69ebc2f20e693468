"""Paying, declining, settling late, refunding, disputing: states, money and events."""

import pytest
import stripe

from tests.sandbox.conftest import session_params

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "charge.updated",
    "checkout.session.completed",
]


def types(sandbox):
    return [event["type"] for event in sandbox.stripe.events()]


def charge_of(client, session):
    return client.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["payment_intent.latest_charge.balance_transaction"]}
    ).payment_intent.latest_charge


def test_a_paid_session(client, sandbox, new_session):
    session = new_session(payment_intent_data={"metadata": {"order": "SR-1"}})
    done = sandbox.stripe.pay(session.id)
    assert done["result"] == "paid"
    assert done["url"] == f"http://127.0.0.1:9/thanks?session={session.id}"
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    charge = charge_of(client, session)
    assert (charge.amount_captured, charge.metadata["order"]) == (1250, "SR-1")
    # 2.9 % of 12.50 is 36.25 cents, rounded to 36, and 30 cents fixed.
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (66, 1184)
    assert types(sandbox) == PAID
    assert (
        sandbox.stripe.events("charge.succeeded")[0]["data"]["object"]["balance_transaction"]
        is None
    )


def test_paying_twice_takes_the_money_once(client, sandbox, new_session):
    session = new_session()
    assert sandbox.stripe.pay(session.id)["result"] == "paid"
    assert sandbox.stripe.pay(session.id)["result"] == "already_complete"
    assert len(client.v1.charges.list().data) == 1


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("decline", "card_declined", "generic_decline"),
        ("insufficient_funds", "card_declined", "insufficient_funds"),
        ("expired", "expired_card", None),
    ],
)
def test_a_declined_card_leaves_the_session_open(client, sandbox, new_session, card, code, decline):
    session = new_session()
    done = sandbox.stripe.pay(session.id, card)
    assert (done["result"], done["error"]["code"]) == ("declined", code)
    assert done["error"].get("decline_code") == decline
    after = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent"]})
    assert (after.status, after.payment_status) == ("open", "unpaid")
    assert after.payment_intent.status == "requires_payment_method"
    assert types(sandbox) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]
    assert sandbox.stripe.pay(session.id)["result"] == "paid"
    assert len(client.v1.payment_intents.list().data) == 1


def test_three_d_secure(client, sandbox, new_session):
    session = new_session()
    stopped = sandbox.stripe.pay(session.id, "3ds", challenge="stop")
    assert (stopped["result"], stopped["url"]) == ("challenge", f"{session.url}/challenge")
    failed = sandbox.stripe.pay(session.id, "3ds", challenge="fail")
    assert failed["error"]["code"] == "payment_intent_authentication_failure"
    assert sandbox.stripe.pay(session.id, "3ds", challenge="pass")["result"] == "paid"


@pytest.mark.parametrize(
    ("card", "by_hand", "kind", "status"),
    [
        ("async_success", False, "checkout.session.async_payment_succeeded", "paid"),
        ("async_failure", False, "checkout.session.async_payment_failed", "unpaid"),
        ("async_failure", True, "checkout.session.async_payment_succeeded", "paid"),
    ],
)
def test_delayed_payments(client, sandbox, new_session, card, by_hand, kind, status):
    session = new_session()
    assert sandbox.stripe.pay(session.id, card)["result"] == "processing"
    waiting = client.v1.checkout.sessions.retrieve(session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    if by_hand:
        sandbox.stripe.settle(session.id, succeeds=True)
    sandbox.advance_clock(60)
    assert [t for t in types(sandbox) if "async" in t] == [kind]
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == status


def test_sessions_expire_by_the_clock(client, sandbox, new_session):
    session, paid = new_session(), new_session()
    sandbox.stripe.pay(paid.id)
    sandbox.advance_clock(24 * 3600 + 1)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert client.v1.checkout.sessions.retrieve(paid.id).status == "complete"
    expired = sandbox.stripe.events("checkout.session.expired")
    assert [event["data"]["object"]["id"] for event in expired] == [session.id]
    assert sandbox.stripe.pay(session.id)["result"] == "expired"


def test_only_open_sessions_can_be_expired(client, sandbox, new_session):
    session = new_session()
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


@pytest.mark.parametrize("before", [True, False])
def test_a_bent_amount(client, sandbox, new_session, before):
    session = new_session()
    if before:
        sandbox.stripe.change_amount(session.id, 999)
    sandbox.stripe.pay(session.id)
    if not before:
        sandbox.stripe.change_amount(session.id, 999)
    assert charge_of(client, session).amount == 999


def test_refunds_never_exceed_what_is_left(client, sandbox, new_session):
    session = new_session()
    sandbox.stripe.pay(session.id)
    charge = charge_of(client, session).id
    first = client.v1.refunds.create(
        params={"charge": charge, "amount": 1000, "reason": "requested_by_customer"}
    )
    assert (first.status, first.amount) == ("succeeded", 1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"charge": charge, "amount": 251})
    assert "greater than unrefunded amount" in refused.value.user_message
    rest = client.v1.refunds.create(params={"payment_intent": first.payment_intent})
    assert rest.amount == 250
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create(params={"charge": charge})
    assert again.value.code == "charge_already_refunded"
    after = client.v1.charges.retrieve(charge, params={"expand": ["refunds"]})
    assert (after.amount_refunded, after.refunded, len(after.refunds.data)) == (1250, True, 2)
    assert [t for t in types(sandbox) if "refund" in t] == ["refund.created", "charge.refunded"] * 2


def test_an_unpaid_intent_cannot_be_refunded(client, sandbox, new_session):
    session = new_session()
    sandbox.stripe.pay(session.id, "decline")
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(params={"payment_intent": intent})


@pytest.mark.parametrize(
    ("card", "first", "last", "kind", "left"),
    [
        ("refund_fails", "succeeded", "failed", "refund.failed", 0),
        ("refund_pending", "pending", "succeeded", "refund.updated", 1250),
    ],
)
def test_refunds_that_change_their_mind(
    client, sandbox, new_session, card, first, last, kind, left
):
    session = new_session()
    sandbox.stripe.pay(session.id, card)
    refund = client.v1.refunds.create(params={"charge": charge_of(client, session).id})
    assert refund.status == first
    sandbox.advance_clock(10)
    assert client.v1.refunds.retrieve(refund.id).status == last
    assert len(sandbox.stripe.events(kind)) == 1
    assert charge_of(client, session).amount_refunded == left


def test_a_dispute_takes_the_money_and_winning_brings_it_back(client, sandbox, new_session):
    session = new_session()
    sandbox.stripe.pay(session.id, "dispute")
    dispute = client.v1.disputes.list(params={"charge": charge_of(client, session).id}).data[0]
    assert (dispute.status, dispute.amount, dispute.reason) == (
        "needs_response",
        1250,
        "fraudulent",
    )
    assert [t.net for t in dispute.balance_transactions] == [-2750]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"charge": dispute.charge})
    assert refused.value.code == "charge_disputed"
    saved = client.v1.disputes.update(
        dispute.id, params={"evidence": {"customer_name": "Ann"}, "submit": False}
    )
    assert (saved.status, saved.evidence_details.has_evidence) == ("needs_response", True)
    won = client.v1.disputes.update(
        dispute.id, params={"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert (won.status, won.evidence.customer_name) == ("won", "Ann")
    assert [t.amount for t in won.balance_transactions] == [-1250, 1250]
    assert [t for t in types(sandbox) if "dispute" in t] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_an_accepted_dispute_is_lost(client, sandbox, new_session):
    session = new_session()
    sandbox.stripe.pay(session.id)
    dispute = sandbox.stripe.open_dispute(session=session.id, reason="product_not_received")
    assert client.v1.disputes.close(dispute["id"]).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute["id"])


def test_an_inquiry_moves_no_money(client, sandbox, new_session):
    session = new_session()
    sandbox.stripe.pay(session.id)
    dispute = sandbox.stripe.open_dispute(session=session.id, inquiry=True)
    assert (dispute["status"], dispute["balance_transactions"]) == ("warning_needs_response", [])
    assert sandbox.stripe.decide_dispute(dispute["id"], "won")["status"] == "warning_closed"
    assert sandbox.stripe.events("charge.dispute.funds_withdrawn") == []


def test_an_early_fraud_warning(client, sandbox, new_session):
    session = new_session()
    sandbox.stripe.pay(session.id, "early_fraud_warning")
    warning = client.v1.radar.early_fraud_warnings.list().data[0]
    assert (warning.charge, warning.actionable) == (charge_of(client, session).id, True)
    assert len(sandbox.stripe.events("radar.early_fraud_warning.created")) == 1


def test_intents_by_hand(client, sandbox):
    held = client.v1.payment_intents.create(
        params={
            "amount": 2000,
            "currency": "usd",
            "capture_method": "manual",
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )
    assert (held.status, held.amount_capturable) == ("requires_capture", 2000)
    taken = client.v1.payment_intents.capture(held.id, params={"amount_to_capture": 1500})
    assert (taken.status, taken.amount_received) == ("succeeded", 1500)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    fresh = client.v1.payment_intents.create(params={"amount": 2000, "currency": "usd"})
    assert client.v1.payment_intents.cancel(fresh.id).status == "canceled"


def test_a_session_that_is_captured_by_hand(client, sandbox, new_session):
    session = new_session(payment_intent_data={"capture_method": "manual"})
    sandbox.stripe.pay(session.id)
    held = client.v1.checkout.sessions.retrieve(session.id)
    assert (held.status, held.payment_status) == ("complete", "unpaid")
    client.v1.payment_intents.capture(held.payment_intent)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_euro_sessions_offer_the_euro_debit(client, sandbox):
    item = {
        "price_data": {"currency": "EUR", "unit_amount": 900, "product_data": {"name": "Torte"}},
        "quantity": 1,
    }
    session = client.v1.checkout.sessions.create(params=session_params(line_items=[item]))
    assert (session.currency, session.payment_method_types) == ("eur", ["card", "sepa_debit"])
    sandbox.stripe.pay(session.id, "async_success")
    sandbox.stripe.settle(session.id)
    assert charge_of(client, session).payment_method_details.type == "sepa_debit"


def test_features_of_products_are_an_empty_list(client, new_session):
    new_session()
    product = client.v1.products.list().data[0]
    assert client.v1.products.features.list(product.id).data == []
