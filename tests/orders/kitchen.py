"""A kitchen for tests: stations, and orders that are due at given moments."""

from datetime import datetime, timedelta

from apps.catalog.models import Category, Product
from apps.orders import services
from apps.orders.models import Order, OrderLine, Station
from tests.orders.factories import AT, make_slot, make_variant, place_paid

ACTOR = "user:1"


def make_station(name: str, *, at: datetime = AT, **wish) -> Station:
    """Return a station that makes the categories and products of the wish."""
    return services.create_station(
        wish=services.StationWish(name=name, **wish), actor="system", at=at
    )


def on_shelf(shelf: str, **options):
    """Return a variant of a category of its own."""
    variant = make_variant(**options)
    category, _ = Category.objects.get_or_create(slug=shelf, defaults={"name": shelf.title()})
    Product.objects.filter(pk=variant.product_id).update(category=category)
    variant.refresh_from_db()
    return variant


def order_for(pickup: datetime, lines=None, *, at: datetime = AT, **columns) -> Order:
    """Return a paid order for pickup at a moment; ``columns`` are then written over it.

    It was placed at ``at``, or a little before a pickup that is past.
    """
    placed = min(at, pickup - timedelta(hours=1))
    order = place_paid(
        lines or [(on_shelf("bread"), 1, "")],
        slot=make_slot(pickup),
        at=placed,
        ref=f"pi_{Order.objects.count()}",
    )
    if columns:
        Order.objects.filter(pk=order.pk).update(**columns)
        order.refresh_from_db()
    return order


def seen(order: Order) -> Order:
    """Return the order as the kitchen has acknowledged it."""
    services.acknowledge(order_number=order.number, actor=ACTOR, at=AT)
    order.refresh_from_db()
    return order


def change_order(order: Order, *, at: datetime = AT, **line) -> Order:
    """Change the first line as an edit does: a further revision, and the board is told."""
    from django.db import transaction

    from apps.orders.services.board import append_board_event
    from apps.orders.states import BoardKind

    with transaction.atomic():
        first = order.lines.order_by("position").first()
        line.setdefault("quantity", first.quantity)
        line["line_total"] = first.unit_price * line["quantity"]
        OrderLine.objects.filter(pk=first.pk).update(**line)
        order.revision += 1
        order.save(update_fields=["revision"])
        append_board_event(order, BoardKind.CHANGED, at=at)
    return order
