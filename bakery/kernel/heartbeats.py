"""Signs of life of background processes: workers by the queue that they serve, and beat."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bakery.kernel.models import Heartbeat

STALE_AFTER = timedelta(seconds=60)
BEAT = "beat"
_QUEUE = "queue-"


def of_queue(queue: str) -> str:
    """Return the name under which the workers of ``queue`` give their sign."""
    return f"{_QUEUE}{queue}"


def beat(name: str, *, at: datetime) -> None:
    """Note that ``name`` works at ``at``."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


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
