"""G2: what people entrust to the shop is in the database and in messages, never in a log line."""

import logging

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_guid.log_filters import CorrelationId
from twilio.request_validator import RequestValidator

from apps.notifications.models import Contact, InboundText
from apps.notifications.services.tokens import CONFIRM, MANAGE, UNSUBSCRIBE, make_token
from apps.notifications.states import Topic
from apps.orders.models import Order
from apps.orders.rules.pay_link import pay_path
from apps.payments import services
from apps.payments.models import EvidenceArchive
from bakery.kernel import clock
from bakery.kernel.logs import AllowListFormatter
from bakery.kernel.models import Attempt, OutboxMessage
from tests.accounts.people import PASSWORD, customer, staff
from tests.faults.shopping import order_a_cake
from tests.orders.factories import fill_cart, make_variant
from tests.payments.factories import open_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]
EMAIL, PHONE, NAME = "canary.bird@example.com", "+14165550177", "Canary Yellowfeather"
CARD, MESSAGE, WRONG = "4242424242424242", "canary-on-the-cake", "canary-wrong-password"
COMPLAINT, NOTE = "canary-in-the-cream", "canary-is-told-why"
# The stand-in of the mail server runs in this process; what it logs is not the platform's.
STAND_INS = ("mail.log",)


@pytest.fixture
def lines():
    """All that is logged at any level, as production formats it."""
    written = []

    class Keep(logging.Handler):
        def emit(self, record):
            if record.name not in STAND_INS:
                written.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    handler.addFilter(CorrelationId())
    handler.setFormatter(AllowListFormatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def shop(live_server, sandbox, settings):
    """The platform over HTTP, with Stripe's events and Twilio's callbacks coming back to it."""
    settings.PUBLIC_BASE_URL = live_server.url
    settings.RECEIPT_SEALING_AUTOMATIC = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    sandbox.stripe.set_webhook(
        f"{live_server.url}/webhooks/stripe/", settings.STRIPE_WEBHOOK_SECRETS
    )
    yield f"{live_server.url}/api/v1"
    sandbox.stripe.set_webhook("")


def go_wrong(api: str) -> None:
    """Send what is refused: bad bodies and bad credentials are logged most readily."""
    for body in (
        {"email": EMAIL, "password": WRONG},
        {"email": EMAIL, "password": [WRONG], "card": CARD},
    ):
        requests.post(f"{api}/auth/token", json=body, timeout=60)
    requests.post(f"{api}/orders", data=f'{{"card": "{CARD}"', timeout=60)
    requests.get(f"{api}/me?email={EMAIL}&card={CARD}", timeout=60)
    requests.get(
        f"{api}/me", headers={"Authorization": "Bearer eyJcanary.eyJcanary.canary"}, timeout=10
    )


def complain(order: Order) -> None:
    """Ask for money back, be refused, and look at what there is with good and bad links.

    Not over HTTP: this process's own client would write the addresses down.
    """
    client, address = Client(), f"/api/v1/orders/{order.public_id}"
    asked = client.post(
        f"{address}/refund-requests",
        {"lines": [{"position": 1, "quantity": 1}], "explanation": COMPLAINT},
        content_type="application/json",
        headers={"Idempotency-Key": "canary-complains"},
    )
    assert asked.status_code == 201, asked.content
    refund = asked.json()["refunds"][0]["id"]
    services.reject_refund(public_id=refund, by="user:1", note=NOTE, at=clock.now())
    url = client.get(f"{address}/receipts").json()["receipts"][0]["url"]
    for link in (url, f"{url}x"):
        file = SimpleUploadedFile("receipt.pdf", client.get(link).content)
        client.post("/api/v1/receipts/check", {"file": file})
    for path in (pay_path(order.public_id), f"{pay_path(order.public_id)[:-2]}/"):
        client.get(path)


def test_no_canary_is_in_any_log_line(shop, sandbox, drain_outbox, lines):
    customer(EMAIL, phone=PHONE)
    staff("kitchen")
    sandbox.twilio.fail(PHONE, 30005)
    pair = requests.post(
        f"{shop}/auth/token", json={"email": EMAIL, "password": PASSWORD}, timeout=10
    ).json()
    requests.post(f"{shop}/auth/password-reset", json={"email": EMAIL}, timeout=60)
    go_wrong(shop)
    placed = order_a_cake(shop, message=MESSAGE, name=NAME, email=EMAIL, phone=PHONE)
    assert placed.status_code == 201, placed.text
    public_id = placed.json()["public_id"]
    order = Order.objects.get(public_id=public_id)
    session = open_session(order)
    sandbox.stripe.pay(session, "decline", email=EMAIL)
    sandbox.stripe.pay(session, "success", email=EMAIL)
    sandbox.stripe.wait_until_quiet()
    drain_outbox()
    sandbox.twilio.wait_until_quiet()
    drain_outbox()
    order.refresh_from_db()
    assert order.status == "paid"
    assert any(EMAIL in mail["recipients"] for mail in sandbox.mail.mails(EMAIL))
    complain(order)
    sandbox.stripe.open_dispute(session=session)
    sandbox.stripe.wait_until_quiet()
    drain_outbox()
    assert EvidenceArchive.objects.filter(dispute__order=order).exists()
    link = pay_path(order.public_id).split("/")[2]
    secrets = [link, link[:-1], session, pair["access"], pair["refresh"], str(public_id), PASSWORD]
    written = "\n".join(lines)
    assert len(lines) > 20
    for canary in (EMAIL, PHONE, PHONE[2:], NAME, CARD, MESSAGE, WRONG, COMPLAINT, NOTE, *secrets):
        assert canary not in written, f"{canary} in {[li for li in lines if canary in li][:2]}"


def test_no_canary_of_consents_texts_and_links_is_in_any_log_line(lines, settings, drain_outbox):
    settings.TWILIO_AUTH_TOKEN = "canary"
    client, said = Client(), "canary words of a text"
    cart = fill_cart([(make_variant(), 1, "")], at=clock.now())
    left = {"email": EMAIL, "phone": PHONE}
    address = f"/api/v1/carts/{cart.pk}/contact"
    assert client.put(address, left, content_type="application/json").status_code == 200
    contact = Contact.objects.get(address=EMAIL)
    tokens = [
        make_token(purpose=purpose, contact_id=contact.pk, topic=Topic.CART)
        for purpose in (MANAGE, UNSUBSCRIBE, CONFIRM)
    ]
    for path, token in zip(
        ("preferences", "unsubscribe", "preferences/confirm"), tokens, strict=True
    ):
        for link in (token, token[:-1]):
            client.get(f"/{path}/{link}/")
            client.post(f"/{path}/{link}/", {"do": "everything", "List-Unsubscribe": "One-Click"})
        client.patch(
            f"/api/v1/preferences/{token}", {"email": NAME}, content_type="application/json"
        )
    for body in (said, "STOP", "YES"):
        text = {"MessageSid": f"SM{body}", "From": PHONE, "Body": body}
        url = f"{settings.PUBLIC_BASE_URL}/webhooks/twilio/inbound/"
        signature = RequestValidator("canary").compute_signature(url, text)
        for sign in (signature, "x"):
            client.post("/webhooks/twilio/inbound/", text, headers={"X-Twilio-Signature": sign})
    assert InboundText.objects.count() == 3
    client.post("/cart/restore/17-canary-link/")
    drain_outbox()
    kept = [*Attempt.objects.values_list("error", flat=True)]
    kept += OutboxMessage.objects.values_list("last_error", flat=True)
    written = "\n".join([*lines, *kept])
    assert len(lines) > 20
    for canary in (EMAIL, PHONE, PHONE[2:], NAME, said, "canary-link", *tokens, str(cart.pk)):
        assert canary not in written, f"{canary} in {[li for li in lines if canary in li][:2]}"


def test_control_an_ordinary_formatter_would_tell(lines):
    record = logging.getLogger("shop").makeRecord(
        "shop", logging.INFO, __file__, 1, "mail to %s", (EMAIL,), None, extra={"phone": PHONE}
    )
    assert EMAIL in logging.Formatter("%(message)s").format(record)
    assert PHONE in logging.Formatter("%(phone)s").format(record)
    shown = AllowListFormatter().format(record)
    assert EMAIL not in shown
    assert PHONE not in shown
