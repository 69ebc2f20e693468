"""The kitchen's board: what changed on it, in the order of commits."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from apps.orders.models.orders import Order
from apps.orders.states import BoardKind


class BoardEvent(models.Model):
    """What changed on the kitchen's board; ``seq`` grows in the order of commits.

    The database refuses to change a row, and to delete one unless its order's customer was erased:
    the payload has a name in it.
    """

    seq = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="board_events")
    kind = models.CharField(max_length=20, choices=BoardKind.choices)
    payload: Any = models.JSONField(encoder=DjangoJSONEncoder)
    at = models.DateTimeField()

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"
