"""Mail through a provider's API, and what it reports afterwards: anymail's own Postmark."""

import json
from base64 import b64encode
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import requests

from apps.notifications import services
from apps.notifications.models import Contact, Message, ProviderReport
from apps.notifications.services import consent, contacts
from apps.notifications.states import MessageState, Topic
from bakery.kernel.errors import Unavailable

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "reports:a-long-random-secret"
ADDRESS = "/webhooks/mail/"


class Postmark:
    """Postmark's API as far as one mail needs it."""

    def __init__(self):
        self.sent, self.status, self.answer = [], 200, None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.sent.append(json.loads(body))
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(json.dumps(provider.answer or provider.accept()).encode())

            def log_message(self, *args):
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def accept(self):
        mails = self.sent[-1] if isinstance(self.sent[-1], list) else [self.sent[-1]]
        found = [
            {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": mail["To"]}
            for mail in mails
        ]
        return found if isinstance(self.sent[-1], list) else found[0]


@pytest.fixture
def postmark(settings):
    provider = Postmark()
    settings.EMAIL_PROVIDER = "postmark"
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        **settings.ANYMAIL,
        "POSTMARK_SERVER_TOKEN": "token",
        "POSTMARK_API_URL": f"http://127.0.0.1:{provider.server.server_port}/",
        "WEBHOOK_SECRET": [SECRET],
    }
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def mail(at):
    def write(**changes):
        given = {
            "template": "notifications/mail/password_changed",
            "to": "ann@example.com",
            "context": {},
            "dedupe_key": "mail:1",
            "at": at,
        }
        return services.send_mail(**{**given, **changes})

    return write


def deliver(message, at):
    services.deliver_message(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def test_a_mail_goes_through_the_api_and_is_not_measured(postmark, mail, at):
    message = deliver(mail(), at)
    assert (message.state, message.provider_sid) == (MessageState.SENT, "pm-1")
    [sent] = postmark.sent
    assert sent["To"] == "ann@example.com"
    assert sent["Metadata"] == {"message": str(message.reference)}
    assert (sent["TrackOpens"], sent["TrackLinks"]) == (False, "None")


def test_who_agreed_is_measured(postmark, mail, at, monkeypatch):
    monkeypatch.setattr(consent, "may_measure", lambda **_: True)
    deliver(mail(), at)
    assert postmark.sent[0]["TrackOpens"] is True


@pytest.mark.parametrize(
    ("status", "answer", "state", "code"),
    [
        (503, {}, MessageState.QUEUED, "provider_503"),
        (429, {}, MessageState.QUEUED, "provider_429"),
        (401, {}, MessageState.FAILED, "provider_401"),
        (422, {"ErrorCode": 300, "Message": "bad"}, MessageState.FAILED, "provider_422"),
        (
            422,
            {
                "ErrorCode": 406,
                "Message": "Found inactive addresses: ann@example.com.\n Inactive recipients",
            },
            MessageState.FAILED,
            "recipient_refused",
        ),
    ],
)
def test_refusals_are_told_apart(postmark, mail, at, status, answer, state, code):
    postmark.status, postmark.answer = status, answer
    message = mail()
    try:
        deliver(message, at)
    except Unavailable:
        message.refresh_from_db()
    assert (message.state, message.error_code) == (state, code)


def post(public, body, *, secret=SECRET):
    headers = {}
    if secret:
        headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(public.url + ADDRESS, data=data, headers=headers, timeout=60)


def told(message, kind, **more):
    return {
        "RecordType": kind,
        "MessageID": "pm-1",
        "Recipient": "ann@example.com",
        "Metadata": {"message": str(message.reference)},
        **more,
    }


def bounce(message, kind="HardBounce"):
    return told(
        message,
        "Bounce",
        ID=42,
        Type=kind,
        Email="ann@example.com",
        Description="No ann@example.com",
    )


def test_a_mail_is_delivered_and_bounces_later(postmark, public, mail, at):
    message = deliver(mail(), at)
    assert post(public, told(message, "Delivery", DeliveredAt="2026-11-20T10:00:00Z")).ok
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED
    assert post(public, bounce(message)).status_code == 204
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.UNDELIVERED, "mail_bounced")
    assert Contact.objects.get(address="ann@example.com").suppressed_reason == "bounced"
    again = deliver(mail(dedupe_key="mail:2"), at)
    assert (again.state, again.error_code) == (MessageState.WITHHELD, "suppressed")


