"""An account's pickups as a calendar that somebody subscribed to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max

from apps.orders.models import CalendarFeed, Order, OrderLine
from apps.orders.rules.calendar_text import (
    CANCELLED,
    CONFIRMED,
    TENTATIVE,
    Entry,
    calendar_of,
)
from apps.orders.rules.link_tokens import digest
from apps.orders.selectors.customers import orders_of
from apps.orders.states import Fulfilment, OrderStatus
from bakery.kernel.errors import NotFound
from bakery.kernel.links import public_url

# Pickups stay a while, so that a calendar that looks seldom sees what became of them.
_KEPT = timedelta(days=30)
_MOST = 500
_STATUS = {
    OrderStatus.PENDING_PAYMENT: TENTATIVE,
    OrderStatus.PAYMENT_MISMATCH: TENTATIVE,
    OrderStatus.CANCELLED: CANCELLED,
    OrderStatus.EXPIRED: CANCELLED,
    OrderStatus.PAID_UNFULFILLABLE: CANCELLED,
}


def feed_since(user_id: int) -> datetime | None:
    """Return since when the account has a calendar address, None while it has none."""
    return CalendarFeed.objects.filter(user_id=user_id).values_list("created_at", flat=True).first()


def calendar_behind(token: str, *, at: datetime) -> bytes:
    """Return the calendar of the account that ``token`` belongs to.

    Raises `NotFound` ``calendar_not_found`` for a token that is not, or no longer, one of ours.
    Three queries however many orders there are.
    """
    feed = CalendarFeed.objects.filter(digest=digest(token), user__is_active=True).first()
    if feed is None:
        raise NotFound("calendar_not_found", "There is no such calendar.")
    orders = list(
        orders_of(feed.user_id)
        .filter(pickup_starts_at__gte=at - _KEPT)
        .annotate(moves=Count("transitions"), moved_at=Max("transitions__at"))
        .order_by("pickup_starts_at", "pk")[:_MOST]
    )
    things: dict[int, list[str]] = {order.pk: [] for order in orders}
    for line in OrderLine.objects.filter(order_id__in=list(things)).order_by("position"):
        things[line.order_id].append(f"{line.quantity} x {line.description}")
    entries = [_entry(order, things[order.pk]) for order in orders]
    return calendar_of(entries, name=f"{settings.SHOP_NAME}: pickups")


def _entry(order: Order, things: list[str]) -> Entry:
    base = public_url()
    delivered = order.fulfilment == Fulfilment.DELIVERY
    verb = "Delivery from" if delivered else "Pickup at"
    moves, moved_at = order.moves, order.moved_at  # type: ignore[attr-defined]  # annotated
    return Entry(
        uid=f"{order.public_id}@orders.bakery",
        starts_at=order.pickup_starts_at,
        ends_at=order.pickup_ends_at,
        status=_STATUS.get(OrderStatus(order.status), CONFIRMED),
        sequence=order.revision + moves,
        changed_at=moved_at or order.placed_at,
        title=f"{verb} {settings.SHOP_NAME}: {order.number}",
        text="\n".join(things),
        url=f"{base}/orders/{order.public_id}/",
        place="" if delivered else settings.SHOP_NAME,
    )
