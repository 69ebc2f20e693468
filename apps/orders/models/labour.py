"""How long people worked on what was ordered, measured on the board."""

from django.db import models
from django.db.models import F, Q

from apps.orders.models.orders import Order, OrderLine


class LabourTimer(models.Model):
    """A stretch of work of one person on one line; running while ``stopped_at`` is null."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="labour_timers")
    # A line that a change takes out of its order takes the work on it along.
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="labour_timers")
    worker = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    # Why it was corrected by hand, or not counted: somebody forgot to stop it.
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "worker"],
                condition=Q(stopped_at=None),
                name="labour_timer_running_once",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")),
                name="labour_timer_stretch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker} on {self.line_id}"
