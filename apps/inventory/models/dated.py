"""Pieces of one day: 108 doughnuts on Tuesday, and the ledger of what changed them."""

from django.db import models
from django.db.models import F, Q

from apps.inventory.states import DatedReason, HoldMove
from bakery.kernel.append_only import AppendOnly

DATED_REASONS = [*DatedReason.choices, *HoldMove.choices]


class DatedStock(models.Model):
    """Pieces of one variant that can be picked up on one day of the shop's calendar.

    While ``closed_at`` is null, orders for that day take from here alone, whatever else is in
    stock and also when the variant is made to order. Changed only by conditional UPDATEs in the
    services; the constraint is the second guard.
    """

    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, related_name="dated_stock"
    )
    day = models.DateField()
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["day", "variant_id"]
        verbose_name = "stock of a day"
        verbose_name_plural = "stock by day"
        indexes = [
            models.Index(fields=["day"], name="dated_stock_open", condition=Q(closed_at=None))
        ]
        constraints = [
            models.UniqueConstraint(fields=["variant", "day"], name="dated_stock_once"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="dated_reserved_within_on_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"variant {self.variant_id}, {self.day}: {self.on_hand}, {self.reserved} reserved"


class DatedStockMove(AppendOnly):
    """One change of the stock of one day. ``ref`` names its cause, so that none counts twice."""

    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, related_name="dated_moves"
    )
    day = models.DateField()
    delta_on_hand = models.IntegerField(default=0)
    delta_reserved = models.IntegerField(default=0)
    reason = models.CharField(max_length=20, choices=DATED_REASONS)
    ref = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "move of stock by day"
        verbose_name_plural = "moves of stock by day"
        constraints = [
            models.UniqueConstraint(
                fields=["reason", "ref", "variant", "day"], name="dated_move_once"
            ),
            models.CheckConstraint(
                condition=~Q(delta_on_hand=0) | ~Q(delta_reserved=0), name="dated_move_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.delta_on_hand:+d}/{self.delta_reserved:+d} ({self.ref})"
