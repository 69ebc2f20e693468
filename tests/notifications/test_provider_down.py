"""A provider that is down, slow or busy: left alone, asked again in time, and nothing is lost."""

from datetime import timedelta

import pytest
from twilio.request_validator import RequestValidator

from apps.notifications import services
from apps.notifications.adapters import sms
from apps.notifications.models import Alert, Message, SendingBudget
from apps.notifications.states import MessageState
from bakery.kernel import breakers
from bakery.kernel.errors import Unavailable

pytestmark = pytest.mark.django_db
PHONE = "+14165550123"


@pytest.fixture
def turn(monkeypatch):
    """Let the breakers' clock run ahead."""
    ahead = [0.0]
    real = breakers._now
    monkeypatch.setattr(breakers, "_now", lambda: real() + ahead[0])

    def turn_by(seconds):
        ahead[0] += seconds

    return turn_by


def deliver(message, at):
    services.deliver_message(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def open_breaker(text, at, sandbox, settings):
    settings.BREAKERS = {**settings.BREAKERS, "twilio": (2, 20)}
    sandbox.twilio.add_fault("status", method="POST", status=503, times=2)
    first = text(dedupe_key="first")
    for _ in range(2):
        with pytest.raises(Unavailable):
            deliver(first, at)
    return first


def test_after_some_failures_nobody_calls_and_after_the_pause_it_works_again(
    sandbox, text, at, settings, turn
):
    open_breaker(text, at, sandbox, settings)
    waiting = deliver(text(dedupe_key="second"), at)
    # Nothing was asked of Twilio, so it was no attempt, and took nothing of the caps.
    assert (waiting.state, waiting.error_code) == (MessageState.QUEUED, "breaker_open")
    assert (waiting.attempts, waiting.waits) == (0, 1)
    assert timedelta(seconds=1) < waiting.not_before - at <= timedelta(seconds=20)
    assert sandbox.twilio.messages() == []
    turn(21)
    assert deliver(waiting, waiting.not_before).provider_sid
    assert breakers.look_at("twilio").state == breakers.CLOSED
    # The first, whose two 503 may have gone out, counts once. An hour may have ended meanwhile.
    used = SendingBudget.objects.filter(scope="number_hour").values_list("used", flat=True)
    assert sum(used) == 2


def test_an_alert_takes_the_next_channel_at_once_when_texts_cannot_go_out(
    sandbox, text, at, settings
):
    settings.ALERT_PHONES = [PHONE]
    settings.ALERT_EMAILS = ["manager@bakery.example"]
    open_breaker(text, at, sandbox, settings)
    alert = services.raise_alert(key="cake-order:B-1", text="A cake", at=at)
    deliver(Message.objects.get(alert=alert), at)
    mails = Message.objects.filter(alert=alert, channel="email")
    assert list(mails.values_list("recipient", flat=True)) == ["manager@bakery.example"]
    assert Alert.objects.get().level == 1


def test_a_message_that_found_no_way_for_a_day_is_given_up(sandbox, text, at, settings):
    open_breaker(text, at, sandbox, settings)
    message = deliver(text(dedupe_key="second"), at)
    assert deliver(message, at + timedelta(hours=25)).state == MessageState.FAILED


def test_who_is_asked_to_wait_waits_as_long(sandbox, text, at, monkeypatch):
    answer = type("Answer", (), {"status_code": 429, "headers": {"Retry-After": "90"}})
    monkeypatch.setattr(sms.TwilioHttpClient, "request", lambda *a, **k: answer)
    message = deliver(text(), at)
    assert (message.state, message.error_code) == (MessageState.QUEUED, "20429")
    assert message.not_before == at + timedelta(seconds=90)
    assert breakers.look_at("twilio").failures == 0


def test_nobody_at_the_address_means_that_nothing_was_sent(text, at, settings):
    settings.TWILIO_API_BASE = "http://127.0.0.1:9"
    message = text()
    with pytest.raises(Unavailable):
        deliver(message, at)
    message.refresh_from_db()
    assert (message.error_code, message.ambiguous) == ("no_connection", False)
    assert set(SendingBudget.objects.values_list("used", flat=True)) == {0}


@pytest.mark.parametrize(("token", "genuine"), [("new", True), ("old", True), ("gone", False)])
def test_reports_are_believed_from_both_tokens_of_a_rotation(settings, token, genuine):
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKENS_OLD = "new", ["", "old"]
    path, form = "/webhooks/twilio/status/?message=1", {"MessageStatus": "sent"}
    signature = RequestValidator(token).compute_signature(settings.PUBLIC_BASE_URL + path, form)
    assert sms.is_genuine(path=path, parameters=form, signature=signature) is genuine


def test_mail_that_nobody_takes_opens_its_breaker(at, settings):
    settings.EMAIL_PORT = 9
    settings.BREAKERS = {**settings.BREAKERS, "mail": (2, 30)}
    message = services.send_mail(
        template="notifications/mail/password_changed",
        to="ann@example.com",
        context={},
        dedupe_key="mail:1",
        at=at,
    )
    for _ in range(2):
        with pytest.raises(Unavailable):
            deliver(message, at)
    assert deliver(message, at).error_code == "breaker_open"
    assert not message.ambiguous
