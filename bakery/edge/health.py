"""`/livez` and `/readyz`: is this process up, and should it be sent traffic?"""

import asyncio
import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView

from bakery.edge import access
from bakery.kernel import clock, heartbeats, outbox

# The library adds a second, in which a check's own client may report first; that is enough.
_BUDGET = timedelta(0)
# Threads of our own: with those of the event loop a reply would wait for checks that hang.
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="readiness")


@dataclasses.dataclass
class Database(HealthCheck):
    """PostgreSQL takes a write (rolled back), so that a read-only replica or a full disk shows."""

    timeout = _BUDGET

    def run(self) -> None:
        """Probe, on a connection of its own."""
        try:
            with transaction.atomic():
                heartbeats.beat(f"probe-{os.getpid()}", at=clock.now())
                transaction.set_rollback(True)
        except Exception as error:
            raise ServiceUnavailable("no write possible") from error
        finally:
            connection.close()


@dataclasses.dataclass
class Migrations(HealthCheck):
    """Every migration of this release is applied; not looked up again once that was true."""

    timeout = _BUDGET
    applied: ClassVar[bool] = False

    def run(self) -> None:
        """Compare the files with the table."""
        if Migrations.applied:
            return
        try:
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except Exception as error:
            raise ServiceUnavailable("cannot tell") from error
        finally:
            connection.close()
        if pending:
            raise ServiceUnavailable(f"{len(pending)} pending")
        Migrations.applied = True


@dataclasses.dataclass
class Cache(HealthCheck):
    """Valkey answers. Without it the shop still sells, so this only degrades."""

    timeout = _BUDGET

    def run(self) -> None:
        """Ping, past the cache's own forgiveness of errors."""
        from django_redis import get_redis_connection

        try:
            get_redis_connection("default").ping()
        except Exception as error:
            raise ServiceUnavailable("no answer") from error


@dataclasses.dataclass
class Worker(HealthCheck):
    """A worker carried out the latest sweep within a minute."""

    timeout = _BUDGET

    def run(self) -> None:
        """Look at the heartbeat."""
        try:
            alive = heartbeats.is_alive("worker", at=clock.now())
        except Exception as error:
            raise ServiceUnavailable("cannot tell") from error
        finally:
            connection.close()
        if not alive:
            raise ServiceUnavailable("no heartbeat for a minute")


@dataclasses.dataclass
class Beat(HealthCheck):
    """Beat lives: without it nothing that goes by the clock happens."""

    timeout = _BUDGET

    def run(self) -> None:
        """Look at its sign."""
        if _silent([heartbeats.BEAT]):
            raise ServiceUnavailable("no heartbeat for a minute")


@dataclasses.dataclass
class Queues(HealthCheck):
    """Each queue of the outbox has a worker that came to it lately."""

    timeout = _BUDGET

    def run(self) -> None:
        """Name the queues that nobody serves."""
        names = {heartbeats.of_queue(queue): queue for queue in outbox.QUEUES}
        if missing := _silent(list(names), within=heartbeats.QUEUE_PATIENCE):
            listed = ", ".join(names[name] for name in missing)
            raise ServiceUnavailable(f"nobody serves {listed}")


def _silent(
    names: list[str], *, within: timedelta = heartbeats.STALE_AFTER
) -> dict[str, datetime | None]:
    try:
        return heartbeats.silent(names, at=clock.now(), within=within)
    except Exception as error:
        raise ServiceUnavailable("cannot tell") from error
    finally:
        connection.close()


class Readiness(HealthCheckView):
    """503 when the shop cannot take an order; 200 and "degraded" when it can, with less comfort."""

    checks = (Database, Migrations, Cache, Worker, Beat, Queues)
    required = (Database, Migrations)

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run all checks at once and report each by name."""
        results = await asyncio.gather(*(check.get_result(_THREADS) for check in self.get_checks()))
        failed = [result for result in results if result.error]
        down = any(isinstance(result.check, self.required) for result in failed)
        state = "unavailable" if down else "degraded" if failed else "ready"
        body = {
            "status": state,
            "release": settings.RELEASE,
            "checks": {
                type(result.check).__name__.lower(): _report(result.error) for result in results
            },
        }
        return JsonResponse(body, status=503 if down else 200)


def _report(error: Exception | None) -> str:
    """Return "ok" or what is wrong, without the library's "unavailable:" in front."""
    text = str(error).rpartition(": ")[2] if error else "ok"
    return "no answer within a second" if text.startswith("Timed out") else text


readyz = access.page(access.ANYONE)(Readiness.as_view())


@access.page(access.ANYONE)
def livez(request: HttpRequest) -> HttpResponse:
    """Answer from the process alone, whatever else is down."""
    return JsonResponse({"status": "alive"})
