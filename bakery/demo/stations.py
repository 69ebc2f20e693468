"""The stations of the demo bakery's kitchen."""

from datetime import datetime

from apps.catalog.models import Category
from apps.orders import services
from apps.orders.models import Station

ACTOR = "system"
# Name, the shelves whose goods it makes, and whether it sees everything.
STATIONS = (
    ("Decorating", ("Cakes",), False),
    ("Bread", ("Bread",), False),
    ("Oven", ("Pastry", "Cookies and small things"), False),
    ("Packing", (), True),
)


def seed_stations(*, at: datetime) -> int:
    """Create the stations that are missing, by name; return how many are new."""
    known = set(Station.objects.values_list("name", flat=True))
    shelves = dict(Category.objects.values_list("name", "pk"))
    new = [station for station in STATIONS if station[0] not in known]
    for name, makes, everything in new:
        wish = services.StationWish(
            name=name,
            position=[station[0] for station in STATIONS].index(name) + 1,
            everything=everything,
            category_ids=[shelves[shelf] for shelf in makes if shelf in shelves],
        )
        services.create_station(wish=wish, actor=ACTOR, at=at)
    return len(new)
