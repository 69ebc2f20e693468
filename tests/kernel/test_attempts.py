"""One row for each attempt: what was attempted, how long it took, what came of it."""

from datetime import timedelta

import pytest
from celery import shared_task
from django.db import IntegrityError, transaction

from apps.notifications.models import Contact
from bakery.edge import schedules, task_log
from bakery.kernel import attempts, clock, episodes, outbox
from bakery.kernel.models import Attempt, AttemptSource, AttemptState, OutboxMessage, TaskRun
from tests.kernel import relaying
from tests.kernel.relaying import Counted, Poisonous, SentOut, Stalling, emit


def told(**columns):
    return list(Attempt.objects.filter(**columns).order_by("pk").values_list("number", "state"))


@pytest.mark.django_db(transaction=True)
def test_what_went_well_is_one_row_beside_its_mark(nudges, django_assert_num_queries):
    emit(Counted(number=1))
    [row] = OutboxMessage.objects.filter(queue="default")
    # Claim, begin, lock, the handler's own effect, mark and attempt in one, commit; then a claim
    # that finds nothing: as many as without attempts.
    with django_assert_num_queries(7):
        outbox.drain("default")
    attempt = Attempt.objects.get()
    assert (attempt.source, attempt.outbox_id, attempt.number) == ("outbox", row.pk, 1)
    assert (attempt.name, attempt.queue, attempt.state) == (row.handler, "default", "ok")
    assert attempt.error == ""
    assert attempt.request_id
    assert attempt.worker.startswith("process/")
    assert 0 <= attempt.duration_ms < 5000
    assert 0 <= attempt.waited_ms < 5000


@pytest.mark.django_db(transaction=True)
def test_failures_are_told_apart_from_the_last_one(nudges, later):
    emit(Poisonous(number=1))
    for hours in range(1, 5):
        later(hours * 3600)
        outbox.drain_all()
    assert told() == [(1, "retried"), (2, "retried"), (3, "dead")]
    last = Attempt.objects.first()
    assert last.error == "RuntimeError: cannot reach <email> at <number>"
    assert last.waited_ms > 3000 * 1000, "counted from when its pause was over"


@pytest.mark.django_db(transaction=True)
def test_a_crash_is_noted_by_whoever_claims_the_row_next(nudges, later, stalling):
    emit(Stalling(number=1))
    stalling.end()
    outbox._claim("default", at=clock.now())
    assert told() == []
    later(outbox.LEASE.total_seconds() + 1)
    outbox.drain("default")
    assert told() == [(1, "lost"), (2, "ok")]
    lost = Attempt.objects.get(state=AttemptState.LOST)
    assert (lost.duration_ms, lost.worker) == (None, "")
    assert "lease" in lost.error


@pytest.mark.django_db(transaction=True)
def test_an_effect_that_is_undone_leaves_no_attempt_that_says_otherwise(nudges, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the database went away while settling")

    emit(Counted(number=1))
    monkeypatch.setattr(outbox, "_mark_done", broken)
    outbox.drain("default")
    assert relaying.effects("counted") == 0
    assert told() == [(1, "retried")]


@pytest.mark.django_db(transaction=True)
def test_what_went_out_is_told_even_when_its_lease_ran_out(nudges, later, monkeypatch):
    emit(SentOut(number=1))
    claimed = outbox._claim("default", at=clock.now())
    later(outbox.LEASE.total_seconds() + 1)
    outbox.drain("default")
    outbox._carry_out(claimed)
    assert told() == [(1, "lost"), (2, "ok"), (1, "ok")]


@shared_task(name="tests.kernel.counting")
def counting(result):
    """Return what a sweep would."""
    if isinstance(result, str):
        raise RuntimeError(result)  # noqa: TRY004 - the argument is what it says
    return result


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_did_nothing_leaves_no_attempt(monkeypatch):
    counting.apply([0])
    counting.apply([None])
    assert not Attempt.objects.exists()
    counting.apply([3])
    counting.apply(["cannot reach anna@example.com"])
    assert told(source=AttemptSource.TASK, name=counting.name) == [(1, "ok"), (1, "failed")]
    failed = Attempt.objects.first()
    assert failed.error == "RuntimeError: cannot reach <email>"
    assert failed.duration_ms is not None
    assert not TaskRun.objects.exists(), "it is in no schedule"


@pytest.mark.django_db(transaction=True)
def test_the_latest_run_of_a_schedule_is_kept_and_not_written_all_the_time(monkeypatch):
    monkeypatch.setattr(schedules, "ENTRIES", (schedules.Entry(counting.name, 10),))
    monkeypatch.setattr(task_log, "_noted", {})
    counting.apply([0])
    first = TaskRun.objects.get()
    counting.apply([0])
    assert TaskRun.objects.get().at == first.at, "nothing happened, and not a minute passed"
    counting.apply([2])
    assert (TaskRun.objects.get().note, TaskRun.objects.get().state) == ("2", "ok")
    counting.apply(["no"])
    assert (TaskRun.objects.get().note, TaskRun.objects.get().state) == (
        "RuntimeError: no",
        "failed",
    )


@pytest.mark.django_db(transaction=True)
def test_a_task_is_not_hurt_when_its_attempt_cannot_be_kept(monkeypatch, caplog):
    def broken(**columns):
        raise RuntimeError("no table")

    monkeypatch.setattr(Attempt.objects, "create", broken)
    assert counting.apply([1]).get() == 1
    assert "attempt not kept" in caplog.text


@pytest.mark.django_db
def test_attempts_are_kept_for_days_when_well_and_for_months_when_not():
    now = clock.now()
    for state, days in (("ok", 2), ("ok", 4), ("dead", 89), ("lost", 91)):
        Attempt.objects.create(
            source="outbox", name=f"{state}-{days}", number=1, queue="default", state=state,
            at=now - timedelta(days=days),
        )  # fmt: skip
    assert attempts.purge(at=now) == 2
    assert set(Attempt.objects.values_list("name", flat=True)) == {"ok-2", "dead-89"}


@pytest.mark.django_db(transaction=True)
def test_of_two_that_look_at_once_one_sees_it_begin(parallel):
    at = clock.now()
    turns = parallel(4, lambda _: episodes.watch(name="x", text="wrong", at=at))
    assert sorted(turns) == ["began", "goes on", "goes on", "goes on"]
    assert episodes.watch(name="x", text="", at=at) is episodes.Turn.ENDED
    assert episodes.watch(name="x", text="", at=at) is episodes.Turn.WELL
    assert episodes.watch(name="x", text="again", at=at) is episodes.Turn.BEGAN
    assert [episode.text for episode in episodes.going_on()] == ["again"]


@pytest.mark.django_db
def test_a_refusal_of_the_database_is_kept_without_the_row_that_it_quotes():
    columns = {"channel": "fax", "address": "Canary Yellowfeather", "created_at": None}
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Contact.objects.create(**columns)
    assert "Canary" in str(refused.value)
    kept = attempts.error_text(refused.value)
    assert kept.startswith("IntegrityError: null value in column")
    assert "Canary" not in kept
