"""What an order's events set off: the kitchen's alert, mails, the board."""

import pytest

from apps.notifications.adapters.rendering import render
from apps.notifications.events import AlertAcknowledged
from apps.notifications.models import Alert, Message
from apps.orders import selectors, services, tasks
from apps.orders.events import OrderPaid
from apps.orders.handlers import alert_kitchen, mark_acknowledged
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.pay_link import pay_path
from apps.orders.states import OrderStatus
from bakery.kernel.events import event_class
from tests.orders.factories import AT, make_cake, make_variant, pay, place, place_paid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _phone(settings):
    settings.ALERT_PHONES = ["+14165550100"]


def paid_event(order):
    return OrderPaid(order_id=order.pk, number=order.number, has_cake=order.has_cake)


def test_a_paid_cake_raises_one_alert_however_often_it_is_told():
    order = place_paid([(make_cake(message=40), 1, "No nuts!")])
    for _ in range(3):
        alert_kitchen(paid_event(order), at=AT)
    alert = Alert.objects.get()
    assert alert.key == f"cake-order:{order.number}"
    for part in (order.number, "Fri 27 Nov 10:00", "8 inch", "No nuts!", "ALLERGY"):
        assert part in alert.text
    assert Message.objects.filter(alert=alert, channel="sms").count() == 1


def test_an_order_without_a_cake_raises_none():
    order = place_paid([(make_variant(), 1, "")])
    alert_kitchen(paid_event(order), at=AT)
    assert not Alert.objects.exists()


def test_a_mixed_order_raises_one():
    order = place_paid([(make_variant(), 1, ""), (make_cake(), 1, "")])
    alert_kitchen(paid_event(order), at=AT)
    assert Alert.objects.count() == 1


def test_acknowledging_from_a_phone_shows_on_the_board():
    order = place_paid()
    event = AlertAcknowledged(key=f"cake-order:{order.number}", by="link:0100")
    for _ in range(2):
        mark_acknowledged(event, at=AT)
    order.refresh_from_db()
    assert order.acknowledged_by == "link:0100"
    assert [row.kind for row in BoardEvent.objects.all()] == ["new_order", "acknowledged"]
    mark_acknowledged(AlertAcknowledged(key="something else", by="x"), at=AT)


def test_acknowledging_on_the_board_ends_the_alert():
    order = place_paid()
    alert_kitchen(paid_event(order), at=AT)
    services.acknowledge(order_number=order.number, actor="user:1", at=AT)
    assert Alert.objects.get().state == "acknowledged"


def test_a_cake_that_was_seen_before_anybody_could_be_texted_raises_none():
    order = place_paid([(make_cake(), 1, "")])
    services.acknowledge(order_number=order.number, actor="user:1", at=AT)
    alert_kitchen(paid_event(order), at=AT)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("kind", "mail", "words"),
    [
        ("orders.placed", "order_received", "Please pay until"),
        ("orders.paid", "order_paid", "certain"),
        ("orders.expired", "order_expired", "lapsed"),
        ("orders.cancelled", "order_cancelled", "cancelled"),
        ("orders.ready", "order_ready", "waits for you"),
        ("orders.deposit_paid", "deposit_paid", "Your deposit arrived"),
    ],
)
def test_every_step_writes_its_mail_once(kind, mail, words):
    from bakery.kernel.outbox import handlers_of

    order = place([(make_cake(message=40), 1, 'Zoë & "Max" 🎂')])
    event = event_class(kind).from_payload(
        {"order_id": order.pk, "number": order.number, "has_cake": True}
    )
    handler = next(h for h in handlers_of(kind) if h.name.startswith("apps.orders.handlers.mail"))
    handler.run(event, at=AT)
    handler.run(event, at=AT)
    message = Message.objects.get(kind=mail)
    assert message.recipient == "ada@example.com"
    subject, text, html = render(message.template, message.context)
    assert order.number in subject
    assert words in text + html
    assert 'Zoë & "Max" 🎂' in text
    assert 'Zoë &amp; "Max" 🎂' in html
    path = f"/orders/{order.public_id}/"
    if mail in {"order_received", "deposit_paid"}:
        path = pay_path(order.public_id)
    assert path in text
    assert path in html


def test_the_whole_way_through_the_outbox(drain_outbox):
    order = place([(make_cake(), 1, "")])
    pay(order)
    drain_outbox()
    assert Alert.objects.count() == 1
    kinds = set(Message.objects.values_list("kind", flat=True))
    assert {"alert", "order_received", "order_paid"} <= kinds


def test_the_sweeper_ends_what_is_overdue():
    order = place([(make_cake(), 1, "")])  # AT is before now, or its hold would still run
    Order.objects.filter(pk=order.pk).update(hold_expires_at=AT)
    assert tasks.expire_overdue_orders() == 1
    assert Order.objects.get().status == OrderStatus.EXPIRED


def test_the_board_shows_open_orders_with_their_lines():
    later = place_paid([(make_cake(message=40), 1, "Zoë")])
    place([(make_cake(), 1, "")])
    snapshot = selectors.board_snapshot(at=AT)
    assert [ticket["number"] for ticket in snapshot["orders"]] == [later.number]
    line = snapshot["orders"][0]["lines"][0]
    assert (line["message"], line["size"], line["quantity"]) == ("Zoë", "8 inch", 1)
    assert snapshot["seq"] == selectors.last_board_seq() > 0
    batch = selectors.board_updates(after_seq=0, limit=9)
    assert batch["events"][0]["order"] == snapshot["orders"][0]
    assert batch["plan"] == snapshot["plan"]
    assert selectors.board_events(after_seq=snapshot["seq"]) == []


def test_board_events_cannot_be_rewritten():
    from django.db import DatabaseError, transaction

    place_paid()
    with pytest.raises(DatabaseError), transaction.atomic():
        BoardEvent.objects.update(kind="status")
