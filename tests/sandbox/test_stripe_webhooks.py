"""Webhooks: signed as Stripe signs, retried, and bent on command."""

import time

import pytest
import stripe

from bakery.sandbox.stripe.objects import API_VERSION

SECRET = "whsec_sandbox_0123456789abcdef"


def read(received, secret=SECRET):
    signature = received.headers["Stripe-Signature"]
    return stripe.Webhook.construct_event(received.body, signature, secret)


def test_events_are_accepted_by_the_sdk(hooked, platform, new_session):
    session = new_session(options={"idempotency_key": "key-1"})
    hooked.stripe.pay(session.id)
    events = [read(received) for received in platform.wait_for(5)]
    completed = next(e for e in events if e.type == "checkout.session.completed")
    assert completed.data.object.id == session.id
    assert (completed.api_version, completed.livemode) == (API_VERSION, False)
    assert completed.api_version == stripe.api_version
    assert {event.id for event in events} == {e["id"] for e in hooked.stripe.events()}
    updated = next(e for e in events if e.type == "charge.updated")
    assert updated.data.previous_attributes.to_dict() == {"balance_transaction": None}


def test_api_calls_are_named_in_their_events(hooked, platform, client, new_session):
    session = new_session()
    client.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "key-2"})
    event = read(platform.wait_for(1)[0])
    assert event["request"]["idempotency_key"] == "key-2"
    assert event["request"]["id"].startswith("req_")


def test_a_changed_body_or_a_wrong_secret_is_detected(hooked, platform, client, new_session):
    client.v1.checkout.sessions.expire(new_session().id)
    received = platform.wait_for(1)[0]
    with pytest.raises(stripe.SignatureVerificationError):
        read(received, "whsec_other")
    received.body = received.body.replace(b"expired", b"complet")
    with pytest.raises(stripe.SignatureVerificationError):
        read(received)


def test_retries_until_accepted_and_signs_each_anew(hooked, platform, client, new_session):
    hooked.stripe.set_retry_gaps([0.01, 0.02, 1.1])
    platform.answers = [500, 404, 302]
    client.v1.checkout.sessions.expire(new_session().id)
    delivery = hooked.stripe.wait_for_deliveries("checkout.session.expired")[0]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 404, 302, 200]
    assert len({read(received).id for received in platform.received}) == 1
    times = [received.headers["Stripe-Signature"].split(",")[0] for received in platform.received]
    assert times[0] != times[-1], "the signature carries the time of sending"
    assert hooked.stripe.events()[0]["pending_webhooks"] == 0


def test_gives_up_after_the_last_gap(hooked, platform, client, new_session):
    hooked.stripe.set_retry_gaps([0.01])
    platform.answers = [500] * 5
    client.v1.checkout.sessions.expire(new_session().id)
    hooked.stripe.wait_for_deliveries("checkout.session.expired", state="failed")
    assert len(platform.received) == 2


def test_retries_follow_the_clock(hooked, platform, client, new_session):
    hooked.stripe.set_retry_gaps([3600])
    platform.answers = [500]
    client.v1.checkout.sessions.expire(new_session().id)
    platform.wait_for(1)
    hooked.client.wait_until(lambda: hooked.stripe.deliveries()[0]["attempts"])
    hooked.advance_clock(3601)
    platform.wait_for(2)
    signed_at = int(platform.received[1].headers["Stripe-Signature"].split(",")[0][2:])
    assert abs(signed_at - time.time()) < 60, "signed by the real clock, as the platform checks it"


def test_an_unreachable_platform_is_retried(sandbox, client, new_session):
    sandbox.stripe.set_webhook("http://127.0.0.1:9/")
    sandbox.stripe.set_retry_gaps([0.01])
    client.v1.checkout.sessions.expire(new_session().id)
    failed = sandbox.stripe.wait_for_deliveries(state="failed")[0]
    assert [bool(attempt["error"]) for attempt in failed["attempts"]] == [True, True]


def test_duplicates(hooked, platform, client, new_session):
    hooked.stripe.add_rule("duplicate", pattern="checkout.session.expired", copies=2)
    client.v1.checkout.sessions.expire(new_session().id)
    assert len({read(received).id for received in platform.wait_for(3)}) == 1
    hooked.stripe.wait_until_quiet()
    assert len(platform.received) == 3


