"""Events and handlers for tests of the outbox, also loaded by relays in processes of their own.

Effects are rows of the kernel's key table (any table would do): one row for each time that a
handler's work was committed.
"""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.db import transaction

from bakery.kernel import clock, outbox
from bakery.kernel.events import Event
from bakery.kernel.models import IdempotencyKey

FOLDER = "BAKERY_TEST_RELAY_FOLDER"
LEASE = "BAKERY_TEST_RELAY_LEASE"
if LEASE in os.environ:
    outbox.LEASE = timedelta(seconds=float(os.environ[LEASE]))


@dataclass(frozen=True, kw_only=True)
class Counted(Event):
    """Something to be counted."""

    kind = "tests.counted"
    number: int


@dataclass(frozen=True, kw_only=True)
class Stalling(Event):
    """Something whose handler stalls for as long as the file ``stall`` is there."""

    kind = "tests.stalling"
    number: int


@dataclass(frozen=True, kw_only=True)
class Poisonous(Event):
    """Something whose handler always fails."""

    kind = "tests.poisonous"
    number: int


@dataclass(frozen=True, kw_only=True)
class SentOut(Event):
    """Something whose handler talks to the outside."""

    kind = "tests.sent_out"
    number: int


@outbox.handles(Counted)
def count(event, *, at):
    """Leave one effect."""
    note(f"counted:{event.number}")


@outbox.handles(Counted, queue=outbox.CRITICAL)
def count_urgently(event, *, at):
    """Leave another, in the other queue."""
    note(f"urgent:{event.number}")


@outbox.handles(Stalling, max_attempts=3)
def stall(event, *, at):
    """Leave an effect, say so, and wait before it is committed."""
    folder = Path(os.environ[FOLDER])
    note(f"stalling:{event.number}")
    (folder / f"started-{os.getpid()}").touch()
    while (folder / "stall").exists():
        time.sleep(0.02)


@outbox.handles(Poisonous, max_attempts=3)
def fail(event, *, at):
    """Leave an effect that must be undone, then fail, quoting a customer."""
    STARTS.append(event.number)
    note(f"poisonous:{event.number}")
    raise RuntimeError("cannot reach anna@example.com at (416) 555-0123")


@outbox.handles(SentOut, external=True, max_attempts=3)
def send_out(event, *, at):
    """Note what left, and whether a transaction was open meanwhile."""
    SENT.append((event.number, transaction.get_connection().in_atomic_block))
    if FAILURES:
        raise FAILURES.pop()


STARTS: list[int] = []
SENT: list[tuple[int, bool]] = []
FAILURES: list[Exception] = []


def emit(event, key=None):
    """Emit in a transaction of its own."""
    with transaction.atomic():
        return outbox.emit(event, key=key or str(event.number), at=clock.now())


def note(scope):
    """Leave an effect."""
    IdempotencyKey.objects.create(scope=scope, key=str(uuid4()), at=clock.now())


def effects(scope):
    """Count the effects of ``scope`` and what is below it."""
    return IdempotencyKey.objects.filter(scope__startswith=scope).count()
