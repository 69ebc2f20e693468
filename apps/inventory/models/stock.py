"""Pieces of stocked goods, and the ledger of what changed them."""

from django.db import models
from django.db.models import F, Q

from apps.inventory.states import HoldMove, StockCause, StockKeeper, StockReason
from bakery.kernel.append_only import AppendOnly

MOVE_REASONS = [*StockReason.choices, *StockCause.choices, *HoldMove.choices]


class Stock(models.Model):
    """Pieces of one variant: ``on_hand`` exist, ``reserved`` of them are promised.

    Changed only by conditional UPDATEs in the services; the constraint is the second guard.
    ``sold_out_at`` is set while staff have taken it off sale whatever is counted; made-to-order
    goods have a row for that alone. Once ``low_at`` or fewer are free, ``low_since`` is set.
    ``kept_by`` names the one system whose counts are believed; differences count from anywhere.
    """

    variant = models.OneToOneField(
        "catalog.Variant", on_delete=models.PROTECT, primary_key=True, related_name="stock"
    )
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    sold_out_at = models.DateTimeField(null=True, blank=True)
    low_at = models.PositiveIntegerField(null=True, blank=True)
    low_since = models.DateTimeField(null=True, blank=True)
    kept_by = models.CharField(
        max_length=10, choices=StockKeeper, default=StockKeeper.PLATFORM, db_default="platform"
    )

    class Meta:
        verbose_name_plural = "stock"
        permissions = [
            ("adjust_stock", "Can adjust stock and manage pickup slots"),
            ("mark_sold_out", "Can mark goods as sold out"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="stock_reserved_within_on_hand",
            ),
            models.CheckConstraint(
                condition=Q(kept_by__in=StockKeeper.values), name="stock_keeper"
            ),
        ]

    def __str__(self) -> str:
        return f"variant {self.variant_id}: {self.on_hand} on hand, {self.reserved} reserved"


class StockMove(AppendOnly):
    """One change of one stock row. ``ref`` names its cause, so that no cause counts twice."""

    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, related_name="stock_moves"
    )
    delta_on_hand = models.IntegerField(default=0)
    delta_reserved = models.IntegerField(default=0)
    reason = models.CharField(max_length=20, choices=MOVE_REASONS)
    ref = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["variant", "id"], name="stock_move_of_variant")]
        constraints = [
            models.UniqueConstraint(fields=["reason", "ref", "variant"], name="stock_move_once"),
            models.CheckConstraint(
                condition=~Q(delta_on_hand=0) | ~Q(delta_reserved=0), name="stock_move_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.delta_on_hand:+d}/{self.delta_reserved:+d} ({self.ref})"
