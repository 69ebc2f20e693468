"""The demo bakery's stockroom: deliveries, bakes, waste, planned days, and a till that disagrees.

Through the same services as people use, so that every page of the console has something to show:
a lot of flour that reaches two bakes when it is recalled, a size that just ran low, conflicts that
wait for a person.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from apps.catalog.models import Ingredient, Variant
from apps.inventory import services
from apps.inventory.models import Lot
from apps.inventory.selectors.slots import open_slots
from apps.inventory.states import DatedReason, WasteReason
from bakery.kernel import clock

ACTOR = "system"
# Not the till of `play_till`, whose numbers go on where they had ended.
TILL = "market-stall"
FLOUR, FLOUR_BEFORE, BUTTER = "FL-2231", "FL-2198", "BU-0417"
# Code, ingredient, kilograms, days since it came, days that it keeps, supplier.
_DELIVERIES = (
    (FLOUR_BEFORE, "Wheat flour", 250, 16, 180, "Oak Mill"),
    (FLOUR, "Wheat flour", 250, 3, 180, "Oak Mill"),
    (BUTTER, "Butter", 40, 2, 45, "Green Hill Dairy"),
)
# SKU, pieces, days since, and what went in.
_BAKES = (
    ("SOUR-900", 16, 1, (FLOUR_BEFORE,)),
    ("SOUR-900", 20, 0, (FLOUR,)),
    ("DONUT-1", 24, 0, (FLOUR, BUTTER)),
)
_WASTE = (
    ("SOUR-900", 3, WasteReason.STALE, "two days old"),
    ("CUP-1", 5, WasteReason.DROPPED, "a tray slipped"),
    ("COOK-1", 4, WasteReason.SAMPLE, "Saturday's tasting"),
    ("PIE-9", 1, WasteReason.BURNT, ""),
)
_DAYS_AHEAD = {"DONUT-1": 108, "DONUT-6": 12}
_LOW = {"CUP-12": 8, "SOUR-900": 10, "RYE-1000": 6}


def seed_stockroom(*, at: datetime) -> bool:
    """Fill the stockroom unless its flour has come already; return whether it was filled now.

    Needs the demo's range, kitchen and pickup times. Nothing that is made to order is limited, so
    that an order for a cake can always be placed.
    """
    sizes = dict(Variant.objects.filter(archived_at=None).values_list("sku", "pk"))
    wanted = {*_DAYS_AHEAD, *_LOW, *(row[0] for row in (*_BAKES, *_WASTE))}
    if Lot.objects.filter(code=FLOUR).exists() or not wanted <= sizes.keys():
        return False
    _receive(at=at)
    for sku, pieces, days, used in _BAKES:
        services.record_bake(
            variant_id=sizes[sku], pieces=pieces, baked_at=at - timedelta(days=days), used=used,
            actor=ACTOR, at=at,
        )  # fmt: skip
    for sku, quantity, reason, note in _WASTE:
        services.log_waste(
            variant_id=sizes[sku], quantity=quantity, reason=reason, note=note, actor=ACTOR, at=at
        )
    for sku, limit in _LOW.items():
        services.set_low_limit(variant_id=sizes[sku], low_at=limit, actor=ACTOR, at=at)
    _plan_days(sizes, at=at)
    _report_from_till(at=at)
    return True


def _receive(*, at: datetime) -> None:
    known = dict(Ingredient.objects.values_list("name", "pk"))
    for code, name, kilograms, days, keeps, supplier in _DELIVERIES:
        came = at - timedelta(days=days)
        services.receive_lot(
            code=code, ingredient_id=known[name], quantity=Decimal(kilograms), unit="kg",
            received_at=came, best_before=clock.shop_date(came) + timedelta(days=keeps),
            supplier=supplier, actor=ACTOR, at=at,
        )  # fmt: skip


def _plan_days(sizes: dict[str, int], *, at: datetime) -> None:
    changes = {
        (sizes[sku], day): pieces
        for day in _next_open_days(at=at)
        for sku, pieces in _DAYS_AHEAD.items()
    }
    if changes:
        services.adjust_dated_stock(
            changes=changes, reason=DatedReason.PLANNED, note="a tray more than usual",
            actor=ACTOR, at=at,
        )  # fmt: skip


def _next_open_days(*, at: datetime) -> list[date]:
    """Return the two days with pickup times that come after today."""
    tomorrow = clock.start_of_shop_day(clock.shop_date(at) + timedelta(days=1))
    rows = open_slots(at=at, earliest=tomorrow, days=10)
    return sorted({clock.shop_date(row.starts_at) for row in rows})[:2]


def _report_from_till(*, at: datetime) -> None:
    """Let the till sell, then name a SKU that nobody knows, and count nothing without a look."""
    reports = (
        {"kind": "sale", "sku": "COOK-1", "quantity": 2},
        {"kind": "sale", "sku": "MUFFIN-1", "quantity": 3},
        {"kind": "count", "sku": "CUP-1", "quantity": 0},
    )
    services.receive_reports(
        till=TILL,
        reports=[
            {**report, "seq": seq, "occurred_at": at.isoformat()}
            for seq, report in enumerate(reports, start=1)
        ],
        at=at,
    )
