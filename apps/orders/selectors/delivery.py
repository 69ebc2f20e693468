"""Whether, and for how much, an order is brought to an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import connection

from apps.accounts import selectors as accounts
from apps.orders.models import DeliveryZone, PostcodePlace
from apps.orders.rules.order_data import Address
from apps.orders.rules.zones import Spot, Zone, distance_km, matching
from apps.orders.states import ZoneKind
from bakery.kernel.errors import Invalid, NotFound
from bakery.kernel.postal import LONGEST, normal_country, normal_postcode, parts_of

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZERO = Decimal(0)
_COLUMNS = (
    "id", "name", "kind", "country", "postcodes", "radius_km", "fee", "free_from", "minimum",
    "weekdays", "rank",
)  # fmt: skip


@dataclass(frozen=True)
class DeliveryQuote:
    """A zone's terms: its fee, none from ``free_from`` on, for goods of at least ``minimum``.

    ``weekdays`` (0 is Monday) are those on which it is served, none meaning all.
    """

    zone: str
    fee: Decimal
    minimum: Decimal = _ZERO
    free_from: Decimal | None = None
    weekdays: tuple[int, ...] = ()

    def fee_for(self, goods: Decimal) -> Decimal:
        """Return the fee for goods that cost ``goods`` after promotions."""
        return _ZERO if self.free_from is not None and goods >= self.free_from else self.fee

    def require_day(self, on: date) -> None:
        """Raise `Invalid` ``delivery_day`` when the zone is not served on the weekday of ``on``."""
        if self.weekdays and on.weekday() not in self.weekdays:
            days = ", ".join(f"{_DAYS[day]}s" for day in self.weekdays)
            raise Invalid(
                "delivery_day",
                f"We deliver to {self.zone} on {days} only.",
                details={"weekdays": list(self.weekdays)},
            )

    def missing_for(self, goods: Decimal) -> Decimal:
        """Return how much more must be ordered, 0 when it is enough."""
        return max(self.minimum - goods, _ZERO)

    def missing_for_free(self, goods: Decimal) -> Decimal:
        """Return how much more would make delivery free, 0 when it is or never will be."""
        return _ZERO if self.free_from is None else max(self.free_from - goods, _ZERO)


@dataclass(frozen=True)
class DeliveryCheck:
    """What the console shows of a postcode: every zone that it lies in, the one that has it first.

    ``distance_km`` is None when the postcode's place or the shop's is not known.
    """

    postcode: str
    zones: tuple[Zone, ...]
    distance_km: float | None


def quote_delivery(address: Address, *, on: date | None = None) -> DeliveryQuote:
    """Return the terms for ``address``; at most two statements, whatever zones there are.

    Raises `Invalid` ``delivery_not_offered``, ``bad_postcode``, ``bad_country``, or
    ``delivery_day`` when the zone is not served on the weekday of ``on``.
    """
    country = normal_country(address.country)
    postcode = normal_postcode(address.postcode, country=country)
    here = None
    if address.latitude is not None and address.longitude is not None:
        here = (address.latitude, address.longitude)
    found = _matching(active_zones(), postcode, country, here)[0]
    if not found:
        raise Invalid("delivery_not_offered", "We do not deliver to this address.")
    zone = found[0]
    days = tuple(sorted(zone.weekdays))
    quote = DeliveryQuote(zone.name, zone.fee, zone.minimum, zone.free_from, days)
    if on is not None:
        quote.require_day(on)
    return quote


def saved_address(address_id: int, *, user_id: int | None) -> Address:
    """Return an address of the account's book, as an order keeps it.

    Raises `NotFound` ``address_not_found``, for guests always.
    """
    if user_id is None:
        raise NotFound("address_not_found", "There is no such address.")
    row = accounts.address_of(address_id, user_id=user_id)
    return Address(phone=row.phone, **{name: getattr(row, name) for name in LONGEST})


def check_postcode(postcode: str, *, country: str) -> DeliveryCheck:
    """Return the active zones that a postcode lies in; raise as `normal_postcode`."""
    country = normal_country(country)
    code = normal_postcode(postcode, country=country)
    found, distance = _matching(active_zones(), code, country, None, look=True)
    return DeliveryCheck(code, tuple(found), distance)


def delivers() -> bool:
    """Tell whether anything is delivered at all."""
    # Each look at the checkout asks, and building this took several times as long as answering.
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM orders_deliveryzone WHERE active)")
        return bool(cursor.fetchone()[0])


def active_zones() -> list[Zone]:
    """Return the zones that are in use."""
    rows = DeliveryZone.objects.filter(active=True).order_by("pk")
    return [Zone(**row) for row in rows.values(*_COLUMNS)]


def shop_position() -> tuple[float, float] | None:
    """Return where the shop is, None when its settings do not say."""
    if settings.SHOP_LATITUDE is None or settings.SHOP_LONGITUDE is None:
        return None
    return settings.SHOP_LATITUDE, settings.SHOP_LONGITUDE


def _matching(
    zones: Sequence[Zone],
    postcode: str,
    country: str,
    here: tuple[float, float] | None,
    *,
    look: bool = False,
) -> tuple[list[Zone], float | None]:
    shop, distance = shop_position(), None
    if shop is not None and (look or any(zone.kind == ZoneKind.RADIUS for zone in zones)):
        here = here or _place_of(postcode, country)
        distance = distance_km(shop, here) if here is not None else None
    return matching(zones, Spot(postcode, country, distance)), distance


def _place_of(postcode: str, country: str) -> tuple[float, float] | None:
    """Return where the table of places has the postcode, or else the area around it."""
    names = parts_of(postcode, country=country)
    rows = PostcodePlace.objects.filter(country=country, postcode__in=names)
    known = {row.postcode: (row.latitude, row.longitude) for row in rows}
    return next((known[name] for name in names if name in known), None)
