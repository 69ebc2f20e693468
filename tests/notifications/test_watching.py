"""The platform looks after itself: dead letters and silence are told once, by whoever lives."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from apps.notifications import services
from apps.notifications.models import Alert, Message
from apps.notifications.states import AlertKind, Channel, MessageState
from apps.notifications.tasks import watch_platform
from bakery.celery import app
from bakery.edge import tasks, watchman
from bakery.kernel import clock, dead_letters, heartbeats, outbox
from bakery.kernel.models import OutboxMessage

NOW = clock.now()
EVERYBODY = [heartbeats.BEAT, *map(heartbeats.of_queue, outbox.QUEUES)]


def letter(number, *, handler="apps.payments.handlers.close_session"):
    return OutboxMessage.objects.create(
        kind="k", handler=handler, queue="default", dedupe_key=f"{handler}{number}", payload={},
        created_at=NOW, not_before=NOW, dead_at=NOW, last_error="Boom",
    )  # fmt: skip


def look(minutes):
    return services.watch_platform(at=NOW + timedelta(minutes=minutes))


@pytest.mark.django_db
def test_dead_letters_are_told_once_for_each_handler_and_again_after_an_end():
    first = letter(1)
    assert look(0) == ["dead-letters:apps.payments.handlers.close_session"]
    letter(2)
    letter(3, handler="apps.receipts.handlers.seal")
    assert len(look(1)) == len(look(2)) == 2
    told = list(Alert.objects.order_by("pk").values_list("kind", "text"))
    assert [kind for kind, _ in told] == [AlertKind.SYSTEM] * 2
    assert "payments: close session" in told[0][1]
    assert "receipts: seal" in told[1][1]
    for row in OutboxMessage.objects.dead().exclude(pk=first.pk):
        dead_letters.discard(row.pk, actor="user:1", reason="test", at=NOW)
    dead_letters.replay(first.pk, actor="user:1", at=NOW)
    assert look(3) == []
    OutboxMessage.objects.filter(pk=first.pk).update(dead_at=NOW)
    look(4)
    assert Alert.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_look_at_once_one_tells(parallel):
    letter(1)
    parallel(3, lambda _: look(0))
    assert Alert.objects.count() == 1


def signs(minutes, *, besides=()):
    for name in EVERYBODY:
        if name not in besides:
            heartbeats.beat(name, at=NOW + timedelta(minutes=minutes))


@pytest.mark.django_db
def test_silence_of_beat_and_of_a_queue_is_told_after_five_minutes():
    signs(0)
    silent = (heartbeats.BEAT, heartbeats.of_queue(outbox.ML))
    for minute in range(1, 5):
        signs(minute, besides=silent)
        assert look(minute) == []
    signs(6, besides=silent)
    assert look(6) == ["silent:beat", "silent:queue-ml"]
    texts = list(Alert.objects.order_by("pk").values_list("text", flat=True))
    assert texts[0].startswith("Beat gave no sign since ")
    assert texts[1].startswith("No worker served the queue ml since ")
    signs(7)
    assert look(7) == []


@pytest.mark.django_db
def test_after_a_night_of_standing_still_nobody_is_alarmed_at_once():
    signs(-600)
    assert look(0) == []
    for minute in range(1, 5):
        assert look(minute) == []
    assert len(look(6)) == len(EVERYBODY), "whoever did not come back with the watch is missing"


def handed_over(minutes, *, state=MessageState.SENDING, channel=Channel.SMS):
    at = NOW + timedelta(minutes=minutes)
    return Message.objects.create(
        channel=channel, kind="order_ready", recipient="+14165550123", body="Ready", state=state,
        dedupe_key=f"told:{minutes}", provider_sid=f"SM{minutes}", created_at=at, attempted_at=at,
    )  # fmt: skip


@pytest.mark.django_db
def test_texts_that_twilio_takes_and_tells_nothing_of_are_told_once():
    for minute in range(3):
        handed_over(minute)
    assert look(16) == [], "the third has not waited for a quarter of an hour"
    assert look(17) == look(18) == ["untold:twilio"]
    alert = Alert.objects.get()
    assert alert.kind == AlertKind.SYSTEM
    assert alert.text.startswith("Twilio took 3 texts since ")
    signs(20)
    handed_over(20, state=MessageState.DELIVERED)
    assert look(21) == []
    for minute in range(30, 33):
        handed_over(minute)
    assert look(50) == [], "one that was told of since the oldest is a sign of life"


@pytest.mark.django_db
def test_a_text_or_two_without_a_word_and_mails_alarm_nobody():
    handed_over(0)
    handed_over(1)
    for minute in range(2, 6):
        handed_over(minute, channel=Channel.EMAIL)
    assert look(60) == []


def test_every_worker_asks_a_queue_that_it_serves_itself(monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "send_quickly", lambda task, queue: sent.append((task, queue)))
    worker = SimpleNamespace(
        app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from={"ml": 1})))
    )
    watchman.Watchman(worker).look(worker)
    assert sent == [("apps.notifications.tasks.watch_platform", "ml")]


@pytest.mark.django_db(transaction=True)
def test_whoever_lives_carries_out_what_is_critical_when_its_own_workers_are_silent(monkeypatch):
    drained = []
    monkeypatch.setattr(outbox, "drain", lambda queue: drained.append(queue) or 0)
    monkeypatch.setattr(tasks, "_signed", {})
    tasks.relay_documents()
    assert drained == ["critical", "documents"]
    heartbeats.beat(heartbeats.of_queue(outbox.CRITICAL), at=clock.now())
    monkeypatch.setattr(tasks, "_signed", {})
    tasks.relay_documents()
    assert drained[2:] == ["documents"]


@pytest.mark.django_db
@pytest.mark.parametrize("silent", [heartbeats.BEAT, heartbeats.of_queue(outbox.CRITICAL), ""])
def test_alerts_climb_while_beat_or_their_own_workers_are_silent(silent, sandbox, monkeypatch):
    """No clock but the workers' own is left; texts that wait for another try go out too."""
    services.raise_alert(key="cake-order:B-1", text="CAKE B-1", at=NOW, kind=AlertKind.CAKE)
    later = NOW + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    signs(2, besides=[silent])
    watch_platform()
    texts = Message.objects.filter(channel=Channel.SMS)
    if silent:
        assert Alert.objects.get(kind=AlertKind.CAKE).level == 1
        assert not texts.filter(state=MessageState.QUEUED).exists()
        assert len(sandbox.twilio.messages()) == texts.count() == 2
    else:
        assert texts.get().state == MessageState.QUEUED


def test_escalation_does_not_wait_behind_mails():
    route = app.amqp.router.route({}, "apps.notifications.tasks.escalate_overdue")
    assert route["queue"].name == outbox.CRITICAL
