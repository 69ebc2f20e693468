"""Texts and mails reach their provider once, through every way it can fail."""

from datetime import timedelta

import pytest
import requests

from apps.notifications import rules, services
from apps.notifications.adapters import sms
from apps.notifications.models import Message
from apps.notifications.services import delivery
from apps.notifications.states import MessageState
from bakery.kernel.errors import Invalid, Unavailable
from bakery.kernel.models import OutboxMessage

pytestmark = pytest.mark.django_db
PHONE = "+14165550123"


def deliver(message, at):
    services.deliver_message(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def test_a_text_goes_out_with_its_segments_counted(sandbox, text, drain_outbox):
    message = text()
    drain_outbox()
    message.refresh_from_db()
    [sent] = sandbox.twilio.messages(PHONE)
    assert sent["body"] == "Your cake is ready."
    assert sent["sid"] == message.provider_sid
    assert message.state == MessageState.SENDING
    assert message.segments == 1


def test_the_same_key_is_one_text(sandbox, text, drain_outbox):
    assert text().pk == text(body="Another text").pk
    drain_outbox()
    assert len(sandbox.twilio.messages(PHONE)) == 1


def test_a_redelivered_event_sends_nothing_again(sandbox, text, drain_outbox, at):
    message = text()
    drain_outbox()
    OutboxMessage.objects.filter(kind="notifications.message_queued").update(
        done_at=None, locked_until=None
    )
    assert drain_outbox() == 1
    deliver(message, at)
    assert len(sandbox.twilio.messages(PHONE)) == 1


def test_control_without_the_state_guard_a_redelivery_is_a_second_text(sandbox, text, at):
    message = text()
    deliver(message, at)
    Message.objects.filter(pk=message.pk).update(state=MessageState.QUEUED, provider_sid="")
    deliver(message, at)
    assert len(sandbox.twilio.messages(PHONE)) == 2


@pytest.mark.parametrize(
    ("kind", "fields"), [("drop_after", {}), ("status_after", {"status": 500})]
)
def test_an_answer_that_was_lost_is_looked_up_and_not_sent_again(sandbox, text, at, kind, fields):
    message = text()
    sandbox.twilio.add_fault(kind, method="POST", **fields)
    with pytest.raises(Unavailable):
        deliver(message, at)
    message.refresh_from_db()
    assert (message.state, message.ambiguous) == (MessageState.QUEUED, True)
    deliver(message, at + timedelta(seconds=5))
    [sent] = sandbox.twilio.messages(PHONE)
    assert message.provider_sid == sent["sid"]
    assert not message.maybe_duplicate


def test_control_without_looking_up_a_lost_answer_is_a_second_text(sandbox, text, at, monkeypatch):
    monkeypatch.setattr(delivery, "_find_sent", lambda message, body: None)
    message = text()
    sandbox.twilio.add_fault("drop_after", method="POST")
    with pytest.raises(Unavailable):
        deliver(message, at)
    deliver(message, at)
    assert len(sandbox.twilio.messages(PHONE)) == 2
    assert message.maybe_duplicate


def test_looking_up_does_not_take_another_messages_text_for_ours(sandbox, text, at):
    first = deliver(text(), at)
    second = text(dedupe_key="ready:2")
    sandbox.twilio.add_fault("drop", method="POST")
    with pytest.raises(Unavailable):
        deliver(second, at)
    deliver(second, at)
    assert len(sandbox.twilio.messages(PHONE)) == 2
    assert first.provider_sid != second.provider_sid
    assert second.maybe_duplicate  # sent again without proof: flagged


def test_a_sender_that_died_is_followed_by_one_that_looks_first(sandbox, text, at):
    message = deliver(text(), at)
    # As if the process had died after Twilio took the text and before it was written down.
    Message.objects.filter(pk=message.pk).update(provider_sid="", attempted_at=at)
    with pytest.raises(Unavailable, match="Another process"):
        deliver(message, at + timedelta(seconds=5))
    deliver(message, at + rules.ATTEMPT_STALE_AFTER + timedelta(seconds=1))
    [sent] = sandbox.twilio.messages(PHONE)
    assert message.provider_sid == sent["sid"]


def test_a_hanging_provider_is_given_up_after_the_timeout(sandbox, text, at, settings):
    settings.TWILIO_TIMEOUT_SECONDS = 0.3
    message = text()
    sandbox.twilio.add_fault("hang", method="POST", seconds=5)
    with pytest.raises(Unavailable):
        deliver(message, at)
    message.refresh_from_db()
    assert (message.error_code, message.ambiguous) == ("no_answer", True)


@pytest.mark.parametrize("code", [21211, 21610, 21606])
def test_a_permanent_refusal_is_not_tried_again(sandbox, text, at, code):
    sandbox.twilio.fail(PHONE, code)
    message = deliver(text(), at)
    assert (message.state, message.error_code) == (MessageState.FAILED, str(code))
    assert message.attempts == 1


def test_a_refusal_that_may_pass_is_tried_until_the_limit(sandbox, text, at, settings):
    settings.BREAKERS = {**settings.BREAKERS, "twilio": (99, 20)}
    message = text()
    sandbox.twilio.add_fault("status", method="POST", status=503, times=rules.MAX_ATTEMPTS)
    for _ in range(rules.MAX_ATTEMPTS - 1):
        with pytest.raises(Unavailable):
            deliver(message, at)
    deliver(message, at)
    assert (message.state, message.attempts) == (MessageState.FAILED, rules.MAX_ATTEMPTS)
    assert sandbox.twilio.messages(PHONE) == []


def test_without_an_account_the_message_fails_with_a_clear_code(text, at, settings):
    settings.TWILIO_AUTH_TOKEN = ""
    message = deliver(text(), at)
    assert (message.state, message.error_code) == (MessageState.FAILED, "not_configured")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"to": "4165550123"}, "bad_phone"), ({"body": "  "}, "empty_message")],
)
def test_what_cannot_be_a_text_is_refused(text, changes, code):
    with pytest.raises(Invalid) as refusal:
        text(**changes)
    assert refusal.value.code == code


