"""Many at once, and guards switched off to show that what they guard against does happen."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql

from apps.inventory.models import Hold
from bakery.kernel.errors import Conflict
from tests.harness import patience
from tests.inventory.factories import hold


def outcomes(results) -> Counter:
    """Count what came of calls: "ok", a refusal's code, or an error's name."""
    flat = itertools.chain.from_iterable(
        result if isinstance(result, list) else [result] for result in results
    )
    return Counter(
        result.code
        if isinstance(result, Conflict)
        else type(result).__name__
        if isinstance(result, Exception)
        else "ok"
        for result in flat
    )


def attempt(call):
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - an outcome to count
        return error


def sell_to_many(parallel, variant, slot, *, threads=25, each=8):
    def clients(_):
        return [attempt(lambda: hold({variant.pk: 1}, slot)) for _ in range(each)]

    return outcomes(parallel(threads, clients))


def read_without_lock(queryset, *, what):
    """Stands in for `lock_one`: reads the row and locks nothing."""
    return queryset.get()


def move_blindly(subject, *, machine, to, actor, at, reason="", **columns):
    """Stands in for `transition`: writes the state whatever it is by now, and the history row."""
    old = getattr(subject, machine.column)
    Hold.objects.filter(pk=subject.pk).update(**{machine.column: to}, **columns)
    for name, value in {machine.column: to, **columns}.items():
        setattr(subject, name, value)
    machine.history().objects.create(
        subject=subject, old=old, new=to, actor=actor, at=at, reason=reason
    )


class Meeting:
    """A place where threads wait for each other once, unless a guard keeps one of them away."""

    def __init__(self, parties: int = 2, seconds: float = 0.4) -> None:
        self._barrier = threading.Barrier(parties)
        self._seconds = seconds
        self._met = False

    def wait(self) -> None:
        if self._met:
            return
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(patience(self._seconds))
            self._met = True


class MeetAfterFirst(list):
    """A list that is walked with a pause after its first item: one row locked, the next not yet."""

    def __init__(self, items, meeting: Meeting) -> None:
        super().__init__(items)
        self._meeting = meeting

    def __iter__(self) -> Iterator[int]:
        for index, item in enumerate(list.__iter__(self)):
            if index == 1:
                self._meeting.wait()
            yield item


@contextmanager
def without_check(
    owner: psycopg.Connection, table: str, constraint: str, mend: str
) -> Iterator[None]:
    """Drop a CHECK constraint; afterwards run ``mend`` on the rows and put it back."""
    (definition,) = owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
    ).fetchone()
    name = sql.Identifier(constraint)
    owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), name))
    try:
        yield
    finally:
        owner.execute(mend)
        owner.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                sql.Identifier(table), name, sql.SQL(definition)
            )
        )
