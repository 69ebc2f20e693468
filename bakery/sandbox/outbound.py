"""Posts from the sandbox to the platform: kept, retried, and bent on command.

A delivery is one request that the sandbox owes the platform. Rules may drop, duplicate, delay,
hold or reorder it before its first attempt, so that the platform can be tried against each.
"""

import asyncio
import fnmatch
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import aiohttp

from bakery.sandbox.clock import SandboxClock
from bakery.sandbox.ids import make_token
from bakery.sandbox.scheduler import Scheduler
from bakery.sandbox.store import Document, Store

logger = logging.getLogger(__name__)

Action = Literal["drop", "duplicate", "delay", "hold", "reorder"]
ACTIONS: tuple[Action, ...] = ("drop", "duplicate", "delay", "hold", "reorder")

_KEPT_RESPONSE_CHARS = 2000
_KEPT_RULE_RUNS = 1_000_000
_AT_ONCE = 16


@dataclass(frozen=True)
class OutgoingRequest:
    """What is sent in one attempt; made anew each time, because signatures carry the time."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(kw_only=True)
class DeliveryRule:
    """Applies `action` to the next `times` deliveries whose type matches the shell `pattern`.

    With ``share`` below 1 to only so many of them, drawn by ``seed``.
    """

    action: Action
    pattern: str = "*"
    times: int = _KEPT_RULE_RUNS
    seconds: float = 0.0
    copies: int = 1
    window: int = 2
    share: float = 1.0
    seed: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the dice in hand."""
        self._dice = random.Random(self.seed)

    def fits(self, kind: str) -> bool:
        """Tell whether a delivery of this type is bent."""
        return (
            self.times > 0
            and fnmatch.fnmatchcase(kind, self.pattern)
            and (self.share >= 1 or self._dice.random() < self.share)
        )


