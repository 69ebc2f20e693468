"""Pickup times and promises as the APIs write them, and in words for people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from apps.inventory.rules.promise import Promise
from apps.inventory.selectors.promise import PickupDay
from bakery.kernel import clock


class _Pickup(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


def pickup_json(slot: _Pickup) -> dict[str, Any]:
    """Return a pickup time; ``local_*`` is the time on the shop's wall."""
    zone = clock.shop_zone()
    start, end = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    return {
        "id": slot.id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "local_start": f"{start:%Y-%m-%dT%H:%M}",
        "local_end": f"{end:%Y-%m-%dT%H:%M}",
        "weekday": f"{start:%A}",
        "time_zone": zone.key,
    }


def promise_json(made: Promise) -> dict[str, Any]:
    """Return a promise with the constraint that binds."""
    return {
        "earliest": pickup_json(made.slot) if made.slot else None,
        "binding": made.why.code,
        "reason": made.why.text,
        "variant_id": made.why.variant_id,
        "sentence": promise_sentence(made),
        "alternatives": [pickup_json(slot) for slot in made.alternatives],
    }


def days_json(days: Sequence[PickupDay]) -> list[dict[str, Any]]:
    """Return days with what can be chosen on each, or why nothing can."""
    return [
        {
            "day": day.day,
            "weekday": f"{day.day:%A}",
            "slots": [pickup_json(slot) for slot in day.slots],
            "code": day.why.code if day.why else None,
            "reason": day.why.text if day.why else None,
        }
        for day in days
    ]


def moment_in_words(moment: datetime) -> str:
    """Return the shop's wall time, such as "Thursday 26 November, 11:00"."""
    local = moment.astimezone(clock.shop_zone())
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"


def promise_sentence(made: Promise) -> str:
    """Return the promise as it is said to a customer."""
    if made.slot is None:
        return f"No pickup time can be promised now. {made.why.text}"
    return f"Ready from {moment_in_words(made.slot.starts_at)}. {made.why.text}"
