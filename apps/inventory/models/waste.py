"""The waste log."""

from django.db import models
from django.db.models import Q

from apps.inventory.models.lots import Lot
from apps.inventory.models.stock import StockMove
from apps.inventory.states import WasteReason
from bakery.kernel.append_only import AppendOnly


class WasteEntry(AppendOnly):
    """Pieces thrown away; negative when an entry was undone.

    ``unit_cost`` is what a piece cost then, in the shop's currency; null is unknown. ``move`` is
    the ledger's row; made-to-order goods have no stock and none.
    """

    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, related_name="waste_entries"
    )
    quantity = models.IntegerField()
    reason = models.CharField(max_length=12, choices=WasteReason)
    unit_cost = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="waste")
    move = models.OneToOneField(
        StockMove, on_delete=models.PROTECT, null=True, related_name="waste"
    )
    ref = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "waste entries"
        permissions = [("log_waste", "Can log waste")]
        indexes = [models.Index(fields=["at"], name="waste_at")]
        constraints = [
            # Where there is a move, its own constraint sees to it.
            models.UniqueConstraint(
                fields=["variant", "ref"], name="waste_once", condition=Q(move=None)
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="waste_wastes"),
            models.CheckConstraint(condition=Q(reason__in=WasteReason.values), name="waste_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.reason} of variant {self.variant_id}"
