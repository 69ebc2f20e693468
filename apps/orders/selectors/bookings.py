"""Orders that somebody means to pick up, as the shop's calendar asks for them."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from apps.inventory.selectors import Booking
from apps.orders.models import Order
from apps.orders.states import OPEN_STATUSES, OrderStatus

# Whoever has not paid yet still counts on the time, and so does who is under review.
_EXPECTED = (*OPEN_STATUSES, OrderStatus.PENDING_PAYMENT, OrderStatus.PAYMENT_MISMATCH)


def bookings(start: datetime, end: datetime, product_ids: Collection[int] | None) -> list[Booking]:
    """Return the orders with a pickup from ``start`` to before ``end``, in order: one query.

    With ``product_ids``, those that have at least one of these products in them.
    """
    orders = Order.objects.filter(
        pickup_starts_at__gte=start, pickup_starts_at__lt=end, status__in=_EXPECTED
    )
    if product_ids is not None:
        with_product = Order.objects.filter(lines__product_id__in=product_ids).values("pk")
        orders = orders.filter(pk__in=with_product)
    line = Concat(
        Cast(F("lines__quantity"), CharField()),
        Value(" x "),
        F("lines__product_name"),
        output_field=CharField(),
    )
    rows = (
        orders.annotate(contents=StringAgg(line, ", ", order_by="lines__position"))
        .order_by("pickup_starts_at", "pk")
        .values_list(
            "pk", "number", "customer_name", "status", "pickup_starts_at", "pickup_local",
            "contents",
        )
    )  # fmt: skip
    return [
        Booking(
            number,
            customer,
            str(OrderStatus(status).label),
            starts_at,
            local,
            contents or "",
            reverse("admin:orders_order_change", args=[pk]),
        )
        for pk, number, customer, status, starts_at, local, contents in rows
    ]
