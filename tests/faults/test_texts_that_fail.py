"""S1 to S5 from a paid cake to a person who takes charge, over HTTP; S6 is with inbound texts.

Time is the kernel's clock, run ahead; everything else is real: the outbox, Twilio's API and
reports, SMTP, links, calls.
"""

import re

import pytest
import requests

from apps.notifications import tasks
from apps.notifications.models import Alert, Message
from apps.notifications.services import delivery
from apps.notifications.states import AlertState, MessageState
from benchmarks import storm

pytestmark = [pytest.mark.django_db(transaction=True)]
FIRST, SECOND = "+14165550101", "+14165550102"
MANAGER = "manager@bakery.example"


@pytest.fixture
def paid(shop, settings):
    """Pay so many cakes; return their numbers."""
    settings.ALERT_EMAILS = [MANAGER]
    return lambda count=1: storm.pay_cakes(count, **shop())


@pytest.fixture
def pass_time(later, drain_outbox):
    """Let the clock reach so many seconds from the start, doing what falls due on the way."""

    def run(until, *, step=15, begin=0):
        for seconds in range(begin, until + 1, step):
            later(seconds)
            tasks.escalate_overdue()
            drain_outbox()

    return run


def mails_to_staff(sandbox):
    return sandbox.mail.mails(MANAGER)


@pytest.mark.parametrize(
    ("kind", "given"),
    [("status", {"status": 503}), ("hang", {"seconds": 5})],
    ids=["5xx", "hangs"],
)
def test_s1_while_twilio_is_down_others_are_told_within_two_minutes_and_no_text_is_lost(
    paid, pass_time, sandbox, settings, kind, given
):
    settings.TWILIO_TIMEOUT_SECONDS = 0.15
    sandbox.twilio.add_fault(kind, times=10_000, **given)
    [number] = paid()
    pass_time(120, step=30)
    assert sandbox.twilio.messages() == []
    [mail] = mails_to_staff(sandbox)
    assert number in mail["text"]
    assert Alert.objects.get().state == AlertState.ESCALATED
    sandbox.twilio.clear_faults()
    pass_time(735, begin=135, step=200)
    assert [number in sent["body"] for sent in sandbox.twilio.messages(FIRST)] == [True]
    assert not Message.objects.filter(state=MessageState.FAILED).exists()


@pytest.fixture
def no_reports(sandbox):
    """Twilio's reports get lost too; one alone would tell that a text was accepted."""
    sandbox.twilio.add_rule("drop")


def test_s2_an_answer_that_is_lost_is_made_good_by_the_report(paid, pass_time, sandbox, wait_until):
    sandbox.twilio.add_fault("drop_after", method="POST")
    paid()
    pass_time(0)
    wait_until(lambda: Alert.objects.get().state == AlertState.DELIVERED)
    pass_time(60)
    assert len(sandbox.twilio.messages(FIRST)) == 1


def test_s2_a_text_whose_answer_is_lost_is_looked_up_and_not_sent_again(
    paid, pass_time, sandbox, no_reports
):
    sandbox.twilio.add_fault("drop_after", method="POST")
    paid()
    pass_time(60)
    assert len(sandbox.twilio.messages(FIRST)) == 1
    assert not Message.objects.filter(maybe_duplicate=True).exists()


def test_s2_when_nothing_can_be_looked_up_it_is_sent_twice_at_most_and_flagged(
    paid, pass_time, sandbox, no_reports
):
    sandbox.twilio.add_fault("drop_after", method="POST")
    sandbox.twilio.add_fault("status", method="GET", status=500, times=1000)
    paid()
    pass_time(120, step=30)
    texts = sandbox.twilio.messages(FIRST)
    assert len(texts) == 2
    assert Message.objects.get(recipient=FIRST, channel="sms").maybe_duplicate


@pytest.mark.control
def test_control_s2_without_looking_up_an_answer_lost_twice_is_three_texts(
    paid, pass_time, sandbox, no_reports, monkeypatch
):
    monkeypatch.setattr(delivery, "_find_sent", lambda *_, **__: None)
    sandbox.twilio.add_fault("drop_after", method="POST", times=2)
    paid()
    pass_time(60)
    assert len(sandbox.twilio.messages(FIRST)) == 3


