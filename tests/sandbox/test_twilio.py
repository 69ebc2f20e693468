"""The local Twilio answers the official SDK, and its callbacks carry a valid signature."""

import pytest
from requests import exceptions
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from bakery.sandbox.twilio.segments import count_segments
from tests.sandbox.conftest import CALLBACK, make_twilio

SHOP, SENDER = "+12025550123", "+14165550199"


def send(client, platform=None, to=SHOP, body="A cake order waits.", **given):
    if platform is not None:
        given["status_callback"] = platform.url + CALLBACK
    return client.messages.create(to=to, from_=SENDER, body=body, **given)


def is_signed(sandbox, received):
    validator = RequestValidator(sandbox.config.twilio_auth_token)
    return validator.validate(received.url, received.form, received.headers["X-Twilio-Signature"])


def test_a_message_is_delivered_and_reported(sandbox, platform, twilio):
    sent = send(twilio, platform)
    assert (sent.status, sent.direction, sent.num_segments) == ("queued", "outbound-api", "1")
    received = platform.wait_for(4)
    assert [r.form["MessageStatus"] for r in received] == ["queued", "sending", "sent", "delivered"]
    assert all(is_signed(sandbox, r) for r in received)
    assert {r.form["MessageSid"] for r in received} == {sent.sid}
    fetched = twilio.messages(sent.sid).fetch()
    assert (fetched.status, fetched.to, fetched.body) == ("delivered", SHOP, "A cake order waits.")
    assert fetched.date_sent is not None


def test_a_changed_callback_is_detected(sandbox, platform, twilio):
    send(twilio, platform)
    received = platform.wait_for(4)[3]
    received.body = received.body.replace(b"MessageStatus=delivered", b"MessageStatus=failed")
    assert not is_signed(sandbox, received)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": "+15005550001"}, 21211),
        ({"to": "12025550123"}, 21211),
        ({"to": "+15005550002"}, 21612),
        ({"to": "+15005550003"}, 21408),
        ({"to": "+15005550004"}, 21610),
        ({"to": "+15005550009"}, 21614),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
    ],
)
def test_refusals(sandbox, twilio, given, code):
    with pytest.raises(TwilioRestException) as refused:
        send(twilio, **given)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert sandbox.twilio.messages() == []


@pytest.mark.parametrize(
    ("sender", "code"),
    [("+15005550001", 21212), ("+15005550007", 21606), ("+15005550008", 21611), ("", 21603)],
)
def test_refused_senders(twilio, sender, code):
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=SHOP, from_=sender, body="x")
    assert refused.value.code == code


def test_a_wrong_token_is_refused(sandbox):
    with pytest.raises(TwilioRestException) as refused:
        send(make_twilio(sandbox, "wrong"))
    assert (refused.value.status, refused.value.code) == (401, 20003)


@pytest.mark.parametrize(
    ("code", "status"), [(30003, "undelivered"), (30005, "undelivered"), (30001, "failed")]
)
def test_lost_messages(sandbox, platform, twilio, code, status):
    sandbox.twilio.fail(SHOP, code)
    sent = send(twilio, platform)
    last = platform.wait_for(3)[2]
    assert (last.form["MessageStatus"], last.form["ErrorCode"]) == (status, str(code))
    assert is_signed(sandbox, last)
    assert twilio.messages(sent.sid).fetch().error_code == code
    sandbox.twilio.fail(SHOP, None)
    send(twilio, platform)
    assert platform.wait_for(7)[6].form["MessageStatus"] == "delivered"


def test_a_planned_refusal(sandbox, twilio):
    sandbox.twilio.fail(SHOP, 21614)
    with pytest.raises(TwilioRestException) as refused:
        send(twilio)
    assert refused.value.code == 21614


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20500)])
def test_api_errors(sandbox, twilio, status, code):
    sandbox.twilio.add_fault("status", status=status)
    with pytest.raises(TwilioRestException) as failed:
        send(twilio)
    assert (failed.value.status, failed.value.code) == (status, code)
    assert sandbox.twilio.messages() == []


@pytest.mark.parametrize(("kind", "accepted"), [("drop", 0), ("drop_after", 1)])
def test_lost_answers_can_be_looked_up(sandbox, twilio, kind, accepted):
    sandbox.twilio.add_fault(kind)
    with pytest.raises(exceptions.ConnectionError):
        send(twilio)
    assert len(twilio.messages.list(to=SHOP)) == accepted


def test_hanging(sandbox):
    sandbox.twilio.add_fault("hang", seconds=30)
    with pytest.raises(exceptions.ReadTimeout):
        send(make_twilio(sandbox, timeout=0.3))
    assert sandbox.twilio.messages() == []