def test_a_failed_text_can_be_sent_again_by_a_person(sandbox, text, at, drain_outbox):
    sandbox.twilio.fail(PHONE, 21211)
    message = deliver(text(), at)
    old = message.reference
    sandbox.twilio.fail(PHONE, None)
    services.resend_message(message_id=message.pk, actor="user:1", at=at, reason="number is fine")
    drain_outbox()
    message.refresh_from_db()
    assert message.provider_sid
    assert message.reference != old
    # A late receipt of the first sending is nobody's.
    assert not services.record_receipt(
        reference=old, provider_sid="SMold", status="failed", error_code="30008", at=at
    )


def mail(at, **changes):
    given = {
        "template": "notifications/mail/password_changed",
        "to": "ann@example.com",
        "context": {},
        "dedupe_key": "mail:1",
        "at": at,
    }
    return services.send_mail(**{**given, **changes})


def test_a_mail_has_a_subject_a_text_and_html(sandbox, at, drain_outbox, settings):
    message = mail(at)
    drain_outbox()
    message.refresh_from_db()
    [sent] = sandbox.mail.mails()
    assert sent["subject"] == "Your password was changed"
    assert settings.SHOP_NAME in sent["text"]
    assert "<html" in sent["html"]
    assert message.state == MessageState.SENT
    source = requests.get(f"{sandbox.url}/mails/{sent['id']}/source", timeout=60).text
    assert f"Message-ID: <{message.reference}@" in source


def test_text_of_mails_is_not_escaped_and_html_is(sandbox, at, drain_outbox):
    context = {"text": "Bob & <b>Ann</b>", "reason": "late", "ack_link": "https://x.example/"}
    mail(at, template="notifications/mail/alert_escalated", context=context)
    drain_outbox()
    [sent] = sandbox.mail.mails()
    assert "Bob & <b>Ann</b>" in sent["text"]
    assert "Bob &amp; &lt;b&gt;Ann&lt;/b&gt;" in sent["html"]


@pytest.mark.parametrize(
    ("address", "state", "code"),
    [
        ("bounce@example.com", MessageState.FAILED, "smtp_550"),
        ("defer@example.com", MessageState.QUEUED, "smtp_451"),
    ],
)
def test_mailboxes_that_refuse_for_ever_and_for_now(sandbox, at, address, state, code):
    message = mail(at, to=address)
    try:
        services.deliver_message(message_id=message.pk, at=at)
    except Unavailable:
        assert state == MessageState.QUEUED
    message.refresh_from_db()
    assert (message.state, message.error_code) == (state, code)


def test_the_transport_speaks_to_the_configured_host_only(settings, text, at):
    settings.TWILIO_API_BASE = "http://127.0.0.1:9"
    message = text()
    with pytest.raises(Unavailable):
        deliver(message, at)
    assert sms.callback_url(message.reference).startswith(settings.PUBLIC_BASE_URL)
