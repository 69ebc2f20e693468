"""What the database itself refuses, whatever the code does."""

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bakery.kernel import heartbeats, locks
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.clock import now
from bakery.kernel.errors import NotFound
from bakery.kernel.models import Heartbeat

LEDGERS = sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, AppendOnly))
TRIGGERS = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%%no_rewrite'"


def rows(query, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


@pytest.mark.django_db
def test_every_ledger_has_the_trigger():
    assert len(LEDGERS) > 3
    assert set(LEDGERS) <= {table for (table,) in rows(TRIGGERS)}


@pytest.mark.django_db
def test_the_run_time_role_may_only_read_and_add_to_ledgers():
    rights = {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False, "TRUNCATE": False}
    held = {
        (table, right): rows("SELECT has_table_privilege('bakery_app', %s, %s)", table, right)[0][0]
        for (table,) in rows(TRIGGERS)
        for right in rights
    }
    assert [key for key, value in held.items() if value != rights[key[1]]] == []


@pytest.mark.django_db
def test_the_run_time_role_owns_nothing():
    query = (
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = 'bakery_app'"
    )
    assert rows(query) == [(0,)]
    assert rows("SELECT has_schema_privilege('bakery_app', 'public', 'CREATE')") == [(False,)]
    assert rows("SELECT has_table_privilege('bakery_app', 'django_migrations', 'INSERT')") == [
        (False,)
    ]


@pytest.mark.django_db
def test_hardening_names_a_role_that_is_not_there():
    with pytest.raises(CommandError, match="there is no role nobody_at_all"):
        call_command("harden_database", "--role", "nobody_at_all")


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_takes_too_long_is_given_up(superuser_connection):
    Heartbeat.objects.create(name="row", at=now())
    superuser_connection.autocommit = False
    superuser_connection.execute("SELECT * FROM kernel_heartbeat FOR UPDATE")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)
        cursor.execute("SET lock_timeout = '50ms'")
    try:
        with pytest.raises(Exception, match="lock timeout") as failure, transaction.atomic():
            locks.lock_one(Heartbeat.objects.filter(name="row"), what="row")
        assert isinstance(failure.value.__cause__, psycopg.errors.LockNotAvailable)
    finally:
        connection.close()
        superuser_connection.rollback()


@pytest.mark.django_db(transaction=True)
def test_locks_are_taken_in_one_order(parallel):
    names = [f"row{number}" for number in range(10)]
    for name in names:
        heartbeats.beat(name, at=now())

    def lock(number):
        wanted = names if number % 2 else list(reversed(names))
        with transaction.atomic():
            return [row.name for row in locks.locked(Heartbeat.objects.filter(name__in=wanted))]

    assert parallel(8, lock) == [names] * 8


@pytest.mark.django_db
def test_what_is_not_there_cannot_be_locked():
    with pytest.raises(NotFound) as refusal:
        locks.lock_one(Heartbeat.objects.filter(name="none"), what="heart_beat")
    assert (refusal.value.code, refusal.value.message) == (
        "heart_beat_not_found",
        "There is no such heart beat.",
    )
    assert locks.sorted_unique([3, 1, 3, 2]) == [1, 2, 3]
