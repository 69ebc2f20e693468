"""Drawing delivery zones, and reading where postcodes are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.orders.models import DeliveryZone, PostcodePlace
from apps.orders.rules.zones import MAX_PARTS, MAX_RADIUS_KM
from apps.orders.states import ZoneKind
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import advisory_lock, lock_one
from bakery.kernel.money import round_money
from bakery.kernel.postal import normal_country, normal_part

MAX_AMOUNT = Decimal(10_000)
_AMOUNTS = ("fee", "free_from", "minimum")
_FIELDS = (
    "name", "kind", "country", "postcodes", "radius_km", *_AMOUNTS, "weekdays", "rank", "active",
)  # fmt: skip
_BATCH = 5_000
# The columns of GeoNames' postal code files, https://download.geonames.org/export/zip/readme.txt.
_COLUMNS, _COUNTRY, _CODE, _NAME, _LATITUDE, _LONGITUDE = 12, 0, 1, 2, 9, 10


@dataclass(frozen=True)
class Imported:
    """How many places were written, and the first lines that were not, with the reason."""

    written: int
    refused: tuple[tuple[int, str], ...]


def add_zone(*, values: Mapping[str, Any], actor: str, at: datetime) -> DeliveryZone:
    """Draw a zone from ``values``, named as the columns of `DeliveryZone`; return it.

    Raises `Invalid` with ``details.field``: ``bad_name``, ``bad_kind``, ``bad_country``,
    ``bad_postcode``, ``bad_radius``, ``bad_amount``, ``bad_weekdays``, ``bad_rank``; `Conflict`
    ``zone_exists`` for a name that is taken.
    """
    checked = _checked({"country": settings.SHOP_COUNTRY} | dict(values))
    with transaction.atomic():
        advisory_lock("delivery-zones")
        _require_name(checked["name"], None)
        zone = DeliveryZone.objects.create(**checked, created_at=at, updated_at=at)
        changes = {
            name: [None, value] for name, value in checked.items() if value not in (None, [])
        }
        _record(zone, "add", changes, actor=actor, at=at)
    return zone


def change_zone(
    *, zone_id: int, values: Mapping[str, Any], actor: str, at: datetime
) -> DeliveryZone:
    """Change the named columns; orders that were placed keep their fee and the zone's name.

    Raises as `add_zone`, and `NotFound` ``delivery_zone_not_found``.
    """
    with transaction.atomic():
        advisory_lock("delivery-zones")
        zone = lock_one(DeliveryZone.objects.filter(pk=zone_id), what="delivery_zone")
        before = {name: getattr(zone, name) for name in _FIELDS}
        checked = _checked(before | dict(values))
        _require_name(checked["name"], zone.pk)
        changes = {
            name: [before[name], value] for name, value in checked.items() if before[name] != value
        }
        if not changes:
            return zone
        for name, value in checked.items():
            setattr(zone, name, value)
        zone.updated_at = at
        zone.save()
        _record(zone, "change", changes, actor=actor, at=at)
    return zone


def import_postcodes(*, lines: Iterable[str], source: str) -> Imported:
    """Write places from lines of a GeoNames postal code file; those that are known are replaced.

    A postcode that several lines name (a US file has one for each place) keeps the last of them.
    Lines that are no such thing are counted and left out.
    """
    written, refused = 0, []
    batch: dict[tuple[str, str], PostcodePlace] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            place = _place(line, source)
        except (Invalid, ValueError) as error:
            refused.append((number, str(error)[:200]))
            continue
        batch[(place.country, place.postcode)] = place
        if len(batch) >= _BATCH:
            written += _write(batch)
            batch = {}
    return Imported(written + _write(batch), tuple(refused[:20]))


def _write(batch: Mapping[tuple[str, str], PostcodePlace]) -> int:
    if batch:
        PostcodePlace.objects.bulk_create(
            batch.values(),
            update_conflicts=True,
            unique_fields=["country", "postcode"],
            update_fields=["name", "latitude", "longitude", "source"],
        )
    return len(batch)


def _place(line: str, source: str) -> PostcodePlace:
    cells = line.rstrip("\r\n").split("\t")
    if len(cells) < _COLUMNS - 1:
        raise ValueError(f"{len(cells)} columns instead of {_COLUMNS}")
    country = normal_country(cells[_COUNTRY])
    latitude, longitude = float(cells[_LATITUDE]), float(cells[_LONGITUDE])
    # Written so that a NaN is refused as well.
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("not a place on Earth")
    if "\x00" in line:
        raise ValueError("a NUL character")
    return PostcodePlace(
        country=country,
        postcode=normal_part(cells[_CODE], country=country),
        name=cells[_NAME][:200],
        latitude=latitude,
        longitude=longitude,
        source=source[:100],
    )


def _require_name(name: str, zone_id: int | None) -> None:
    same = DeliveryZone.objects.filter(name__iexact=name)
    if (same if zone_id is None else same.exclude(pk=zone_id)).exists():
        raise Conflict(
            "zone_exists", "There is a zone of this name already.", details={"field": "name"}
        )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    kind = values.get("kind")
    if kind not in ZoneKind.values:
        raise _wrong("bad_kind", "A zone is drawn by postcode or by distance.", "kind")
    by_postcode = kind == ZoneKind.POSTCODE
    country = _country(str(values.get("country") or ""))
    return {
        "name": _name(str(values.get("name") or "")),
        "kind": kind,
        "country": country,
        "postcodes": _postcodes(values.get("postcodes") or [], country) if by_postcode else [],
        "radius_km": None if by_postcode else _radius(values.get("radius_km")),
        **{name: _amount(values.get(name), name) for name in _AMOUNTS},
        "weekdays": _weekdays(values.get("weekdays") or []),
        "rank": _rank(values.get("rank") or 0),
        "active": bool(values.get("active", True)),
    }


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise _wrong("bad_name", "Name the zone in 1 to 100 characters.", "name")
    return name


def _country(text: str) -> str:
    try:
        return normal_country(text)
    except Invalid as error:
        raise _wrong(error.code, error.message, "country") from error


def _postcodes(parts: Iterable[Any], country: str) -> list[str]:
    given = list(parts)
    if not 1 <= len(given) <= MAX_PARTS:
        raise _wrong("bad_postcode", f"Name 1 to {MAX_PARTS} postcodes.", "postcodes")
    try:
        return sorted({normal_part(str(part), country=country) for part in given})
    except Invalid as error:
        raise _wrong(error.code, error.message, "postcodes") from error


def _radius(value: Any) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 < value <= MAX_RADIUS_KM:
        raise _wrong("bad_radius", f"A distance is up to {MAX_RADIUS_KM} km.", "radius_km")
    return value.quantize(Decimal("0.01"))


def _amount(value: Any, field: str) -> Decimal | None:
    if value is None and field != "fee":
        return None if field == "free_from" else Decimal("0.00")
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= MAX_AMOUNT:
        raise _wrong("bad_amount", f"An amount is from 0 to {MAX_AMOUNT}.", field)
    if field == "free_from" and value == 0:
        raise _wrong("bad_amount", "For free delivery set the fee to 0.", field)
    return round_money(value, settings.SHOP_CURRENCY)


def _weekdays(days: Iterable[Any]) -> list[int]:
    given = list(days)
    if any(type(day) is not int or not 0 <= day <= 6 for day in given):
        raise _wrong("bad_weekdays", "Weekdays are 0 (Monday) to 6.", "weekdays")
    return sorted(set(given)) if len(set(given)) < 7 else []


def _rank(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 1000:
        raise _wrong("bad_rank", "A rank is from 0 to 1000.", "rank")
    return int(value)


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})


def _record(
    zone: DeliveryZone, action: str, changes: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=f"delivery_zone.{action}",
        object_type="orders.deliveryzone",
        object_id=zone.pk,
        changes=changes,
        at=at,
    )
