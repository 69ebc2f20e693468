"""The audit trail cannot be rewritten by the app, and rewriting by others is found."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import psycopg
import pytest
from django.core.management import CommandError, call_command

from bakery.kernel import audit
from bakery.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
WRITERS = 50


def write(number=1, **changes):
    given = {
        "actor": "user:7",
        "action": "price.changed",
        "object_type": "variant",
        "object_id": number,
        "at": AT + timedelta(seconds=number),
        "changes": {"price": ["10.00", "12.00"]},
    }
    return audit.record(**{**given, **changes})


@pytest.fixture
def chain():
    return [write(number) for number in range(1, 7)]


@pytest.fixture
def tamper(superuser_connection):
    """A superuser with triggers switched off: nothing but the chain is in the way."""
    superuser_connection.execute("SET session_replication_role = replica")
    return superuser_connection.execute


@pytest.mark.parametrize(
    ("actor", "given", "kept"),
    [
        ("user:7", None, 7),
        ("system", None, None),
        ("user:seven", None, None),
        ("user:²", None, None),
        ("customer", 9, 9),
    ],
)
def test_the_account_of_an_entry_is_its_actor_unless_another_is_named(actor, given, kept):
    assert write(actor=actor, actor_id=given).actor_id == kept


def test_a_whole_chain_is_found_whole(chain):
    assert audit.verify() == audit.Verdict(ok=True, checked=6)
    assert audit.verify(against=audit.head()) == audit.Verdict(ok=True, checked=6)
    assert audit.head() == audit.Head(6, chain[-1].hash)


def test_an_empty_trail_is_whole_and_has_no_head():
    assert audit.verify().ok
    assert audit.head() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_auditentry SET actor = 'user:8'",
        "DELETE FROM kernel_auditentry",
        "TRUNCATE kernel_auditentry",
        "ALTER TABLE kernel_auditentry DISABLE TRIGGER ALL",
        "DROP TABLE kernel_auditentry",
    ],
)
def test_the_app_role_cannot_rewrite_it(chain, app_role_connection, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app_role_connection.execute(statement)
    assert audit.verify().checked == 6


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_auditentry SET actor = 'user:8'",
        "DELETE FROM kernel_auditentry",
        "TRUNCATE kernel_auditentry",
    ],
)
def test_even_the_owner_is_refused_by_the_table_itself(chain, owner_connection, statement):
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        owner_connection.execute(statement)


@pytest.mark.parametrize(
    "column",
    ["at", "actor", "actor_id", "action", "object_type", "object_id", "changes", "reason",
     "address", "request_id", "prev_hash", "hash"],
)  # fmt: skip
def test_a_change_of_any_column_is_found(chain, tamper, column):
    other = {
        "at": "at + interval '1 microsecond'",
        "actor_id": "coalesce(actor_id, 0) + 1",
        "changes": '\'{"price": ["10.00", "12.01"]}\'',
    }.get(column, f"overlay({column} placing 'x' from 1)")
    tamper(f"UPDATE kernel_auditentry SET {column} = {other} WHERE seq = 3")
    verdict = audit.verify()
    assert (verdict.ok, verdict.bad_seq, verdict.checked) == (False, 3, 2)


def test_a_deleted_entry_is_named(chain, tamper):
    tamper("DELETE FROM kernel_auditentry WHERE seq = 4")
    assert audit.verify().bad_seq == 4


def test_the_first_entry_is_missed_as_well(chain, tamper):
    tamper("DELETE FROM kernel_auditentry WHERE seq = 1")
    assert audit.verify().bad_seq == 1


def test_exchanged_entries_are_named(chain, tamper):
    tamper("UPDATE kernel_auditentry SET seq = seq + 100 WHERE seq IN (2, 3)")
    tamper("UPDATE kernel_auditentry SET seq = 105 - seq WHERE seq > 100")
    assert audit.verify().bad_seq == 2


def test_a_cut_tail_is_found_by_a_head_kept_elsewhere(chain, tamper):
    kept = audit.head()
    tamper("DELETE FROM kernel_auditentry WHERE seq > 4")
    assert audit.verify().ok, "the chain alone cannot know"
    verdict = audit.verify(against=kept)
    assert (verdict.ok, verdict.bad_seq) == (False, 5)


def test_a_tail_written_anew_is_found_by_a_head_kept_elsewhere(chain, tamper):
    kept = audit.head()
    tamper("DELETE FROM kernel_auditentry WHERE seq > 4")
    write(5, actor="user:9")
    write(6, actor="user:9")
    assert audit.verify().ok
    assert audit.verify(against=kept).bad_seq == 6


def test_without_the_key_no_entry_can_be_forged(chain, tamper, settings):
    settings.AUDIT_KEY = "another key"
    write(7)
    settings.AUDIT_KEY = ""
    assert audit.verify().bad_seq in {1, 7}


def fork(parallel):
    results = parallel(WRITERS, lambda i: write(i + 1))
    return [result for result in results if isinstance(result, Exception)]


def test_writers_at_once_make_one_chain(parallel):
    assert fork(parallel) == []
    assert audit.verify() == audit.Verdict(ok=True, checked=WRITERS)


@pytest.mark.control
def test_control_without_the_lock_writers_collide(parallel, monkeypatch):
    monkeypatch.setattr(audit, "advisory_lock", lambda name: None)
    assert fork(parallel) != []


@pytest.mark.parametrize(
    "hostile",
    [
        {"actor": "user:7\x00"},
        {"actor": "x" * 5000, "action": "y" * 5000, "reason": "z" * 5000},
        {"reason": "half a character \ud800"},
        {"changes": {"n": [1e20, 1e400, float("nan")], "d": [Decimal("1.10"), None]}},
        {"changes": {"when": [None, AT], "deep": {"list": [1, 2.50, True]}}},
        {"changes": {"note": ["\x00", "\ud800"]}},
        {"at": datetime(2026, 5, 1, 12, 0, tzinfo=timezone(timedelta(hours=-4)))},
        {"object_id": "k" * 5000},
    ],
)
def test_whatever_is_recorded_verifies_after_it_was_read_back(hostile):
    write(1, **hostile)
    assert audit.verify() == audit.Verdict(ok=True, checked=1)


def test_an_entry_knows_where_it_came_from(client):
    token = audit.client_address.set("203.0.113.9")
    try:
        write(1)
    finally:
        audit.client_address.reset(token)
    assert AuditEntry.objects.get().address == "203.0.113.9"


def test_the_command_names_the_first_bad_entry(chain, tamper, capsys, storage):
    call_command("verify_audit", "--print-head")
    output = capsys.readouterr().out
    assert "6 entries" in output
    kept = output.split()[-1]
    tamper("DELETE FROM kernel_auditentry WHERE seq > 4")
    with pytest.raises(CommandError, match="#5"):
        call_command("verify_audit", "--head", kept)
    with pytest.raises(CommandError, match="SEQ:HASH"):
        call_command("verify_audit", "--head", "nonsense")


@pytest.mark.django_db
def test_many_at_once_are_links_like_any_other():
    audit.record(actor="user:1", action="a", object_type="x", object_id=1, at=AT)
    changes = [
        audit.Change(actor="user:1", action="b", object_type="x", object_id=number, at=AT,
                     changes={"n": [None, number]})
        for number in range(3)
    ]  # fmt: skip
    audit.record_all(changes)
    audit.record_all([])
    audit.record(actor="user:1", action="c", object_type="x", object_id=1, at=AT)
    assert [entry.action for entry in AuditEntry.objects.order_by("seq")] == list("abbbc")
    assert audit.verify() == audit.Verdict(ok=True, checked=5)
