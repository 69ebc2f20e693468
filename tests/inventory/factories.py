"""Rows that tests of stock and slots start from."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.db.models import F

from apps.catalog import services as catalog
from apps.catalog.models import Category, Variant
from apps.inventory import services
from apps.inventory.models import DatedStock, Hold, Reservation, Slot, Stock, StockMove
from apps.inventory.states import DatedReason, HoldMove, StockReason

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=45)
NO_WORK = services.Work()


def make_variant(*, stock: int | None = None, made_to_order: bool = False, **fields) -> Variant:
    """A published product's only size, with ``stock`` pieces baked."""
    category = Category.objects.first() or catalog.create_category(name="Bread", at=AT)
    product = catalog.create_product(name="Loaf", category_id=category.pk, at=AT)
    variant = catalog.create_variant(
        product_id=product.pk,
        sku=uuid4().hex[:12],
        name="Whole",
        price=Decimal("6.50"),
        made_to_order=made_to_order,
        at=AT,
        **fields,
    )
    catalog.publish_product(product_id=product.pk, at=AT)
    if stock:
        bake(variant, stock)
    return variant


def bake(variant: Variant, delta: int, *, actor: str = "user:1"):
    return services.adjust_stock(
        variant_id=variant.pk, delta=delta, reason=StockReason.BAKED, note="", actor=actor, at=AT
    )


def make_slot(*, capacity: int = 1000, hours: int = 24, **fields) -> Slot:
    start = AT + timedelta(hours=hours)
    return Slot.objects.create(
        starts_at=start, ends_at=start + timedelta(minutes=30), capacity=capacity, **fields
    )


def plan(variant: Variant, day: date, delta: int, **fields) -> DatedStock:
    """Change the stock of one day."""
    values = {"reason": DatedReason.PLANNED, "note": "", "actor": "user:1", "at": AT}
    changes = {(variant.pk, day): delta}
    return services.adjust_dated_stock(changes=changes, **values | fields)[0]


def hold(
    quantities: dict[int, int],
    slot: Slot,
    *,
    reference: str = "",
    work: services.Work = NO_WORK,
    at: datetime = AT,
) -> str:
    """Place a hold and return its reference."""
    reference = reference or uuid4().hex
    services.place_hold(
        reference=reference,
        quantities=quantities,
        work=work,
        slot_id=slot.pk,
        expires_at=LATER,
        at=at,
    )
    return reference


def hold_many(variant: Variant, slot: Slot, *, count: int, quantity: int) -> list[str]:
    """Place many holds as `place_hold` would, in a few statements, and return their references."""
    rows = Hold.objects.bulk_create(
        Hold(reference=uuid4().hex, slot=slot, expires_at=LATER, created_at=AT)
        for _ in range(count)
    )
    Reservation.objects.bulk_create(
        Reservation(hold=row, variant=variant, quantity=quantity) for row in rows
    )
    StockMove.objects.bulk_create(
        StockMove(
            variant=variant,
            delta_reserved=quantity,
            reason=HoldMove.HOLD,
            ref=row.move_ref,
            actor="system",
            at=AT,
        )
        for row in rows
    )
    Stock.objects.filter(pk=variant.pk).update(reserved=F("reserved") + count * quantity)
    Slot.objects.filter(pk=slot.pk).update(booked=F("booked") + count)
    return [row.reference for row in rows]
