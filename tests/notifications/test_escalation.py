"""An alert climbs level by level, each once, until somebody takes charge."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from apps.notifications import services
from apps.notifications.models import Alert, AlertContact, Message
from apps.notifications.rules.escalation import LADDERS, ladder_of
from apps.notifications.services import alerts
from apps.notifications.states import AlertKind, AlertState, MessageState, Topic
from bakery.kernel import clock

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND, THIRD = "+14165550101", "+14165550102", "+14165550103"
MINUTE = timedelta(minutes=1)
STEPS = ladder_of(AlertKind.CAKE, LADDERS[AlertKind.CAKE][0].valid_from).steps


@pytest.fixture
def cake(at, public):
    def raise_it(key="cake-order:B-1", **given):
        return services.raise_alert(
            key=key, text="CAKE B-1 Sat 10:00", at=at, kind=AlertKind.CAKE, **given
        )

    return raise_it


@pytest.fixture
def roster():
    """Three people in the order of their numbers; the second reads French and has a mailbox."""
    rows = [
        AlertContact(name="Ada", phone=FIRST, position=1),
        AlertContact(name="Bea", phone=SECOND, email="bea@b.example", language="fr", position=2),
        AlertContact(name="Cy", phone=THIRD, position=3, takes_calls=False),
    ]
    return AlertContact.objects.bulk_create(rows)


def told(channel):
    rows = Message.objects.filter(channel=channel).order_by("pk")
    return list(rows.values_list("recipient", flat=True))


def follow(message, state, at):
    message.state = state
    with transaction.atomic():
        alerts.follow_message(message, reason="as the test says", at=at)


def test_levels_come_in_time_and_each_once(cake, roster, at):
    alert = cake()
    assert told("sms") == [FIRST]
    services.escalate_overdue(at=at + 2 * MINUTE)  # nothing took the text: it does not wait longer
    assert (told("sms"), told("email")) == ([FIRST, SECOND], ["bea@b.example"])
    assert services.escalate_overdue(at=at + 6 * MINUTE) == 0
    assert services.escalate_overdue(at=at + 7 * MINUTE) == 1
    assert told("voice") == [FIRST, SECOND]
    moment = at + 7 * MINUTE
    for _ in STEPS[2:]:
        moment += 10 * MINUTE
        assert services.escalate_overdue(at=moment - MINUTE) == 0
        assert services.escalate_overdue(at=moment) == 1
        assert services.escalate_overdue(at=moment) == 0
    assert services.escalate_overdue(at=moment + timedelta(days=1)) == 0
    alert.refresh_from_db()
    assert (alert.level, alert.escalate_at, alert.state) == (len(STEPS), None, "escalated")
    assert told("voice") == [FIRST, SECOND] * (len(STEPS) - 1)
    assert set(Message.objects.values_list("topic", flat=True)) == {Topic.STAFF}


def test_a_text_that_went_out_waits_five_minutes_for_a_person(cake, roster, at):
    cake()
    message = Message.objects.get()
    follow(message, MessageState.SENDING, at)
    assert services.escalate_overdue(at=at + 5 * MINUTE - timedelta(seconds=1)) == 0
    assert services.escalate_overdue(at=at + 5 * MINUTE) == 1


def test_money_calls_nobody(roster, at, public):
    services.raise_alert(key="books:1", text="x", at=at, kind=AlertKind.MONEY)
    for minutes in (6, 12, 30, 60):
        services.escalate_overdue(at=at + minutes * MINUTE)
    assert told("voice") == []
    assert told("sms") == [FIRST, SECOND]


@pytest.mark.parametrize("due", [2, 8])
def test_two_sweepers_take_each_level_once(cake, roster, at, parallel, due):
    alert = cake()
    if due > 2:
        services.escalate_overdue(at=at + 2 * MINUTE)
    before = alert.transitions.count()
    results = parallel(4, lambda _: services.escalate_overdue(at=at + due * MINUTE))
    assert sum(results) == 1
    assert alert.transitions.count() == before + 1


@pytest.mark.control
def test_control_a_sweeper_that_trusts_its_list_takes_a_level_too_many(cake, roster, at):
    alert = cake()
    stale = Alert.objects.get(pk=alert.pk)
    services.escalate_overdue(at=at + 2 * MINUTE)
    # What the lock and the second look at the time prevent: both had read the alert as due.
    fresh = Alert.objects.get(pk=alert.pk)
    fresh.escalate_at = stale.escalate_at
    with transaction.atomic():
        assert alerts.climb(fresh, reason="late", at=at + 2 * MINUTE)
    assert told("voice") == [FIRST, SECOND]  # after two minutes, by telephone


def test_each_text_that_fails_goes_on_to_somebody_else_and_then_by_telephone(cake, roster, at):
    cake()
    for count, expected in ((1, [FIRST, SECOND]), (2, [FIRST, SECOND, THIRD]), (3, None)):
        message = Message.objects.filter(channel="sms").order_by("pk")[count - 1]
        follow(message, MessageState.FAILED, at)
        if expected:
            assert told("sms") == expected
    # The last was told at the alert's level: nobody is left to text, so the next step is at once.
    assert told("voice") == [FIRST, SECOND]
    # What fails late, of a level that is over, sets nothing off.
    message = Message.objects.filter(channel="sms").order_by("pk")[0]
    follow(message, MessageState.UNDELIVERED, at)
    assert (told("voice"), len(told("sms"))) == ([FIRST, SECOND], 3)


def test_acknowledged_it_says_nothing_more(cake, roster, at, drain_outbox, sandbox):
    alert = cake()
    services.escalate_overdue(at=at + 2 * MINUTE)
    assert services.acknowledge_alert(key=alert.key, by="user:7", at=at)
    drain_outbox()
    assert sandbox.twilio.messages() == []
    assert sandbox.mail.mails() == []
    states = set(Message.objects.values_list("state", "error_code"))
    assert states == {(MessageState.WITHHELD, "acknowledged")}
    assert services.escalate_overdue(at=at + timedelta(days=1)) == 0


def test_while_twilio_is_down_mail_and_the_next_are_told_within_two_minutes(
    cake, roster, at, sandbox, drain_outbox
):
    """S1: 5xx to everything; nothing is lost, and it never waits for more than two minutes."""
    sandbox.twilio.add_fault("status", status=503, times=1000)
    alert = cake()
    for seconds in range(0, 120, 15):
        with time_machine.travel(at + timedelta(seconds=seconds), tick=True):
            services.escalate_overdue(at=clock.now())
            drain_outbox()
        if sandbox.mail.mails():
            break
    [mail] = sandbox.mail.mails()
    assert mail["recipients"] == ["bea@b.example"]
    alert.refresh_from_db()
    assert alert.state == AlertState.ESCALATED
    assert {FIRST, SECOND} <= set(told("sms"))
    sandbox.twilio.clear_faults()


def test_the_code_is_four_digits_and_no_two_open_alerts_share_it(cake):
    codes = {cake(key=f"cake-order:B-{number}").reply_code for number in range(20)}
    assert len(codes) == 20
    assert all(code.isdigit() and len(code) == 4 for code in codes)


def test_a_code_that_is_taken_this_moment_is_drawn_again(cake, monkeypatch):
    first = cake()
    drawn = iter([first.reply_code, first.reply_code, "7777"])
    monkeypatch.setattr(alerts, "_free_code", lambda digits, at: next(drawn))
    assert cake(key="cake-order:B-2").reply_code == "7777"


def test_the_text_is_the_readers(cake, roster, at):
    words = {"en": {"text": "CAKE B-1"}, "fr": {"text": "GÂTEAU B-1", "spoken": "Un gâteau."}}
    alert = cake(words=words)
    services.escalate_overdue(at=at + 2 * MINUTE)
    services.escalate_overdue(at=at + 8 * MINUTE)
    bodies = list(Message.objects.exclude(body="").order_by("pk").values_list("language", "body"))
    assert bodies == [
        ("en", f"CAKE B-1\nReply OK {alert.reply_code}"),
        ("fr", f"GÂTEAU B-1\nRépondez OK {alert.reply_code}"),
        ("en", "CAKE B-1"),
        ("fr", "Un gâteau."),
    ]
