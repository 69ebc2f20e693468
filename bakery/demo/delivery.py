"""The demo bakery's delivery zones, and about where a few postcodes of Toronto are."""

from datetime import datetime
from decimal import Decimal

from apps.orders import services
from apps.orders.models import DeliveryZone

ACTOR = "system"
SOURCE = "demo"
# Made up to two decimals for the demo; a real shop imports a file of GeoNames.
_PLACES = (
    ("M5V", "Downtown, west", 43.64, -79.40),
    ("M5J", "Harbour", 43.64, -79.38),
    ("M4W", "Rosedale", 43.68, -79.38),
    ("M6G", "Christie", 43.67, -79.42),
    ("M4K", "Riverdale", 43.68, -79.35),
    ("M1B", "Scarborough, north-east", 43.81, -79.19),
)
_ZONES = (
    {
        "name": "Downtown",
        "kind": "postcode",
        "postcodes": ["M5"],
        "fee": Decimal(8),
        "free_from": Decimal(120),
        "minimum": Decimal(30),
    },
    {
        "name": "Within 8 km",
        "kind": "radius",
        "radius_km": Decimal(8),
        "fee": Decimal(15),
        "minimum": Decimal(50),
        "weekdays": [3, 4, 5],
    },
)


def seed_delivery(*, at: datetime) -> bool:
    """Draw the demo's zones and write its places; return whether they were new.

    An installation that has a zone is left as it is.
    """
    if DeliveryZone.objects.exists():
        return False
    rows = (
        f"CA\t{code}\t{name}\t\t\t\t\t\t\t{latitude}\t{longitude}\t1"
        for code, name, latitude, longitude in _PLACES
    )
    services.import_postcodes(lines=rows, source=SOURCE)
    for values in _ZONES:
        services.add_zone(values=values, actor=ACTOR, at=at)
    return True
