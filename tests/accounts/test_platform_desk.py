"""Dead letters, attempts and schedules: looked at and decided in the console and over the API."""

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from apps.accounts import services
from bakery.edge import schedule_care, schedules
from bakery.kernel import attempts, clock, dead_letters
from bakery.kernel.models import Attempt, AuditEntry, OutboxMessage
from tests.accounts import people

LETTERS = "/console/kernel/outboxmessage/"
API = "/api/v1/staff/dead-letters"
SCHEDULES = "/console/kernel/taskrun/"


@pytest.fixture
def window(db):
    services.sync_roles()
    return people.browser(people.staff("administrator"), verified=True)


@pytest.fixture
def visitor(db):
    services.sync_roles()
    return people.browser(people.staff("manager"), verified=True)


def letter(number=1, *, handler="apps.payments.handlers.close_session", error="Boom: no", **more):
    now = clock.now()
    columns = {"dead_at": now, "attempts": 4, **more}
    row = OutboxMessage.objects.create(
        kind="k", handler=handler, queue="default", dedupe_key=f"{handler}:{number}",
        payload={"secret": "payload-canary"}, created_at=now, not_before=now, last_error=error,
        **columns,
    )  # fmt: skip
    Attempt.objects.create(
        source="outbox", name=handler, outbox_id=row.pk, number=4, queue="default", state="dead",
        error=error, at=now, duration_ms=12, waited_ms=34_000,
    )  # fmt: skip
    return row


@pytest.mark.django_db
def test_the_list_shows_dead_ones_and_a_page_their_attempts(window, visitor):
    dead, waiting = letter(1), letter(2, handler="apps.x.handlers.y", dead_at=None)
    page = window.get(LETTERS).content.decode()
    assert "payments: close session" in page
    rows = page.split('id="result_list"')[1].split("</table>")[0]
    assert ("close session" in rows, "x: y" in rows) == (True, False)
    assert "x: y" in window.get(f"{LETTERS}?state=waiting").content.decode()
    one = window.get(f"{LETTERS}{dead.pk}/change/").content.decode()
    assert "Boom: no" in one
    assert "34 s" in one
    assert "Replay all that failed alike" in one
    assert "/replay/" not in window.get(f"{LETTERS}{waiting.pk}/change/").content.decode()
    assert window.get("/console/kernel/attempt/?state=dead").status_code == 200
    assert visitor.get(LETTERS).status_code == 403
    assert visitor.post(f"{LETTERS}{dead.pk}/replay/").status_code == 403
    assert visitor.get(f"{LETTERS}{dead.pk}/discard/").status_code in {302, 403}


@pytest.mark.django_db
def test_the_list_costs_the_same_for_more_rows(window, django_assert_max_num_queries):
    def queries():
        with django_assert_max_num_queries(60) as captured:
            assert window.get(LETTERS).status_code == 200
        return len(captured)

    letter(1)
    window.get(LETTERS)
    one = queries()
    for number in range(2, 12):
        letter(number)
    assert queries() == one


@pytest.mark.django_db
def test_one_several_or_all_alike_are_replayed_and_audited(window):
    rows = [letter(n, error=f"Boom: {'same beginning ' * 5}{n}") for n in range(4)]
    other = letter(9, error="Something else")
    window.post(f"{LETTERS}{other.pk}/replay/")
    other.refresh_from_db()
    assert (other.dead_at, other.attempts) == (None, 0)
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.object_id) == ("kernel.outboxmessage.replay", str(other.pk))
    window.post(
        LETTERS, {"action": "replay_selected", "_selected_action": [rows[0].pk]}, follow=True
    )
    assert dead_letters.count() == 3
    window.post(f"{LETTERS}{rows[1].pk}/alike/")
    assert dead_letters.count() == 0
    again = window.post(f"{LETTERS}{other.pk}/replay/", follow=True)
    assert b"not a dead letter" in again.content


