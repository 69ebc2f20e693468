"""Which delivery zone an address belongs to, when several could have it.

A zone by postcode goes before one by distance, for somebody drew it by hand. Among those by
postcode the longest match wins ("M5V 3A8" before "M5V" before "M"). What is still equal goes to the
cheaper fee, then to the lower rank, then to the older zone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt

from apps.orders.states import ZoneKind
from bakery.kernel.postal import starts_with

# Mean radius of the Earth, IUGG.
EARTH_KM = 6371.0088
MAX_RADIUS_KM = Decimal(500)
MAX_PARTS = 500


@dataclass(frozen=True)
class Zone:
    """A zone as the choice sees it; see `models.DeliveryZone`."""

    id: int
    name: str
    kind: str
    country: str
    postcodes: Sequence[str]
    radius_km: Decimal | None
    fee: Decimal
    free_from: Decimal | None
    minimum: Decimal
    weekdays: Sequence[int] = ()
    rank: int = 0

    def serves(self, weekday: int) -> bool:
        """Tell whether it is served on ``weekday`` (0 is Monday)."""
        return not self.weekdays or weekday in self.weekdays


@dataclass(frozen=True)
class Spot:
    """A normal postcode, and how far it is from the shop, None when nobody knows."""

    postcode: str
    country: str
    distance_km: float | None = None


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two (latitude, longitude) in degrees, by haversine."""
    north, east, north2, east2 = (radians(value) for value in (*one, *other))
    half = sin((north2 - north) / 2) ** 2 + cos(north) * cos(north2) * sin((east2 - east) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def matching(zones: Iterable[Zone], spot: Spot) -> list[Zone]:
    """Return the zones that ``spot`` lies in, the one that has it first."""
    found = [(_claim(zone, spot), zone) for zone in zones]
    ranked = [(claim, zone) for claim, zone in found if claim is not None]
    ranked.sort(key=lambda row: (-row[0], row[1].fee, row[1].rank, row[1].id))
    return [zone for _, zone in ranked]


def _claim(zone: Zone, spot: Spot) -> int | None:
    """Return how well a zone knows ``spot``: letters that match, 0 by distance, None not at all."""
    if zone.kind == ZoneKind.RADIUS:
        near = (
            spot.distance_km is not None
            and zone.radius_km is not None
            and spot.distance_km <= float(zone.radius_km)
        )
        return 0 if near else None
    if zone.country != spot.country:
        return None
    return max(
        (
            len(part)
            for part in zone.postcodes
            if starts_with(spot.postcode, part, country=spot.country)
        ),
        default=None,
    )


def overlaps(zones: Sequence[Zone]) -> list[tuple[Zone, Zone, str]]:
    """Return pairs of zones by postcode that share codes, the one that has them first, and which.

    One whole code or beginning inside another zone's is how exceptions are drawn, so it is shown
    and not forbidden.
    """
    by_postcode = [zone for zone in zones if zone.kind == ZoneKind.POSTCODE]
    found = []
    for zone in by_postcode:
        for other in by_postcode:
            shared = _shared(zone, other) if zone.id != other.id else ""
            if shared:
                found.append((zone, other, shared))
    return found


def _shared(winner: Zone, loser: Zone) -> str:
    """Return a part of ``winner`` that lies in ``loser``, "" when there is none that it has."""
    if winner.country != loser.country:
        return ""
    for part in winner.postcodes:
        inside = any(starts_with(part, wide, country=winner.country) for wide in loser.postcodes)
        if inside and matching([winner, loser], Spot(part, winner.country))[0] is winner:
            return part
    return ""