def states_of_texts():
    return list(
        Message.objects.filter(channel="sms").order_by("pk").values_list("state", flat=True)
    )


def test_s3_a_forged_report_is_refused_and_a_genuine_one_goes_to_the_next_person(
    paid, pass_time, sandbox, wait_until, drain_outbox
):
    sandbox.twilio.set_auto(on=False)
    paid()
    drain_outbox()
    [sent] = sandbox.twilio.messages(FIRST)
    sandbox.twilio.forge(sent["sid"], "delivered")
    [forged] = sandbox.twilio.wait_for_deliveries("forged.message.delivered", state="failed")
    assert forged["attempts"][0]["status"] == 403
    assert states_of_texts() == [MessageState.SENDING]

    sandbox.twilio.add_rule("duplicate", pattern="message.undelivered", copies=2)
    sandbox.twilio.set_status(sent["sid"], "undelivered", 30005)
    sandbox.twilio.wait_for_deliveries("message.undelivered", count=3)
    drain_outbox()
    assert len(sandbox.twilio.messages(SECOND)) == 1
    sandbox.twilio.set_status(sent["sid"], "sent")
    sandbox.twilio.wait_for_deliveries("message.sent")
    assert states_of_texts()[0] == MessageState.UNDELIVERED


def press(sandbox, to):
    [sent] = sandbox.twilio.messages(to)
    return requests.post(re.search(r"https?://\S+", sent["body"])[0], timeout=60)


def test_s5_five_minutes_a_second_person_ten_a_call_that_is_answered(
    paid, pass_time, later, sandbox, wait_until
):
    sandbox.twilio.answer_calls(FIRST, "machine", digits="1")
    sandbox.twilio.answer_calls(SECOND, digits="1")
    paid()
    pass_time(0)
    wait_until(lambda: Alert.objects.get().state == AlertState.DELIVERED)
    pass_time(285, begin=15, step=90)
    assert sandbox.twilio.messages(SECOND) == []
    pass_time(315, begin=315)
    assert len(sandbox.twilio.messages(SECOND)) == len(mails_to_staff(sandbox)) == 1
    assert sandbox.twilio.calls() == []
    pass_time(640, begin=640)
    assert {call["to"] for call in sandbox.twilio.calls()} == {FIRST, SECOND}
    alert = wait_until(lambda: Alert.objects.filter(state=AlertState.ACKNOWLEDGED).first())
    assert alert.acknowledged_by.startswith("call:")
    calls = len(sandbox.twilio.calls())
    pass_time(7200, begin=700, step=1300)
    assert len(sandbox.twilio.calls()) == calls
    # The link still says who was first; it takes nothing over.
    assert press(sandbox, FIRST).status_code == 200
    assert Alert.objects.get().acknowledged_by == alert.acknowledged_by


def test_s5_a_link_acknowledges_once_and_stops_everything(paid, pass_time, sandbox):
    paid()
    pass_time(0)
    assert "Thank you" in press(sandbox, FIRST).text
    assert press(sandbox, FIRST).status_code == 200
    pass_time(3600, begin=600, step=1000)
    assert sandbox.twilio.messages(SECOND) == sandbox.twilio.calls() == []
    assert mails_to_staff(sandbox) == []
    assert Alert.objects.get().transitions.filter(new=AlertState.ACKNOWLEDGED).count() == 1


def test_s5_who_replies_with_the_code_takes_charge(paid, pass_time, sandbox, wait_until):
    one, other = paid(2)
    pass_time(0)
    sent = next(sent for sent in sandbox.twilio.messages(FIRST) if other in sent["body"])
    code = Alert.objects.get(key__contains=other).reply_code
    assert code in sent["body"]
    sandbox.twilio.reply(f"ok {code}", message=sent["sid"])
    wait_until(lambda: Alert.objects.get(key__contains=other).acknowledged_at)
    assert Alert.objects.get(key__contains=one).acknowledged_at is None
