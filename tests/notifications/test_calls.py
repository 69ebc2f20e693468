"""A telephone call about a cake: only a pressed key takes charge; nobody else's word counts."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import requests

from apps.notifications import services
from apps.notifications.models import AlertContact, Message
from apps.notifications.states import AlertKind, AlertState, MessageState
from bakery.kernel.models import OutboxMessage
from bakery.sandbox.twilio.callbacks import sign_request

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND, THIRD = "+14165550101", "+14165550102", "+14165550103"


@pytest.fixture
def roster():
    rows = [
        AlertContact(name="Ada", phone=FIRST, position=1),
        AlertContact(name="Bea", phone=SECOND, language="fr", position=2),
        AlertContact(name="Cy", phone=THIRD, position=3),
    ]
    return AlertContact.objects.bulk_create(rows)


@pytest.fixture
def called(sandbox, public, roster, at):
    """An alert at the level of calls; its texts stay unsent."""
    alert = services.raise_alert(
        key="cake-order:B-1",
        text="CAKE B-1",
        at=at,
        kind=AlertKind.CAKE,
        words={"en": {"spoken": "A cake <was> paid."}, "fr": {"spoken": "Un gâteau."}},
    )
    for minutes in (2, 8):
        services.escalate_overdue(at=at + minutes * timedelta(minutes=1))
    Message.objects.exclude(channel="voice").update(state=MessageState.WITHHELD)
    OutboxMessage.objects.filter(done_at=None).update(not_before=at)
    return alert


@pytest.fixture
def signed(settings):
    def post(url, **parameters):
        signature = sign_request(url, parameters, auth_token=settings.TWILIO_AUTH_TOKEN)
        headers = {"X-Twilio-Signature": signature}
        return requests.post(url, data=parameters, headers=headers, timeout=60)

    return post


def address(public, message, what=""):
    return f"{public.url}/webhooks/twilio/calls/{message.reference}/{what}"


def call_to(phone):
    return Message.objects.get(channel="voice", recipient=phone)


def test_whoever_picks_up_hears_the_order_and_presses_1(called, sandbox, drain_outbox, wait_until):
    drain_outbox()
    # Who does not press anything while this is still busy is called once more.
    wait_until(lambda: {FIRST, SECOND} <= {row["to"] for row in calls(sandbox) if row["said"]})
    said = {call["to"]: call["said"] for call in calls(sandbox) if call["said"]}
    assert said[FIRST].startswith("A cake <was> paid. Press 1")
    assert said[SECOND].startswith("Un gâteau. Appuyez")
    first = next(call for call in calls(sandbox) if call["to"] == FIRST and call["said"])
    sandbox.twilio.press(first["sid"], "1")
    wait_until(lambda: taken(called))
    assert called.acknowledged_by == "call:Ada …0101"


def calls(sandbox):
    return sandbox.twilio.calls()


def taken(alert):
    alert.refresh_from_db()
    return alert.state == AlertState.ACKNOWLEDGED


def test_picking_up_or_another_key_takes_charge_of_nothing(called, public, signed):
    message = call_to(FIRST)
    heard = signed(address(public, message), CallSid="CA1", AnsweredBy="machine_start")
    assert "<Gather" in heard.text
    action = re.search(r'action="([^"]+)"', heard.text)[1]
    for digits in ("5", "", "1111"):
        action = re.search(r'action="([^"]+)"', signed(action, Digits=digits).text)
        if action is None:
            break
        action = action[1]
    assert action is None  # it does not go on for ever
    signed(address(public, message, "status/"), CallSid="CA1", CallStatus="completed")
    assert not taken(called)


def test_a_call_that_ends_without_a_key_is_followed_by_the_next_person(
    called, public, signed, drain_outbox, sandbox
):
    message = call_to(FIRST)
    Message.objects.filter(channel="voice").update(state="sending", provider_sid="CA1")
    for _ in range(3):  # a replay calls nobody twice
        reply = signed(address(public, message, "status/"), CallSid="CA1", CallStatus="no-answer")
        assert reply.status_code == 204
    OutboxMessage.objects.exclude(kind="notifications.call_ended").update(done_at=called.raised_at)
    drain_outbox()
    assert Message.objects.filter(channel="voice").count() == 3
    assert [call["to"] for call in sandbox.twilio.calls()] == [THIRD]
    message.refresh_from_db()
    assert (message.state, message.error_code) == ("undelivered", "no-answer")
    # Late and out of order: nothing goes back.
    signed(address(public, message, "status/"), CallSid="CA1", CallStatus="ringing")
    message.refresh_from_db()
    assert message.state == "undelivered"


def test_a_second_key_is_told_that_it_is_taken(called, public, signed):
    digits = address(public, call_to(FIRST), "digits/?round=1")
    assert "Thank you" in signed(digits, Digits="1").text
    assert "Thank you" in signed(digits, Digits="1").text  # the same request once more
    assert "déjà" in signed(address(public, call_to(SECOND), "digits/?round=1"), Digits="1").text
    assert "déjà" in signed(address(public, call_to(SECOND))).text
    assert called.transitions.filter(new=AlertState.ACKNOWLEDGED).count() == 1
    assert taken(called)
    assert called.acknowledged_by == "call:Ada …0101"


@pytest.mark.parametrize("what", ["", "digits/", "status/"])
def test_what_twilio_did_not_sign_is_refused(called, public, what):
    forged = {"CallSid": "CA1", "CallStatus": "completed", "Digits": "1"}
    url = address(public, call_to(FIRST), what)
    for signature in ("", "x", sign_request(url, forged, auth_token="guessed")):
        headers = {"X-Twilio-Signature": signature}
        assert requests.post(url, data=forged, headers=headers, timeout=60).status_code == 403
    assert requests.get(url, timeout=60).status_code == 405
    assert not taken(called)
    assert call_to(FIRST).state == MessageState.QUEUED


def test_odd_requests_are_no_errors_of_ours(called, public, signed):
    known, unknown = call_to(FIRST).reference, uuid4()
    base = f"{public.url}/webhooks/twilio/calls"
    assert signed(f"{base}/{unknown}/").status_code == 404
    assert signed(f"{base}/{unknown}/digits/", Digits="1").status_code == 404
    assert signed(f"{base}/{unknown}/status/", CallStatus="completed").status_code == 204
    for odd in ("\x00", "9" * 50, "é", "-1"):
        assert signed(f"{base}/{known}/digits/?round=99999", Digits=odd).status_code == 200
        assert signed(f"{base}/{known}/status/", CallStatus=odd, CallSid=odd).status_code == 204


def test_a_call_that_cannot_be_made_goes_to_the_next(called, sandbox, drain_outbox):
    sandbox.twilio.add_fault("status", status=400, times=1, code="21211")
    drain_outbox()
    phones = set(Message.objects.filter(channel="voice").values_list("recipient", flat=True))
    assert phones == {FIRST, SECOND, THIRD}
