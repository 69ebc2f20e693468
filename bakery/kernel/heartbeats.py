"""Signs of life of background processes: workers by the queue that they serve, and beat."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bakery.kernel.models import Heartbeat

STALE_AFTER = timedelta(seconds=60)
# A worker may be busy with one picture for more than a minute before it comes back to its queue.
QUEUE_PATIENCE = timedelta(minutes=3)
BEAT = "beat"
_QUEUE = "queue-"


def of_queue(queue: str) -> str:
    """Return the name under which the workers of ``queue`` give their sign."""
    return f"{_QUEUE}{queue}"


def beat(name: str, *, at: datetime) -> None:
    """Note that ``name`` works at ``at``."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=at)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last(name: str) -> datetime | None:
    """Return when ``name`` last gave a sign, None when it never did."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def is_alive(name: str, *, at: datetime) -> bool:
    """Tell whether ``name`` gave a sign within the last minute."""
    return Heartbeat.objects.filter(name=name, at__gte=at - STALE_AFTER).exists()


def silent(
    names: Iterable[str], *, at: datetime, within: timedelta = STALE_AFTER
) -> dict[str, datetime | None]:
    """Return which of ``names`` gave no sign ``within``, and when they last did (None: never)."""
    signs = dict(Heartbeat.objects.filter(name__in=list(names)).values_list("name", "at"))
    return {
        name: signs.get(name) for name in names if name not in signs or signs[name] < at - within
    }
