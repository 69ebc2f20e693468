"""Tills: what they reported, and what they may read of our own moves."""

from django.db import models
from django.db.models import Q

from apps.inventory.models.stock import StockMove
from apps.inventory.states import TillKind, TillState
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class Till(models.Model):
    """A till that has reported; every report up to ``received_up_to`` is here."""

    code = models.SlugField(max_length=40, unique=True)
    received_up_to = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class TillDelta(models.Model):
    """One report of a till, kept whatever becomes of it; ``seq`` counts its reports from 1.

    ``digest`` is of everything reported, so that one number never stands for two reports.
    ``applied`` is the change of stock that it made in the end.
    """

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="deltas")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=TillKind)
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    verified = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    counted_by = models.CharField(max_length=120, blank=True)
    occurred_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=TillState, default=TillState.WAITING)
    code = models.CharField(max_length=40, blank=True)
    applied = models.IntegerField(default=0)
    move = models.OneToOneField(
        StockMove, on_delete=models.PROTECT, null=True, blank=True, related_name="till_delta"
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "till report"
        permissions = [("resolve_till", "Can settle conflicts with a till")]
        indexes = [
            models.Index(fields=["till", "seq"], name="till_waiting", condition=Q(state="waiting")),
            models.Index(fields=["id"], name="till_conflict", condition=Q(state="conflict")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["till", "seq"], name="till_delta_once"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="till_seq_from_1"),
            models.CheckConstraint(
                condition=Q(state__in=TillState.values), name="till_delta_state"
            ),
            models.CheckConstraint(condition=Q(kind__in=TillKind.values), name="till_delta_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} of {self.sku} (#{self.seq})"


class TillTransition(TransitionRecord):
    """History of a till's report."""

    subject = models.ForeignKey(TillDelta, on_delete=models.PROTECT, related_name="history")


class TillChange(AppendOnly):
    """A move of the ledger, numbered for tills in the order in which moves became visible.

    Ids of moves will not do: of two transactions the later id may commit first, and who had read
    past it would never see the other.
    """

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    move = models.OneToOneField(StockMove, on_delete=models.PROTECT, related_name="till_change")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["variant", "move"], name="till_change_of_variant")]

    def __str__(self) -> str:
        return f"change {self.pk}: move {self.move_id}"