def test_lists_page_and_filter(twilio):
    for number in range(5):
        send(twilio, body=f"text {number}")
    send(twilio, to="+12025550188")
    assert [m.body for m in twilio.messages.list(to=SHOP, page_size=2)] == [
        f"text {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert len(twilio.messages.list(limit=3)) == 3
    assert twilio.messages.list(to="+12025550000") == []


def test_lists_by_day_and_time(sandbox, twilio):
    sent = send(twilio)
    now = sent.date_created
    assert len(twilio.messages.list(to=SHOP, date_sent=now.date())) == 1
    assert len(twilio.messages.list(to=SHOP, date_sent_after=now)) == 1
    sandbox.advance_clock(3 * 86_400)
    send(twilio)
    assert len(twilio.messages.list(to=SHOP, date_sent_before=now)) == 1


def test_callbacks_out_of_order(sandbox, platform, twilio):
    sandbox.twilio.add_rule("reorder", window=4)
    send(twilio, platform)
    arrived = [r.form["MessageStatus"] for r in platform.wait_for(4)]
    assert arrived == ["delivered", "sent", "sending", "queued"]


def test_callbacks_held_and_by_hand(sandbox, platform, twilio):
    sandbox.twilio.set_auto(on=False)
    sandbox.twilio.pause_deliveries()
    sent = send(twilio, platform)
    sandbox.twilio.set_status(sent.sid, "undelivered", 30003)
    assert platform.received == []
    sandbox.twilio.release_deliveries(reverse=True)
    arrived = [r.form["MessageStatus"] for r in platform.wait_for(2)]
    assert arrived == ["undelivered", "queued"]


def test_replies_are_signed_and_answered(sandbox, platform, twilio):
    sandbox.twilio.set_inbound_url(f"{platform.url}/webhooks/twilio/inbound/")
    platform.body = b"<Response><Message>Thanks &amp; bye</Message></Response>"
    sent = send(twilio)
    sandbox.twilio.reply("OK", message=sent.sid)
    received = platform.wait_for(1)[0]
    assert (received.form["From"], received.form["To"], received.form["Body"]) == (
        SHOP,
        SENDER,
        "OK",
    )
    assert is_signed(sandbox, received)
    answer = sandbox.client.wait_until(
        lambda: [m for m in twilio.messages.list() if m.direction == "outbound-reply"]
    )[0]
    assert (answer.to, answer.body) == (SHOP, "Thanks & bye")


def test_stop_ends_and_start_resumes(sandbox, twilio):
    sandbox.twilio.reply("Stop", from_=SHOP, to=SENDER)
    with pytest.raises(TwilioRestException) as refused:
        send(twilio)
    assert refused.value.code == 21610
    sandbox.twilio.reply("START", from_=SHOP, to=SENDER)
    assert send(twilio).status == "queued"


def test_a_message_is_redacted_and_deleted(twilio):
    sent = send(twilio)
    assert twilio.messages(sent.sid).update(body="").body == ""
    assert twilio.messages(sent.sid).delete() is True
    with pytest.raises(TwilioRestException) as gone:
        twilio.messages(sent.sid).fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)


def test_a_call_speaks_and_takes_digits(sandbox, platform, twilio):
    twiml = f'<Response><Say>Cake.</Say><Gather action="{platform.url}/digits/?order=1&amp;k=2"/>'
    call = twilio.calls.create(
        to=SHOP, from_=SENDER, twiml=twiml, status_callback=f"{platform.url}/call/"
    )
    states = [r.form["CallStatus"] for r in platform.wait_for(3)]
    assert states == ["ringing", "in-progress", "completed"]
    assert all(is_signed(sandbox, r) for r in platform.received)
    platform.body = b"<Response><Say>Thank you.</Say></Response>"
    sandbox.twilio.press(call.sid, "1")
    digits = platform.wait_for(4)[3]
    assert (digits.path, digits.form["Digits"]) == ("/digits/?order=1&k=2", "1")
    assert is_signed(sandbox, digits)
    sandbox.client.wait_until(lambda: sandbox.twilio.calls()[0]["said"] == "Cake. Thank you.")


def test_a_call_fetches_its_words(sandbox, platform, twilio):
    platform.body = b"<Response><Say>An order waits.</Say></Response>"
    twilio.calls.create(to=SHOP, from_=SENDER, url=f"{platform.url}/twiml/")
    assert is_signed(sandbox, platform.wait_for(1)[0])
    sandbox.client.wait_until(lambda: sandbox.twilio.calls()[0]["said"] == "An order waits.")


def test_nobody_answers(sandbox, platform, twilio):
    sandbox.twilio.fail(SHOP, 30003)
    twilio.calls.create(
        to=SHOP, from_=SENDER, twiml="<Response/>", status_callback=f"{platform.url}/call/"
    )
    assert [r.form["CallStatus"] for r in platform.wait_for(2)] == ["ringing", "no-answer"]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 153, 3),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("🎂" * 35, 1),
        ("🎂" * 36, 2),
        ("🎂" * 67, 3),
    ],
)
def test_segments(text, segments):
    assert count_segments(text) == segments
