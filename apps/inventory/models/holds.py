"""Holds: goods and a share of a slot, kept for somebody until they are paid or given back."""

from django.db import models
from django.db.models import Q

from apps.inventory.models.slots import Slot
from apps.inventory.states import HoldState
from bakery.kernel.states import TransitionRecord


class Hold(models.Model):
    """Goods and a share of a slot, kept for whoever knows ``reference``.

    The share is one order's place, and the pieces and minutes written here. ``turn`` counts the
    moves of the hold: with it each of them has its own ref in the ledger.
    """

    reference = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=20, choices=HoldState, default=HoldState.HELD)
    turn = models.PositiveSmallIntegerField(default=0)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, null=True, related_name="holds")
    pieces = models.PositiveIntegerField(default=0)
    oven_minutes = models.PositiveIntegerField(default=0)
    decorator_minutes = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["expires_at"], name="hold_expiry", condition=Q(state="held"))
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=HoldState.values), name="hold_state")
        ]

    def __str__(self) -> str:
        return f"{self.reference} ({self.state})"

    @property
    def move_ref(self) -> str:
        """The name under which the ledger knows this turn of this hold."""
        return f"{self.reference}/{self.turn}"


class HoldTransition(TransitionRecord):
    """History of a hold."""

    subject = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="history")


class Reservation(models.Model):
    """The pieces of one variant that a hold keeps; goods that nothing counts have none.

    ``day`` says from which stock they are: that of this day, or null for the undated one.
    """

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="reservations")
    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, related_name="reservations"
    )
    day = models.DateField(null=True)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
            models.UniqueConstraint(fields=["hold", "variant"], name="reservation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id} for hold {self.hold_id}"
