"""Each failure control does to the SDK what it says."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from bakery.sandbox.client import SandboxRefusedError
from tests.sandbox.conftest import make_stripe, session_params


def create(client, **options):
    return client.v1.checkout.sessions.create(params=session_params(), options=options or None)


def count(client):
    return len(client.v1.checkout.sessions.list().data)


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, stripe.APIError), (503, stripe.APIError), (429, stripe.RateLimitError)],
)
def test_errors_before_anything_is_done(sandbox, client, status, error):
    sandbox.stripe.add_fault("status", status=status, times=2)
    for _ in range(2):
        with pytest.raises(error) as failed:
            create(client)
        assert failed.value.http_status == status
    assert count(client) == 0
    create(client)


def test_an_error_after_it_was_done(sandbox, client):
    sandbox.stripe.add_fault("status_after", status=500)
    with pytest.raises(stripe.APIError):
        create(client)
    assert count(client) == 1


def test_hanging(sandbox):
    sandbox.stripe.add_fault("hang", seconds=30)
    client = make_stripe(sandbox.url, timeout=0.3)
    with pytest.raises(stripe.APIConnectionError):
        create(client)
    assert count(client) == 0


def test_a_dropped_connection(sandbox, client):
    sandbox.stripe.add_fault("drop")
    with pytest.raises(stripe.APIConnectionError):
        create(client)
    assert count(client) == 0


def test_a_connection_dropped_after_it_was_done(sandbox, client):
    sandbox.stripe.add_fault("drop_after")
    with pytest.raises(stripe.APIConnectionError):
        create(client)
    assert count(client) == 1


def test_a_webhook_before_the_answer(hooked, platform, client, new_session):
    session = new_session()
    hooked.stripe.pay(session.id)
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    platform.wait_for(5)
    hooked.stripe.add_fault("delay_after", path="/v1/refunds", seconds=0.5)
    started = time.monotonic()
    client.v1.refunds.create(params={"payment_intent": intent})
    answered = time.monotonic() - started
    assert answered >= 0.5
    attempt = hooked.stripe.deliveries("refund.created")[0]["attempts"][0]
    assert attempt["at"] < time.time()
    assert len(platform.received) == 7, "both events came before the answer"


def test_faults_choose_their_requests(sandbox, client):
    sandbox.stripe.add_fault("status", method="POST", path="/v1/refunds")
    create(client)
    with pytest.raises(stripe.APIError):
        client.v1.refunds.create(params={"charge": "ch_1"})


def test_the_sdk_gets_over_one_dropped_connection(sandbox):
    client = stripe.StripeClient(
        "sk_test_" + "a" * 24,
        base_addresses={"api": f"{sandbox.url}/stripe"},
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=5),
    )
    sandbox.stripe.add_fault("drop_after")
    made = create(client)
    assert made.last_response.headers["Idempotent-Replayed"] == "true"
    assert count(client) == 1


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("fault", {"kind": "explode"}),
        ("fault", {"kind": "hang", "colour": "red"}),
        ("rule", {"action": "explode"}),
        ("release", {"order": ["dlv_none"]}),
        ("resend", {}),
        ("change_amount", {"session": "cs_none", "amount": 1}),
        ("explode", {}),
    ],
)
def test_mistaken_controls_are_refused(sandbox, action, given):
    with pytest.raises(SandboxRefusedError, match=r"^4\d\d"):
        sandbox.client.post(f"/stripe/_control/{action}", given)


def test_controls_want_json(sandbox):
    reply = sandbox.client._session.post(
        f"{sandbox.url}/sandbox/_control/reset", data="{}", headers={"Content-Type": "text/plain"}
    )
    assert reply.status_code == 400


def test_a_foreign_host_name_is_turned_away(sandbox):
    reply = sandbox.client._session.get(f"{sandbox.url}/", headers={"Host": "evil.example"})
    assert reply.status_code == 400


def test_a_delayed_request_does_not_outlive_a_reset(sandbox, client):
    sandbox.stripe.add_fault("delay", path="/v1/checkout/sessions", seconds=30)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(create, make_stripe(sandbox.url, timeout=20))
        # Taken from the plan means that the request is being delayed now.
        sandbox.client.wait_until(
            lambda: not sandbox.client.get("/api/state")["controls"]["stripe"]["faults"]
        )
        sandbox.reset()
        with pytest.raises(stripe.APIConnectionError):
            slow.result(10)
    assert count(client) == 0
