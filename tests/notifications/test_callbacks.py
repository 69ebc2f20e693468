"""Twilio's status reports: genuine ones only, in any order, any number of times."""

from itertools import permutations

import pytest
import requests
from twilio.request_validator import RequestValidator

from apps.notifications import services
from apps.notifications.models import Message
from apps.notifications.states import MessageState

pytestmark = pytest.mark.django_db(transaction=True)


def report(message, at, status, *, sid="SM1", code=""):
    return services.record_receipt(
        reference=message.reference, provider_sid=sid, status=status, error_code=code, at=at
    )


def test_a_text_is_followed_to_its_delivery(sandbox, public, text, drain_outbox, wait_until):
    message = text()
    drain_outbox()
    wait_until(lambda: Message.objects.get(pk=message.pk).state == MessageState.DELIVERED)
    message.refresh_from_db()
    states = list(message.transitions.values_list("new", flat=True))
    assert states[-1] == MessageState.DELIVERED
    assert message.sent_at is not None


def test_a_report_that_overtakes_our_own_bookkeeping_is_not_lost(
    sandbox, public, text, at, wait_until
):
    sandbox.twilio.add_fault("delay_after", method="POST", seconds=0.5)
    message = text()
    services.deliver_message(message_id=message.pk, at=at)
    wait_until(lambda: Message.objects.get(pk=message.pk).state == MessageState.DELIVERED)
    message.refresh_from_db()
    assert message.provider_sid == sandbox.twilio.messages()[0]["sid"]


@pytest.mark.parametrize("order", list(permutations(["sending", "sent", "delivered"])))
def test_reports_in_any_order_end_in_delivered(text, at, order):
    message = text()
    for status in (*order, *order):
        report(message, at, status)
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED
    assert len(set(message.transitions.values_list("new", flat=True))) == (
        message.transitions.count()
    )


def test_a_late_bad_end_does_not_undo_a_delivery(text, at):
    message = text()
    assert report(message, at, "delivered")
    assert not report(message, at, "undelivered", code="30005")
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_a_bad_end_of_the_duplicate_is_not_ours(text, at):
    message = text()
    report(message, at, "sent", sid="SM1")
    assert not report(message, at, "undelivered", sid="SM2", code="30005")
    assert report(message, at, "delivered", sid="SM2")


def test_a_handset_out_of_reach_is_tried_once_more_later(text, at):
    message = text()
    report(message, at, "undelivered", code="30003")
    message.refresh_from_db()
    assert (message.state, message.resends) == (MessageState.QUEUED, 1)
    report(message, at, "undelivered", code="30003")
    message.refresh_from_db()
    assert (message.state, message.resends) == (MessageState.UNDELIVERED, 1)


def post(public, settings, message, *, token=None, tamper=False, path=None):
    path = path or f"/webhooks/twilio/status/?message={message.reference}"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    signer = RequestValidator(token or settings.TWILIO_AUTH_TOKEN)
    signature = signer.compute_signature(public.url + path, form)
    if tamper:
        form["MessageStatus"] = "undelivered"
    return requests.post(
        public.url + path, data=form, headers={"X-Twilio-Signature": signature}, timeout=10
    )


def test_forged_reports_are_refused_and_change_nothing(public, settings, text):
    message = text()
    wrong_key = post(public, settings, message, token="not-the-token")
    tampered = post(public, settings, message, tamper=True)
    unsigned = requests.post(
        f"{public.url}/webhooks/twilio/status/?message={message.reference}",
        data={"MessageStatus": "delivered"},
        timeout=60,
    )
    for answer in (wrong_key, tampered, unsigned):
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "bad_signature"
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


def test_a_genuine_report_may_be_replayed(public, settings, text):
    message = text()
    assert [post(public, settings, message).status_code for _ in range(3)] == [204] * 3
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED
    assert message.transitions.count() == 1


def test_a_host_header_does_not_change_what_is_verified(public, settings, text):
    message = text()
    path = f"/webhooks/twilio/status/?message={message.reference}"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    forged = RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(
        f"http://localhost:1{path}", form
    )
    answer = requests.post(
        public.url + path,
        data=form,
        headers={"X-Twilio-Signature": forged, "Host": "localhost:1"},
        timeout=60,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhooks/twilio/status/", 400),
        ("/webhooks/twilio/status/?message=x", 400),
        ("/webhooks/twilio/status/?message=6a3ac2f1-6a52-4b9f-9c66-3f1e2b7c9d10", 204),
    ],
)
def test_signed_reports_of_no_message_of_ours(public, settings, text, path, status):
    assert post(public, settings, text(), path=path).status_code == status
