"""The kitchen's stations: which there are, and what each of them makes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.orders import selectors
from apps.orders.events import BoardChanged
from apps.orders.models import Station, StationScope
from apps.orders.rules.stations import MAX_STATIONS
from apps.orders.selectors.stations import missing_scopes
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import advisory_lock, lock_one

MAX_SCOPES = 500
MAX_POSITION = 999
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class StationWish:
    """How a station shall be; None leaves that as it is (or as it is for a new one)."""

    name: str | None = None
    position: int | None = None
    everything: bool | None = None
    is_active: bool | None = None
    category_ids: Collection[int] | None = None
    product_ids: Collection[int] | None = None


def create_station(*, wish: StationWish, actor: str, at: datetime) -> Station:
    """Add a station. Raises as `change_station`, and `Conflict` ``too_many_stations``."""
    with transaction.atomic():
        _lock_plan()
        if Station.objects.count() >= MAX_STATIONS:
            raise Conflict("too_many_stations", f"There are {MAX_STATIONS} stations already.")
        station = Station(name=_clean_name(wish.name or "", except_for=0), changed_at=at)
        return _write(station, {}, wish, action="station.create", actor=actor, at=at)


def change_station(*, station_id: int, wish: StationWish, actor: str, at: datetime) -> Station:
    """Change a station; boards that are open show it within seconds.

    Raises `NotFound` ``station_not_found``, `Invalid` ``bad_name``, ``bad_position``,
    ``unknown_scope`` (details: categories, products) or ``too_many_scopes``, and `Conflict`
    ``station_exists``.
    """
    with transaction.atomic():
        _lock_plan()
        station = lock_one(Station.objects.filter(pk=station_id), what="station")
        if wish.name is not None:
            station.name = _clean_name(wish.name, except_for=station.pk)
        before = _as_it_is(Station.objects.get(pk=station.pk))
        return _write(station, before, wish, action="station.change", actor=actor, at=at)


def _lock_plan() -> None:
    """Change the plan one after the other: its version must grow with each change."""
    advisory_lock("kitchen-stations")


def _write(
    station: Station,
    before: dict[str, Any],
    wish: StationWish,
    *,
    action: str,
    actor: str,
    at: datetime,
) -> Station:
    for name in ("position", "everything", "is_active"):
        if (value := getattr(wish, name)) is not None:
            setattr(station, name, value)
    if not 0 <= station.position <= MAX_POSITION:
        raise Invalid("bad_position", f"A position is a number from 0 to {MAX_POSITION}.")
    newest = Station.objects.order_by("-changed_at").values_list("changed_at", flat=True).first()
    # Also when two changes fall in one moment, or a clock went back, boards see that it moved.
    station.changed_at = at if newest is None or at > newest else newest + _TICK
    station.save()
    _write_scopes(station, wish)
    changes = _difference(before, _as_it_is(station))
    if changes:
        audit.record(
            actor=actor,
            action=action,
            object_type="orders.station",
            object_id=station.pk,
            changes=changes,
            at=at,
        )
    seq = selectors.last_board_seq()
    outbox.emit(BoardChanged(seq=seq), key=f"stations:{station.changed_at.isoformat()}", at=at)
    return station


def _clean_name(name: str, *, except_for: int) -> str:
    cleaned = " ".join(name.split())
    if not 1 <= len(cleaned) <= 40 or not cleaned.isprintable():
        raise Invalid("bad_name", "A station's name has 1 to 40 characters.")
    taken = Station.objects.filter(name__iexact=cleaned).values_list("pk", flat=True).first()
    if taken is not None and taken != except_for:
        raise Conflict("station_exists", f"There is a station {cleaned} already.")
    return cleaned


def _write_scopes(station: Station, wish: StationWish) -> None:
    missing = missing_scopes(wish.category_ids or (), wish.product_ids or ())
    if missing:
        raise Invalid("unknown_scope", "Some of what it makes does not exist.", details=missing)
    for column, ids in (("category_id", wish.category_ids), ("product_id", wish.product_ids)):
        if ids is None:
            continue
        if len(set(ids)) > MAX_SCOPES:
            raise Invalid("too_many_scopes", f"A station names at most {MAX_SCOPES} of a kind.")
        held = StationScope.objects.filter(station=station, **{f"{column}__isnull": False})
        held.exclude(**{f"{column}__in": ids}).delete()
        known = set(held.values_list(column, flat=True))
        StationScope.objects.bulk_create(
            StationScope(station=station, **{column: pk}) for pk in sorted(set(ids) - known)
        )


def _as_it_is(station: Station) -> dict[str, Any]:
    scopes = station.scopes.order_by("pk")
    categories = scopes.filter(product=None).values_list("category_id", flat=True)
    products = scopes.filter(category=None).values_list("product_id", flat=True)
    return {
        "name": station.name,
        "position": station.position,
        "everything": station.everything,
        "is_active": station.is_active,
        "categories": sorted(map(int, filter(None, categories))),
        "products": sorted(map(int, filter(None, products))),
    }


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value
    }
