"""Schedules: no delay lies with the broker, and two beats do nothing twice, in DST nights too."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from apps.inventory.models import Slot, StockMove
from apps.inventory.states import HoldMove
from apps.notifications import rules
from apps.notifications import services as notifications
from apps.notifications.models import Message
from apps.orders.models import OrderTransition
from apps.orders.states import OrderStatus
from bakery.celery import app
from bakery.edge import schedules
from bakery.edge.beat import ShopScheduler
from bakery.kernel import clock, heartbeats
from tests.orders.factories import AT, make_slot, make_variant, place

ROOT = Path(__file__).resolve().parents[2]
NIGHTS = {
    "ordinary": datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
    "clocks go forward": datetime(2027, 3, 14, 6, 59, tzinfo=UTC),
    "clocks go back": datetime(2027, 11, 7, 5, 59, tzinfo=UTC),
}


def test_no_delay_is_left_to_the_broker():
    """A delay longer than the visibility timeout is delivered again and again; ours are rows."""
    delays = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("apps", "bakery")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and {keyword.arg for keyword in node.keywords} & {"countdown", "eta"}
    ]
    assert delays == []


def sent_by(beat, *, start, hours):
    """Return when ``beat`` finds a schedule due, looking every ten minutes: local times."""
    schedule, last, times = beat, start, []
    zone = clock.shop_zone()
    for step in range(hours * 6):
        at = start + timedelta(minutes=10 * step)
        with time_machine.travel(at, tick=False):
            if schedule.is_due(last).is_due:
                times.append(at.astimezone(zone).strftime("%d %H:%M"))
                last = at
    return times


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        ("30 2 * * *", datetime(2027, 3, 13, 12, tzinfo=UTC), ["14 03:30", "15 02:30"]),
        ("30 2 * * *", datetime(2027, 11, 6, 12, tzinfo=UTC), ["07 02:30", "08 02:30"]),
        ("30 1 * * *", datetime(2027, 11, 6, 12, tzinfo=UTC), ["07 01:30", "08 01:30"]),
        ("30 7 * * *", datetime(2027, 3, 13, 13, tzinfo=UTC), ["14 07:30", "15 07:30"]),
    ],
)
def test_a_wall_time_comes_once_in_nights_with_clock_changes(monkeypatch, cron, start, expected):
    monkeypatch.setattr(schedules, "ENTRIES", (schedules.Entry("x.nightly", cron=cron),))
    schedules.sync_schedules()
    row = PeriodicTask.objects.get(name="x.nightly")
    assert (row.crontab.timezone.key, row.expire_seconds) == (clock.shop_zone().key, 3600)
    beats = [ShopScheduler(app=app) for _ in range(2)]
    for beat in beats:
        beat._finalize.cancel()
        assert sent_by(beat.schedule["x.nightly"].schedule, start=start, hours=48) == expected


@pytest.mark.django_db(transaction=True)
def test_a_wall_time_that_beat_slept_through_is_made_up(monkeypatch):
    monkeypatch.setattr(schedules, "ENTRIES", (schedules.Entry("x.nightly", cron="30 2 * * *"),))
    schedules.sync_schedules()
    with time_machine.travel(datetime(2027, 5, 2, 18, tzinfo=UTC), tick=False):
        yesterday = datetime(2027, 5, 1, 6, 30, tzinfo=UTC)
        PeriodicTask.objects.filter(name="x.nightly").update(last_run_at=yesterday)
        beat, library = ShopScheduler(app=app), DatabaseScheduler(app=app)
        for scheduler in (beat, library):
            scheduler._finalize.cancel()
        assert beat.schedule["x.nightly"].is_due().is_due
        assert "x.nightly" not in library.schedule, "the library's own leaves it for tomorrow"


@pytest.mark.django_db(transaction=True)
def test_beat_gives_a_sign_of_its_own(monkeypatch):
    beat = ShopScheduler(app=app)
    beat._finalize.cancel()
    monkeypatch.setattr(DatabaseScheduler, "tick", lambda self: 5.0)
    assert beat.tick() == 5.0
    assert heartbeats.is_alive(heartbeats.BEAT, at=clock.now())
    heartbeats.Heartbeat.objects.all().delete()
    beat.tick()
    assert not heartbeats.Heartbeat.objects.exists(), "not with every tick"


def queued() -> int:
    queues = {"default", *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}
    with app.connection_for_read() as connection:
        return sum(connection.default_channel.client.llen(queue) for queue in queues)


@pytest.mark.django_db(transaction=True)
def test_two_beats_send_what_is_due_twice():
    """What the next test rests on: beat itself does not prevent it."""
    schedules.sync_schedules()
    PeriodicTask.objects.update(last_run_at=clock.now() - timedelta(days=8))
    beats = [ShopScheduler(app=app) for _ in range(2)]
    due = [[entry for entry in beat.schedule.values() if entry.is_due().is_due] for beat in beats]
    for beat, entries in zip(beats, due, strict=True):
        for entry in entries:
            beat.apply_async(entry)
        beat._finalize.cancel()  # it would write its state when this process ends
    ours = {entry.task for entry in schedules.ENTRIES}
    assert all(ours <= {entry.task for entry in entries} for entries in due)
    assert queued() == sum(len(entries) for entries in due)


@pytest.fixture
def overdue(sandbox, storage):
    """An unpaid order and an alert whose time is over, with what they have done so far."""
    order = place([(make_variant(stock=5), 2, "")], slot=make_slot(AT + timedelta(days=400)))
    notifications.raise_alert(key="cake-order:B-1", text="B-1 8 inch", at=AT)
    return order


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("night", list(NIGHTS))
def test_what_two_beats_send_happens_once(night, overdue, parallel):
    app.loader.import_default_modules()
    at = NIGHTS[night]
    type(overdue).objects.update(hold_expires_at=at - timedelta(minutes=1))
    texts = Message.objects.count()

    def run_all(_number):
        for entry in schedules.ENTRIES:
            app.tasks[entry.task].apply(throw=True)

    with time_machine.travel(at + rules.ESCALATE_AFTER, tick=True):
        outcomes = parallel(2, run_all)
        tomorrow = clock.shop_date(at) + timedelta(days=1)
    assert outcomes == [None, None]
    ended = OrderTransition.objects.filter(subject=overdue, new=OrderStatus.EXPIRED)
    assert ended.count() == 1
    assert StockMove.objects.filter(reason=HoldMove.RELEASE).count() == 1
    assert Message.objects.count() > texts
    keys = list(Message.objects.values_list("dedupe_key", flat=True))
    assert len(keys) == len(set(keys))
    starts = list(Slot.objects.values_list("starts_at", flat=True))
    assert len(starts) == len(set(starts))
    assert any(clock.shop_date(start) >= tomorrow for start in starts)
