"""The kitchen is told of every paid cake once, and of one that a change adds; every morning too."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connections

from apps.notifications import services as notifications
from apps.notifications.events import AlertAcknowledged
from apps.notifications.models import Alert, AlertCheck
from apps.notifications.selectors import open_alert_keys
from apps.notifications.states import AlertKind
from apps.orders import services
from apps.orders.handlers import mark_acknowledged
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.sms_text import CakeLine, cake_alert, spoken_alert
from apps.orders.services import alerting
from bakery.kernel.segments import count_segments
from tests.harness import patience
from tests.orders.factories import AT, make_cake, make_variant, place, place_paid
from tests.orders.test_editing import add, edit, keep

SOON = AT + timedelta(minutes=5)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _phone(settings):
    settings.ALERT_PHONES = ["+14165550100"]


def tell_change(order):
    order.refresh_from_db()
    return services.alert_of_change(order_id=order.pk, revision=order.revision, at=SOON)


def test_a_cake_that_a_change_adds_to_a_paid_order_is_told_and_seen_anew():
    order = place_paid([(make_variant(stock=9), 1, "")])
    services.acknowledge(order_number=order.number, actor="user:1", at=AT)
    edit(order, keep(1, 1), add(make_cake(message=40), 2, "Zoe"), at=SOON)
    assert tell_change(order)
    alert = Alert.objects.get()
    assert (alert.key, alert.kind) == (f"cake-order:{order.number}/1", AlertKind.CAKE)
    for part in ("CAKE CHANGED", "2x", '"Zoe"'):
        assert part in alert.text
    order.refresh_from_db()
    assert order.acknowledged_at is None
    assert BoardEvent.objects.order_by("-seq").first().payload["acknowledged_at"] is None
    # Once a change; acknowledging the order ends whatever is open about it.
    tell_change(order)
    assert Alert.objects.count() == 1
    services.acknowledge(order_number=order.number, actor="user:1", at=SOON)
    assert open_alert_keys(f"cake-order:{order.number}") == []


def test_changes_without_another_cake_are_not_told():
    cake = make_cake(message=40)
    order = place_paid([(make_variant(stock=9), 1, ""), (cake, 2, "Zoe")])
    edit(order, keep(1, 3), keep(2, 1), at=SOON)
    assert not tell_change(order)
    unpaid = place([(cake, 1, "")])
    edit(unpaid, keep(1, 2), at=SOON)
    assert not tell_change(unpaid)
    assert not Alert.objects.exists()


def test_one_of_two_alerts_leaves_the_order_to_be_seen():
    order = place_paid([(make_cake(stock=9, message=40), 1, "")])
    services.alert_kitchen(order_id=order.pk, at=AT)
    edit(order, keep(1, 2), at=SOON)
    tell_change(order)
    key = f"cake-order:{order.number}"
    for name, seen in ((f"{key}/1", False), (key, True)):
        notifications.acknowledge_alert(key=name, by="link:x", at=SOON)
        mark_acknowledged(AlertAcknowledged(key=name, by="link:x"), at=SOON)
        order.refresh_from_db()
        assert (order.acknowledged_at is not None) is seen


@pytest.mark.django_db(transaction=True)
def test_acknowledged_the_moment_it_is_paid_nothing_stays_open(monkeypatch):
    assert race(monkeypatch) == []


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_orders_lock_an_alert_stays_open(monkeypatch):
    monkeypatch.setattr(alerting, "lock_one", lambda rows, what: rows.first())
    assert len(race(monkeypatch)) == 1


def race(monkeypatch):
    """Acknowledge on the board while the handler, having read the order, writes its text."""
    order = place_paid([(make_cake(), 1, "")])
    reading, acknowledged = threading.Event(), threading.Event()
    genuine = alerting._cakes_of

    def slow(locked):
        reading.set()
        acknowledged.wait(patience(0.2))  # with the lock it cannot be: then go on
        return genuine(locked)

    monkeypatch.setattr(alerting, "_cakes_of", slow)

    def tell():
        try:
            services.alert_kitchen(order_id=order.pk, at=AT)
        finally:
            connections.close_all()

    thread = threading.Thread(target=tell)
    thread.start()
    assert reading.wait(60)
    services.acknowledge(order_number=order.number, actor="user:1", at=AT)
    acknowledged.set()
    thread.join(60)
    return open_alert_keys(f"cake-order:{order.number}")


def test_every_morning_no_paid_cake_may_be_unknown(django_assert_max_num_queries):
    late = AT + timedelta(hours=1)
    fine = place_paid([(make_cake(), 1, "")], ref="pi_2")
    services.acknowledge(order_number=fine.number, actor="user:1", at=AT)
    assert services.check_board(at=late).missing == []
    assert services.check_board(at=late) is None  # once a day
    untold = place_paid([(make_cake(), 1, "")], ref="pi_3")
    waiting = place_paid([(make_cake(), 1, "")], ref="pi_4")
    services.alert_kitchen(order_id=waiting.pk, at=AT)
    lost = place_paid([(make_cake(), 1, "")], ref="pi_5")
    services.acknowledge(order_number=lost.number, actor="user:1", at=AT)
    # The database keeps tickets of whoever is not erased: how one gets lost is nobody's guess.
    Order.objects.filter(pk=lost.pk).update(erased_at=AT)
    BoardEvent.objects.filter(order=lost).delete()
    Order.objects.filter(pk=lost.pk).update(erased_at=None)
    place_paid([(make_variant(), 1, "")], ref="pi_6")
    found = services.check_board(at=late, again=True)
    assert found.examined == 4
    told = dict(line.split(" ", 1) for line in found.missing)
    assert set(told) == {untold.number, waiting.number, lost.number}
    assert "nobody was told" in told[untold.number]
    assert "nobody took charge" in told[waiting.number]
    assert "no ticket" in told[lost.number]
    alert = Alert.objects.get(key__startswith="board-check:")
    assert (alert.kind, untold.number in alert.text) == (AlertKind.CAKE, True)
    row = AlertCheck.objects.get()
    assert (row.examined, len(row.missing)) == (4, 3)


def test_the_check_by_hand_fails_when_a_cake_may_be_missed(capsys):
    call_command("check_board")
    assert "0 to look at" in capsys.readouterr().out
    order = place_paid([(make_cake(), 1, "")])
    now = services.check_board.__globals__["clock"].now()
    Order.objects.filter(pk=order.pk).update(
        paid_at=now - timedelta(hours=2),
        pickup_starts_at=now + timedelta(hours=1),
        pickup_ends_at=now + timedelta(hours=2),
    )
    with pytest.raises(SystemExit):
        call_command("check_board")
    assert order.number in capsys.readouterr().out


def test_in_french_by_delivery_and_aloud():
    cakes = [CakeLine(2, "Gâteau aux carottes, 8 po", "Bonne fiesta, Zoé")]
    text = cake_alert(
        "B-1", pickup="sam. 28 nov. 10 h", cakes=cakes, allergy=True, delivery=True, language="fr"
    )
    assert text == (
        "GaTEAU B-1 livraison sam. 28 nov. 10 h. NOTE D'ALLERGIE! 2x Gateau aux carottes, 8 po"
        ' "Bonne fiesta, Zoé"'
    ).replace("GaTEAU", "GATEAU")
    said = spoken_alert("B-261128-0A1Z", pickup="samedi", cakes=cakes, allergy=True, language="fr")
    assert "allergie" in said
    assert "0 A 1 Z" in said


@pytest.mark.parametrize("base", ["http://x.ca", "https://" + "a" * 60 + ".example.com"])
@pytest.mark.parametrize("message", ["Happy birthday, Ada", "🎂" * 60, "é" * 300])
def test_with_its_code_and_link_it_is_never_more_than_two_segments(settings, base, message):
    from apps.notifications.models import Message
    from apps.notifications.services.mail_secrets import text_of

    settings.PUBLIC_BASE_URL = base
    order = place_paid([(make_cake(message=300), 1, message)])
    services.alert_kitchen(order_id=order.pk, at=AT)
    text = text_of(Message.objects.get())
    assert count_segments(text) <= 2
    assert order.number in text
    assert Alert.objects.get().reply_code in text


def test_an_order_that_is_called_off_rings_no_more():
    order = place_paid([(make_cake(stock=9, message=40), 1, "")])
    services.alert_kitchen(order_id=order.pk, at=AT)
    alert = Alert.objects.get()
    services.cancel_order(order_id=order.pk, actor="user:1", reason="ill", at=SOON)
    assert notifications.escalate_overdue(at=SOON + timedelta(hours=1)) == 0
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.level) == ("system:order cancelled", 0)
    # Nobody has seen it; and its kitchen is not asked to.
    mark_acknowledged(AlertAcknowledged(key=alert.key, by=alert.acknowledged_by), at=SOON)
    order.refresh_from_db()
    assert order.acknowledged_at is None
    assert not services.acknowledge(order_number=order.number, actor="user:1", at=SOON)
    # The event that it was paid comes late: nobody is told any more.
    assert not services.alert_kitchen(order_id=order.pk, at=SOON)


def test_an_order_that_nobody_came_for_rings_no_more():
    order = place_paid([(make_cake(stock=9, message=40), 1, "")])
    services.alert_kitchen(order_id=order.pk, at=AT)
    for step in (services.start_production, services.mark_ready):
        step(order_id=order.pk, actor="user:1", at=SOON)
    late = order.pickup_ends_at + timedelta(hours=1)
    services.mark_no_show(order_id=order.pk, reason="nobody came", actor="user:1", at=late)
    assert open_alert_keys(f"cake-order:{order.number}") == []


def test_an_order_that_was_given_away_rings_no_more():
    order = place_paid([(make_cake(stock=9, message=40), 1, "")])
    services.alert_kitchen(order_id=order.pk, at=AT)
    for step in (services.start_production, services.mark_ready):
        step(order_id=order.pk, actor="user:1", at=SOON)
    proof = services.Proof(code=order.pickup_code, taken_by="Ann", reason="known")
    services.mark_collected(order_id=order.pk, proof=proof, actor="user:1", at=SOON)
    assert Alert.objects.get().acknowledged_by == "user:1"
