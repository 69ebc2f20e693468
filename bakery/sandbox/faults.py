"""Faults that a stand-in commits on command, to try the platform against them."""

import asyncio
import fnmatch
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import Receive, Scope, Send

FaultKind = Literal["status", "status_after", "delay", "delay_after", "hang", "drop", "drop_after"]
FAULT_KINDS: tuple[FaultKind, ...] = (
    "status",
    "status_after",
    "delay",
    "delay_after",
    "hang",
    "drop",
    "drop_after",
)


@dataclass(kw_only=True)
class Fault:
    """One kind of misbehaviour for the next `times` requests that match.

    `status`: answer `status` without doing anything; `status_after`: do it, then answer `status`;
    `delay` and `delay_after`: wait `seconds` before or after doing it; `hang`: do nothing and
    answer nothing for `seconds`, then close; `drop` and `drop_after`: close the connection without
    an answer, before or after doing it. A request that is still delayed when the sandbox is reset
    is dropped undone.

    With ``share`` below 1 only so many of the matching requests are hit, drawn by ``seed``.
    """

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    times: int = 1
    status: int = 500
    code: int | str | None = None
    seconds: float = 0.0
    match: dict[str, str] = field(default_factory=dict)
    share: float = 1.0
    seed: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the dice in hand."""
        if not 0 < self.share <= 1:
            msg = "share is above 0 and at most 1."
            raise ValueError(msg)
        self._dice = random.Random(self.seed)

    def is_hit(self) -> bool:
        """Draw whether the next matching request is hit."""
        return self.share >= 1 or self._dice.random() < self.share

    @property
    def is_after(self) -> bool:
        """Whether the request takes effect before the fault."""
        return self.kind.endswith("_after")


class FaultPlan:
    """The faults that are still to come, in order."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.committed: Counter[str] = Counter()
        self._released = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Plan one more."""
        self.faults.append(fault)

    def clear(self) -> None:
        """Plan none, and let go of everyone who waits."""
        self.faults.clear()
        released, self._released = self._released, asyncio.Event()
        released.set()

    def take(self, *, method: str, path: str, params: dict[str, Any]) -> Fault | None:
        """Return and count the first fault that fits the request."""
        for fault in self.faults:
            if (
                fault.times > 0
                and fault.method in {"*", method}
                and fnmatch.fnmatchcase(path, fault.path)
                and all(str(params.get(k)) == v for k, v in fault.match.items())
                and fault.is_hit()
            ):
                fault.times -= 1
                self.committed[fault.kind] += 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    async def wait(self, seconds: float) -> None:
        """Wait out a fault, or less when the plan is cleared."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._released.wait()
        except TimeoutError:
            return


class DropConnection:
    """A response that closes the connection without a byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Abort the transport under the request (uvicorn's cycle object holds it)."""
        del scope, send
        cycle = getattr(receive, "__self__", None)
        transport = getattr(cycle, "transport", None)
        if transport is not None:
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            continue
