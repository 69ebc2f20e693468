"""Private sizes and sales of them for tests."""

from datetime import timedelta
from decimal import Decimal

from apps.catalog import services as catalog
from apps.orders import services
from apps.orders.models import Order
from apps.orders.states import Channel
from tests.orders.factories import AT, CUSTOMER, make_slot

DETAILS = [["Bottom tier", "Round 10 in, vanilla, raspberry"], ["Written on it", "Ada, 30"]]
ALLERGENS = {"contains": ["wheat", "egg", "milk"], "may_contain": ["tree_nuts"], "unknown": []}
OFFERED = timedelta(days=3)


def make_private_size(**options) -> int:
    """Return the key of a private size of two tiers."""
    fields = {
        "name": "2 tiers",
        "price": Decimal("412.50"),
        "unit_cost": Decimal("98.2500"),
        "tiers": [
            {"shape": "round", "length_in": "10", "height_in": "4"},
            {"shape": "round", "length_in": "6", "height_in": "4"},
        ],
        "servings_min": 45,
        "servings_max": 50,
        "weight_g": 4200,
        "oven_minutes": 60,
        "decorator_minutes": 240,
        "allergens": ALLERGENS,
    }
    size = catalog.PrivateSize(**(fields | options))
    return catalog.create_private_size(size=size, actor="user:1", at=AT)


def make_sale(*, slot=None, number=None, size=None, **options) -> services.PrivateSale:
    """Return what is agreed about a private size; ``hold_for`` how long the offer stands."""
    terms = services.Terms(channel=Channel.CUSTOM, hold_for=options.pop("hold_for", OFFERED))
    fields = {
        "variant_id": make_private_size() if size is None else size,
        "number": number or services.new_number(at=AT),
        "customer": CUSTOMER,
        "slot_id": (slot or make_slot()).pk,
        "title": "Ada's birthday",
        "message": "Ada, 30",
        "details": DETAILS,
        "terms": terms,
    }
    return services.PrivateSale(**(fields | options))


def place_private(*, at=AT, **options) -> Order:
    """Return an order for a private size that waits for its payment."""
    return services.place_private_order(sale=make_sale(**options), at=at)
