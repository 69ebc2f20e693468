"""Beat's schedule, audit heads, purging and Sentry."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sentry_sdk
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from sentry_sdk.transport import Transport

from bakery.edge import schedules, tasks, telemetry
from bakery.kernel import audit, audit_heads, clock, outbox
from bakery.kernel.models import IdempotencyKey, OutboxMessage

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / audit_heads.FOLDER


def entry(number):
    audit.record(actor="user:1", action="x", object_type="y", object_id=number, at=AT)


@pytest.mark.django_db
def test_the_schedule_of_the_code_is_written_and_again_changes_nothing(capsys):
    PeriodicTask.objects.all().delete()
    assert len(schedules.sync_schedules()) == len(schedules.ENTRIES)
    sweep = PeriodicTask.objects.get(name="bakery.edge.tasks.sweep_outbox")
    assert (sweep.interval.every, sweep.interval.period, sweep.expire_seconds) == (
        10,
        "seconds",
        10,
    )
    before = PeriodicTasks.last_change()
    assert schedules.sync_schedules() == []
    call_command("sync_schedules")
    assert "0 changed" in capsys.readouterr().out
    assert PeriodicTasks.last_change() == before


@pytest.mark.django_db
def test_what_was_changed_by_hand_is_put_back_and_what_was_added_stays(monkeypatch):
    schedules.sync_schedules()
    sweep = PeriodicTask.objects.filter(name="bakery.edge.tasks.sweep_outbox")
    sweep.update(enabled=False)
    PeriodicTask.objects.filter(name="bakery.edge.tasks.purge_expired").update(
        enabled=False, expire_seconds=1
    )
    interval = PeriodicTask.objects.first().interval
    PeriodicTask.objects.create(name="mine", task="mine", interval=interval)
    last = schedules.ENTRIES[-1].task
    monkeypatch.setattr(schedules, "ENTRIES", schedules.ENTRIES[:-1])
    assert schedules.sync_schedules() == [
        "bakery.edge.tasks.sweep_outbox",
        "bakery.edge.tasks.purge_expired",
        last,
    ]
    assert not PeriodicTask.objects.filter(name=last).exists()
    assert sweep.get().enabled, "what the shop lives on cannot be switched off"
    purge = PeriodicTask.objects.get(name="bakery.edge.tasks.purge_expired")
    assert (purge.enabled, purge.expire_seconds) == (False, 3600)
    assert PeriodicTask.objects.filter(name="mine").exists()


@pytest.mark.django_db
def test_every_scheduled_task_exists():
    from bakery.celery import app

    app.loader.import_default_modules()
    missing = [item.task for item in schedules.ENTRIES if item.task not in app.tasks]
    assert missing == []


@pytest.mark.django_db(transaction=True)
def test_heads_are_kept_outside_and_a_cut_tail_is_found(storage, superuser_connection, capsys):
    assert tasks.keep_audit_head() is None
    for number in range(4):
        entry(number)
    name = tasks.keep_audit_head()
    assert json.loads(default_storage.open(name).read())["seq"] == 4
    assert audit_heads.latest() == audit.head()
    entry(5)
    call_command("verify_audit")
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute("DELETE FROM kernel_auditentry WHERE seq > 2")
    with pytest.raises(CommandError, match="#3"):
        call_command("verify_audit")


@pytest.mark.django_db(transaction=True)
def test_a_forged_head_is_passed_over(storage):
    entry(1)
    genuine = audit.head()
    audit_heads.keep(at=AT)
    forged = {"seq": 99, "hash": "0" * 64, "at": "20990101T000000Z", "signature": "0" * 64}
    (storage / "20990101T000000Z.json").write_text(json.dumps(forged))
    (storage / "20990102T000000Z.json").write_text("nonsense")
    assert audit_heads.latest() == genuine


@pytest.mark.django_db
def test_purging_forgets_only_what_has_served_its_time():
    now = clock.now()
    for days, key in ((8, "old"), (6, "young")):
        IdempotencyKey.objects.create(scope="s", key=key, at=now - timedelta(days=days))
    for days, key in ((91, "old"), (89, "young"), (None, "waiting")):
        OutboxMessage.objects.create(
            kind="k",
            handler="h",
            queue=outbox.DEFAULT,
            dedupe_key=key,
            payload={},
            created_at=now - timedelta(days=100),
            not_before=now,
            done_at=days and now - timedelta(days=days),
        )
    assert tasks.purge_expired() == 2
    assert IdempotencyKey.objects.get().key == "young"
    assert set(OutboxMessage.objects.values_list("dedupe_key", flat=True)) == {"young", "waiting"}


@pytest.fixture
def reports():
    """Start Sentry with a transport that keeps what would be sent."""
    kept = []

    class Keep(Transport):
        def capture_envelope(self, envelope):
            kept.append(b"".join(item.get_bytes() for item in envelope.items).decode())

    telemetry.start_sentry(
        dsn="https://key@sentry.example/1",
        release="1.2.3",
        environment="test",
        transport=Keep,
    )
    yield kept
    sentry_sdk.init()


@pytest.mark.urls("tests.edge.urls")
@pytest.mark.django_db
def test_reports_name_the_place_and_no_person(reports, web, make_user):
    web.force_login(make_user("anna.canary@example.com"))
    password = "canary-local-variable"
    web.get(
        f"/page/failing/bug?token=canary-token&p={password}",
        headers={"Authorization": "Bearer canary-header", "Cookie": "x=canary-cookie"},
    )
    telemetry.sentry_sdk.capture_message("mail to anna.canary@example.com failed")
    text = "\n".join(reports)
    assert "canary" not in text
    assert "ZeroDivisionError" in text
    assert "tests/edge/urls.py" in text
    assert "1.2.3" in text
    assert "mail to <email> failed" in text
    assert "request_id" in text
