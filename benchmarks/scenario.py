"""What every scenario shares: the platform it runs against, and the row that it prints."""

import os
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from benchmarks.load import Client, Outcome
from benchmarks.meters import Processes, Spent, percentile


@dataclass
class Platform:
    """The running platform, seen from outside."""

    web: str = field(default_factory=lambda: os.environ["PUBLIC_BASE_URL"])
    sandbox: str = field(default_factory=lambda: os.environ["SANDBOX_URL"])
    live: str = field(default_factory=lambda: os.environ["LIVE_BASE_URL"])
    processes: Processes = field(default_factory=Processes)

    def get(self, path: str) -> Any:
        """Return the JSON of a GET that must succeed."""
        import json

        status, body = Client(self.web).call("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path} gave {status}: {body[:200]!r}")
        return json.loads(body)


@dataclass
class Row:
    """One line of the table; milliseconds unless said otherwise."""

    name: str
    outcome: Outcome
    spent: Spent
    per: int
    floor_app: float | None = None
    floor_sql: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def app(self) -> float:
        """CPU of the web processes per unit of work."""
        return self.spent.web / self.per * 1000

    @property
    def sql(self) -> float:
        """CPU of PostgreSQL per unit of work."""
        return self.spent.postgres / self.per * 1000

    def print(self) -> None:
        """Print the line and what stands beside it."""
        ms = [value * 1000 for value in self.outcome.latencies]
        print(f"\n{self.name}")
        print(
            f"  app CPU {self.app:8.2f} ms{_beside(self.app, self.floor_app, 'bare ASGI reply')}"
            + (f"  (aim: at most {self.aim:g})" if self.aim else "")
        )
        print(f"  SQL CPU {self.sql:8.2f} ms{_beside(self.sql, self.floor_sql, 'bare SQL')}")
        print(
            f"  {self.outcome.rate:8.0f} /s   p50 {percentile(ms, 0.5):.1f}"
            f"   p95 {percentile(ms, 0.95):.1f}   p99 {percentile(ms, 0.99):.1f} ms"
            f"   replies {dict(sorted(self.outcome.statuses.items()))}"
        )
        if self.note:
            print(f"  {self.note}")


def _beside(value: float, floor: float | None, name: str) -> str:
    if not floor:
        return ""
    return f"  = {value / floor:.1f} x {name} ({floor:.2f} ms)"


def new_key() -> dict[str, str]:
    """Return a fresh Idempotency-Key header."""
    return {"Idempotency-Key": str(uuid4())}
