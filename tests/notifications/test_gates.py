"""Whether a message may go out is judged when it is sent; what may not go costs nothing."""

from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction

from apps.notifications import services
from apps.notifications.models import Alert, Message, SendingBudget
from apps.notifications.rules.caps import Scope
from apps.notifications.services import contacts, spending
from apps.notifications.states import AlertKind, MessageState, Topic
from bakery.kernel.errors import Unavailable
from bakery.kernel.models import OutboxMessage

pytestmark = pytest.mark.django_db
PHONE = "+14165550123"
TORONTO = ZoneInfo("America/Toronto")
# A Tuesday's afternoon and its night in Toronto.
DAY = datetime(2026, 11, 24, 15, 0, tzinfo=TORONTO)
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=TORONTO)


def deliver(message, at):
    services.deliver_message(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def state(message):
    return message.state, message.error_code


def test_a_text_that_came_too_late_is_withheld(sandbox, text):
    message = deliver(text(at=DAY, expires_at=DAY + timedelta(hours=1)), DAY + timedelta(hours=1))
    assert state(message) == (MessageState.WITHHELD, "expired")
    assert sandbox.twilio.messages() == []
    assert message.transitions.get().reason == "expired"


def test_who_said_stop_gets_no_text_about_an_order_either(sandbox, text):
    message = text(at=DAY)
    contacts.stop(phone=PHONE, source="test", at=DAY)
    assert state(deliver(message, DAY)) == (MessageState.WITHHELD, "stopped")
    assert sandbox.twilio.messages() == []


def test_a_text_that_nobody_waits_for_comes_in_the_morning(sandbox, text, drain_outbox):
    message = deliver(text(at=NIGHT, topic=Topic.LOYALTY), NIGHT)
    morning = datetime(2026, 11, 25, 8, 0, tzinfo=TORONTO)
    assert (message.state, message.not_before, message.waits) == ("queued", morning, 1)
    assert message.attempts == 0
    queued = OutboxMessage.objects.filter(kind="notifications.message_queued")
    assert sorted(queued.values_list("not_before", flat=True)) == [NIGHT, morning]
    deliver(message, morning)
    assert len(sandbox.twilio.messages(PHONE)) == 1


def test_an_early_wake_up_waits_again_and_is_no_attempt(text):
    message = deliver(text(at=NIGHT, topic=Topic.LOYALTY), NIGHT)
    deliver(message, NIGHT + timedelta(minutes=5))
    assert (message.waits, message.attempts, message.state) == (2, 0, MessageState.QUEUED)


def test_a_text_never_waits_past_its_end(text):
    message = text(at=NIGHT, topic=Topic.LOYALTY, expires_at=NIGHT + timedelta(hours=3))
    assert state(deliver(message, NIGHT)) == (MessageState.WITHHELD, "quiet_hours")


def test_orders_and_mails_do_not_wait_for_the_morning(sandbox, text):
    assert deliver(text(at=NIGHT), NIGHT).provider_sid
    mail = services.send_mail(
        template="notifications/mail/password_changed",
        to="ann@example.com",
        context={},
        dedupe_key="mail:night",
        topic=Topic.LOYALTY,
        at=NIGHT,
    )
    assert deliver(mail, NIGHT).not_before is None


def test_consent_is_asked_again_in_the_morning(text):
    message = deliver(text(at=NIGHT, topic=Topic.LOYALTY), NIGHT)
    contacts.stop(phone=PHONE, source="test", at=NIGHT)
    assert state(deliver(message, message.not_before)) == (MessageState.WITHHELD, "stopped")


@pytest.mark.parametrize("number", ["+23276123456", "+18765550123", "+15555555555"])
def test_a_country_that_the_shop_does_not_serve_costs_nothing(sandbox, text, number):
    message = deliver(text(at=DAY, to=number), DAY)
    assert state(message) == (MessageState.WITHHELD, "country_not_served")
    assert sandbox.twilio.messages() == []
    assert not SendingBudget.objects.exists()


def test_a_withheld_text_is_judged_anew_when_a_person_sends_it_again(
    sandbox, text, settings, drain_outbox
):
    message = deliver(text(at=DAY, to="+447400123456"), DAY)
    settings.SMS_COUNTRIES = ["CA", "GB"]
    services.resend_message(message_id=message.pk, actor="user:1", at=DAY)
    assert state(deliver(message, DAY)) == (MessageState.SENDING, "")


def burst(text, count, at, start=0):
    """Send texts to numbers of one block; return how many went out and why others did not."""
    codes = []
    for number in range(start, start + count):
        row = text(at=at, to=f"+1416555{number:04d}", dedupe_key=f"ready:{number}")
        codes.append(deliver(row, at).error_code)
    return codes.count(""), [code for code in codes if code]


def test_pumping_through_a_block_of_numbers_ends_at_the_cap(sandbox, text, settings, drain_outbox):
    settings.SMS_CAPS = {**settings.SMS_CAPS, "prefix_hour": 3}
    assert burst(text, 6, DAY) == (3, ["cap_prefix_hour"] * 3)
    assert len(sandbox.twilio.messages()) == 3
    with time_machine.travel(DAY + timedelta(seconds=1)):
        drain_outbox()
    [alert] = Alert.objects.all()  # one, however many were withheld
    assert alert.kind == AlertKind.MONEY
    assert "block of numbers" in alert.text
    assert "+1416" not in alert.text
    # What was withheld took nothing of the other caps.
    used = dict(SendingBudget.objects.filter(key="").values_list("scope", "used"))
    assert used[Scope.SEGMENTS_DAY] == 3
    # The next hour has room again; another block had it all the time.
    assert burst(text, 1, DAY + timedelta(hours=1), start=9)[0] == 1
    assert deliver(text(at=DAY, to="+16475550100", dedupe_key="x"), DAY).error_code == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SMS_CAPS": {"number_hour": 2}}, "cap_number_hour"),
        ({"SMS_CAPS": {"number_day": 2}}, "cap_number_day"),
        ({"SMS_CAPS": {"country_day": 2}}, "cap_country_day"),
        ({"SMS_CAPS": {"segments_day": 2}}, "cap_segments_day"),
        ({"SMS_CAP_MONEY_DAY": Decimal(2)}, "cap_money_day"),
    ],
)
def test_every_cap_holds(sandbox, text, settings, changes, code):
    for name, value in changes.items():
        kept = getattr(settings, name)
        setattr(settings, name, {**kept, **value} if isinstance(kept, dict) else value)
    settings.SMS_PRICES = {"CA": Decimal(1)}
    codes = [deliver(text(at=DAY, dedupe_key=f"k{n}"), DAY).error_code for n in range(3)]
    assert codes == ["", "", code]
    assert len(sandbox.twilio.messages()) == 2


