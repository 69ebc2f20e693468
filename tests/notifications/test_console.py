"""The console's logs of messages and alerts."""

import pytest
from django.test.utils import CaptureQueriesContext

from apps.notifications import services
from apps.notifications.models import Message
from apps.notifications.states import MessageState
from tests.accounts.people import browser, customer, staff

pytestmark = pytest.mark.django_db
MESSAGES, ALERTS = "/console/notifications/message/", "/console/notifications/alert/"


@pytest.fixture
def manager():
    return browser(staff("manager"), verified=True)


def fill(text, at, count, start=0):
    for number in range(start, start + count):
        text(dedupe_key=f"ready:{number}", to=f"+1416555{number:04d}")
        services.raise_alert(key=f"cake-order:B-{number}", text="A cake", at=at)
        services.acknowledge_alert(key=f"cake-order:B-{number}", by="user:1", at=at)


def queries(client, address):
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", [MESSAGES, ALERTS])
def test_lists_need_as_many_queries_for_three_rows_as_for_one(manager, text, at, address):
    fill(text, at, 1)
    queries(manager, address)
    one = queries(manager, address)
    fill(text, at, 2, start=1)
    assert queries(manager, address) == one


def test_messages_are_found_by_recipient_and_by_order(manager, text, at):
    fill(text, at, 3)
    found = manager.get(MESSAGES, {"q": "+14165550002"}).content.decode()
    assert "+14165550002" in found
    assert "+14165550001" not in found
    assert "1 message" in manager.get(MESSAGES, {"q": "cake-order:B-2"}).content.decode()


def test_an_alert_says_who_acknowledged_it(at):
    user = staff("manager")
    services.raise_alert(key="cake-order:B-1", text="A cake", at=at)
    services.acknowledge_alert(key="cake-order:B-1", by=f"user:{user.pk}", at=at)
    client = browser(user, verified=True)
    assert user.email in client.get(ALERTS).content.decode()
    [alert] = client.get(ALERTS).context["cl"].result_list
    page = client.get(f"{ALERTS}{alert.pk}/change/").content.decode()
    assert user.email in page
    assert "acknowledged" in page


def test_a_failed_message_is_sent_again_and_a_delivered_one_is_not(manager, text, at):
    failed, arrived = text(), text(dedupe_key="ready:2")
    Message.objects.filter(pk=failed.pk).update(state=MessageState.FAILED)
    Message.objects.filter(pk=arrived.pk).update(state=MessageState.DELIVERED)
    form = {"action": "send_again", "_selected_action": [failed.pk, arrived.pk]}
    page = manager.post(MESSAGES, form, follow=True).content.decode()
    assert "Sending 1 again" in page
    assert "not sent again" in page
    failed.refresh_from_db()
    assert (failed.state, failed.resends) == (MessageState.QUEUED, 1)


def test_a_cook_cannot_send_again_nor_see_the_log(text):
    cook = browser(staff("kitchen"), verified=True)
    message = text()
    Message.objects.filter(pk=message.pk).update(state=MessageState.FAILED)
    form = {"action": "send_again", "_selected_action": [message.pk]}
    assert cook.post(MESSAGES, form).status_code == 403
    assert browser(customer()).get(MESSAGES).status_code in {302, 403}
    message.refresh_from_db()
    assert message.state == MessageState.FAILED


def test_nothing_is_edited_by_hand(manager, text):
    message = text()
    assert manager.post(f"{MESSAGES}{message.pk}/change/", {"state": "sent"}).status_code == 403
    assert manager.post(f"{MESSAGES}{message.pk}/delete/", {"post": "yes"}).status_code == 403
    assert manager.get(f"{MESSAGES}add/").status_code == 403