def test_drops(hooked, platform, new_session):
    hooked.stripe.add_rule("drop", pattern="checkout.session.*", times=1)
    hooked.stripe.pay(new_session().id)
    hooked.stripe.wait_until_quiet()
    assert "checkout.session.completed" not in [read(r).type for r in platform.received]
    assert len(hooked.stripe.deliveries("checkout.session.completed", "dropped")) == 1
    hooked.stripe.send_event(hooked.stripe.events("checkout.session.completed")[0]["id"])
    hooked.stripe.wait_for_deliveries("checkout.session.completed")


def test_delays(hooked, platform, client, new_session):
    hooked.stripe.add_rule("delay", seconds=3600)
    client.v1.checkout.sessions.expire(new_session().id)
    assert hooked.stripe.deliveries()[0]["state"] == "pending"
    assert platform.received == []
    hooked.advance_clock(3601)
    platform.wait_for(1)


def test_reorders(hooked, platform, new_session):
    hooked.stripe.add_rule("reorder", window=5)
    hooked.stripe.pay(new_session().id)
    arrived = [read(received).type for received in platform.wait_for(5)]
    assert arrived == [event["type"] for event in hooked.stripe.events()][::-1]


def test_holds_and_releases_in_a_chosen_order(hooked, platform, new_session):
    hooked.stripe.pause_deliveries()
    hooked.stripe.pay(new_session().id)
    held = hooked.stripe.deliveries(state="held")
    assert (len(held), platform.received) == (5, [])
    chosen = [held[4], held[0], held[2]]
    hooked.stripe.release_deliveries([delivery["id"] for delivery in chosen])
    arrived = [read(received).id for received in platform.wait_for(3)]
    assert arrived == [delivery["subject"] for delivery in chosen]
    hooked.stripe.release_deliveries(reverse=True)
    rest = [read(received).id for received in platform.wait_for(5)[3:]]
    assert rest == [held[3]["subject"], held[1]["subject"]]


def test_rotation_signs_with_both_secrets(hooked, platform, client, new_session):
    new, old = hooked.stripe.rotate_secret("whsec_new")
    assert (new, old) == ("whsec_new", SECRET)
    client.v1.checkout.sessions.expire(new_session().id)
    both = platform.wait_for(1)[0]
    assert read(both, new).id == read(both, old).id
    hooked.stripe.rotate_secret("whsec_newest", keep_old=False)
    client.v1.checkout.sessions.expire(new_session().id)
    newest = platform.wait_for(2)[1]
    assert read(newest, "whsec_newest").type == "checkout.session.expired"
    with pytest.raises(stripe.SignatureVerificationError):
        read(newest, new)


def test_an_endpoint_made_by_the_api_gets_what_it_asked_for(sandbox, platform, client, new_session):
    endpoint = client.v1.webhook_endpoints.create(
        params={"url": f"{platform.url}/other/", "enabled_events": ["checkout.session.completed"]}
    )
    sandbox.stripe.pay(new_session().id)
    event = read(platform.wait_for(1)[0], endpoint.secret)
    sandbox.stripe.wait_until_quiet()
    assert (event.type, len(platform.received)) == ("checkout.session.completed", 1)
    client.v1.webhook_endpoints.update(endpoint.id, params={"disabled": True})
    sandbox.stripe.pay(new_session().id)
    assert len(sandbox.stripe.deliveries()) == 1


def test_events_can_be_listed_and_made_up(hooked, platform, client, new_session):
    hooked.stripe.pay(new_session().id)
    found = client.v1.events.list(params={"types": ["charge.*"], "created": {"gte": 1}})
    assert [event.type for event in found.data] == ["charge.updated", "charge.succeeded"]
    made = hooked.stripe.send_new_event("account.updated", {"id": "acct_1", "object": "account"})
    assert client.v1.events.retrieve(made["id"]).type == "account.updated"
    platform.wait_for(6)
    hooked.stripe.wait_until_quiet()
    assert client.v1.events.list(params={"delivery_success": False}).data == []


def test_a_burst_arrives_whole(hooked, platform, client, new_session):
    client.v1.checkout.sessions.expire(new_session().id)
    event = hooked.stripe.events()[0]["id"]
    hooked.stripe.send_event(event, copies=200)
    platform.wait_for(201, timeout_s=20)
    hooked.stripe.wait_until_quiet()
    assert {delivery["state"] for delivery in hooked.stripe.deliveries()} == {"delivered"}
    assert {read(received).id for received in platform.received} == {event}
