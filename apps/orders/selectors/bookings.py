"""Orders that somebody means to pick up, as the shop's calendar asks for them."""

from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg, StringAgg
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from apps.inventory.selectors import Booking
from apps.orders.models import Order
from apps.orders.states import ACCEPTED, OrderStatus

# Whoever has not paid yet still counts on the time, and so does who is under review.
_EXPECTED = (*ACCEPTED, OrderStatus.PENDING_PAYMENT, OrderStatus.PAYMENT_MISMATCH)


def bookings(start: datetime, end: datetime) -> list[Booking]:
    """Return the orders with a pickup from ``start`` to before ``end``, in order: one query."""
    orders = Order.objects.filter(
        pickup_starts_at__gte=start, pickup_starts_at__lt=end, status__in=_EXPECTED
    )
    line = Concat(
        Cast(F("lines__quantity"), CharField()),
        Value(" x "),
        F("lines__product_name"),
        output_field=CharField(),
    )
    rows = (
        orders.annotate(
            contents=StringAgg(line, ", ", order_by="lines__position"),
            products=ArrayAgg("lines__product_id", distinct=True, default=[]),
        )
        .order_by("pickup_starts_at", "pk")
        .values_list(
            "pk", "number", "customer_name", "status", "pickup_starts_at", "pickup_local",
            "contents", "products",
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
            frozenset(products),
            reverse("admin:orders_order_change", args=[pk]),
        )
        for pk, number, customer, status, starts_at, local, contents, products in rows
    ]