def test_a_report_counts_once_however_often_it_comes(postmark, public, mail, at):
    message = deliver(mail(), at)
    assert [post(public, bounce(message)).status_code for _ in range(3)] == [204] * 3
    assert "ann@" not in ProviderReport.objects.get().detail
    message.refresh_from_db()
    assert message.transitions.filter(new=MessageState.UNDELIVERED).count() == 1


def test_a_full_mailbox_gets_the_next_mail(postmark, public, mail, at):
    message = deliver(mail(), at)
    post(public, bounce(message, kind="SoftBounce"))
    assert not Contact.objects.filter(suppressed_at__isnull=False).exists()


def test_complaints_end_all_mail_and_unsubscribing_one_topic(postmark, public, mail, at):
    message = deliver(mail(topic=Topic.LOYALTY), at)
    off = told(
        message, "SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression",
        ChangedAt="2026-11-20T10:00:00Z",
    )  # fmt: skip
    assert post(public, off).ok
    refusal = {"channel": "email", "address": "ann@example.com", "at": at + timedelta(days=1)}
    assert consent.refusal_of(topic=Topic.LOYALTY, **refusal) == "withdrawn"
    assert consent.refusal_of(topic=Topic.ORDER, **refusal) == ""
    post(public, told(message, "SpamComplaint", Type="SpamComplaint", ID=7))
    assert consent.refusal_of(topic=Topic.ORDER, **refusal) == "suppressed"


def test_opens_are_kept_only_of_who_agreed(postmark, public, mail, at):
    message = deliver(mail(), at)
    opened = told(message, "Open", ReceivedAt="2026-11-20T10:00:00Z")
    assert post(public, opened).ok
    assert not ProviderReport.objects.exists()
    contacts.subscribe(
        channel="email", address="ann@example.com", topic=Topic.MEASURE, source="account",
        wording="Measure", at=at,
    )  # fmt: skip
    contact = Contact.objects.get(address="ann@example.com")
    contacts.confirm(contact_id=contact.pk, topic=Topic.MEASURE, source="link", at=at)
    assert post(public, opened).ok
    message.refresh_from_db()
    assert message.opened_at is not None


@pytest.mark.parametrize("secret", [None, "reports:wrong", "x"])
def test_forged_reports_are_refused(postmark, public, mail, at, secret):
    message = deliver(mail(), at)
    answer = post(public, bounce(message), secret=secret)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_signature")
    assert not ProviderReport.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"1e999", b'{"RecordType": [1]}', b"\x00" * 100],
)
def test_what_is_no_report_is_the_senders_fault(postmark, public, body):
    assert post(public, body).status_code in {204, 400}


def test_odd_characters_of_a_report_do_no_harm(postmark, public, mail, at):
    message = deliver(mail(), at)
    odd = {**bounce(message), "MessageID": "\ud800\x00", "Description": "\ud800\x00 no box"}
    assert post(public, odd).status_code == 204
    assert "no box" in ProviderReport.objects.get().detail
    assert post(public, {**odd, "Metadata": {}}).status_code == 204


def test_reports_of_nothing_of_ours_are_taken_and_forgotten(postmark, public, mail, at):
    stranger = Message(reference="6a3ac2f1-6a52-4b9f-9c66-3f1e2b7c9d10")
    assert post(public, {**bounce(stranger), "MessageID": "other"}).status_code == 204
    assert not ProviderReport.objects.exists()


def test_without_a_provider_or_a_secret_there_is_no_such_address(public, settings, postmark):
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": []}
    assert post(public, {}).status_code == 404
    settings.EMAIL_PROVIDER = ""
    assert post(public, {}).status_code == 404
    assert requests.get(public.url + ADDRESS, timeout=60).status_code == 405
    assert requests.head(public.url + ADDRESS, timeout=60).status_code == 204
