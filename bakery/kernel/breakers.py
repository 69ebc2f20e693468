"""Leaving a dependency alone that is down, instead of waiting for it once for every caller.

A breaker counts failures in a row. At `settings.BREAKERS`' number it opens: for some seconds
nobody calls. Then exactly one caller tries; what comes of that opens it again or closes it.
State is shared by all processes through Valkey, and is each process's own while that is down.

pybreaker, which would be the library for it, holds a lock during the whole call, so that one
thread that waits for a provider stops every other one, and lets all processes try at once.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.conf import settings
from django_redis import get_redis_connection
from redis.exceptions import RedisError

CLOSED, OPEN, TRIAL = "closed", "open", "trial"
# Failures that lie further apart than this are not in a row; a trial that is not reported on
# within its time was made by a process that died.
_WINDOW_SECONDS, _TRIAL_SECONDS = 300, 45
_KEPT_SECONDS = 24 * 3600
# Further apart than this no two machines' clocks are: one of them was set back.
_SKEW_SECONDS = 10
# A Valkey that hangs costs a time-out; for so long after it nobody asks.
_OUTAGE_PAUSE_SECONDS = 2.0


class BreakerOpen(Exception):
    """The dependency is being left alone; nothing was sent to it."""

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"{name} is left alone")
        self.name = name
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What is known of a dependency: ``since`` (seconds since the epoch) when it is not closed."""

    name: str
    state: str
    failures: int
    since: float | None
    shared: bool


@dataclass
class _Memory:
    """One breaker's state where Valkey is not there to share it."""

    failures: int = 0
    opened_at: float | None = None
    trial_until: float = 0.0
    until: float = field(default=0.0)


class _Store(Protocol):
    def read(self, name: str) -> tuple[int, float | None]: ...
    def fail(self, name: str) -> int: ...
    def open(self, name: str, at: float) -> None: ...
    def close(self, name: str) -> None: ...
    def take_trial(self, name: str, at: float) -> bool: ...


class _Shared:
    """State in Valkey. Any method may raise `RedisError`."""

    def _key(self, name: str, what: str) -> str:
        return f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:breaker:{name}:{what}"

    def _client(self) -> Any:
        return get_redis_connection("default")

    def read(self, name: str) -> tuple[int, float | None]:
        failures, opened = self._client().mget(
            self._key(name, "failures"), self._key(name, "opened")
        )
        return int(failures or 0), float(opened) if opened else None

    def fail(self, name: str) -> int:
        with self._client().pipeline(transaction=True) as pipe:
            pipe.incr(self._key(name, "failures"))
            pipe.expire(self._key(name, "failures"), _WINDOW_SECONDS)
            count, _ = pipe.execute()
        return int(count)

    def open(self, name: str, at: float) -> None:
        with self._client().pipeline(transaction=True) as pipe:
            pipe.set(self._key(name, "opened"), str(at), ex=_KEPT_SECONDS)
            pipe.delete(self._key(name, "trial"))
            pipe.execute()

    def close(self, name: str) -> None:
        self._client().delete(*(self._key(name, what) for what in ("failures", "opened", "trial")))

    def take_trial(self, name: str, at: float) -> bool:
        del at
        return bool(self._client().set(self._key(name, "trial"), 1, nx=True, ex=_TRIAL_SECONDS))


class _Local:
    """State of this process alone."""

    def __init__(self) -> None:
        self._rows: dict[str, _Memory] = {}
        self._lock = threading.Lock()

    def _row(self, name: str) -> _Memory:
        return self._rows.setdefault(name, _Memory())

    def read(self, name: str) -> tuple[int, float | None]:
        with self._lock:
            row = self._row(name)
            return row.failures, row.opened_at

    def fail(self, name: str) -> int:
        with self._lock:
            row = self._row(name)
            now = _now()
            row.failures = 1 if now > row.until else row.failures + 1
            row.until = now + _WINDOW_SECONDS
            return row.failures

    def open(self, name: str, at: float) -> None:
        with self._lock:
            row = self._row(name)
            row.opened_at, row.trial_until = at, 0.0

    def close(self, name: str) -> None:
        with self._lock:
            self._rows.pop(name, None)

    def take_trial(self, name: str, at: float) -> bool:
        with self._lock:
            row = self._row(name)
            if row.trial_until > at:
                return False
            row.trial_until = at + _TRIAL_SECONDS
            return True


