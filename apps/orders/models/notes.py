"""What staff write down about an order."""

from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order


class OrderNote(models.Model):
    """A note of staff on an order; with ``on_ticket`` the kitchen sees it on the order's ticket.

    The database refuses to change it, and to delete it unless the order's customer was erased.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    on_ticket = models.BooleanField(default=False)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="order_note_text")]

    def __str__(self) -> str:
        return self.text[:60]
