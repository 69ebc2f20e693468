"""The kitchen's stations, and what was printed of orders."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order
from apps.orders.states import PrintKind, PrintMark
from bakery.kernel.append_only import AppendOnly


class Station(models.Model):
    """A place in the kitchen where part of an order is made, such as the oven.

    ``everything`` makes it see every line, as packing does. ``changed_at`` moves with every change
    of the station or of what it makes: boards notice by the newest of them.
    """

    name = models.CharField(max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    everything = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class StationScope(models.Model):
    """One thing that a station makes: a category, or a single product."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="scopes")
    category = models.ForeignKey(
        "catalog.Category", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(category=None, product__isnull=False)
                | Q(category__isnull=False, product=None),
                name="station_scope_one",
            ),
            models.UniqueConstraint(fields=["station", "category"], name="station_category_once"),
            models.UniqueConstraint(fields=["station", "product"], name="station_product_once"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.category or self.product}"


class TicketPrint(AppendOnly):
    """One print of an order's ticket or of its labels, as the order was at ``revision``."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="prints")
    kind = models.CharField(max_length=10, choices=PrintKind.choices)
    mark = models.CharField(max_length=10, choices=PrintMark.choices)
    revision = models.PositiveIntegerField()
    # The name of the station whose part it was; empty for the whole order.
    station = models.CharField(max_length=40, blank=True)
    printed_by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar = [
            # Of a revision only one print is not marked as a reprint.
            models.UniqueConstraint(
                fields=["order", "kind", "station", "revision"],
                name="ticket_print_first_once",
                condition=~Q(mark=PrintMark.REPRINT),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.order_id} at revision {self.revision}"
