"""The outbox carries out each fact's side effects: none lost, none twice, none without its fact."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction

from bakery.kernel import clock, dead_letters, outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.logs import AllowListFormatter
from bakery.kernel.models import OutboxMessage
from tests.kernel import relaying
from tests.kernel.relaying import Counted, Poisonous, SentOut, Stalling, effects, emit

EVENTS = 30


@pytest.mark.django_db
def test_a_fact_is_written_once_for_each_handler(nudges):
    assert emit(Counted(number=1)) == 2
    assert emit(Counted(number=1)) == 0
    assert emit(Counted(number=1), key="again") == 2
    assert OutboxMessage.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="outside a transaction"):
        outbox.emit(Counted(number=1), key="1", at=clock.now())


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 101])
def test_a_key_has_a_length(key):
    with pytest.raises(ValueError, match="key"):
        outbox.emit(Counted(number=1), key=key, at=clock.now())


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_fact_leaves_nothing(nudges):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.emit(Counted(number=1), key="1", at=clock.now())
        raise ZeroDivisionError
    assert not OutboxMessage.objects.exists()
    assert nudges == []


@pytest.mark.django_db(transaction=True)
def test_each_queue_is_nudged_once_after_commit(nudges):
    with transaction.atomic():
        for number in range(5):
            outbox.emit(Counted(number=number), key=str(number), at=clock.now())
        assert nudges == []
    assert sorted(nudges) == ["critical", "default"]


@pytest.mark.django_db(transaction=True)
def test_a_nudge_of_a_savepoint_that_was_undone_is_not_relied_on(nudges):
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            outbox.emit(Counted(number=1), key="1", at=clock.now())
            raise ZeroDivisionError
        outbox.emit(Counted(number=2), key="2", at=clock.now())
    assert sorted(nudges) == ["critical", "default"]


@pytest.mark.django_db(transaction=True)
def test_what_is_due_later_waits_without_a_nudge(nudges, later):
    with transaction.atomic():
        at = clock.now()
        outbox.emit(Counted(number=1), key="1", at=at, not_before=at + timedelta(hours=1))
    assert nudges == []
    assert outbox.drain_all() == 0
    later(3601)
    assert outbox.drain_all() == 2


@pytest.mark.django_db(transaction=True)
def test_broker_down_at_publish_costs_nobody_anything_but_time(monkeypatch):
    tried = []

    def refuse(queue):
        tried.append(queue)
        raise ConnectionError("broker is down")

    monkeypatch.setattr(outbox, "_nudge", refuse)
    monkeypatch.setattr(outbox, "_silent_until", 0.0)
    for number in range(5):
        emit(Counted(number=number))
    assert len(tried) == 1, "after one failure the broker is left alone for a while"
    assert OutboxMessage.objects.waiting().count() == 10
    outbox.drain_all()
    assert effects("counted") == 5


def two_relays(parallel):
    for number in range(EVENTS):
        emit(Counted(number=number))
    results = parallel(4, lambda i: outbox.drain(outbox.DEFAULT))
    assert not [result for result in results if isinstance(result, Exception)], results
    return effects("counted")


@pytest.mark.django_db(transaction=True)
def test_racing_relays_do_everything_exactly_once(parallel, nudges):
    assert two_relays(parallel) == EVENTS
    assert (
        OutboxMessage.objects.filter(queue="default", done_at__isnull=False, attempts=1).count()
        == EVENTS
    )


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_relays_without_leases_do_things_twice(parallel, nudges, monkeypatch):
    def claim_by_reading(queue, *, at):
        return OutboxMessage.objects.due(queue, at=at).order_by("id").first()

    monkeypatch.setattr(outbox, "_claim", claim_by_reading)
    monkeypatch.setattr(outbox, "_still_ours", lambda row: True)
    assert two_relays(parallel) > EVENTS


@pytest.mark.django_db(transaction=True)
def test_poison_is_started_so_often_then_set_aside_while_others_proceed(nudges, later, caplog):
    emit(Poisonous(number=1))
    emit(Counted(number=2))
    outbox.drain_all()
    assert effects("counted:2") == 1
    for hours in range(1, 8):
        later(hours * 3600)
        outbox.drain_all()
    assert relaying.STARTS == [1, 1, 1]
    assert effects("poisonous") == 0
    row = OutboxMessage.objects.get(kind=Poisonous.kind)
    assert row.attempts == 3
    assert row.dead_at is not None
    assert row.last_error == "RuntimeError: cannot reach <email> at <number>"
    alarms = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.message for record in alarms] == ["outbox dead letter"]


@pytest.mark.django_db(transaction=True)
def test_a_dead_letter_may_be_replayed_once(nudges, later):
    emit(Poisonous(number=1))
    for hours in range(1, 5):
        later(hours * 3600)
        outbox.drain_all()
    row = OutboxMessage.objects.get()
    nudges.clear()
    dead_letters.replay(row.pk, actor="user:1", at=clock.now())
    with pytest.raises(Conflict, match="not a dead letter"):
        dead_letters.replay(row.pk, actor="user:1", at=clock.now())
    assert nudges == ["default"]
    outbox.drain_all()
    assert relaying.STARTS == [1] * 4


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_kills_its_process_is_set_aside_as_well(nudges, later):
    emit(Stalling(number=1))
    for start in range(1, 4):
        later(start * 60)
        assert outbox._claim("default", at=clock.now()).attempts == start
    later(4 * 60)
    assert outbox._claim("default", at=clock.now()) is None
    row = OutboxMessage.objects.get()
    assert row.dead_at is not None
    assert row.last_error == "the process died while handling it"


@pytest.mark.django_db(transaction=True)
def test_outside_calls_are_made_outside_transactions_and_again_after_failure(nudges, later):
    emit(SentOut(number=1))
    relaying.FAILURES.append(TimeoutError("no answer"))
    outbox.drain_all()
    assert relaying.SENT == [(1, False)]
    outbox.drain_all()
    assert len(relaying.SENT) == 1, "the pause after a failure is kept"
    later(60)
    outbox.drain_all()
    assert relaying.SENT == [(1, False), (1, False)]
    assert OutboxMessage.objects.get().done_at is not None


@pytest.mark.django_db(transaction=True)
def test_what_went_out_is_done_even_when_the_lease_was_lost_meanwhile(nudges, monkeypatch):
    emit(SentOut(number=1))
    row = outbox._claim("default", at=clock.now())
    OutboxMessage.objects.update(claim="00000000-0000-0000-0000-000000000001")
    outbox._carry_out(row)
    assert OutboxMessage.objects.get().done_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_lost_lease_gives_up_a_transactional_handler(nudges):
    emit(Counted(number=1))
    row = outbox._claim("default", at=clock.now())
    OutboxMessage.objects.filter(pk=row.pk).update(claim="00000000-0000-0000-0000-000000000001")
    outbox._carry_out(row)
    assert effects("counted") == 0


@pytest.mark.django_db(transaction=True)
def test_a_handler_of_a_newer_release_waits_for_its_worker(nudges, later, monkeypatch):
    emit(Counted(number=1))
    name = f"{relaying.__name__}.count"
    handler = outbox._HANDLERS.pop(name)
    try:
        outbox.drain("default")
        row = OutboxMessage.objects.get(handler=name)
        assert row.dead_at is None
        assert "no handler" in row.last_error
    finally:
        outbox._HANDLERS[name] = handler
    later(60)
    outbox.drain("default")
    assert effects("counted") == 1


@pytest.mark.django_db(transaction=True)
def test_a_relay_stops_in_time_and_asks_for_another(nudges):
    for number in range(5):
        emit(Counted(number=number))
    nudges.clear()
    assert outbox.drain("default", budget=timedelta(0)) == 0
    assert outbox.drain("default", limit=3) == 3
    assert nudges == ["default", "default"]
    assert outbox.drain("default") == 2


@pytest.mark.django_db(transaction=True)
def test_the_request_id_travels_to_the_handlers_log(nudges, caplog):
    from django_guid import get_guid, set_guid
    from django_guid.log_filters import CorrelationId

    set_guid("4b1d0f34" * 4)
    emit(Counted(number=1))
    set_guid("ffffffff" * 4)
    caplog.handler.addFilter(CorrelationId())
    with caplog.at_level(logging.INFO, "bakery.kernel.outbox"):
        outbox.drain("default")
    [record] = [record for record in caplog.records if record.message == "outbox handled"]
    line = json.loads(AllowListFormatter().format(record))
    assert line["request_id"] == "4b1d0f34" * 4
    assert line["handler"] == f"{relaying.__name__}.count"
    assert get_guid() == "ffffffff" * 4, "the relay's own id is put back"


def test_pauses_double_are_capped_and_vary():
    pauses = [outbox.backoff(attempt).total_seconds() for attempt in range(1, 12)]
    assert all(
        2**attempt <= pause * 2 <= 2 ** (attempt + 2) for attempt, pause in enumerate(pauses[:6], 1)
    )
    assert all(300 <= pause <= 600 for pause in pauses[9:])
    assert len({outbox.backoff(3) for _ in range(20)}) > 1


@pytest.mark.django_db(transaction=True)
def test_what_is_long_done_is_purged_and_nothing_else(nudges):
    emit(Counted(number=1))
    outbox.drain("default")
    assert outbox.purge_done(before=clock.now() - timedelta(days=1)) == 0
    assert outbox.purge_done(before=clock.now() + timedelta(seconds=1)) == 1
    assert OutboxMessage.objects.get().queue == "critical"


@pytest.mark.django_db
def test_claiming_uses_the_index_of_waiting_rows():
    at = clock.now()
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            kind="tests.counted",
            handler="h",
            queue="default",
            dedupe_key=f"k{number}",
            payload={},
            created_at=at,
            not_before=at,
            done_at=at,
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE kernel_outboxmessage")
        cursor.execute(
            "EXPLAIN SELECT id FROM kernel_outboxmessage WHERE done_at IS NULL AND dead_at IS NULL"
            " AND queue = 'default' AND not_before <= now() ORDER BY id LIMIT 1"
            " FOR UPDATE SKIP LOCKED"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "outbox_waiting" in plan
