"""What was changed of an order after it was placed."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order


class OrderEdit(models.Model):
    """One change of what was ordered, as the order was before and after it.

    ``revision`` is the one it made. ``delta`` is what the total rose by; ``owed`` is what the
    customer had paid too much then. The database refuses to change a row, but for what was written
    on cakes once the order's customer was erased.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="edits")
    revision = models.PositiveIntegerField()
    before: Any = models.JSONField(encoder=DjangoJSONEncoder)
    after: Any = models.JSONField(encoder=DjangoJSONEncoder)
    changes: Any = models.JSONField(default=list)
    delta = models.DecimalField(max_digits=10, decimal_places=2)
    owed = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    actor = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["order", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["order", "revision"], name="order_edit_once"),
            models.CheckConstraint(condition=Q(revision__gt=0), name="order_edit_revision"),
            models.CheckConstraint(condition=Q(owed__gte=0), name="order_edit_owed"),
        ]

    def __str__(self) -> str:
        return f"change {self.revision} of order {self.order_id}"
