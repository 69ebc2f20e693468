"""The floors that figures stand beside: a bare ASGI reply and a bare SQL transaction."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bakery.sandbox.engines.ports import find_free_port
from benchmarks.load import Client, run
from benchmarks.meters import Processes, tree_cpu

_BODY = Path(os.environ.get("BENCH_FLOOR_BODY", os.devnull))
_REPLY = _BODY.read_bytes() if os.environ.get("BENCH_FLOOR_BODY") else b""


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer every request with the same bytes and nothing else."""
    if scope["type"] != "http":
        return
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_REPLY))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _REPLY})


@contextmanager
def _bare_server(body: bytes) -> Iterator[tuple[str, int]]:
    port = find_free_port()
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.floors:application"]
        process = subprocess.Popen(
            [*command, "--port", str(port), "--log-level", "error", "--no-access-log"],
            env={**os.environ, "BENCH_FLOOR_BODY": file.name},
        )
        base = f"http://127.0.0.1:{port}"
        try:
            for _ in range(200):
                try:
                    Client(base).call("GET", "/")
                    break
                except OSError:
                    time.sleep(0.05)
            yield base, process.pid
        finally:
            process.terminate()
            process.wait(10)


def bare_reply_ms(body: bytes, *, calls: int = 2000) -> float:
    """Return CPU milliseconds that a bare ASGI server spends on a reply of the same bytes."""
    with _bare_server(body) as (base, pid):
        run(base, calls=200, clients=4, work=lambda client, _: client.call("GET", "/")[0])
        before = tree_cpu(pid)
        run(base, calls=calls, clients=4, work=lambda client, _: client.call("GET", "/")[0])
        return (tree_cpu(pid) - before) / calls * 1000


def bare_sql_ms(
    processes: Processes, transaction: Callable[[psycopg.Connection[Any]], None], *, calls: int
) -> float:
    """Return PostgreSQL's CPU milliseconds for ``transaction`` run ``calls`` times in a row."""
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"]) as connection:
        transaction(connection)
        connection.commit()
        with processes.measured() as spent:
            for _ in range(calls):
                transaction(connection)
                connection.commit()
    return spent.postgres / calls * 1000
