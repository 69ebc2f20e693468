"""Idempotency keys: replay, refusal of other parameters, refusal while in flight."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.sandbox.conftest import make_stripe, session_params

KEY = {"idempotency_key": "order-1-attempt-1"}


def test_the_same_request_is_replayed(client, new_session):
    first = new_session(options=KEY)
    again = new_session(options=KEY)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_other_parameters_are_refused(client, new_session):
    new_session(options=KEY)
    with pytest.raises(stripe.IdempotencyError) as refused:
        new_session(1300, options=KEY)
    assert refused.value.http_status == 400
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_another_path_is_refused(client, new_session):
    session = new_session(options=KEY)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.expire(session.id, options=KEY)


def test_a_request_in_flight_is_a_conflict(sandbox, client):
    sandbox.stripe.add_fault("delay", path="/v1/checkout/sessions", seconds=10)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(
            make_stripe(sandbox.url, timeout=20).v1.checkout.sessions.create,
            params=session_params(),
            options=KEY,
        )
        # Taken from the plan means that the slow request is in flight.
        sandbox.client.wait_until(
            lambda: not sandbox.client.get("/api/state")["controls"]["stripe"]["faults"]
        )
        # The SDK has no class of its own for a 409.
        with pytest.raises(stripe.APIError) as conflict:
            client.v1.checkout.sessions.create(params=session_params(), options=KEY)
        assert conflict.value.http_status == 409
        assert conflict.value.json_body["error"]["code"] == "idempotency_key_in_use"
        sandbox.stripe.clear_faults()
        made = slow.result(10)
    assert [s.id for s in client.v1.checkout.sessions.list().data] == [made.id]


def test_a_refused_parameter_leaves_the_key_unused(new_session):
    with pytest.raises(stripe.InvalidRequestError):
        new_session(10, options=KEY)
    assert new_session(1250, options=KEY).amount_total == 1250


def test_a_declined_card_is_replayed(client):
    params = {
        "amount": 1000,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_chargeDeclined",
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            client.v1.payment_intents.create(params=params, options=KEY)
        assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert len(client.v1.payment_intents.list().data) == 1


def test_keys_are_forgotten_after_a_day(sandbox, new_session):
    first = new_session(options=KEY)
    sandbox.advance_clock(24 * 3600 + 1)
    assert new_session(options=KEY).id != first.id


def test_a_request_that_was_executed_but_not_answered_is_not_repeated(sandbox, client):
    sandbox.stripe.add_fault("drop_after", path="/v1/checkout/sessions")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=session_params(), options=KEY)
    made = client.v1.checkout.sessions.create(params=session_params(), options=KEY)
    assert made.last_response.headers["Idempotent-Replayed"] == "true"
    assert [s.id for s in client.v1.checkout.sessions.list().data] == [made.id]


@pytest.mark.parametrize("options", [None])
def test_without_a_key_it_is_repeated(sandbox, client, options):
    """The control: the same loss without a key makes two sessions."""
    sandbox.stripe.add_fault("drop_after", path="/v1/checkout/sessions")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=session_params(), options=options)
    client.v1.checkout.sessions.create(params=session_params(), options=options)
    assert len(client.v1.checkout.sessions.list().data) == 2
