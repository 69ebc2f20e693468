"""Signs of life of background processes."""

from datetime import datetime, timedelta

from bakery.kernel.models import Heartbeat

STALE_AFTER = timedelta(seconds=60)


def beat(name: str, *, at: datetime) -> None:
    """Note that ``name`` works at ``at``."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def is_alive(name: str, *, at: datetime) -> bool:
    """Tell whether ``name`` gave a sign within the last minute."""
    return Heartbeat.objects.filter(name=name, at__gte=at - STALE_AFTER).exists()
