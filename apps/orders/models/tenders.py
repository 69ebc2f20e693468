"""Money that came for an order, however it was paid."""

from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order
from apps.orders.states import TenderKind
from bakery.kernel.append_only import AppendOnly


class Tender(AppendOnly):
    """A payment that was taken for an order; gift cards and points are not here but in its sums.

    ``ref`` names it where it was taken: Stripe's payment, or a till's slip. It counts once.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tenders")
    kind = models.CharField(max_length=20, choices=TenderKind.choices)
    ref = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    taken_by = models.CharField(max_length=200)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "ref"], name="tender_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="tender_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.kind}"
