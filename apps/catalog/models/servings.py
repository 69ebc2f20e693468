"""What was decided about how many a size serves, beside what the chart suggested."""

from django.db import models
from django.db.models import F, Q

from apps.catalog.models.products import Variant
from bakery.kernel.append_only import AppendOnly


class ServingsDecision(AppendOnly):
    """One decision; ``tiers`` is the cake as it was measured then, suggestions None without one."""

    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="servings_decisions"
    )
    tiers = models.JSONField(default=list)
    chart = models.CharField(max_length=40, blank=True)
    style = models.CharField(max_length=20, blank=True)
    suggested_least = models.PositiveSmallIntegerField(null=True)
    suggested_most = models.PositiveSmallIntegerField(null=True)
    least = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(least__gte=1) & Q(most__gte=F("least")), name="servings_decision_range"
            )
        ]

    def __str__(self) -> str:
        return f"variant {self.variant_id}: {self.least} to {self.most}"

    @property
    def is_override(self) -> bool:
        """Tell whether a person chose something else than the chart suggested."""
        return (self.least, self.most) != (self.suggested_least, self.suggested_most)