_shared, _local = _Shared(), _Local()


class _Outage:
    """Until when Valkey is left alone, on the monotonic clock."""

    until = 0.0


def _now() -> float:
    """Return seconds since the epoch: what processes have in common."""
    return time.time()


def _ask(question: Callable[[_Store], Any]) -> tuple[Any, bool]:
    """Return the shared store's answer and True, or this process's own and False."""
    if time.monotonic() >= _Outage.until:
        try:
            return question(_shared), True
        except (RedisError, OSError):
            _Outage.until = time.monotonic() + _OUTAGE_PAUSE_SECONDS
    return question(_local), False


def _limits(name: str) -> tuple[int, float]:
    after, pause = settings.BREAKERS[name]
    return int(after), float(pause)


def look_at(name: str) -> Snapshot:
    """Return the state of one breaker."""
    (failures, opened_at), shared = _ask(lambda store: store.read(name))
    _, pause = _limits(name)
    state = CLOSED
    if opened_at is not None:
        state = OPEN if _left(opened_at, pause) else TRIAL
    return Snapshot(name=name, state=state, failures=failures, since=opened_at, shared=shared)


def snapshots() -> list[Snapshot]:
    """Return the state of every breaker that settings name, by name."""
    return [look_at(name) for name in sorted(settings.BREAKERS)]


def is_open(name: str) -> bool:
    """Tell whether a call now would be refused for sure; asks without taking the trial."""
    return look_at(name).state == OPEN


@contextmanager
def guarded(
    name: str, *, is_down: Callable[[Exception], bool], is_proof: bool = True
) -> Iterator[None]:
    """Make one call inside; raise `BreakerOpen` instead when the dependency is left alone.

    ``is_down`` tells which exceptions mean that it is down. All others, such as a refusal, are
    an answer. Without ``is_proof`` an answer does not show that it works again: looking something
    up may well work while nothing is taken in.
    """
    trial, failures = _admit(name, may_try=is_proof)
    try:
        yield
    except Exception as error:
        if is_down(error):
            _failed(name, trial=trial)
        elif is_proof and (trial or failures):
            _ask(lambda store: store.close(name))
        raise
    if is_proof and (trial or failures):
        _ask(lambda store: store.close(name))


def _admit(name: str, *, may_try: bool) -> tuple[bool, int]:
    """Return whether the call is an open breaker's trial, and how many failures came before it.

    Raises when it may not be made.
    """
    (failures, opened_at), _ = _ask(lambda store: store.read(name))
    if opened_at is None:
        return False, failures
    _, pause = _limits(name)
    if left := _left(opened_at, pause):
        raise BreakerOpen(name, left)
    if not may_try:
        return False, failures
    taken, _ = _ask(lambda store: store.take_trial(name, _now()))
    if not taken:
        raise BreakerOpen(name, 1.0)
    return True, failures


def _left(opened_at: float, pause: float) -> float:
    """Return for how many seconds more nobody calls, 0 for none.

    One that was opened in the future, by a clock that was wrong then, does not wait for it.
    """
    left = opened_at + pause - _now()
    return left if 0 < left <= pause + _SKEW_SECONDS else 0.0


def _failed(name: str, *, trial: bool) -> None:
    after, _ = _limits(name)
    count, _ = _ask(lambda store: store.fail(name))
    if trial or count >= after:
        _ask(lambda store: store.open(name, _now()))
