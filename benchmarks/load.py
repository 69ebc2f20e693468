"""A bounded load from this process: n calls by c threads, each with its own connection."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


class Client:
    """One keep-alive HTTP connection to ``base``."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request and return status and body; ``body`` is JSON unless bytes."""
        data, sent = body, dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        self._connection.request(method, path, body=data, headers=sent)
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass
class Outcome:
    """What a load gave: seconds of each call, counts by status, wall time."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Calls per second of wall time."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


def run(base: str, *, calls: int, clients: int, work: Callable[[Client, int], int]) -> Outcome:
    """Let ``clients`` threads share ``calls`` numbered calls of ``work``, which gives a status."""
    outcome, lock, numbers = Outcome(), threading.Lock(), iter(range(calls))
    barrier = threading.Barrier(clients + 1)

    def loop() -> None:
        client = Client(base)
        barrier.wait()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            start = time.perf_counter()
            status = work(client, number)
            took = time.perf_counter() - start
            with lock:
                outcome.latencies.append(took)
                outcome.statuses[status] += 1
        client.close()

    threads = [threading.Thread(target=loop) for _ in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - start
    return outcome
