"""The console's pages on which staff look at mails and texts."""

from uuid import uuid4

import pytest

from apps.notifications import services
from apps.notifications.models import Message
from bakery.kernel.errors import Invalid, NotFound
from tests.accounts.people import browser, customer, staff

pytestmark = pytest.mark.django_db
PAGE = "/console/notifications/message/templates/"
PAID = {"template": "orders/mail/order_paid", "language": "fr", "screen": "dark"}


@pytest.fixture
def manager():
    return browser(staff("manager"), verified=True)


def test_every_template_is_listed_and_each_link_leads_somewhere(manager):
    page = manager.get(PAGE).content.decode()
    for sample in services.samples():
        assert f"template={sample.template.replace('/', '%2F')}" in page
    shown = manager.get(PAGE, PAID).content.decode()
    assert "est confirmée" in shown
    assert "screen=dark" in shown
    text = manager.get(PAGE, {"template": "orders/sms/pay_link"}).content.decode()
    assert "1 segment," in text


def test_a_mail_is_framed_under_a_policy_of_its_own(manager):
    dark = manager.get(f"{PAGE}mail/", PAID)
    light = manager.get(f"{PAGE}mail/", {**PAID, "screen": "light"})
    assert "@media all" in dark.content.decode()
    assert "@media not all" in light.content.decode()
    policy = dark["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert dark["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in manager.get(PAGE, PAID)["Content-Security-Policy"]
    assert manager.get(f"{PAGE}mail/", {"template": "orders/sms/pay_link"}).status_code == 404


@pytest.mark.parametrize(
    "odd",
    [
        {"template": "no/mail/such"},
        {"template": "../../etc/passwd"},
        {"template": "orders/mail/order_paid", "language": "tlh"},
        {"template": "orders/mail/order_paid", "screen": "sepia"},
        {"template": "orders/mail/order_paid", "name": "no such"},
        {"template": "x" * 500},
        {"template": ""},
    ],
)
def test_what_there_is_not_is_not_found(manager, odd):
    assert manager.get(PAGE, odd).status_code == 404
    assert manager.get(f"{PAGE}mail/", odd).status_code == 404
    assert manager.post(f"{PAGE}test/", odd).status_code == 404


def test_a_test_mail_goes_to_who_asked_and_to_nobody_else(sandbox, drain_outbox):
    user = staff("manager")
    client = browser(user, verified=True)
    form = {**PAID, "key": str(uuid4()), "to": "victim@example.com"}
    for _ in range(2):
        assert client.post(f"{PAGE}test/", form).status_code == 302
    drain_outbox()
    [sent] = sandbox.mail.mails()
    assert sent["to"] == user.email
    assert "est confirmée" in sent["subject"]
    assert not Message.objects.exists()


def test_pages_are_for_who_may_read_messages():
    for client in (browser(customer()), browser(staff("kitchen"), verified=True)):
        for answer in (client.get(PAGE), client.post(f"{PAGE}test/", PAID)):
            assert answer.status_code in {302, 403}
            assert "success" not in answer.content.decode()


def test_only_mails_that_there_are_can_be_tried_out(at):
    wanted = {"name": "", "language": "en", "user_id": 1, "key": uuid4(), "at": at}
    with pytest.raises(Invalid):
        services.ask_test_mail(template="orders/sms/pay_link", **wanted)
    with pytest.raises(NotFound):
        services.ask_test_mail(template="orders/mail/none", **wanted)
