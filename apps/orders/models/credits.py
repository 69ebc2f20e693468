"""Parts of a sale that were taken back after it was made."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from apps.orders.models.orders import Order
from bakery.kernel.append_only import AppendOnly


class SaleCredit(AppendOnly):
    """What a sale costs less since money went back for it; the sale itself stays as it was.

    ``amount`` has its tax in it, of which ``taxes`` are the levies' parts as in a line's. ``lines``
    are the pieces it is for, as {"position", "quantity", "amount", "tax"}; empty when it is for
    an amount only. ``reference`` names who asked, and counts once.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="credits")
    reference = models.CharField(max_length=120, unique=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    tax = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    taxes: Any = models.JSONField(default=list)
    lines: Any = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True)
    credited_by = models.CharField(max_length=200)
    credited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, tax__gte=0, tax__lte=F("amount")),
                name="sale_credit_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of {self.reference}"