def test_alerts_pass_every_cap_and_country_and_hour(sandbox, text, settings):
    settings.SMS_CAPS = dict.fromkeys(settings.SMS_CAPS, 0)
    settings.SMS_COUNTRIES = []
    message = deliver(text(at=NIGHT, topic=Topic.STAFF, to="+447400123456"), NIGHT)
    assert message.provider_sid
    assert not SendingBudget.objects.exists()


def test_what_was_not_handed_over_is_given_back(sandbox, text, settings):
    sandbox.twilio.fail(PHONE, 21211)
    assert deliver(text(at=DAY), DAY).state == MessageState.FAILED
    assert set(SendingBudget.objects.values_list("used", flat=True)) == {0}


def test_what_may_have_gone_out_counts(sandbox, text):
    sandbox.twilio.add_fault("drop", method="POST")
    with pytest.raises(Unavailable):
        deliver(text(at=DAY), DAY)
    assert SendingBudget.objects.get(scope=Scope.NUMBER_HOUR).used == 1


def test_the_price_of_segments_is_kept(sandbox, text):
    message = deliver(text(at=DAY, body="é" * 10 + "Δ☕" * 50), DAY)
    assert (message.segments, message.country) == (2, "CA")
    assert message.cost == 2 * spending.price_to("CA")


CAP, AT_ONCE = 5, 12


def takes(parallel, settings):
    """Let many take their share of one number's cap at once; return how many got it."""
    settings.SMS_CAPS = {**settings.SMS_CAPS, "number_hour": CAP}
    row = Message(recipient=PHONE, segments=1, channel="sms")

    def take(_):
        with transaction.atomic():
            return spending.take(spending.shares_of(row, at=DAY), at=DAY)

    return parallel(AT_ONCE, take).count(None)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_the_cap_are_let_through(parallel, settings):
    assert takes(parallel, settings) == CAP
    assert SendingBudget.objects.get(scope=Scope.NUMBER_HOUR).used == CAP
    assert SendingBudget.objects.get(scope=Scope.SEGMENTS_DAY).used == CAP


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_reading_before_adding_lets_more_through(parallel, settings, monkeypatch):
    barrier = Barrier(AT_ONCE)

    def read_then_add(shares, *, at):
        [share] = [share for share in shares if share.scope == Scope.NUMBER_HOUR]
        rows = SendingBudget.objects.filter(scope=share.scope, window_start=share.window_start)
        full = sum(row.used for row in rows) >= share.cap
        barrier.wait(timeout=60)
        return share if full else None

    monkeypatch.setattr(spending, "take", read_then_add)
    assert takes(parallel, settings) == AT_ONCE


def test_old_windows_are_forgotten(sandbox, text):
    deliver(text(at=DAY), DAY)
    assert services.forget_budgets(at=DAY + timedelta(days=39)) == 0
    assert services.forget_budgets(at=DAY + timedelta(days=42)) == len(Scope)
