"""A status moves along its table, once, and leaves a record."""

from datetime import UTC, datetime
from itertools import product

import pytest

from bakery.kernel.errors import Conflict
from bakery.kernel.states import StateMachine, transition
from tests.kernel.parcels import MACHINE, MOVES, TABLES, Parcel, ParcelMove

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
THREADS = 10


@pytest.fixture
def parcels(owner_connection):
    owner_connection.execute(TABLES)
    yield
    owner_connection.execute("DROP TABLE tests_parcelmove, tests_parcel")


def move(parcel, to):
    transition(parcel, machine=MACHINE, to=to, actor="user:1", at=AT, reason="test")


@pytest.mark.parametrize(("old", "to"), list(product(MOVES, MOVES)))
def test_only_moves_of_the_table_are_made(parcels, old, to):
    parcel = Parcel.objects.create(status=old)
    if to in MOVES[old]:
        move(parcel, to)
        assert parcel.status == to
        record = ParcelMove.objects.get()
        assert (record.old, record.new, record.actor, record.reason, record.at) == (
            old,
            to,
            "user:1",
            "test",
            AT,
        )
    else:
        with pytest.raises(Conflict) as refusal:
            move(parcel, to)
        assert refusal.value.code == "illegal_transition"
        assert refusal.value.details == {"from": old, "to": to}
        assert not ParcelMove.objects.exists()
    parcel.refresh_from_db()
    assert parcel.status == (to if to in MOVES[old] else old)


def test_other_columns_are_written_by_the_same_update(parcels):
    parcel = Parcel.objects.create()
    transition(parcel, machine=MACHINE, to="sent", actor="system", at=AT, note="by bike")
    assert parcel.note == "by bike"
    assert Parcel.objects.get().note == "by bike"


def test_status_stays_when_the_record_cannot_be_written(parcels, owner_connection):
    parcel = Parcel.objects.create()
    owner_connection.execute("ALTER TABLE tests_parcelmove ADD CHECK (actor <> 'user:1')")
    with pytest.raises(Exception, match="check"):
        move(parcel, "sent")
    assert Parcel.objects.get().status == "new"


def compare_and_set(parcel, to):
    move(parcel, to)


def read_check_save(parcel, to):
    """The guard switched off: what a view would do without the kernel."""
    if not MACHINE.allows(parcel.status, to):
        raise Conflict("illegal_transition", "no")
    parcel.status = to
    parcel.save()


def race(parallel, step):
    """Let threads that all read "new" move the parcel at once; return how many succeeded."""
    pk = Parcel.objects.create().pk
    read = [Parcel.objects.get(pk=pk) for _ in range(THREADS)]
    results = parallel(THREADS, lambda i: step(read[i], ("sent", "lost")[i % 2]))
    assert all(result is None or isinstance(result, Conflict) for result in results), results
    return sum(result is None for result in results)


def test_of_racing_moves_one_wins(parcels, parallel):
    assert race(parallel, compare_and_set) == 1
    assert ParcelMove.objects.count() == 1
    assert Parcel.objects.get().status == ParcelMove.objects.get().new


@pytest.mark.control
def test_control_read_check_save_lets_more_than_one_win(parcels, parallel):
    assert race(parallel, read_check_save) > 1


def test_what_a_machine_tells_of_itself():
    assert MACHINE.sources("lost") == {"new", "sent"}
    assert MACHINE.is_final("there")
    assert not MACHINE.is_final("new")
    assert not MACHINE.allows("unheard of", "new")
    assert MACHINE.history_model() is ParcelMove
    assert StateMachine("plain", MOVES).history_model() is None


def test_history_may_be_named_by_its_label():
    machine = StateMachine("outbox", MOVES, history="kernel.OutboxMessage")
    assert machine.history_model().__name__ == "OutboxMessage"
