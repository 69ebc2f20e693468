"""A till on the counter: it sells, numbers what it did, and reports until it is believed.

It speaks HTTP and knows nothing of the platform but its API, so that it shows what a real till
has to do. The signature is written here a second time for the same reason.
"""

import hashlib
import hmac
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DELTAS, CHANGES = "/api/v1/pos/deltas", "/api/v1/pos/changes"


class Refused(Exception):
    """The platform answered with an error; ``status`` and ``body`` say which."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Weather:
    """How bad the network is: the chance of each mishap for every batch, from 0 to 1.

    A lost batch never arrives, a lost reply leaves the till unsure, so it sends again. Repeated
    batches arrive twice, shuffled ones arrive with their reports in another order.
    """

    lose: float = 0.0
    lose_reply: float = 0.0
    repeat: float = 0.0
    shuffle: float = 0.0


@dataclass
class Till:
    """A till with its own numbering; ``seed`` makes the weather the same every time."""

    address: str
    code: str
    key: str
    weather: Weather = field(default_factory=Weather)
    seed: int = 0
    seq: int = 0
    unconfirmed: dict[int, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def sell(self, sku: str, quantity: int = 1, **more: Any) -> int:
        """Note a sale and return its number."""
        return self._note("sale", sku, quantity, **more)

    def take_back(self, sku: str, quantity: int = 1, **more: Any) -> int:
        """Note goods brought back and return the number."""
        return self._note("return", sku, quantity, **more)

    def count(self, sku: str, quantity: int, **more: Any) -> int:
        """Note a count of what lies there and return the number."""
        return self._note("count", sku, quantity, **more)

    def _note(self, kind: str, sku: str, quantity: int, **more: Any) -> int:
        self.seq += 1
        self.unconfirmed[self.seq] = {
            "seq": self.seq,
            "kind": kind,
            "sku": sku,
            "quantity": quantity,
            "occurred_at": datetime.now(UTC).isoformat(),
            **more,
        }
        return self.seq

    def sync(self, *, batch: int = 20, rounds: int = 100) -> dict[str, Any]:
        """Report until everything is confirmed; return the last reply.

        Raises RuntimeError when the weather did not clear within ``rounds``.
        """
        reply: dict[str, Any] = {}
        for _ in range(rounds):
            if not self.unconfirmed:
                return reply
            for deltas in self._batches(batch):
                reply = self._send(deltas) or reply
        raise RuntimeError(f"{len(self.unconfirmed)} reports are still not confirmed")

    def _batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        waiting = list(self.unconfirmed.values())
        if self._happens(self.weather.shuffle):
            self._random.shuffle(waiting)
        for start in range(0, len(waiting), size):
            yield waiting[start : start + size]

    def _send(self, deltas: list[dict[str, Any]]) -> dict[str, Any] | None:
        if self._happens(self.weather.lose):
            return None
        reply = self.post(deltas)
        if self._happens(self.weather.repeat):
            reply = self.post(deltas)
        if self._happens(self.weather.lose_reply):
            return None
        for result in reply["results"]:
            if result["state"] != "waiting":
                self.outcomes[result["seq"]] = result
                self.unconfirmed.pop(result["seq"], None)
        return reply

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def post(self, deltas: list[dict[str, Any]]) -> dict[str, Any]:
        """Send one batch as it is; raises `Refused`."""
        return self._call("POST", DELTAS, json.dumps({"deltas": deltas}).encode())

    def changes(self, after: int = 0) -> dict[str, Any]:
        """Read what the platform did to stock after a number; raises `Refused`."""
        return self._call("GET", f"{CHANGES}?after={after}", b"")

    def headers(self, method: str, path: str, body: bytes, *, now: float = 0) -> dict[str, str]:
        """Return the headers that sign a call."""
        stamp = str(int(now or time.time()))
        head = "\n".join(["v1", self.code, stamp, method, path, ""]).encode()
        digest = hmac.new(self.key.encode(), head + body, hashlib.sha256).hexdigest()
        return {
            "X-Till": self.code,
            "X-Till-Timestamp": stamp,
            "X-Till-Signature": f"v1={digest}",
            "Content-Type": "application/json",
        }

    def _call(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the platform's address, given by the caller
            self.address + path,
            data=body if method == "POST" else None,
            method=method,
            headers=self.headers(method, path, body),
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - as above
                answer: dict[str, Any] = json.loads(response.read())
                return answer
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")) from error
