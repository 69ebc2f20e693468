"""Misbehaviour by chance that can be repeated, calls by plan, and reports of strangers."""

import pytest
from twilio.base.exceptions import TwilioRestException

from bakery.sandbox.client import SandboxRefusedError
from tests.sandbox.conftest import CALLBACK
from tests.sandbox.test_twilio import SENDER, SHOP, is_signed, send

GATHER = '<Response><Gather action="{url}/digits/"><Say>Press one.</Say></Gather></Response>'


def outcomes(twilio, count=40) -> list[bool]:
    accepted = []
    for number in range(count):
        try:
            send(twilio, body=f"text {number}")
            accepted.append(True)
        except TwilioRestException:
            accepted.append(False)
    return accepted


def test_a_share_of_requests_fails_the_same_ones_for_the_same_seed(sandbox, twilio):
    runs = []
    for seed in (7, 7, 8):
        sandbox.reset()
        sandbox.twilio.add_fault("status", status=503, share=0.25, seed=seed, times=1000)
        runs.append(outcomes(twilio))
    assert runs[0] == runs[1] != runs[2]
    lost = runs[2].count(False)
    assert 4 <= lost <= 18
    assert sandbox.twilio.counts() == {
        "requests": {"POST Messages": 40},
        "faults": {"status": lost},
        "callbacks": {},
    }
    assert len(sandbox.twilio.messages()) == 40 - lost


@pytest.mark.parametrize("share", [0, -1, 1.5])
def test_a_share_that_is_none_is_refused(sandbox, share):
    with pytest.raises(SandboxRefusedError):
        sandbox.twilio.add_fault("status", share=share)


def test_a_share_of_reports_comes_twice(sandbox, platform, twilio):
    sandbox.twilio.add_rule("duplicate", pattern="message.delivered", share=0.5, seed=3)
    for number in range(12):
        send(twilio, platform, body=f"text {number}")
    sandbox.client.wait_until(
        lambda: len(sandbox.twilio.deliveries("message.delivered", "delivered")) >= 13
    )
    sandbox.twilio.wait_until_quiet()
    bent = sandbox.twilio.counts()["callbacks"]
    assert 0 < bent["duplicate"] < 24
    assert bent["duplicate"] % 2 == 0, "the copy and what it is a copy of"


def test_a_forged_report_is_not_signed(sandbox, platform, twilio):
    sandbox.twilio.set_auto(on=False)
    sent = send(twilio, platform)
    genuine = platform.wait_for(1)[0]
    sandbox.twilio.forge(sent.sid, "delivered")
    forged = platform.wait_for(2)[1]
    assert is_signed(sandbox, genuine)
    assert not is_signed(sandbox, forged)
    assert (forged.path.split("?")[0], forged.form["MessageStatus"]) == (CALLBACK, "delivered")


def call(twilio, platform, **given):
    return twilio.calls.create(
        to=SHOP, from_=SENDER, status_callback=f"{platform.url}/call/", **given
    )


def test_a_person_presses_what_was_planned(sandbox, platform, twilio):
    sandbox.twilio.answer_calls(SHOP, digits="1")
    platform.body = GATHER.format(url=platform.url).encode()
    call(twilio, platform, url=f"{platform.url}/twiml/", machine_detection="Enable")
    received = platform.wait_for(5)
    [digits] = [r for r in received if r.path == "/digits/"]
    assert (digits.form["Digits"], digits.form["CallStatus"]) == ("1", "in-progress")
    assert digits.form["AnsweredBy"] == "human"
    assert is_signed(sandbox, digits)


def test_words_that_came_with_the_call_are_answered_too(sandbox, platform, twilio):
    sandbox.twilio.answer_calls(SHOP, digits="1")
    call(twilio, platform, twiml=GATHER.format(url=platform.url))
    assert "/digits/" in {r.path for r in platform.wait_for(4)}


@pytest.mark.parametrize(
    ("outcome", "states", "answered_by"),
    [
        ("machine", ["ringing", "in-progress", "completed"], "machine_start"),
        ("busy", ["ringing", "busy"], None),
        ("no-answer", ["ringing", "no-answer"], None),
        ("failed", ["ringing", "failed"], None),
    ],
)
def test_nobody_presses_anything(sandbox, platform, twilio, outcome, states, answered_by):
    sandbox.twilio.answer_calls(SHOP, outcome, digits="1")
    made = call(twilio, platform, twiml=GATHER.format(url=platform.url), machine_detection="Enable")
    received = platform.wait_for(len(states))
    sandbox.twilio.wait_until_quiet()
    assert [r.form["CallStatus"] for r in received] == states
    assert twilio.calls(made.sid).fetch().answered_by == answered_by


def test_an_unknown_outcome_is_refused(sandbox):
    with pytest.raises(SandboxRefusedError):
        sandbox.twilio.answer_calls(SHOP, "aliens")