@pytest.mark.django_db
def test_discarding_needs_a_reason_and_a_fresh_code_and_is_kept(window):
    row = letter()
    page = window.post(f"{LETTERS}{row.pk}/discard/", {"reason": " "})
    assert page.status_code == 200
    assert dead_letters.count() == 1
    window.post(f"{LETTERS}{row.pk}/discard/", {"reason": "refunded by hand"})
    row.refresh_from_db()
    assert row.discarded_at is not None
    assert (row.discard_reason, row.done_at) == ("refunded by hand", None)
    assert AuditEntry.objects.first().reason == "refunded by hand"
    assert dead_letters.piles() == []
    assert "payments: close session" in window.get(f"{LETTERS}?state=discarded").content.decode()
    dead_letters.replay(row.pk, actor="user:1", at=clock.now())
    row.refresh_from_db()
    assert (row.discarded_at, row.discard_reason, row.dead_at) == (None, "", None)


@pytest.mark.django_db
def test_the_api_does_the_same(window):
    row, alike, other = letter(1), letter(2), letter(3, handler="apps.x.handlers.y")
    listed = window.get(API).json()["results"]
    assert [item["id"] for item in listed] == [other.pk, alike.pk, row.pk]
    assert "payload-canary" not in str(listed)
    only = window.get(API, {"handler": "apps.x.handlers.y"}).json()["results"]
    assert [item["id"] for item in only] == [other.pk]
    reply = window.post(f"{API}/{row.pk}/replay", {"alike": True}, content_type="application/json")
    assert reply.json() == {"replayed": 2}
    twice = window.post(f"{API}/{row.pk}/replay", {}, content_type="application/json")
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "not_dead")
    huge = window.post(f"{API}/{10**30}/replay", {}, content_type="application/json")
    assert huge.status_code == 404
    done = window.post(
        f"{API}/{other.pk}/discard", {"reason": "never mind"}, content_type="application/json"
    )
    assert (done.status_code, done.json()["id"]) == (200, other.pk)
    assert window.get(API).json()["results"] == []


@pytest.mark.django_db
def test_schedules_show_their_latest_run_and_can_be_switched_off(window, visitor):
    schedules.sync_schedules()
    attempts.note_run(
        name="bakery.edge.tasks.purge_expired", state="failed", note="RuntimeError: full",
        duration_ms=7, at=clock.now(),
    )  # fmt: skip
    page = window.get(SCHEDULES).content.decode()
    assert page.count('class="button" aria-label="Run ') == len(schedules.ENTRIES)
    assert "RuntimeError: full" in page
    purge = "bakery.edge.tasks.purge_expired"
    window.post(f"{SCHEDULES}switch/", {"task": purge, "on": "0", "reason": "a test"})
    assert not PeriodicTask.objects.get(name=purge).enabled
    assert AuditEntry.objects.first().changes == {"enabled": [True, False]}
    assert schedules.sync_schedules() == [], "a release leaves it as people decided"
    sweep = {"task": "bakery.edge.tasks.sweep_outbox", "on": "0", "reason": "a test"}
    assert (
        b"cannot be switched off" in window.post(f"{SCHEDULES}switch/", sweep, follow=True).content
    )
    assert visitor.get(SCHEDULES).status_code == 403
    assert visitor.post(f"{SCHEDULES}run/", {"task": purge}).status_code == 403


@pytest.mark.django_db
def test_schedules_over_the_api(window, monkeypatch):
    schedules.sync_schedules()
    sent = []
    monkeypatch.setattr(schedule_care, "send_quickly", sent.append)
    purge = "bakery.edge.tasks.purge_expired"
    listed = {row["task"]: row for row in window.get("/api/v1/staff/schedules").json()}
    assert (listed[purge]["when"], listed[purge]["is_on"]) == ("every hour", True)
    assert listed[purge]["what"].startswith("Delete what has served its time")
    assert window.post(f"/api/v1/staff/schedules/{purge}/run").status_code == 202
    assert sent == [purge]
    assert window.post("/api/v1/staff/schedules/os.system/run").status_code == 404
    off = {"on": False, "reason": "x"}
    address = f"/api/v1/staff/schedules/{purge}/switch"
    assert window.post(address, off, content_type="application/json").status_code == 204
    listed = {row["task"]: row for row in window.get("/api/v1/staff/schedules").json()}
    assert (listed[purge]["is_on"], listed[purge]["next_at"]) == (False, None)
    vital = "/api/v1/staff/schedules/bakery.edge.tasks.sweep_outbox/switch"
    refused = window.post(vital, off, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "vital")


def test_every_address_is_named():
    assert reverse("admin:kernel_outboxmessage_changelist") == LETTERS
