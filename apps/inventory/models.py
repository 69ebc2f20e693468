"""Everything finite: stock with its ledger, pickup slots, and the holds on both."""

from django.db import models
from django.db.models import F, Q

from apps.inventory.states import HoldMove, HoldState, StockReason
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord

MOVE_REASONS = [*StockReason.choices, *HoldMove.choices]


class Stock(models.Model):
    """Pieces of one variant: ``on_hand`` exist, ``reserved`` of them are promised.

    Changed only by conditional UPDATEs in the services; the constraint is the second guard.
    """

    variant = models.OneToOneField(
        "catalog.Variant", on_delete=models.PROTECT, primary_key=True, related_name="stock"
    )
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "stock"
        permissions = [("adjust_stock", "Can adjust stock and manage pickup slots")]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="stock_reserved_within_on_hand",
            )
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
        constraints = [
            models.UniqueConstraint(fields=["reason", "ref", "variant"], name="stock_move_once"),
            models.CheckConstraint(
                condition=~Q(delta_on_hand=0) | ~Q(delta_reserved=0), name="stock_move_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.delta_on_hand:+d}/{self.delta_reserved:+d} ({self.ref})"


class Slot(models.Model):
    """A stretch of pickup time for at most ``capacity`` orders; ``booked`` counts holds too."""

    starts_at = models.DateTimeField(unique=True)
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    booked = models.PositiveSmallIntegerField(default=0)
    closed = models.BooleanField(default=False)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(booked__gte=0) & Q(booked__lte=F("capacity")),
                name="slot_booked_within_capacity",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="slot_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"


class Hold(models.Model):
    """Goods and one place in a slot, kept for whoever knows ``reference``.

    ``turn`` counts the moves of the hold: with it each of them has its own ref in the ledger.
    """

    reference = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=20, choices=HoldState, default=HoldState.HELD)
    turn = models.PositiveSmallIntegerField(default=0)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, null=True, related_name="holds")
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
    """The pieces of one stocked variant that a hold keeps; made-to-order goods have none."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="reservations")
    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, related_name="reservations"
    )
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
            models.UniqueConstraint(fields=["hold", "variant"], name="reservation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id} for hold {self.hold_id}"