class Courier:
    """Carries one service's deliveries. `render` makes the request, `on_reply` sees a 2xx body.

    With `in_order` the deliveries about one subject go one after another; otherwise all at once.
    """

    def __init__(
        self,
        *,
        channel: str,
        store: Store,
        clock: SandboxClock,
        scheduler: Scheduler,
        render: Callable[[Document], OutgoingRequest | None],
        retry_gaps_s: Sequence[float],
        timeout_s: float = 10.0,
        in_order: bool = False,
        on_reply: Callable[[Document, str], None] | None = None,
    ) -> None:
        self.channel = channel
        self.kind = f"{channel}.delivery"
        self.rules: list[DeliveryRule] = []
        self.paused = False
        self.retry_gaps_s = list(retry_gaps_s)
        self.default_retry_gaps_s = tuple(retry_gaps_s)
        self._timeout_s = timeout_s
        self._store = store
        self._clock = clock
        self._scheduler = scheduler
        self._render = render
        self._on_reply = on_reply
        self._session: aiohttp.ClientSession | None = None
        self._reordered: list[str] = []
        self._in_order = in_order
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._lanes: dict[str, asyncio.Lock] = {}
        scheduler.register(f"{channel}.attempt", self._attempt_job)

    async def open(self) -> None:
        """Open the client and take up what an earlier run left unfinished."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
        )
        scheduled = {job["args"].get("delivery") for job in self._store.all("job")}
        for delivery in self._store.all(self.kind):
            if delivery["state"] == "pending" and delivery["id"] not in scheduled:
                self._schedule(delivery, 0.0)

    async def close(self) -> None:
        """Close the client."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def reset(self) -> None:
        """Drop the rules and go back to plain, prompt delivery."""
        self.rules.clear()
        self._reordered.clear()
        self.paused = False
        self.retry_gaps_s = list(self.default_retry_gaps_s)

    def enqueue(
        self, *, url: str, subject: str, kind: str, payload: Document | None = None
    ) -> Document:
        """Owe the platform one request about `subject` and return the delivery."""
        delivery: Document = {
            "id": f"dlv_{make_token(14)}",
            "channel": self.channel,
            "url": url,
            "subject": subject,
            "type": kind,
            "payload": payload or {},
            "state": "pending",
            "created": self._clock.now(),
            "next_attempt_at": None,
            "attempts": [],
            "rule": None,
        }
        self._store.save(self.kind, delivery)
        rule = self._take_rule(kind)
        if self.paused and rule is None:
            self._hold(delivery)
        elif rule is None:
            self._schedule(delivery, 0.0)
        else:
            self._bend(delivery, rule)
        return delivery

    def _take_rule(self, kind: str) -> DeliveryRule | None:
        for rule in self.rules:
            if rule.fits(kind):
                rule.times -= 1
                return rule
        return None

    def _bend(self, delivery: Document, rule: DeliveryRule) -> None:
        delivery["rule"] = rule.action
        if rule.action == "drop":
            delivery["state"] = "dropped"
            self._store.save(self.kind, delivery)
        elif rule.action == "delay":
            self._schedule(delivery, rule.seconds)
        elif rule.action == "duplicate":
            self._schedule(delivery, 0.0)
            for _ in range(rule.copies):
                self.resend(delivery["id"], rule="duplicate")
        else:
            self._hold(delivery)
            if rule.action == "reorder":
                self._collect(delivery, rule.window)

    def _collect(self, delivery: Document, window: int) -> None:
        self._reordered.append(delivery["id"])
        if len(self._reordered) >= window:
            order, self._reordered = self._reordered[::-1], []
            self.release(order=order)

    def _hold(self, delivery: Document) -> None:
        delivery["state"] = "held"
        self._store.save(self.kind, delivery)

    def _schedule(self, delivery: Document, delay_s: float) -> None:
        delivery["state"] = "pending"
        delivery["next_attempt_at"] = self._clock.now() + delay_s
        self._store.save(self.kind, delivery)
        self._scheduler.add(
            f"{self.channel}.attempt", delay_s=delay_s, args={"delivery": delivery["id"]}
        )

    def resend(self, delivery_id: str, *, rule: str = "resent") -> Document:
        """Send a delivery once more as a copy of its own; unknown ids raise KeyError."""
        original = self.require(delivery_id)
        copy = {
            **original,
            "id": f"dlv_{make_token(14)}",
            "attempts": [],
            "created": self._clock.now(),
            "rule": rule,
        }
        self._store.save(self.kind, copy)
        self._schedule(copy, 0.0)
        return copy

    def require(self, delivery_id: str) -> Document:
        """Return a delivery; unknown ids raise KeyError."""
        delivery = self._store.get(self.kind, delivery_id)
        if delivery is None:
            raise KeyError(delivery_id)
        return delivery

    def release(self, *, order: Sequence[str] | None = None, reverse: bool = False) -> list[str]:
        """Send held deliveries one after another in the given order and return their ids.

        Without `order` all held ones go, oldest first, or newest first with `reverse`. Each waits
        for the answer to the one before it, so that the order holds at the receiver.
        """
        held = [d["id"] for d in self._store.all(self.kind) if d["state"] == "held"]
        chosen = list(order) if order is not None else held[:: -1 if reverse else 1]
        deliveries = [self.require(delivery_id) for delivery_id in chosen]
        for delivery in deliveries:
            delivery["state"] = "pending"
            self._store.save(self.kind, delivery)
        self._scheduler.start(self._send_in_order([d["id"] for d in deliveries]))
        return [d["id"] for d in deliveries]

    async def _send_in_order(self, delivery_ids: list[str]) -> None:
        for delivery_id in delivery_ids:
            await self._attempt(delivery_id)

    async def _attempt_job(self, args: Document) -> None:
        delivery = self._store.get(self.kind, str(args["delivery"]))
        if delivery is None or not self._in_order:
            await self._attempt(str(args["delivery"]))
            return
        # One at a time about a subject; the lock is fair, so they keep their order.
        lane = self._lanes.setdefault(delivery["subject"], asyncio.Lock())
        async with lane:
            await self._attempt(delivery["id"])
        if not lane.locked():
            self._lanes.pop(delivery["subject"], None)

    async def _attempt(self, delivery_id: str) -> None:
        # The wait for a slot is not part of the receiver's time.
        async with self._slots:
            await self._attempt_now(delivery_id)

    async def _attempt_now(self, delivery_id: str) -> None:
        delivery = self._store.get(self.kind, delivery_id)
        if delivery is None or delivery["state"] != "pending":
            return
        delivery["next_attempt_at"] = None
        request = self._render(delivery)
        if request is None:
            delivery["state"] = "dropped"
            self._store.save(self.kind, delivery)
            return
        attempt = await self._try(request)
        delivery["attempts"].append(attempt)
        self._settle(delivery, attempt)
        self._store.flush()

    async def _try(self, request: OutgoingRequest) -> Document:
        started = time.monotonic()
        attempt: Document = {"at": self._clock.now(), "status": None, "error": "", "body": ""}
        try:
            attempt["status"], attempt["body"] = await self._post(request)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            attempt["error"] = f"{type(error).__name__}: {error}"
        attempt["ms"] = round((time.monotonic() - started) * 1000, 1)
        return attempt

    async def _post(self, request: OutgoingRequest) -> tuple[int, str]:
        if self._session is None:
            msg = "The courier is closed."
            raise ValueError(msg)
        async with self._session.post(
            request.url, data=request.body, headers=request.headers, allow_redirects=False
        ) as response:
            return response.status, (await response.text(errors="replace"))[:_KEPT_RESPONSE_CHARS]

    def _settle(self, delivery: Document, attempt: Document) -> None:
        status = attempt["status"]
        if status is not None and 200 <= status < 300:
            delivery["state"] = "delivered"
            self._store.save(self.kind, delivery)
            if self._on_reply is not None:
                self._on_reply(delivery, attempt["body"])
            return
        tries = len(delivery["attempts"])
        if tries > len(self.retry_gaps_s):
            delivery["state"] = "failed"
            self._store.save(self.kind, delivery)
            return
        self._schedule(delivery, self.retry_gaps_s[tries - 1])
