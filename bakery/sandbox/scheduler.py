"""Jobs that fall due by the sandbox's clock: expiries, settlements, deliveries, callbacks."""

import asyncio
import heapq
import inspect
import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bakery.sandbox.clock import SandboxClock
from bakery.sandbox.ids import make_token
from bakery.sandbox.store import Document, Store

logger = logging.getLogger(__name__)

JobHandler = Callable[[Document], Awaitable[None] | None]

_LONGEST_SLEEP_S = 30.0


class Scheduler:
    """Runs stored jobs when they are due. A synchronous handler finishes before the next job."""

    def __init__(self, *, store: Store, clock: SandboxClock) -> None:
        self._store = store
        self._clock = clock
        self._handlers: dict[str, JobHandler] = {}
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._counter = itertools.count()
        self._heap: list[tuple[float, int, str]] = []
        for job in store.all("job"):
            self._push(job)

    def _push(self, job: Document) -> None:
        heapq.heappush(self._heap, (job["due"], next(self._counter), job["id"]))

    def register(self, kind: str, handler: JobHandler) -> None:
        """Name the handler of a kind of job."""
        self._handlers[kind] = handler

    def add(self, kind: str, *, delay_s: float, args: Document) -> str:
        """Store a job due in `delay_s` seconds of the sandbox's clock and return its id."""
        job = {
            "id": make_token(16),
            "kind": kind,
            "due": self._clock.now() + delay_s,
            "args": args,
        }
        self._store.save("job", job)
        self._push(job)
        self._wake.set()
        return str(job["id"])

    def wake(self) -> None:
        """Look at the clock again now, because it was moved."""
        self._wake.set()

    def run_due(self) -> None:
        """Run every job that is due; jobs that wait on the network are started only."""
        while self._heap and self._heap[0][0] <= self._clock.now():
            job = self._store.get("job", heapq.heappop(self._heap)[2])
            if job is not None:
                self._store.delete("job", job["id"])
                self._run(job)
        self._store.flush()

    def _run(self, job: Document) -> None:
        handler = self._handlers.get(job["kind"])
        if handler is None:
            logger.warning("No handler for a job of kind %s", job["kind"])
            return
        try:
            result = handler(job["args"])
        except Exception:
            logger.exception("A job of kind %s failed", job["kind"])
            return
        if inspect.isawaitable(result):
            self.start(_await(result))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside the loop and keep hold of it until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("Background work failed", exc_info=error)
        self._store.flush()

    def cancel_running(self) -> None:
        """Stop what is on its way; for reset and shutdown."""
        for task in list(self._tasks):
            task.cancel()

    async def run_forever(self) -> None:
        """Run jobs as they fall due until cancelled."""
        while True:
            self._wake.clear()
            self.run_due()
            wait_s = self._heap[0][0] - self._clock.now() if self._heap else _LONGEST_SLEEP_S
            try:
                async with asyncio.timeout(min(max(wait_s, 0.0), _LONGEST_SLEEP_S)):
                    await self._wake.wait()
            except TimeoutError:
                continue


async def _await(result: Awaitable[None]) -> None:
    await result
