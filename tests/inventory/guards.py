"""Switching guards off, to show that what they guard against does happen."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql

from apps.inventory.models import Hold


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
    """A place where two threads wait for each other, unless a guard keeps one of them away."""

    def __init__(self, parties: int = 2, patience: float = 0.4) -> None:
        self._barrier = threading.Barrier(parties)
        self._patience = patience

    def wait(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(self._patience)


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
